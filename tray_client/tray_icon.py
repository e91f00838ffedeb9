"""Shows a View as the tray icon and hands back what was chosen; the only module that knows pystray."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import queue
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from tray_client.icons import Palette, icon_image
from tray_client.menu import LINE, Command, Entry, View
from tray_client.platform_setup import NO_DISPLAY, Backend, NoTray, linux_backends

_LOG = logging.getLogger(__name__)
TITLE = "Daybridge"
DOCK_AGAIN = 0.5
"""Seconds between two looks for a panel while the X icon has none."""


def load_pystray(seconds: float) -> ModuleType:
    """pystray with the best back-end that works here; ``seconds`` to wait for a panel on Linux. Raises NoTray.

    The import itself opens the display and fails with errors of many kinds (Xlib's are no ImportError), hence the
    broad catch. The back-end is chosen at import time, so a failed try is forgotten before the next one.
    """
    if sys.platform in ("win32", "darwin"):
        return importlib.import_module("pystray")
    for backend in linux_backends(seconds):
        os.environ["PYSTRAY_BACKEND"] = backend
        try:
            module = importlib.import_module("pystray")
        except Exception as error:  # noqa: BLE001
            _LOG.info("the %s tray icon does not work here: %s", backend, type(error).__name__)
            for name in [name for name in sys.modules if name == "pystray" or name.startswith("pystray.")]:
                del sys.modules[name]
            continue
        if backend is Backend.XORG:
            _mend_x_icon()
        return module
    raise NoTray(NO_DISPLAY)


def _mend_x_icon() -> None:
    """Three repairs of pystray 0.19.5's X icon.

    It creates its window without asking for button presses, so no click would ever arrive. And it hands work from other
    threads over by sending itself X events from those threads, after which python-xlib now and then waits for ever: its
    events are read here by a loop that also runs posted work, so that only one thread ever talks to the display. And it asks
    for a place in the panel once: where no panel has taken the part yet (at login, after a crash), the loop asks again.
    """
    x_module: Any = importlib.import_module("Xlib.X")
    icon_type: Any = importlib.import_module("pystray._xorg").Icon
    create = icon_type._create_window

    def create_with_clicks(icon: Any) -> Any:
        window = create(icon)
        mask = x_module.ExposureMask | x_module.StructureNotifyMask | x_module.ButtonPressMask
        window.change_attributes(event_mask=mask)
        icon._display.sync()
        return window

    def events(icon: Any) -> Iterator[Any]:
        while True:
            icon.posted.run_all()
            while icon._display.pending_events():
                yield icon._display.next_event()
            icon._display.flush()
            if not icon._display.pending_events():  # what the flush has read already makes nothing readable any more
                homeless = icon.visible and not icon._systray_manager
                ready, _, _ = select.select([icon._display, icon.posted], [], [], DOCK_AGAIN if homeless else None)
                if not ready and icon._get_systray_manager():
                    icon._update_icon()

    icon_type._create_window = create_with_clicks
    icon_type._events = events


class Posted:
    """Work for the thread that owns the display, with a descriptor that becomes readable when there is some."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        return self._reader.fileno()

    def post(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        with contextlib.suppress(BlockingIOError):  # it is readable already
            self._writer.send(b".")

    def run_all(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)
        while not self._work.empty():
            self._work.get()()


class TrayIcon:
    """The icon. ``choose`` gets the command of the entry that was chosen; it must return at once.

    ``show``, ``tell`` and ``stop`` may be called from any thread; ``run`` takes the main thread until ``stop``.
    """

    def __init__(self, pystray: ModuleType, view: View, choose: Callable[[Command], None]) -> None:
        self._pystray: Any = pystray
        self._choose = choose
        self._view = view
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._icon: Any = self._pystray.Icon(
            "daybridge", icon=self._picture(view), title=view.tooltip, menu=self._menu(view)
        )
        self._posted = Posted() if self._pystray.Icon.__module__.endswith("_xorg") else None
        self._icon.posted = self._posted

    @property
    def has_menu(self) -> bool:
        return bool(self._pystray.Icon.HAS_MENU)

    def run(self, started: Callable[[], None]) -> None:
        """Show the icon until ``stop``; ``started`` is called in another thread once it is there."""
        self._take_signals()
        # The X back-end names its thread only after it has let the set-up begin, which needs that name.
        self._icon._thread = threading.current_thread()
        try:
            self._icon.run(setup=lambda _: self._set_up(started))
        except Exception:
            # GTK back-ends raise while ending when no notification service runs; that must not skip our own exit.
            if not self._stopping.is_set():
                raise
            _LOG.info("the icon ended with an error that does not matter", exc_info=True)
        finally:
            self._ready.clear()

    def show(self, view: View) -> None:
        """Show ``view`` unless it is shown already (building an open menu anew closes it)."""
        self._in_order(lambda: self._show(view))

    def tell(self, text: str) -> None:
        """A pop-up message; desktops without them get none."""
        if not self._pystray.Icon.HAS_NOTIFICATION:
            return
        self._in_order(lambda: self._notify(text))

    def stop(self) -> None:
        """End ``run``."""
        self._stopping.set()
        self._in_order(self._icon.stop)

    def _set_up(self, started: Callable[[], None]) -> None:
        if sys.platform.startswith("linux") and self._posted is None:
            self._take_signals_in_gtk()
        self._in_order(self._appear)
        started()

    def _appear(self) -> None:
        with self._lock:
            self._icon.visible = True
            self._ready.set()
            self._apply(self._view)

    def _show(self, view: View) -> None:
        with self._lock:
            if view == self._view:
                return
            before, self._view = self._view, view
            if not self._ready.is_set():
                return
            self._apply(view, before)

    def _apply(self, view: View, before: View | None = None) -> None:
        if before is None or view.icon is not before.icon:
            self._icon.icon = self._picture(view)
        if before is None or view.tooltip != before.tooltip:
            self._icon.title = view.tooltip
        if before is None or (view.entries, view.click, view.only_click) != (
            before.entries,
            before.click,
            before.only_click,
        ):
            self._icon.menu = self._menu(view)

    def _notify(self, text: str) -> None:
        with contextlib.suppress(Exception):  # the message service may be missing; the icon shows the state anyway
            self._icon.notify(text, TITLE)

    def _in_order(self, work: Callable[[], None]) -> None:
        """AppKit ends the process for calls from other threads; the other back-ends hand them over by themselves."""
        if sys.platform == "darwin":
            importlib.import_module("PyObjCTools.AppHelper").callAfter(work)
        elif self._posted is not None:
            self._posted.post(work)
        else:
            work()

    def _take_signals(self) -> None:
        """End on SIGINT and SIGTERM. Called in the main thread, before the loop."""
        if sys.platform == "darwin":
            take: Callable[..., object] = importlib.import_module("PyObjCTools.MachSignals").signal
        else:
            take = signal.signal
        for number in (signal.SIGINT, signal.SIGTERM):
            take(number, lambda *_: self._end_soon())
        if sys.platform == "win32":
            # The loop there waits inside the system and runs no Python handler; a socket wakes a thread instead.
            reader, self._wake = socket.socketpair()
            self._wake.setblocking(False)
            signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=lambda: reader.recv(1) and self.stop(), name="signals", daemon=True).start()

    def _take_signals_in_gtk(self) -> None:
        """pystray's GTK back-ends give SIGINT back to the system when they start; take it again, in the main thread."""

        def once() -> bool:
            self._take_signals()
            return False

        importlib.import_module("gi.repository.GLib").idle_add(once)

    def _end_soon(self) -> None:
        """``stop`` may wait for the loop this handler runs in, so another thread does it."""
        threading.Thread(target=self.stop, name="end", daemon=True).start()

    def _picture(self, view: View) -> Any:
        return icon_image(view.icon, Palette.MONOCHROME if sys.platform == "darwin" else Palette.COLOUR)

    def _menu(self, view: View) -> Any:
        menu, item = self._pystray.Menu, self._pystray.MenuItem
        click = view.click if self.has_menu else view.only_click
        # The entry a click on the icon runs is the listed one with that command, else one that is not shown.
        listed = next((entry for entry in view.entries if entry.command == click), None)
        items = [self._item(entry, is_default=entry is listed) for entry in view.entries]
        if listed is None:
            items.append(item("click", self._action(click), default=True, visible=False))
        return menu(*items)

    def _item(self, entry: Entry, *, is_default: bool = False) -> Any:
        menu, item = self._pystray.Menu, self._pystray.MenuItem
        if entry == LINE:
            return menu.SEPARATOR
        label = entry.label.replace("&", "&&") if sys.platform == "win32" else entry.label
        if entry.entries:
            return item(label, menu(*(self._item(each) for each in entry.entries)))
        action = self._action(entry.command) if entry.command is not None else None
        ticked = entry.ticked
        checked = None if ticked is None else (lambda _: ticked)
        return item(label, action, checked=checked, default=is_default, enabled=entry.enabled)

    def _action(self, command: Command) -> Callable[[], None]:
        def act() -> None:
            self._choose(command)

        return act
