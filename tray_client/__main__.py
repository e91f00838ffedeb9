"""The tray client's process: one per person, it starts the daemon if none runs and shows the icon until Quit."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import sys
import webbrowser
from types import ModuleType

from filelock import FileLock, Timeout

from shared.api_client import ApiClient
from shared.app_paths import AppPaths, app_paths
from shared.version import VERSION
from tray_client import platform_setup
from tray_client.commands import Commands
from tray_client.menu import StartDaemon
from tray_client.messages import Message
from tray_client.tray_icon import TrayIcon, load_pystray
from tray_client.view import Moment, NoDaemon, make_view
from tray_client.watcher import Watcher

ALREADY = "The Daybridge tray icon is running already; look for it in the panel."
CLICK_ONLY = (
    "Tray icons have no menu on this desktop: a click opens the Synchronization window, which offers everything."
)


class TrayClient:
    """Ties the icon, the watcher and the commands together; it is what the commands call their Surroundings."""

    def __init__(self, pystray: ModuleType, paths: AppPaths) -> None:
        self.returning = False
        self._moment: Moment = NoDaemon()
        self._watcher = Watcher(ApiClient(paths.endpoint_file), self._show, self._tell)
        self._commands = Commands(ApiClient(paths.endpoint_file), paths, self, open_url=_open_in_browser)
        self.icon = TrayIcon(pystray, make_view(self._moment), self._commands.post)

    def run(self, *commands: StartDaemon) -> None:
        """Until Quit or a signal; ``commands`` are carried out first."""
        self._commands.start()
        for command in commands:
            self._commands.post(command)
        try:
            self.icon.run(self._watcher.start)
        finally:
            self._watcher.stop()
            self._commands.stop()

    def complain(self, text: str) -> None:
        _say(text)
        if isinstance(self._moment, NoDaemon):
            self._show(NoDaemon(text))
        self.icon.tell(text)

    def rows_changed(self) -> None:
        self._watcher.refresh()

    def daemon_changed(self) -> None:
        self._watcher.hurry()

    def leave(self) -> None:
        self.icon.stop()

    def leave_and_return(self) -> None:
        self.returning = True
        self.icon.stop()

    def _show(self, moment: Moment) -> None:
        self._moment = moment
        self.icon.show(make_view(moment))

    def _tell(self, message: Message) -> None:
        self.icon.tell(message.text)


def main(arguments: list[str] | None = None) -> int:
    """Run the tray client; the exit code is 0, or 1 when no icon can be shown or one is there already."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    platform_setup.prepare()
    paths = app_paths()
    paths.make()
    _log_to_file(paths)
    lock = FileLock(paths.tray_lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _say(ALREADY)
        return 1
    try:
        client = TrayClient(load_pystray(options.wait), paths)
        if not client.icon.has_menu:
            _say(CLICK_ONLY)
        client.run(*(() if options.no_start else (StartDaemon(),)))
    except platform_setup.NoTray as error:
        _say(str(error))
        return 1
    finally:
        lock.release()
    if client.returning:
        platform_setup.start_again(given)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="daybridge-tray", description="The tray icon of Daybridge.")
    parser.add_argument("--no-start", action="store_true", help="do not start the daemon when none runs")
    parser.add_argument(
        "--wait", type=float, default=15.0, metavar="SECONDS", help="how long to wait for a panel at login [15]"
    )
    parser.add_argument("--version", action="version", version=f"daybridge {VERSION}")
    return parser


def _log_to_file(paths: AppPaths) -> None:
    handler = logging.handlers.RotatingFileHandler(
        paths.logs / "tray.log", maxBytes=512 * 1024, backupCount=2, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _say(text: str) -> None:
    """To the terminal, if there is one: a windowed program on Windows has no streams."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


def _open_in_browser(url: str) -> bool:
    return platform_setup.has_browser_desktop() and webbrowser.open(url)


if __name__ == "__main__":
    sys.exit(main())
