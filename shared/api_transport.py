"""Carries one request to the running daemon over loopback and turns refusals, problems and silence into exceptions.

Only http.client is used: it never looks at proxy settings, so the token cannot leave the machine (anchors.md 3.4).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared import endpoint_file
from shared.endpoint_file import Endpoint
from shared.models import API_VERSION
from shared.problems import PROBLEMS, URN, ApiProblem, ProblemName

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes; a longer answer is not ours."""

_OWN_MEMBERS = frozenset({"type", "title", "status", "detail", "instance"})


class ClientError(Exception):
    """The daemon could not be asked, or its answer is of no use; the sentence says what to do."""


class DaemonNotRunning(ClientError):
    """No daemon listens where the endpoint file says, or there is no such file."""

    def __init__(self, sentence: str = "The Daybridge daemon is not running. Start it with: daybridge run") -> None:
        super().__init__(sentence)


class DaemonSilent(ClientError):
    """The daemon took the request and did not answer in time, or broke off; whether it acted is not known."""


class OtherVersion(ClientError):
    """The running daemon speaks another version of the API; ``endpoint`` is where it listens."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(
            f"The running daemon is version {endpoint.version} (API {endpoint.api_version}), "
            f"this program needs API {API_VERSION}. Restart Daybridge to finish the update."
        )
        self.endpoint = endpoint


class NotUnderstood(ClientError):
    """What listens at the daemon's address answers something else than the API's documents."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: HTTP status and the body as sent."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: ``path`` begins with ``/`` and is complete, ``body`` is JSON or None, ``timeout`` is in seconds."""

    method: str
    path: str
    body: bytes | None = None
    timeout: float = 10.0


class Connection(http.client.HTTPConnection):
    """A connection that keeps hold of its socket: http.client gives it away when the answer ends with the connection."""

    held: socket.socket | None = None

    def connect(self) -> None:
        super().connect()
        self.held = self.sock

    def break_off(self) -> None:
        """End the connection now; a reader blocked in another thread wakes up."""
        if self.held is not None:
            with contextlib.suppress(OSError):
                self.held.shutdown(socket.SHUT_RDWR)


Opened = tuple[Connection, http.client.HTTPResponse]


class Transport:
    """Knows where the daemon listens and sends requests to it, one connection each.

    The endpoint file is read when first needed and once more when the daemon refuses the connection or the token:
    then it was restarted, and nothing of the refused request was carried out.
    """

    def __init__(self, endpoint_path: Path) -> None:
        self._path = endpoint_path
        self._known: Endpoint | None = None

    def endpoint(self) -> Endpoint:
        """Where the daemon listens. Raises DaemonNotRunning, EndpointRefused, NotUnderstood."""
        if self._known is None:
            found = endpoint_file.read(self._path)
            if found is None:
                raise DaemonNotRunning
            _loopback(found)
            self._known = found
        return self._known

    def forget(self) -> None:
        """Read the endpoint file again at the next request."""
        self._known = None

    def send(self, ask: Ask) -> Answer:
        """Send one request of our API version. Raises ClientError, EndpointRefused or ApiProblem."""
        connection, response = self.open(ask)
        try:
            body = _read(response)
        except TimeoutError as error:
            raise _silent(ask) from error
        except (OSError, http.client.HTTPException) as error:
            raise DaemonSilent("The daemon broke off its answer. Look at its log, then try again.") from error
        finally:
            connection.close()
        return Answer(response.status, body)

    def open(self, ask: Ask) -> Opened:
        """Send one request and return the open connection with a response of status 2xx; the caller reads and closes."""
        return self._twice(lambda endpoint: self._attempt(_same_version(endpoint), ask))

    def send_to_any_version(self, method: str, path: str) -> None:
        """Send a bodiless request below the prefix of whatever version runs (to stop it after an update)."""

        def attempt(endpoint: Endpoint) -> Opened:
            return self._attempt(endpoint, Ask(method, f"/api/v{endpoint.api_version}{path}"))

        connection, _ = self._twice(attempt)
        connection.close()

    def _twice(self, attempt: Callable[[Endpoint], Opened]) -> Opened:
        first = self.endpoint()
        try:
            return attempt(first)
        except (DaemonNotRunning, OtherVersion):
            self.forget()
            if self.endpoint() == first:
                self.forget()
                raise
        except ApiProblem as problem:
            if problem.name is not ProblemName.UNAUTHORIZED:
                raise
            self.forget()
            if self.endpoint() == first:
                raise
        return attempt(self.endpoint())

    def _attempt(self, endpoint: Endpoint, ask: Ask) -> Opened:
        host, port = _loopback(endpoint)
        connection = Connection(host, port, timeout=ask.timeout)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise DaemonNotRunning from error
        try:
            connection.request(ask.method, ask.path, body=ask.body, headers=_headers(endpoint, ask))
            response = connection.getresponse()
            if response.status >= 300:
                raise _problem(response.status, response.headers.get_content_type(), _read(response))
        except TimeoutError as error:
            connection.close()
            raise _silent(ask) from error
        except http.client.RemoteDisconnected as error:
            connection.close()
            raise DaemonSilent("The daemon closed the connection without an answer.") from error
        except http.client.HTTPException as error:
            connection.close()
            raise NotUnderstood(_stranger(endpoint)) from error
        except OSError as error:
            connection.close()
            raise DaemonSilent("The connection to the daemon broke.") from error
        except (ApiProblem, ClientError):
            connection.close()
            raise
        return connection, response


def _headers(endpoint: Endpoint, ask: Ask) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {endpoint.token}", "Accept": "application/json, text/event-stream"}
    if ask.method != "GET":
        headers["Content-Type"] = "application/json"
    return headers


def _loopback(endpoint: Endpoint) -> tuple[str, int]:
    """Host and port; anything but plain http on 127.0.0.1 is refused, since the token would leave the machine."""
    try:
        parts = urlsplit(endpoint.url)
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.scheme != "http" or parts.hostname != "127.0.0.1":
        raise NotUnderstood("The endpoint file does not name an address on this machine; start the daemon again.")
    return "127.0.0.1", port


def _same_version(endpoint: Endpoint) -> Endpoint:
    if endpoint.api_version != API_VERSION:
        raise OtherVersion(endpoint)
    return endpoint


def _read(response: http.client.HTTPResponse) -> bytes:
    body = response.read(MAX_ANSWER + 1)
    if len(body) > MAX_ANSWER:
        raise NotUnderstood("The daemon's answer is too long.")
    return body


def _silent(ask: Ask) -> DaemonSilent:
    return DaemonSilent(f"The daemon did not answer within {ask.timeout:g} seconds. Look at its log, then try again.")


def _stranger(endpoint: Endpoint) -> str:
    return f"What answers at {endpoint.url} is not Daybridge. Start the daemon again with: daybridge run"


def _problem(status: int, media_type: str, body: bytes) -> Exception:
    """The exception for an answer that is not 2xx: the named problem, or NotUnderstood for anything else."""
    stranger = NotUnderstood(f"The daemon's answer ({status}, {media_type}) is not understood. Restart Daybridge.")
    if media_type != "application/problem+json":
        return stranger
    try:
        members: Any = json.loads(body)
    except ValueError:
        return stranger
    if not isinstance(members, dict):
        return stranger
    extra = {str(key): value for key, value in members.items() if key not in _OWN_MEMBERS | {"name", "self"}}
    detail = members.get("detail") or ""
    try:
        name = ProblemName(str(members.get("type", "")).removeprefix(URN))
    except ValueError:  # a newer daemon knows a problem that we do not
        name, detail = ProblemName.INTERNAL, detail or str(members.get("title") or f"The daemon answered {status}.")
    return ApiProblem(name, str(detail), **extra)


def sentence(problem: ApiProblem) -> str:
    """What to tell the person: the problem's own sentence, or its title."""
    return problem.detail or PROBLEMS[problem.name][1]
