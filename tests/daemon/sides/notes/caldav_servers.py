"""Real CalDAV servers for tests: Radicale and Xandikos as processes on loopback, and a relay in front that can be cut.

Each server is started by the test that needs it and ended by its process id. A relay stands between the side and the server
so that a test can make the server unreachable while it goes on running for the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import requests

USER, PASSWORD = "jdoe", "jane-secret-1"
PATIENCE = 60.0
_MKCALENDAR = (
    '<?xml version="1.0" encoding="utf-8"?><C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>'
    "<displayname>{name}</displayname></prop></set></C:mkcalendar>"
)


@dataclass
class Server:
    """A running server: where it is, where its calendars are, and hands on them as another client."""

    kind: str
    port: int
    home: str
    process: subprocess.Popen[bytes]
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.auth = (USER, PASSWORD)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make(self, name: str, display: str = "") -> str:
        """A new empty calendar; its path."""
        path = f"{self.home}{name}/"
        body = _MKCALENDAR.format(name=display or name)
        answer = self.session.request(
            "MKCALENDAR", self.origin + path, data=body, headers={"Content-Type": "application/xml"}, timeout=30
        )
        assert answer.status_code == 201, answer.text
        return path

    def put(self, path: str, calendar: str, **headers: str) -> str:
        """Stores a resource; its ETag."""
        answer = self.session.put(
            self.origin + path,
            data=calendar.encode(),
            headers={"Content-Type": "text/calendar; charset=utf-8", **headers},
            timeout=30,
        )
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.headers.get("ETag", "")

    def get(self, path: str) -> str:
        answer = self.session.get(self.origin + path, timeout=30)
        assert answer.status_code == 200, answer.text
        answer.encoding = "utf-8"
        return answer.text

    def delete(self, path: str) -> None:
        assert self.session.delete(self.origin + path, timeout=30).status_code in (200, 204)

    def hrefs(self, path: str) -> list[str]:
        """The members of a collection, as another client lists them."""
        answer = self.session.request("PROPFIND", self.origin + path, headers={"Depth": "1"}, timeout=30)
        assert answer.status_code == 207, answer.text
        parts = [part.partition("<")[0] for part in answer.text.replace("ns0:", "").split("<href>")[1:]]
        return sorted(part for part in parts if part.endswith(".ics"))

    def stop(self) -> None:
        self.session.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def radicale(folder: Path) -> Iterator[Server]:
    """Radicale 3.x with one user, whose password it checks."""
    port = free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    config = folder / "config"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
        f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {folder / 'storage'}\n"
    )
    command = [sys.executable, "-m", "radicale", "--config", str(config)]
    with _running("radicale", command, port, f"/{USER}/", folder) as server:
        yield server


@contextlib.contextmanager
def xandikos(folder: Path) -> Iterator[Server]:
    """Xandikos, which checks no password over plain http; its home begins with one calendar called «calendar»."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("xandikos")), "serve", "-d", str(folder / "data"), "-l", "127.0.0.1",
        "-p", str(port), "--state-dir", str(folder / "state"), "--current-user-principal", "/user/", "--autocreate",
        "--defaults",
    ]  # fmt: skip
    with _running("xandikos", command, port, "/user/calendars/", folder) as server:
        yield server


@contextlib.contextmanager
def _running(kind: str, command: list[str], port: int, home: str, folder: Path) -> Iterator[Server]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=os.environ | {"HOME": str(folder)},
        )
    server = Server(kind, port, home, process)
    try:
        end = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, (folder / "output").read_text()
            try:
                server.session.get(f"{server.origin}/.well-known/caldav", timeout=5, allow_redirects=False)
                break
            except requests.ConnectionError:
                assert time.monotonic() < end, (folder / "output").read_text()
                time.sleep(0.05)
        yield server
    finally:
        server.stop()


class Relay:
    """Hands every connection on to a server until it is cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._streams: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def cut(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for stream in self._streams:
            stream.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there = await asyncio.open_connection("127.0.0.1", self._port)
        self._streams += [writer, there]
        for source, target in ((reader, there), (there_reader, writer)):
            task = asyncio.create_task(_pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await source.read(65536):
            target.write(chunk)
            await target.drain()
    target.close()


def member(path: str, uid: str) -> str:
    """The path of a resource called by its UID."""
    return f"{path}{quote(uid, safe='')}.ics"
