"""The safe place for secrets: the system's keyring behind an allow-list, or memory for demos and tests.

One secret per entry, never a bundle; every back-end takes at most 1,280 characters, because Windows does (2,560 bytes
of UTF-16). A back-end that writes plain text, forgets what it was given or chains to others is refused with
instructions instead of being used silently (reference/anchors.md 5, reference/machine.md 3). Calls may block for a
prompt or for some 20 ms: use the async wrappers ``fetch``, ``keep`` and ``forget`` on the event loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, Protocol

from shared.app_paths import HOME_VARIABLE
from shared.models import Text
from shared.texts import text

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

MAX_SECRET_LENGTH = 1280
"""Characters of one secret, on every platform, so that a limit of Windows shows on Linux too."""

SERVICE = "Daybridge"
ACCOUNT = "daybridge"
PROBE_NAME = "self-test"

ALLOWED_BACKENDS = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
    }
)
"""Classes that encrypt at rest under the person's login and read back what was written."""

_LOCK = threading.Lock()


class CredentialError(Exception):
    """Base of what can go wrong here; ``text`` is the sentence for the person."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence.text)
        self.text = sentence


class KeyringUnavailable(CredentialError):
    """No safe back-end, or it is locked or failing. Nothing was stored anywhere else instead."""


class SecretTooLong(CredentialError):
    """The secret has more than MAX_SECRET_LENGTH characters."""


class Credentials(Protocol):
    """Secrets by name. Calls block; names are short ASCII words such as ``notes-password``."""

    @property
    def kind(self) -> str:
        """``keyring`` or ``memory``, as the Status document says it."""
        ...

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, secret: str) -> None: ...

    def delete(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        ...


class MemoryCredentials:
    """Secrets that live as long as the process: the demo and tests."""

    kind = "memory"

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    def set(self, name: str, secret: str) -> None:
        _check_length(secret)
        self._secrets[name] = secret

    def delete(self, name: str) -> None:
        self._secrets.pop(name, None)


class KeyringCredentials:
    """Secrets in the system's keyring; ``scope`` keeps several installations of one person apart.

    Each secret has a service name of its own, because Windows moves the first of two accounts of one service.
    """

    kind = "keyring"

    def __init__(self, backend: KeyringBackend, scope: str = "") -> None:
        self._backend = backend
        self._scope = scope

    def get(self, name: str) -> str | None:
        return self._ask("get_password", name)

    def set(self, name: str, secret: str) -> None:
        _check_length(secret)
        self._ask("set_password", name, secret)
        if self._ask("get_password", name) != secret:
            raise KeyringUnavailable(text("keyring.forgets", backend=_class_path(self._backend)))

    def delete(self, name: str) -> None:
        if self._ask("get_password", name) is not None:
            self._ask("delete_password", name)

    def _service(self, name: str) -> str:
        return f"{SERVICE} – {name}" + (f" ({self._scope})" if self._scope else "")

    def _ask(self, call: str, name: str, *more: str) -> str | None:
        """One call to the back-end, one at a time, with its own errors turned into ours."""
        import keyring.errors

        with _LOCK:
            try:
                answer: str | None = getattr(self._backend, call)(self._service(name), ACCOUNT, *more)
            except (keyring.errors.KeyringLocked, keyring.errors.InitError) as error:
                raise KeyringUnavailable(text("keyring.locked")) from error
            # Back-ends raise errors of their own libraries (D-Bus, pywin32, ctypes); none of them may end the daemon.
            except Exception as error:
                raise KeyringUnavailable(text("keyring.failed", reason=type(error).__name__)) from error
        return answer


async def fetch(credentials: Credentials, name: str) -> str | None:
    """``get`` in a thread."""
    return await asyncio.to_thread(credentials.get, name)


async def keep(credentials: Credentials, name: str, secret: str) -> None:
    """``set`` in a thread."""
    await asyncio.to_thread(credentials.set, name, secret)


async def forget(credentials: Credentials, name: str) -> None:
    """``delete`` in a thread."""
    await asyncio.to_thread(credentials.delete, name)


def open_credentials(memory: bool, scope: str = "") -> Credentials:
    """The store to use: memory when asked for, else the system's keyring after a look at what it is.

    ``scope`` keeps installations apart; without one, each DAYBRIDGE_HOME has its own secrets, because two daemons that
    shared a refresh token would kill each other's sign-in.
    Raises KeyringUnavailable, with a sentence that says what to do, when there is no allowed back-end or when it does
    not give back what it was given. Blocks, possibly for as long as the person looks at a prompt.
    """
    if memory:
        return MemoryCredentials()
    credentials = KeyringCredentials(_allowed_backend(), scope or os.environ.get(HOME_VARIABLE, ""))
    _prove(credentials)
    return credentials


def _allowed_backend() -> Any:
    """The back-end keyring would use, if it is allowed; else the best allowed one that works on this machine."""
    import keyring
    import keyring.backend

    chosen: Any = keyring.get_keyring()
    if _class_path(chosen) in ALLOWED_BACKENDS:
        return chosen
    if _is_chain(chosen):
        # keyring chains every viable back-end, the plain-text one of keyrings.alt included: pick ours out of it.
        for link in sorted(chosen.backends, key=lambda backend: float(backend.priority), reverse=True):
            if _class_path(link) in ALLOWED_BACKENDS:
                return link
    raise KeyringUnavailable(_refusal(chosen))


def _refusal(backend: object) -> Text:
    path = _class_path(backend)
    if path == "keyring.backends.fail.Keyring":
        return text("keyring.none")
    if path == "keyring.backends.null.Keyring":
        return text("keyring.null")
    return text("keyring.not_allowed", backend=path)


def _prove(credentials: KeyringCredentials) -> None:
    """Write a word, read it back, remove it: a locked or forgetting keyring shows at start, not at the first sign-in."""
    credentials.set(PROBE_NAME, "works")
    credentials.delete(PROBE_NAME)


def _is_chain(backend: object) -> bool:
    return _class_path(backend) == "keyring.backends.chainer.ChainerBackend"


def _class_path(backend: object) -> str:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"


def _check_length(secret: str) -> None:
    length = len(secret.encode("utf-16-le")) // 2
    if length > MAX_SECRET_LENGTH:
        raise SecretTooLong(text("keyring.too_long", length=length, limit=MAX_SECRET_LENGTH))
