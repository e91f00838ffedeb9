"""The switches of the Domino sandbox."""

from __future__ import annotations

import pytest

from daemon.sandbox.domino import DominoOptions
from daemon.sandbox.domino.options import FEATURES


def test_features_are_read_with_and_without_their_prefix() -> None:
    options = DominoOptions.from_features({"domino.login": "basic", "old_template": "on", "cookie_requests": "7"})
    assert (options.login, options.old_template, options.cookie_requests) == ("basic", True, 7)


@pytest.mark.parametrize(
    ("features", "needle"),
    [
        ({"colour": "red"}, "no feature 'colour'"),
        ({"login": "magic"}, "form, basic, both, force401"),
        ({"old_template": "perhaps"}, "true or false"),
        ({"cookie_requests": "-1"}, "whole number"),
    ],
)
def test_bad_features_are_refused_in_one_sentence(features: dict[str, str], needle: str) -> None:
    with pytest.raises(ValueError, match=needle):
        DominoOptions.from_features(features)


def test_every_feature_has_a_sentence_of_help() -> None:
    assert all(text.endswith(".") and default is not None for _, default, text in FEATURES.values())
