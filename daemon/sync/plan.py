"""The planner: both trees, the base and the rules in, every proposal with its reasons out; pure, total, deterministic."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from daemon.sync import fresh, guards, linked
from daemon.sync.base import Base
from daemon.sync.changes import context
from daemon.sync.draft import Draft
from daemon.sync.proposal import Plan, Proposal, Upkeep
from daemon.sync.rules import Rules
from daemon.sync.series import reissued
from daemon.sync.trees import Trees


def plan(trees: Trees, base: Base, rules: Rules) -> Plan:
    """What should happen so that both calendars agree (sync.md 2; contracts.md, The planner).

    ``Plan.wanted`` names keys that a cell of the table must have by id: the caller looks them up, puts the answers into the
    trees (``records``, ``gone`` or ``unknown``) and plans again. Until then nothing is proposed for them. The answer does not
    depend on the order in which anything was put in.
    """
    ctx = context(trees, base, rules)
    draft = Draft()
    moved = reissued(ctx)
    linked.walk(ctx, draft, moved)
    fresh.walk(ctx, draft, moved)
    changes = tuple(sorted(draft.changes, key=lambda row: (row.starts_at, row.id)))
    return Plan(
        changes=changes,
        wanted=frozenset(draft.wanted),
        upkeep=_in_order(draft.upkeep),
        left_out={key: draft.left_out[key] for key in sorted(draft.left_out)},
        quiet={key: draft.quiet[key] for key in sorted(draft.quiet)},
        guard=guards.check(changes, base, trees),
        plan_hash=plan_hash(changes),
    )


def plan_hash(changes: Iterable[Proposal]) -> str:
    """A hash over every (id, revision), whatever their order."""
    digest = hashlib.blake2b(digest_size=15)
    for pair in sorted(f"{row.id} {row.revision}" for row in changes):
        digest.update(pair.encode() + b"\n")
    return base64.b32encode(digest.digest()).decode("ascii").lower()


def _in_order(upkeep: Iterable[Upkeep]) -> tuple[Upkeep, ...]:
    unique: dict[tuple[str, str, str], Upkeep] = {}
    for one in upkeep:
        unique.setdefault((one.item, one.kind, one.ignore), one)
    return tuple(unique[key] for key in sorted(unique))
