"""Tests of the token endpoint's words: identities, secrets that do not show, the sentence for each error."""

from __future__ import annotations

import pytest

from daemon.sides.salesforce.oauth import TokenSet, identity_of, refusal_sentence


def test_tokens_do_not_show() -> None:
    shown = repr(TokenSet("secret-access", "secret-refresh", "https://acme.my.salesforce.com"))
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P", ("00Dx0000000BV7z", "005x00000012Q9P")),
        ("https://login.salesforce.com/", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_identity_address(url: str, ids: tuple[str, str]) -> None:
    assert identity_of(url) == ids


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("access_denied", "end-user denied authorization", "salesforce.denied"),
        ("invalid_client", "app must be installed into org", "salesforce.app_not_installed"),
        ("invalid_client_id", "client identifier invalid", "salesforce.bad_client_id"),
        ("redirect_uri_mismatch", "redirect_uri must match configuration", "salesforce.redirect_mismatch"),
        ("invalid_grant", "ip restricted", "salesforce.ip_restricted"),
        ("invalid_grant", "inactive user", "salesforce.user_inactive"),
        ("invalid_grant", "expired access/refresh token", "salesforce.sign_in_again"),
        ("brand_new", "", "salesforce.sign_in_again"),
    ],
)
def test_each_error_is_a_sentence(error: str, description: str, code: str) -> None:
    words = refusal_sentence(
        error, description, "salesforce.sign_in_again", "http://localhost:51721/daybridge/callback"
    )
    assert words.code == code
    assert "{" not in words.text
