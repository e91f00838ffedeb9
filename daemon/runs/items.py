"""Every item of either calendar with what is known of it: linked, in a row, left out and why, ignored, and its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon.runs.compare import Comparison
from daemon.store.runs import RunStore
from daemon.sync.appointment import item_id
from daemon.sync.base import Link, LinkState, fresh_ids
from daemon.sync.proposal import Proposal
from daemon.sync.trees import LeftOut
from shared.models import HistoryEntry, Image, Item, ItemList, Text
from shared.problems import ApiProblem, ProblemName
from shared.states import LeftOutReason, Side
from shared.texts import text

PRIVATE_TITLE = "private entry"


def items(comparison: Comparison, rows: Mapping[str, Proposal]) -> Iterator[Item]:
    """Each item once. ``rows`` are the open run's rows by item id."""
    pairing = comparison.pair.pairing
    seen: set[tuple[Side, str]] = set()
    name = fresh_ids(comparison.base)
    for link in comparison.base.links:
        if link.state is LinkState.TOMBSTONE:
            continue
        keys = {side: link.key(side) for side in Side}
        if not any(comparison.trees.of(side).records.get(key) for side, key in keys.items() if key):
            continue
        seen |= {(side, key) for side, key in keys.items() if key}
        yield _linked(comparison, link, rows.get(link.id))
    for side in (Side.NOTES, Side.SALESFORCE):
        tree = comparison.trees.of(side)
        for key, record in tree.records.items():
            if (side, key) in seen:
                continue
            identifier = name(side, key)
            row = rows.get(identifier) or _row_of(rows, side, key)
            yield _single(comparison, side, key, record.image, identifier, row)
        for handle, left in tree.left_out.items():
            if (side, left.key) in seen or left.key in tree.records:
                continue
            yield _left_out(item_id(pairing, side, handle), side, left)


def _row_of(rows: Mapping[str, Proposal], side: Side, key: str) -> Proposal | None:
    """The row that speaks of this record under another item's id (links and doubtful pairs)."""
    for row in rows.values():
        if key == (row.notes_key if side is Side.NOTES else row.salesforce_key):
            return row
    return None


def _linked(comparison: Comparison, link: Link, row: Proposal | None) -> Item:
    images: dict[Side, Image | None] = {}
    for side in Side:
        record = comparison.trees.of(side).records.get(link.key(side))
        images[side] = record.image if record else None
    shown = images[Side.NOTES] or images[Side.SALESFORCE] or Image()
    left = next(
        (
            comparison.plan.left_out[(side, link.key(side))]
            for side in Side
            if (side, link.key(side)) in comparison.plan.left_out
        ),
        None,
    )
    why = row.why if row else comparison.plan.quiet.get(link.id, ())
    if not why and left and left.why:
        why = (left.why,)
    return Item(
        id=link.id,
        title=PRIVATE_TITLE if shown.private and not shown.subject else shown.subject,
        starts_at=shown.starts_at,
        ends_at=shown.ends_at,
        all_day=shown.all_day,
        linked=True,
        state="row" if row else "left_out" if left else _quiet_state(link, why),
        reason=left.reason.value if left and not row else None,
        why=why or (text("why.in_step"),),
        salesforce=images[Side.SALESFORCE],
        notes=images[Side.NOTES],
    )


_AGREES = frozenset({"quiet.in_step", "quiet.rebased", "why.in_step"})


def _quiet_state(link: Link, why: tuple[Text, ...]) -> str:
    """A pair without a row: ignored, in step, or kept as it is for the reason that ``why`` gives."""
    if link.state is LinkState.FROZEN:
        return "frozen"
    agrees = not why or any(each.code in _AGREES for each in why)
    return _ignored(why) or ("in_step" if agrees else "frozen")


def _ignored(why: tuple[Text, ...]) -> str:
    return "ignored" if any(each.code.startswith("quiet.ignored_") for each in why) else ""


def _single(comparison: Comparison, side: Side, key: str, image: Image, identifier: str, row: Proposal | None) -> Item:
    left = None if row else comparison.plan.left_out.get((side, key))
    quiet = comparison.plan.quiet.get(identifier, ())
    why = row.why if row else (left.why,) if left and left.why else quiet
    return Item(
        id=identifier,
        title=PRIVATE_TITLE if image.private and not image.subject else image.subject,
        starts_at=image.starts_at,
        ends_at=image.ends_at,
        all_day=image.all_day,
        state="row" if row else "left_out" if left else _ignored(why) or "unlinked",
        side=side,
        reason=left.reason.value if left else None,
        why=why,
        salesforce=image if side is Side.SALESFORCE else None,
        notes=image if side is Side.NOTES else None,
    )


def _left_out(identifier: str, side: Side, left: LeftOut) -> Item:
    private = left.reason is LeftOutReason.PRIVATE
    return Item(
        id=identifier,
        title=PRIVATE_TITLE if private else left.title,
        starts_at=left.starts_at,
        ends_at=left.ends_at,
        all_day=left.all_day,
        state="left_out",
        side=side,
        reason=left.reason.value,
        why=(left.why,) if left.why else (text(f"left_out.{left.reason.value}"),),
    )


def item_list(found: Iterator[Item], q: str, reason: str, offset: int, limit: int) -> ItemList:
    """One page of items whose title, place or id holds ``q``; ``counts`` by reason or state over all of them."""
    if offset < 0 or not 1 <= limit <= 500:
        raise ApiProblem(ProblemName.BAD_REQUEST, "offset starts at 0 and limit is 1 to 500.")
    words = q.casefold()
    counts: dict[str, int] = {}
    wanted = []
    for item in found:
        name = item.reason or item.state
        counts[name] = counts.get(name, 0) + 1
        places = [image.location for image in (item.salesforce, item.notes) if image]
        if words and not any(words in each.casefold() for each in (item.title, item.id, *places)):
            continue
        if not reason or name == reason:
            wanted.append(item)
    wanted.sort(key=lambda item: (item.starts_at, item.title, item.id))
    return ItemList(total=len(wanted), counts=counts, items=tuple(wanted[offset : offset + limit]))


def history(runs: RunStore, identifier: str) -> tuple[HistoryEntry, ...]:
    """What was done with an item, newest first."""
    return tuple(
        HistoryEntry(at=each.at, run=each.run, action=each.action, result=each.result, text=each.error or each.text)
        for each in runs.history(identifier)
        if each.result is not None
    )
