"""The reasons given for each row and for each item without one, as texts of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.sync.merge import BarKind, Frame, Verdict
from daemon.sync.projection import side_name as side_name
from shared.models import Text
from shared.states import Group, LeftOutReason, Side
from shared.texts import text
from shared.texts_rows import GROUP_WORDS

IN_STEP = (text("quiet.in_step"),)
OUTSIDE_WINDOW = (text("quiet.outside_window"),)
IGNORED_UNTIL = (text("quiet.ignored_until_change"),)
IGNORED_FOREVER = (text("quiet.ignored_forever"),)
DETACHED = (text("quiet.detached"),)
REMOVED_EARLIER = (text("quiet.removed_earlier"),)
PRIVATE_LEFT = (text("quiet.private_left"),)
BOTH_PRIVATE = (text("quiet.both_private"),)
BOTH_DELETED = (text("quiet.both_deleted"),)
REBASED = (text("quiet.rebased"),)
NOT_LISTED = (text("quiet.not_listed"),)
PARTNER_WAITS = (text("quiet.partner_waits"),)


def group_words(groups: Iterable[Group]) -> str:
    """The groups as a person reads them, in a fixed order: ``time and subject``."""
    chosen = set(groups)
    words = [GROUP_WORDS[group] for group in Group if group in chosen]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def left_out(reason: LeftOutReason) -> Text:
    return text(f"left_out.{reason}")


def merge_reasons(frame: Frame) -> list[Text]:
    """Which side changed what since both were last in step, and what stays behind."""
    reasons: list[Text] = []
    for side, verdict in ((Side.NOTES, Verdict.TO_SALESFORCE), (Side.SALESFORCE, Verdict.TO_NOTES)):
        groups = frame.groups(verdict)
        if groups:
            reasons.append(text("why.changed_on", side=side_name(side), groups=group_words(groups)))
    conflicts = frame.groups(Verdict.CONFLICT)
    if conflicts:
        code = "why.both_changed" if frame.notes_base is not None else "why.no_base"
        reasons.append(text(code, groups=group_words(conflicts)))
    rebased = frame.groups(Verdict.REBASE)
    if rebased and frame.notes_base is not None:
        reasons.append(text("why.already_equal", groups=group_words(rebased)))
    reasons.extend(bars(frame))
    return reasons


def bars(frame: Frame, *kinds: BarKind) -> list[Text]:
    """Why some edited groups are not written (each sentence once)."""
    found: list[Text] = []
    for one in frame.verdicts:
        target = one.target()
        sides = (target,) if target is not None else (Side.NOTES, Side.SALESFORCE)
        if one.verdict in (Verdict.SAME, Verdict.REBASE):
            continue
        for side in sides:
            bar = one.bar(side)
            if bar is not None and (not kinds or bar.kind in kinds) and bar.why not in found:
                found.append(bar.why)
    return found


def deleted_on(side: Side) -> Text:
    return text("why.deleted_on", side=side_name(side), other=side_name(side.other))


def forbidden(side: Side, operation: str) -> Text:
    return text("quiet.forbidden", side=side_name(side), operation=operation)


def read_only(side: Side) -> Text:
    return text("quiet.read_only", side=side_name(side))
