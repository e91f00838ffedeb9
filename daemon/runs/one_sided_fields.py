"""The field table of a row without one from the planner: what a create, a deletion or a question speaks of, field by field."""

from __future__ import annotations

from typing import Any

from daemon.sync.appointment import CONTENT_GROUPS
from daemon.sync.merge_rows import read_value
from daemon.sync.proposal import Proposal, Settlement
from shared.models import FieldRow, Image
from shared.states import Group, Side


def one_sided_fields(row: Proposal, settlement: Settlement | None) -> tuple[FieldRow, ...]:
    """Both images group by group, and under ``result`` what ``settlement`` would leave in the calendar it writes to.

    Undecided (``settlement`` None) there is no result yet. A deletion leaves nothing: the result is null, from both sides.
    """
    if row.salesforce is None and row.notes is None:
        return ()
    return tuple(_field(row, settlement, group) for group in CONTENT_GROUPS)


def _field(row: Proposal, settlement: Settlement | None, group: Group) -> FieldRow:
    salesforce, notes = _value(row.salesforce, group), _value(row.notes, group)
    result, source = None, None
    for write in settlement.writes if settlement else ():
        if write.kind == "delete":
            source = "both"
        elif write.after is not None:
            # The description with the marked block and the mark of a shortened text: as it will stand there.
            result = write.after.description if group is Group.DESCRIPTION else read_value(write.after, group)
            source = str(write.side.other)
    if salesforce == notes:
        state = "same"
    else:
        state = f"{Side.NOTES if row.salesforce is None else Side.SALESFORCE}_changed"
        if row.salesforce is not None and row.notes is not None:
            state = "conflict"
    return FieldRow(group=group, salesforce=salesforce, notes=notes, result=result, source=source, state=state)


def _value(image: Image | None, group: Group) -> Any:
    return None if image is None else read_value(image, group)
