"""The switches of an org."""

from __future__ import annotations

import pytest

from daemon.sandbox.salesforce import FEATURES, SalesforceOptions


def test_text_becomes_typed_values() -> None:
    options = SalesforceOptions.from_features(
        {
            "consent": "auto",
            "rotation": "off",
            "api_limit": "50",
            "clock_skew": "-2.5",
            "hidden_fields": "Event.Location, Event.ShowAs",
            "time_zone": "America/New_York",
            "before_save": " x",
        }
    )
    assert (options.consent, options.rotation, options.api_limit, options.clock_skew) == ("auto", False, 50, -2.5)
    assert options.hidden_fields == ("Event.Location", "Event.ShowAs")
    assert (options.time_zone, options.before_save) == ("America/New_York", " x")
    assert SalesforceOptions.from_features({}) == SalesforceOptions()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nothing", "on"),
        ("rotation", "perhaps"),
        ("api_limit", "many"),
        ("api_limit", "-1"),
        ("clock_skew", "x"),
        ("consent", "never"),
        ("time_zone", "Mars/Olympus"),
        ("validation", "("),
    ],
)
def test_a_bad_one_is_refused_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(ValueError) as caught:
        SalesforceOptions.from_features({name: value})
    assert name in str(caught.value)
    assert str(caught.value).endswith(".")


def test_every_switch_is_explained() -> None:
    for feature in FEATURES:
        assert feature.help.endswith("."), feature.name
        assert len({f.name for f in FEATURES}) == len(FEATURES)
