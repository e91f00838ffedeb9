"""The model of sync.md 2.9 in full, its weak variants, and its traces on the real engine."""

from __future__ import annotations

import pytest

from daemon.runs.journal import Journal
from tests.model.exhaustive import Variant, explore, replay_end
from tests.model.replay import Replay

WEAK: dict[str, tuple[Variant, str]] = {
    "no precondition on the target": (Variant(precondition=False), "lost update"),
    "no look after the approval": (Variant(recheck=False), "sent unseen"),
    "neither": (Variant(precondition=False, recheck=False), "lost update"),
    "no key and no quarantine": (Variant(keyed=False, quarantine=False), "duplicate"),
    "no key and a blind retry": (Variant(keyed=False, quarantine=False, look_before_resend=False), "duplicate"),
    "base from a fresh read": (Variant(believed_base=False), "quiet but different"),
}


@pytest.mark.parametrize("keyed", [True, False])
def test_the_right_variant_has_no_violation(keyed: bool) -> None:
    """Catches: an order of edits, faults and crashes in which the design itself loses or doubles something."""
    found = explore(Variant(keyed=keyed))
    print(f"{found.states} states")
    assert found.violations == {}
    assert found.states > 5_000


def test_the_right_variant_deeper() -> None:
    """Three edits a side, three faults, four approvals."""
    found = explore(Variant(edits=3, faults=3, approvals=4))
    print(f"{found.states} states")
    assert found.violations == {}
    assert found.states > 100_000


@pytest.mark.parametrize("name", WEAK)
def test_a_weakened_variant_shows_its_violation(name: str) -> None:
    """Catches: a model that cannot fail; each missing safeguard must show what it is there for."""
    variant, wanted = WEAK[name]
    found = explore(variant)
    assert wanted in found.violations, found.violations
    print(f"{found.states} states; {wanted}: {' > '.join(found.violations[wanted])}")


@pytest.mark.parametrize("keyed", [True, False])
def test_the_real_engine_does_what_the_model_does(keyed: bool) -> None:
    """Catches: an engine that is not the one that was model-checked. 300 traces, spread evenly over all final states."""
    traces = explore(Variant(keyed=keyed), keep=300).traces
    assert len(traces) == 300
    for trace in traces:
        wanted = replay_end(trace, Variant(keyed=keyed))
        assert Replay(trace, keyed).run() == (wanted.source, wanted.target), trace


def test_an_engine_that_differs_from_the_model_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches: a replay that cannot fail: an engine that never looks must part from the model."""

    async def nothing(self: Journal, pair: object, rules: object) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr(Journal, "recover", nothing)
    with pytest.raises(AssertionError):
        test_the_real_engine_does_what_the_model_does(keyed=False)
