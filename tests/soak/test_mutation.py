"""The verdict over a mutation run: the bar, the deadline and the explanations each decide."""

from __future__ import annotations

import pytest

from tests.soak.mutation import EXPLAINED, ROOT, SUITES, Score, Survivor, explanations, report

LIVING = Survivor("daemon/sync/merge.py", "verdicts", "a and b", "a or b")


@pytest.mark.parametrize(
    ("score", "explained", "good"),
    [
        (Score(10, 0, []), {}, True),
        (Score(10, 0, [LIVING]), {LIVING: "Equivalent."}, True),
        (Score(10, 0, [LIVING]), {}, False),
        (Score(8, 0, [LIVING]), {LIVING: "Equivalent."}, False),
        (Score(99, 1, []), {}, False),
        (Score(0, 0, []), {}, False),
    ],
)
def test_what_passes(score: Score, explained: dict[Survivor, str], good: bool) -> None:
    assert report({LIVING.module: score}, explained) is good


def test_an_explanation_that_is_no_longer_needed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert report({LIVING.module: Score(10, 0, [])}, {LIVING: "Equivalent."})
    assert "it was killed: daemon/sync/merge.py verdicts" in capsys.readouterr().out


def test_every_explanation_speaks_of_a_line_that_is_there() -> None:
    modules = {module for suite in SUITES for module in suite.modules}
    found = explanations()
    assert found, EXPLAINED
    for one, why in found.items():
        assert one.module in modules
        assert one.old in (ROOT / one.module).read_text()
        assert one.old != one.new
        assert len(why.split()) > 5
