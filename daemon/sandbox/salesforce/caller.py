"""Who asks, with which API version, and what that person may see and change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daemon.sandbox.salesforce.fields import Row

#: Objects whose rows belong to one person when the org keeps activities private.
_PERSONAL = frozenset({"Event", "Task"})


@dataclass(frozen=True, slots=True)
class Caller:
    """One signed-in person for the length of one request.

    `sees_all` stands for the permissions View All and Modify All Data. `system` is the server itself: no field is
    read-only to it and no rule of the customer stops it. `private_org` is the sharing default for activities.
    """

    user_id: str
    version: float = 67.0
    sees_all: bool = False
    system: bool = False
    private_org: bool = True
    allow_duplicates: bool = False
    #: Ids of rows that sharing was taken from, per person; see `SalesforceSandbox.hide`.
    unshared: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def may_see(self, sobject: str, row: Row) -> bool:
        """Tell whether a row exists for this person."""
        if self.system:
            return True
        if row["Id"] in self.unshared.get(self.user_id, frozenset()):
            return False
        if sobject not in _PERSONAL or self.sees_all or row["OwnerId"] == self.user_id:
            return True
        return not self.private_org and not row.get("IsPrivate")

    def may_change(self, sobject: str, row: Row) -> bool:
        """Tell whether this person may update or delete a row that is visible to them."""
        return self.system or self.sees_all or sobject not in _PERSONAL or row["OwnerId"] == self.user_id
