"""npm's Prism as a validating proxy, the published description of the calendar service, and a served sandbox."""

from __future__ import annotations

import asyncio
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from daemon.sandbox.domino import DominoOptions, DominoSandbox
from daemon.sandbox.seed import demo

PRISM = "5.14.2"
PATIENCE = 60.0
_TO_JSON = (
    "const yaml = require('js-yaml'), fs = require('fs');"
    "process.stdout.write(JSON.stringify(yaml.load(fs.readFileSync(process.argv[1], 'utf8'))));"
)

Proxy = Callable[[str], str]


class Served:
    """A sandbox in a thread of its own; ``do`` runs something in its loop, where its requests are handled."""

    def __init__(self, sandbox: DominoSandbox) -> None:
        self.sandbox = sandbox
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.url = asyncio.run_coroutine_threadsafe(sandbox.start(), self.loop).result(PATIENCE)

    def do(self, what: Callable[[], Any]) -> Any:
        async def call() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.sandbox.stop(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()


@pytest.fixture(scope="session")
def prism_folder(npm_folder: Callable[[str, str], Path]) -> Path:
    """A folder whose node_modules hold Prism."""
    return npm_folder("@stoplight/prism-cli", PRISM)


@pytest.fixture(scope="session")
def description(samples: Path, node: Path, prism_folder: Path) -> dict[str, Any]:
    """The vendor's Swagger file with what it leaves out: that bodies are JSON. Without ``produces`` no reply body is checked,
    without ``consumes`` no action may have a body (creates and updates name theirs)."""
    source = samples / "domino" / "das-calendar.yaml"
    said = subprocess.run(
        [str(node), "-e", _TO_JSON, str(source)], cwd=prism_folder, capture_output=True, timeout=PATIENCE, check=True
    )
    document: dict[str, Any] = json.loads(said.stdout)
    assert not {"produces", "consumes"} & document.keys()
    return document | {"produces": ["application/json"], "consumes": ["application/json"]}


@contextmanager
def _prism(node: Path, folder: Path, document: Path, upstream: str) -> Iterator[str]:
    """One proxy; node is started directly, so that its pid is the one to end. It passes replies on and names what is wrong
    with them in the header ``sl-violations``."""
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    process = subprocess.Popen(
        [str(node), str(program), "proxy", "-h", "127.0.0.1", "-p", "0", "-v", "info", str(document), upstream],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=lambda out: [lines.put(line) for line in out], args=(process.stdout,))
    reader.start()
    try:
        said = ""
        while "listening on" not in said:
            said = lines.get(timeout=PATIENCE)
        yield "http://127.0.0.1:" + said.rsplit(":", 1)[1].strip()
    finally:
        process.terminate()
        process.wait(timeout=20)
        reader.join(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def proxy(
    node: Path, prism_folder: Path, description: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Starts a Prism in front of an address and gives its own; all of them end with the module."""
    document = tmp_path_factory.mktemp("prism") / "das-calendar.json"
    document.write_text(json.dumps(description), "utf-8")
    opened = []

    def start(upstream: str) -> str:
        one = _prism(node, prism_folder, document, upstream)
        opened.append(one)
        return one.__enter__()

    yield start
    for one in opened:
        one.__exit__(None, None, None)


@pytest.fixture(scope="module")
def served(samples: Path) -> Iterator[Served]:
    """A Domino with the demo's calendar and every calendar exported by Notes in Jane's mail file; Edith's is empty."""
    sandbox = DominoSandbox(DominoOptions(login="basic"))
    for text in demo(datetime.now(UTC).date(), "Europe/Berlin").notes:
        sandbox.load("/mail/jdoe.nsf", text)
    for file in sorted((samples / "ics-notes").glob("*.ics")):
        sandbox.load("/mail/jdoe.nsf", file.read_text("utf-8", "replace"))
    one = Served(sandbox)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def nonsense() -> Iterator[Callable[[dict[str, Any]], str]]:
    """Starts tiny servers that answer every request with ``{"status", "document"}`` as it stands at that moment."""
    opened = []

    def start(say: dict[str, Any]) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(say["document"]).encode()
                self.send_response(say["status"], "Said")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        opened.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in opened:
        server.shutdown()
        thread.join(20)
        server.server_close()
