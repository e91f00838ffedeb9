"""Reads the daemon's event stream: one Status document after another, until either end closes it."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from types import TracebackType

import msgspec

from shared.api_transport import Connection, DaemonNotRunning, NotUnderstood
from shared.models import Status

MAX_LINE = 1024 * 1024
"""Bytes; a Status document is a few hundred."""


class StatusStream:
    """An open stream. Iterating yields each Status and ends when the daemon closes the stream.

    Raises DaemonNotRunning when the connection breaks or stays silent (the daemon sends a comment every 15 s), and
    NotUnderstood for an event that is no Status. ``close`` may be called from another thread and ends the iteration.
    """

    def __init__(self, connection: Connection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response
        self._closed = threading.Event()

    def __enter__(self) -> StatusStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        with contextlib.suppress(OSError):
            self._response.close()
        self._connection.close()

    def close(self) -> None:
        """End the stream; a reader blocked in another thread wakes up."""
        self._closed.set()
        self._connection.break_off()

    def __iter__(self) -> Iterator[Status]:
        data: list[str] = []
        name = "status"
        for line in self._lines():
            if not line:
                if data and name in ("status", "message"):
                    yield _status("\n".join(data))
                data, name = [], "status"
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value

    def _lines(self) -> Iterator[str]:
        """Each line without its end; comments are lines with an empty field name and fall through above."""
        while not self._closed.is_set():
            try:
                raw = self._response.readline(MAX_LINE + 1)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if self._closed.is_set():
                    return
                raise DaemonNotRunning("The connection to the daemon broke.") from error
            if not raw:
                return
            if len(raw) > MAX_LINE:
                raise NotUnderstood("The daemon's stream is not understood. Restart Daybridge.")
            yield raw.decode("utf-8", "replace").rstrip("\r\n")


def _status(text: str) -> Status:
    try:
        return msgspec.json.decode(text, type=Status)
    except msgspec.MsgspecError as error:
        raise NotUnderstood("The daemon's stream is not understood. Restart Daybridge.") from error
