"""What each platform needs before the icon: sharp menus on Windows, and on Linux a desktop that really shows tray icons."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.daemon_start import detached, program

WATCHER = "org.kde.StatusNotifierWatcher"
NO_DISPLAY = "There is no graphical desktop here, so no tray icon can be shown; use instead: daybridge open --print"
NO_HOST = (
    "This desktop shows no tray icons (on GNOME the AppIndicator extension is needed); use instead: daybridge open"
)


class Backend(StrEnum):
    """The ways to show an icon on Linux, by pystray's names."""

    APPINDICATOR = "appindicator"
    GTK = "gtk"
    XORG = "xorg"


class NoTray(Exception):
    """No icon can be shown here; the sentence says why and what to do instead."""


def prepare() -> None:
    """Once, before any window exists. On Windows blurred menus are the price of forgetting it (anchors.md 4)."""
    if sys.platform == "win32":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):  # the call exists since Windows 8.1
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def linux_backends(seconds: float, sleep: Callable[[float], None] = time.sleep) -> list[Backend]:
    """The back-ends to try, best first; waits up to ``seconds`` for a panel, which at login may start after us.

    Raises NoTray. A GTK back-end needs a session bus (it talks to the notification service when it starts) and shows
    nothing, without any error, when no panel takes the icon (machine.md 2): so both are looked for first.
    """
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        raise NoTray(NO_DISPLAY)
    forced = os.environ.get("PYSTRAY_BACKEND")
    if forced in set(Backend):
        return [Backend(forced)]
    waited = 0.0
    while True:
        found = _found_now()
        if found:
            return found
        if waited >= seconds:
            raise NoTray(NO_HOST)
        sleep(0.5)
        waited += 0.5


def _found_now() -> list[Backend]:
    panel = xembed_host()
    bus = _has_session_bus()
    found: list[Backend] = []
    if bus and notifier_host():
        found.append(Backend.APPINDICATOR)
    if panel and bus:
        found.append(Backend.GTK)
    if panel:
        found.append(Backend.XORG)
    return found


def _has_session_bus() -> bool:
    if os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return bool(runtime) and (Path(str(runtime)) / "bus").exists()


def xembed_host() -> bool:
    """Whether a panel on this X display takes tray icons (it owns the selection ``_NET_SYSTEM_TRAY_Sn``)."""
    if not os.environ.get("DISPLAY"):
        return False
    try:
        display: Any = importlib.import_module("Xlib.display").Display()
    except Exception:  # noqa: BLE001 - python-xlib raises several unrelated kinds when the display cannot be reached
        return False
    try:
        atom = display.intern_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
        return bool(display.get_selection_owner(atom) != 0)
    finally:
        display.close()


def notifier_host() -> bool:
    """Whether the session bus has a StatusNotifierWatcher (KDE, XFCE, GNOME with the extension)."""
    try:
        # Through importlib, since gi makes its modules when they are asked for and type checkers see none.
        gio: Any = importlib.import_module("gi.repository.Gio")
        glib: Any = importlib.import_module("gi.repository.GLib")
        bus = gio.bus_get_sync(gio.BusType.SESSION, None)
        answer = bus.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            glib.Variant("(s)", (WATCHER,)),
            None,
            gio.DBusCallFlags.NONE,
            2000,
            None,
        )
        return bool(answer.unpack()[0])
    except Exception:  # noqa: BLE001 - no gi, no bus, or a bus that does not answer: all mean that it cannot be used
        return False


def has_browser_desktop() -> bool:
    """Whether a browser window can be shown; without a desktop only text browsers would answer (anchors.md 4)."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def start_again(arguments: list[str]) -> None:
    """Replace this process by the installed tray client (on Windows: start it as another process)."""
    command = program("daybridge-tray", "tray_client", *arguments)
    if sys.platform == "win32":
        subprocess.Popen(command, **detached())
        return
    os.execv(command[0], command)
