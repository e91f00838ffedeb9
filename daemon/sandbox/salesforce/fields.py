"""Fields and sObjects as plain data: the vocabulary in which every object of the sandbox is written down.

An object is a tuple of `Field`s. Properties that the describe result spells as booleans are one letter each in
`flags` (see `FLAGS`), so that a field fits on one line of a table and describe, the write checks and SOQL all read
the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

Value = str | bool | int | float | date | datetime | None
#: A stored record: canonical field name -> value. Keys that start with "_" are the server's own notes. Never mutated.
Row = dict[str, Any]

#: Letter -> property of the describe result.
FLAGS = {
    "c": "createable",
    "u": "updateable",
    "n": "nillable",
    "f": "filterable",
    "s": "sortable",
    "g": "groupable",
    "a": "aggregatable",
    "d": "defaultedOnCreate",
    "r": "restrictedPicklist",
    "i": "idLookup",
    "N": "nameField",
    "P": "permissionable",
    "S": "searchPrefilterable",
    "p": "polymorphicForeignKey",
    "m": "namePointing",
    "q": "queryByDistance",
    "x": "externalId",
    "U": "unique",
    "A": "autoNumber",
    "C": "caseSensitive",
}

#: Field type -> soapType of the describe result.
SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}

#: Types whose values are text with a maximal length in characters.
TEXT_TYPES = frozenset({"string", "textarea", "picklist", "combobox", "phone", "email", "url", "multipicklist"})
NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a picklist; `label` is what people see."""

    value: str
    label: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an sObject.

    `length` is in characters for text and ids; `digits` for int; `precision` and `scale` for other numbers.
    `to` names the objects a reference may point to and `rel` the relationship used in SOQL paths.
    """

    name: str
    label: str
    type: str
    length: int = 0
    flags: str = ""
    digits: int = 0
    precision: int = 0
    scale: int = 0
    choices: tuple[Choice, ...] = ()
    to: tuple[str, ...] = ()
    rel: str | None = None
    compound: str | None = None
    extra: str | None = None
    default: Value = None

    def is_(self, flag: str) -> bool:
        """Tell whether the field has the property that the letter stands for."""
        return flag in self.flags

    @property
    def custom(self) -> bool:
        """Tell whether an administrator made the field."""
        return self.name.endswith("__c")


def choices(*values: str) -> tuple[Choice, ...]:
    """Build picklist values from "value", "value=label"; a leading "*" marks the default."""
    made = []
    for text in values:
        value, _, label = text.removeprefix("*").partition("=")
        made.append(Choice(value, label or value, text.startswith("*")))
    return tuple(made)


def _of_type(kind: str, size_key: str) -> Callable[..., Field]:
    """Make a constructor `(name, label, size, flags, **more)` for one type of field."""

    def make(name: str, label: str, size: int, flags: str, **more: Any) -> Field:
        sized: dict[str, Any] = {size_key: size, **more}
        return Field(name, label, kind, flags=flags, **sized)

    return make


text = _of_type("string", "length")
textarea = _of_type("textarea", "length")
phone = _of_type("phone", "length")
email = _of_type("email", "length")
url = _of_type("url", "length")
picklist = _of_type("picklist", "length")
integer = _of_type("int", "digits")


def combobox(name: str, label: str, size: int, flags: str, **more: Any) -> Field:
    """A text field with suggestions."""
    return Field(name, label, "combobox", size, flags, **more)


def boolean(name: str, label: str, flags: str) -> Field:
    """A check box; never null, false unless said otherwise."""
    return Field(name, label, "boolean", flags=flags, default=False)


def moment(name: str, label: str, flags: str) -> Field:
    """An instant in UTC."""
    return Field(name, label, "datetime", flags=flags)


def day(name: str, label: str, flags: str) -> Field:
    """A calendar date."""
    return Field(name, label, "date", flags=flags)


def number(name: str, label: str, kind: str, precision: int, scale: int, flags: str, **more: Any) -> Field:
    """A double, currency or percent."""
    return Field(name, label, kind, flags=flags, precision=precision, scale=scale, **more)


def reference(name: str, label: str, flags: str, to: tuple[str, ...], rel: str | None) -> Field:
    """A look-up to one of the objects in `to`."""
    return Field(name, label, "reference", 18, flags, to=to, rel=rel)


def address(name: str, label: str) -> Field:
    """A compound of the street, city, ... fields that carry its name as `compound`."""
    return Field(name, label, "address", flags="nfPq")


#: How exactly a place on the map is known.
GEOCODE = choices(
    *("Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip", "Neighborhood", "City", "County", "State"),
    "Unknown",
)


def address_block(prefix: str, label: str, name: str, flags: str = "P") -> tuple[Field, ...]:
    """The eight parts of a compound address and the compound itself; `flags` are added to each part's."""
    said = f"{label} " if label else ""
    more: dict[str, Any] = {"compound": name}
    return (
        textarea(f"{prefix}Street", f"{said}Street", 255, f"cunfsga{flags}", extra="plaintextarea", **more),
        text(f"{prefix}City", f"{said}City", 40, f"cunfsga{flags}", **more),
        text(f"{prefix}State", f"{said}State/Province", 80, f"cunfsga{flags}", **more),
        text(f"{prefix}PostalCode", f"{said}Zip/Postal Code", 20, f"cunfsga{flags}", **more),
        text(f"{prefix}Country", f"{said}Country", 80, f"cunfsga{flags}", **more),
        number(f"{prefix}Latitude", f"{said}Latitude", "double", 18, 15, f"cunfsa{flags}", **more),
        number(f"{prefix}Longitude", f"{said}Longitude", "double", 18, 15, f"cunfsa{flags}", **more),
        picklist(
            f"{prefix}GeocodeAccuracy", f"{said}Geocode Accuracy", 40, f"cunfsgar{flags}", choices=GEOCODE, **more
        ),
        address(name, f"{said}Address"),
    )


