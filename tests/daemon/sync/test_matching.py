"""Who may belong together on a first run: worked examples of the tiers (sync.md 2.7)."""

from __future__ import annotations

import pytest

from daemon.sync.appointment import digest
from daemon.sync.matching import Matches, match
from daemon.sync.trees import Record
from shared.models import Image


def record(key: str, subject: str, start: str, end: str = "") -> Record:
    end = end or f"{start[:11]}{int(start[11:13]) + 1:02d}{start[13:]}"
    image = Image(subject=subject, starts_at=start, ends_at=end)
    return Record(key=key, version="1", image=image, digest=digest(image))


def matched(notes: Record, *salesforce: Record, apart: frozenset[tuple[str, str]] = frozenset()) -> Matches:
    return match([notes], list(salesforce), lambda left, right: left.digest == right.digest, apart)


MORNING = "2026-03-02T09:00Z"


@pytest.mark.parametrize(
    ("subject", "start"),
    [
        ("Training: Initech Systems", MORNING),
        ("TRAINING: INITECH SYSTEMS", "2026-03-02T09:10Z"),
        ("Training: Initech", "2026-03-02T15:00Z"),
        ("Training: Initec", MORNING),
    ],
    ids=["begins alike", "begins alike, near", "same subject, another time of the day", "a letter differs"],
)
def test_what_a_person_would_call_one_meeting_is_asked(subject: str, start: str) -> None:
    """Catches: a first run that creates a second copy of what is there already, approved by default."""
    found = matched(record("N#", "Training: Initech", MORNING), record("S", subject, start))
    assert [len(partners) for _, partners in found.doubtful] == [1]
    assert found.notes == found.salesforce == found.linked == []


@pytest.mark.parametrize(
    ("ours", "theirs", "start"),
    [
        ("Training: Initech", "Training: Initech", "2026-03-03T09:00Z"),
        ("Training: Initech", "Training: Globex", MORNING),
        ("Call", "Call", "2026-03-02T15:00Z"),
        ("Call", "Call with Acme", MORNING),
        ("Training", "Trainings plan", MORNING),
    ],
    ids=[
        "another day",
        "another customer",
        "a subject that tells nothing",
        "begins with nothing telling",
        "not a whole word",
    ],
)
def test_what_is_not_alike_enough_is_not_asked(ours: str, theirs: str, start: str) -> None:
    """Catches: a first run that drowns a person in questions."""
    found = matched(record("N#", ours, MORNING), record("S", theirs, start))
    assert found.doubtful == []
    assert [each.key for each in found.notes] == ["N#"]
    assert [each.key for each in found.salesforce] == ["S"]


def test_a_pair_answered_keep_apart_is_not_asked_again() -> None:
    pair = (record("N#", "Training: Initech", MORNING), record("S", "Training: Initech", "2026-03-02T15:00Z"))
    assert matched(*pair, apart=frozenset({("N#", "S")})).doubtful == []


def test_the_same_time_links_before_another_time_is_asked() -> None:
    found = matched(
        record("N#", "Training: Initech", MORNING),
        record("S1", "Training: Initech", "2026-03-02T15:00Z"),
        record("S2", "training:  initech", MORNING),
    )
    assert [(ours.key, theirs.key) for ours, theirs in found.linked] == [("N#", "S2")]
    assert found.doubtful == []
