"""A desktop on a virtual screen for tests: X server, panel, session bus, a mouse and keyboard, and our processes on it."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.api_client import ApiClient, ClientError

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("Xvfb", "trayer", "xdotool", "xwininfo", "dbus-daemon", "scrot", "gnome-keyring-daemon")

T = TypeVar("T")


def missing_tools() -> list[str]:
    """Programs that are not installed (tests/tray/packages.txt names their packages)."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def until(what: Callable[[], T], seconds: float = 20.0) -> T:
    """The first true value of ``what``; fails with its last value after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {seconds:g} s"
        time.sleep(0.05)


@dataclass(frozen=True)
class Window:
    """A window of the X tree: ``left`` and ``top`` on the screen, in pixels."""

    id: str
    name: str
    width: int
    height: int
    left: int
    top: int


class Process:
    """A process of ours; ``stop`` ends exactly it."""

    def __init__(self, command: list[str], env: dict[str, str], output: Path | None = None) -> None:
        self.output = output
        sink = subprocess.DEVNULL if output is None else output.open("wb")
        self.popen = subprocess.Popen(command, env=env, cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT)
        if not isinstance(sink, int):
            sink.close()

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace") if self.output is not None else ""

    def stop(self) -> int:
        if self.popen.poll() is None:
            self.popen.terminate()
        try:
            return self.popen.wait(15)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait(15)


def _first_line_from(command: list[str], passed: int, reader: int, env: dict[str, str]) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen(
        command, pass_fds=(passed,), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(passed)
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], 20)
        part = os.read(reader, 256) if ready else b""
        assert part, f"{command[0]} did not start"
        text += part
    os.close(reader)
    return process, text.decode().strip()


class Desktop:
    """An X server on a free display number, without a panel or bus until they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        plain = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1000x700x24", "-nolisten", "tcp", "-noreset"]
        self._server, number = _first_line_from(command, writer, reader, plain)
        self.env = plain | {"DISPLAY": f":{number}", "NO_AT_BRIDGE": "1", "GTK_THEME": "Adwaita"}
        self._processes: list[Process] = []

    def start(self, command: list[str], name: str, **more: str) -> Process:
        process = Process(command, self.env | more, self.folder / f"{name}.out")
        self._processes.append(process)
        return process

    def start_panel(self) -> Process:
        panel = self.start(
            ["trayer", "--edge", "top", "--align", "left", "--widthtype", "request", "--height", "32"], "panel"
        )
        until(lambda: [window for window in self.windows() if "Trayer" in window.name or "panel" in window.name])
        return panel

    def start_bus(self) -> str:
        """A session bus that starts no services by itself: what is on it, the test put there."""
        reader, writer = os.pipe()
        config = self.folder / "bus.conf"
        config.write_text(_BUS, "utf-8")
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", f"--print-address={writer}"]
        process, address = _first_line_from(command, writer, reader, self.env)
        wrapped = Process.__new__(Process)
        wrapped.output, wrapped.popen = None, process
        self._processes.append(wrapped)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        return address

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.stop()
        self._server.terminate()
        self._server.wait(15)

    def windows(self) -> list[Window]:
        """Every window with its place on the screen."""
        # It fails when a window vanishes while it walks the tree: the next look will do.
        asked = subprocess.run(
            ["xwininfo", "-root", "-tree"], env=self.env, capture_output=True, text=True, check=False, timeout=20
        )
        text = asked.stdout if asked.returncode == 0 else ""
        found = []
        for line in text.splitlines():
            match = _WINDOW.match(line)
            if match:
                name = match["name"].strip('"')
                width, height, left, top = (int(match[key]) for key in ("w", "h", "x", "y"))
                found.append(Window(match["id"], name, width, height, left, top))
        return found

    def icon(self) -> Window:
        """The icon once the panel has taken it: a small window at the top edge."""
        return until(self.icons)[-1]

    def icons(self) -> list[Window]:
        """The icons in the panel now."""
        return [
            window
            for window in self.windows()
            if 16 <= window.width <= 64
            and 16 <= window.height <= 64
            and 0 <= window.top < 40
            and window.left >= 0
            and "rayer" not in window.name
            and "panel" not in window.name
        ]

    def click_icon(self, button: int) -> None:
        icon = self.icon()
        self.click(icon.left + icon.width // 2, icon.top + icon.height // 2, button)

    def click(self, x: int, y: int, button: int = 1) -> None:
        self._run("xdotool", "mousemove", str(x), str(y), "click", str(button))

    def move(self, x: int, y: int) -> None:
        self._run("xdotool", "mousemove", str(x), str(y))

    def key(self, *names: str) -> None:
        self._run("xdotool", "key", "--delay", "60", *names)

    def popups(self) -> list[Window]:
        """The menus that are open: large windows at a place on the screen that belong to no panel."""
        shown = []
        for window in self.windows():
            large = window.height > 60 and 100 < window.width < 990
            if large and self._is_shown(window):
                shown.append(window)
        return shown

    def _is_shown(self, window: Window) -> bool:
        answer = subprocess.run(
            ["xwininfo", "-id", window.id], env=self.env, capture_output=True, text=True, check=False, timeout=20
        )
        return "IsViewable" in answer.stdout

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._run("scrot", "-o", str(path))

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True, timeout=20)
        return done.stdout


_NOT_INHERITED = frozenset(
    {"DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "PYSTRAY_BACKEND", "BROWSER"}
)
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_WINDOW = re.compile(
    r'\s*(?P<id>0x[0-9a-f]+) (?P<name>".*?"|\(has no name\)):.*?'
    r"\s(?P<w>\d+)x(?P<h>\d+)\+-?\d+\+-?\d+\s+\+(?P<x>-?\d+)\+(?P<y>-?\d+)"
)


class Programs:
    """The scripted daemon and tray client under one DAYBRIDGE_HOME, and a browser that writes down what it is given."""

    def __init__(self, desktop: Desktop, home: Path) -> None:
        self.desktop = desktop
        self.home = home
        self.opened = home / "opened.txt"
        browser = home / "browser.sh"
        home.mkdir(parents=True, exist_ok=True)
        browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{self.opened}"\n', "utf-8")
        browser.chmod(0o755)
        self._more = {"DAYBRIDGE_HOME": str(home), "BROWSER": str(browser)}
        self.client = ApiClient(home / "state" / "endpoint.json")

    def start_daemon(self, *arguments: str) -> Process:
        command = [sys.executable, "-m", "tests.fakes.scripted_daemon", "--pause", "0.01", *arguments]
        daemon = self.desktop.start(command, f"daemon{time.monotonic_ns()}", **self._more)
        until(self._answers)
        return daemon

    def _answers(self) -> bool:
        try:
            self.client.status()
        except ClientError:
            self.client.forget_endpoint()
            return False
        return True

    def start_tray(self, *arguments: str, backend: str = "") -> Process:
        more = self._more | ({"PYSTRAY_BACKEND": backend} if backend else {})
        command = [sys.executable, "-m", "tray_client", *arguments]
        return self.desktop.start(command, f"tray{time.monotonic_ns()}", **more)

    def opened_pages(self) -> list[str]:
        return self.opened.read_text("utf-8").split() if self.opened.exists() else []
