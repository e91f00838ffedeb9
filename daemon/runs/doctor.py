"""The doctor: looks for duplicates, orphans, open operations and storage faults; changes nothing."""

from __future__ import annotations

from collections import defaultdict

from daemon.runs.compare import Comparison
from daemon.store.database import Database
from daemon.store.runs import RunStore
from daemon.sync.appointment import item_id
from daemon.sync.base import LinkState
from shared.models import DoctorReport, Finding
from shared.states import Side
from shared.texts import text


def storage(database: Database) -> list[Finding]:
    """SQLite's own check of the file."""
    with database.reading() as db:
        answers = [row[0] for row in db.execute("PRAGMA quick_check").fetchall()]
    return [] if answers == ["ok"] else [Finding(kind="storage", text=text("doctor.storage"))]


def duplicates(comparison: Comparison) -> list[Finding]:
    """Items of one side that look the same: same subject and time."""
    found = []
    for side in Side:
        alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for key, record in comparison.trees.of(side).records.items():
            image = record.image
            if image.subject and not image.private:
                alike[(image.subject.casefold(), image.starts_at, image.ends_at)].append(key)
        for (_, starts_at, _), keys in sorted(alike.items()):
            if len(keys) > 1:
                ids = tuple(_identifier(comparison, side, key) for key in keys)
                note = text("doctor.duplicate", count=len(keys), side=side.title(), starts_at=starts_at)
                found.append(Finding(kind="duplicate", text=note, items=ids))
    return found


def orphans(comparison: Comparison) -> list[Finding]:
    """Links whose item is on neither side any more, or on one side only."""
    found = []
    for link in comparison.base.links:
        if link.state is not LinkState.LINKED:
            continue
        missing = [side for side in Side if link.key(side) not in comparison.trees.of(side).records]
        if missing:
            sides = " and ".join(side.title() for side in missing)
            found.append(Finding(kind="orphan", text=text("doctor.orphan", sides=sides), items=(link.id,)))
    return found


def open_operations(runs: RunStore, pairing: str) -> list[Finding]:
    ops = runs.open_ops(pairing)
    if not ops:
        return []
    return [
        Finding(
            kind="open_operation", text=text("doctor.open_ops", count=len(ops)), items=tuple(op.change for op in ops)
        )
    ]


def examine(database: Database, runs: RunStore, comparison: Comparison | None) -> DoctorReport:
    findings = storage(database)
    if comparison is None:
        findings.append(Finding(kind="not_compared", text=text("doctor.not_compared")))
    else:
        findings += duplicates(comparison) + orphans(comparison)
        findings += open_operations(runs, comparison.pair.pairing)
    return DoctorReport(ok=not findings, findings=tuple(findings))


def _identifier(comparison: Comparison, side: Side, key: str) -> str:
    link = next((each for each in comparison.base.links if each.key(side) == key), None)
    return link.id if link else item_id(comparison.pair.pairing, side, key)
