"""The people of the Domino sandbox, their mail files and what each may do there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Rights(NamedTuple):
    """What a role may do in a mail file."""

    reads: bool
    sees_private: bool
    writes: bool


class Role(Enum):
    """A person's role in a mail file. Private entries lack $PublicAccess, so a calendar delegate never sees them."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"
    CALENDAR_DELEGATE = "calendar_delegate"
    NOBODY = "nobody"


RIGHTS: dict[Role, Rights] = {
    Role.OWNER: Rights(reads=True, sees_private=True, writes=True),
    Role.EDITOR: Rights(reads=True, sees_private=True, writes=True),
    Role.READER: Rights(reads=True, sees_private=True, writes=False),
    Role.CALENDAR_DELEGATE: Rights(reads=True, sees_private=False, writes=False),
    Role.NOBODY: Rights(reads=False, sees_private=False, writes=False),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A person (or a team) of the directory. `notes_name` is abbreviated: Jane Doe/Example."""

    username: str
    password: str
    notes_name: str
    email: str
    mail_file: str

    @property
    def common_name(self) -> str:
        """Return the name without the organisation."""
        return self.notes_name.split("/", 1)[0]

    @property
    def distinguished_name(self) -> str:
        """Return the canonical form: CN=Jane Doe/O=Example."""
        common, _, organisation = self.notes_name.partition("/")
        return f"CN={common}/O={organisation}"

    def is_called(self, name: str) -> bool:
        """Tell whether a name given at a login or as `owner` means this person."""
        known = (self.username, self.notes_name, self.common_name, self.distinguished_name, self.email)
        return name.strip().lower() in {one.lower() for one in known}


HOME_SERVER = "CN=mail01/O=Example"
JANE = Person("jdoe", "jane-secret-1", "Jane Doe/Example", "jane.doe@example.com", "/mail/jdoe.nsf")
EDITH = Person("eeditor", "edith-secret-2", "Edith Moore/Example", "edith.moore@example.com", "/mail/emoore.nsf")
RICK = Person("rreader", "rick-secret-3", "Rick Reed/Example", "rick.reed@example.com", "/mail/rreed.nsf")
CARLA = Person("cdelegate", "carla-secret-4", "Carla Diaz/Example", "carla.diaz@example.com", "/mail/cdiaz.nsf")
#: A shared mail-in database: nobody signs in as the team.
TEAM = Person("", "", "Sales Team/Example", "sales.team@example.com", "/mail/salesteam.nsf")

PEOPLE = (JANE, EDITH, RICK, CARLA)

#: mail file -> (owner, {username: role}); whoever is not named has no access.
MAIL_FILES: dict[str, tuple[Person, dict[str, Role]]] = {
    JANE.mail_file: (
        JANE,
        {
            JANE.username: Role.OWNER,
            EDITH.username: Role.EDITOR,
            RICK.username: Role.READER,
            CARLA.username: Role.CALENDAR_DELEGATE,
        },
    ),
    EDITH.mail_file: (EDITH, {EDITH.username: Role.OWNER}),
    RICK.mail_file: (RICK, {RICK.username: Role.OWNER}),
    CARLA.mail_file: (CARLA, {CARLA.username: Role.OWNER}),
    TEAM.mail_file: (TEAM, {JANE.username: Role.EDITOR, EDITH.username: Role.EDITOR, RICK.username: Role.READER}),
}


def find_person(name: str) -> Person | None:
    """Return who is meant by a short name, a Notes name in any form, or a mail address."""
    people = (*PEOPLE, TEAM)
    return next((person for person in people if name.strip() and person.is_called(name)), None)


def role_of(person: Person, mail_file: str) -> Role:
    """Return a person's role in a mail file."""
    return MAIL_FILES[mail_file][1].get(person.username, Role.NOBODY)
