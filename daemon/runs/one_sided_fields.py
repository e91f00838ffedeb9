"""The field table of a row without one from the planner: what a create, a deletion or a question speaks of, field by field."""

from __future__ import annotations

from typing import Any

from daemon.sync.appointment import CONTENT_GROUPS
from daemon.sync.merge_rows import read_value
from daemon.sync.proposal import Proposal, Settlement
from shared.models import FieldRow, Image
from shared.states import Group, Side


def one_sided_fields(row: Proposal, settlement: Settlement | None) -> tuple[FieldRow, ...]:
    """Both images group by group beside the last synchronization, and under ``result`` what ``settlement`` would leave in the
    calendar it writes to.

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
    base = _value(row.base, group)
    return FieldRow(
        group=group,
        base=base,
        salesforce=salesforce,
        notes=notes,
        result=result,
        source=source,
        state=_state(row, base, salesforce, notes),
    )


def _state(row: Proposal, base: Any, salesforce: Any, notes: Any) -> str:
    """Which side changed the group; of a side that holds nothing any more only the other one can have."""
    if salesforce == notes:
        return "same"
    if row.salesforce is not None and row.notes is not None:
        return "conflict"
    left, side = (notes, Side.NOTES) if row.salesforce is None else (salesforce, Side.SALESFORCE)
    return "same" if row.base is not None and left == base else f"{side}_changed"


def _value(image: Image | None, group: Group) -> Any:
    return None if image is None else read_value(image, group)
