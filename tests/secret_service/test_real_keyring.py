"""The credentials store against a real gnome-keyring over D-Bus."""

from __future__ import annotations

from typing import Any

KEEP = """
from daemon.credentials import open_credentials
credentials = open_credentials(False)
credentials.set("salesforce-refresh-token", "5Aep861" + "x" * 1200)
print(credentials.kind, len(credentials.get("salesforce-refresh-token")))
"""

READ = """
from daemon.credentials import open_credentials
credentials = open_credentials(False)
print(credentials.get("salesforce-refresh-token")[:7])
credentials.delete("salesforce-refresh-token")
credentials.delete("salesforce-refresh-token")
print(credentials.get("salesforce-refresh-token"))
"""

REFUSED = """
from daemon.credentials import KeyringUnavailable, open_credentials
try:
    open_credentials(False)
except KeyringUnavailable as refused:
    print(refused.text.code)
"""


def test_a_secret_survives_the_session(inside: Any) -> None:
    first = inside(KEEP)
    assert first.stdout.split() == ["keyring", "1207"], first.stderr
    second = inside(READ)
    assert second.stdout.split() == ["5Aep861", "None"], second.stderr


def test_a_keyring_with_another_password_is_refused_and_keeps_its_secrets(inside: Any) -> None:
    assert inside(KEEP).stdout.startswith("keyring")
    refused = inside(REFUSED, "wrong")
    assert refused.stdout.strip() in ("keyring.locked", "keyring.failed"), refused.stderr
    assert inside(READ).stdout.split() == ["5Aep861", "None"]
