"""Tests of the credentials store: which back-ends are refused, what is read back, how long a secret may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from daemon import credentials as store
from daemon.credentials import (
    MAX_SECRET_LENGTH,
    KeyringCredentials,
    KeyringUnavailable,
    MemoryCredentials,
    SecretTooLong,
    open_credentials,
)


class ShelfKeyring(keyring.backend.KeyringBackend):
    """A back-end that keeps what it is given, in memory. Priority below fail, so that keyring never chooses it."""

    priority = -5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.shelf: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.shelf.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.shelf[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.shelf.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


class LockedKeyring(ShelfKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("dismissed")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked("dismissed")


class BrokenKeyring(ShelfKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"D-Bus went away while storing {password}")


class ForgettingKeyring(ShelfKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        return


@pytest.fixture(autouse=True)
def _no_real_keyring() -> Iterator[None]:
    """No test here may touch the developer's own keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


def _allow(monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    monkeypatch.setattr(store, "ALLOWED_BACKENDS", frozenset({store._class_path(backend)}))
    keyring.set_keyring(backend)


def test_the_keyring_keeps_reads_back_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = ShelfKeyring()
    _allow(monkeypatch, shelf)
    credentials = open_credentials(False)
    assert credentials.kind == "keyring"
    assert shelf.shelf == {}, "the self-test leaves nothing behind"
    credentials.set("one", "first")
    credentials.set("two", "second")
    assert (credentials.get("one"), credentials.get("two")) == ("first", "second")
    assert len({service for service, _ in shelf.shelf}) == 2, "each secret has a service of its own"
    credentials.delete("one")
    credentials.delete("one")
    assert credentials.get("one") is None
    assert credentials.get("two") == "second"


def test_scopes_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = ShelfKeyring()
    _allow(monkeypatch, shelf)
    open_credentials(False, "a").set("token", "of a")
    assert open_credentials(False, "b").get("token") is None


def test_each_home_has_its_own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    _allow(monkeypatch, ShelfKeyring())
    monkeypatch.delenv("DAYBRIDGE_HOME", raising=False)
    open_credentials(False).set("token", "of the person")
    monkeypatch.setenv("DAYBRIDGE_HOME", "/srv/other")
    assert open_credentials(False).get("token") is None
    monkeypatch.delenv("DAYBRIDGE_HOME")
    assert open_credentials(False).get("token") == "of the person"


@pytest.mark.parametrize(
    ("backend", "code"),
    [
        (keyring.backends.fail.Keyring(), "keyring.none"),
        (keyring.backends.null.Keyring(), "keyring.null"),
        (ShelfKeyring(), "keyring.not_allowed"),
    ],
)
def test_unsafe_back_ends_are_refused_with_instructions(backend: Any, code: str) -> None:
    keyring.set_keyring(backend)
    with pytest.raises(KeyringUnavailable) as refused:
        open_credentials(False)
    assert refused.value.text.code == code
    assert "again" in refused.value.text.text


def _chain_of(*backends: Any) -> Any:
    class Chain(keyring.backends.chainer.ChainerBackend):
        def __init__(self) -> None:
            keyring.backend.KeyringBackend.__init__(self)

    Chain.backends = list(backends)  # type: ignore[assignment]
    Chain.__module__ = "keyring.backends.chainer"
    Chain.__qualname__ = "ChainerBackend"
    return Chain()


def test_a_chain_is_never_used_but_its_safe_link_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    safe, unsafe = ShelfKeyring(), ForgettingKeyring()
    monkeypatch.setattr(store, "ALLOWED_BACKENDS", frozenset({store._class_path(safe)}))
    keyring.set_keyring(_chain_of(unsafe, safe))
    open_credentials(False).set("token", "secret")
    assert list(safe.shelf.values()) == ["secret"]
    keyring.set_keyring(_chain_of(unsafe))
    with pytest.raises(KeyringUnavailable) as refused:
        open_credentials(False)
    assert refused.value.text.code == "keyring.not_allowed"


@pytest.mark.parametrize(
    ("backend", "code"),
    [
        (LockedKeyring(), "keyring.locked"),
        (BrokenKeyring(), "keyring.failed"),
        (ForgettingKeyring(), "keyring.forgets"),
    ],
)
def test_a_back_end_that_fails_its_test_is_refused(monkeypatch: pytest.MonkeyPatch, backend: Any, code: str) -> None:
    _allow(monkeypatch, backend)
    with pytest.raises(KeyringUnavailable) as refused:
        open_credentials(False)
    assert refused.value.text.code == code
    assert "works" not in refused.value.text.text, "no secret in a sentence"


@pytest.mark.parametrize("make", [MemoryCredentials, lambda: KeyringCredentials(ShelfKeyring())])
def test_the_length_limit_of_windows_holds_everywhere(make: Any) -> None:
    credentials = make()
    credentials.set("fits", "x" * MAX_SECRET_LENGTH)
    assert credentials.get("fits") == "x" * MAX_SECRET_LENGTH
    with pytest.raises(SecretTooLong) as refused:
        credentials.set("long", "x" * (MAX_SECRET_LENGTH + 1))
    assert str(MAX_SECRET_LENGTH) in refused.value.text.text
    with pytest.raises(SecretTooLong):
        # Windows counts UTF-16 units: a character beyond the basic plane takes two.
        credentials.set("astral", "\U0001f511" * (MAX_SECRET_LENGTH // 2 + 1))
    assert credentials.get("long") is None


async def test_memory_is_for_demos_and_the_wrappers_reach_it() -> None:
    credentials = open_credentials(True)
    assert credentials.kind == "memory"
    await store.keep(credentials, "token", "secret")
    assert await store.fetch(credentials, "token") == "secret"
    await store.forget(credentials, "token")
    assert await store.fetch(credentials, "token") is None


def test_keyring_is_imported_when_first_needed() -> None:
    import subprocess
    import sys

    root = Path(__file__).parents[2]
    code = "import sys, daemon.credentials; sys.exit('keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
