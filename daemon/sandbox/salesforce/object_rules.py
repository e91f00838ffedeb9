"""What an object may add to the engine: a step before saving, one after, one after deleting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.fields import Row, SObject

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.engine import Engine


@dataclass(frozen=True, slots=True)
class Save:
    """One save under way. `draft` is the row to be stored, still open to change; `given` the fields the caller named."""

    sobject: SObject
    old: Row | None
    draft: Row
    given: frozenset[str]
    caller: Caller


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """The steps of one object; each may refuse with ApiError."""

    before_save: Callable[[Engine, Save], None] | None = None
    after_save: Callable[[Engine, Save], None] | None = None
    after_delete: Callable[[Engine, Row, str], None] | None = None


#: Filled by the modules of the objects that have rules (see event_rules and invitees).
RULES: dict[str, ObjectRules] = {}