def record_id(label: str) -> Field:
    """The Id field."""
    return Field("Id", label, "id", 18, "fsgdia")


#: The audit fields, as the recorded describes list them.
AUDIT_FIELDS = (
    moment("CreatedDate", "Created Date", "fsda"),
    reference("CreatedById", "Created By ID", "fsgda", ("User",), "CreatedBy"),
    moment("LastModifiedDate", "Last Modified Date", "fsda"),
    reference("LastModifiedById", "Last Modified By ID", "fsgda", ("User",), "LastModifiedBy"),
    moment("SystemModstamp", "System Modstamp", "fsda"),
)
DELETED_FIELD = boolean("IsDeleted", "Deleted", "fsgd")


@dataclass(frozen=True)
class SObject:
    """One object of the org.

    `traits` are the names of the describe properties that are true (createable, deletable, ...). `hidden` are fields
    that field-level security takes away from everybody: they exist in the rows and nowhere else.
    """

    name: str
    label: str
    plural: str
    prefix: str
    all_fields: tuple[Field, ...]
    traits: frozenset[str]
    hidden: frozenset[str] = field(default_factory=frozenset)
    child_name: str | None = None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields that a caller may know of."""
        return tuple(f for f in self.all_fields if f.name not in self.hidden)

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {f.name.lower(): f for f in self.fields}

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        return {f.rel.lower(): f for f in self.fields if f.rel}

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        """The fields that refuse duplicates."""
        return tuple(f for f in self.all_fields if f.is_("U"))

    @cached_property
    def defaulted(self) -> tuple[Field, ...]:
        """The fields that get their default where null is given at birth."""
        return tuple(f for f in self.all_fields if f.is_("d"))

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """The writable fields that cannot stay empty."""
        return tuple(f for f in self.fields if f.is_("c") and not f.is_("n") and f.type != "boolean")

    @cached_property
    def _every_name(self) -> frozenset[str]:
        return frozenset(f.name for f in self.all_fields)

    def field(self, name: str) -> Field | None:
        """Find a visible field by its name in any case."""
        return self._by_name.get(name.lower())

    def has(self, name: str) -> bool:
        """Tell whether rows have such a field, hidden or not (canonical spelling)."""
        return name in self._every_name

    def relationship(self, name: str) -> Field | None:
        """Find the reference field behind a relationship name such as `Owner`."""
        return self._by_relationship.get(name.lower())

    @property
    def name_field(self) -> Field | None:
        """The field that stands for the record in lists."""
        return next((f for f in self.fields if f.is_("N")), None)


READ_TRAITS = frozenset({"queryable", "retrieveable"})
FULL_TRAITS = READ_TRAITS | {
    "createable",
    "updateable",
    "deletable",
    "undeletable",
    "layoutable",
    "searchable",
    "triggerable",
    "replicateable",
    "mruEnabled",
    "searchLayoutable",
    "compactLayoutable",
}


def traits(*extra: str, without: Iterable[str] = ()) -> frozenset[str]:
    """The usual traits of a business object, with some more and some fewer."""
    return (FULL_TRAITS | set(extra)) - set(without)
