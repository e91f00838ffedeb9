"""Where each file lives on each platform, or all of them under DAYBRIDGE_HOME."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "DAYBRIDGE_HOME"


@dataclass(frozen=True, slots=True)
class AppPaths:
    """Folders of one installation; nothing is created by asking."""

    config: Path
    state: Path
    logs: Path

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.toml"

    @property
    def endpoint_file(self) -> Path:
        return self.state / "endpoint.json"

    @property
    def database(self) -> Path:
        return self.state / "daybridge.sqlite"

    @property
    def lock_file(self) -> Path:
        return self.state / "daemon.lock"

    @property
    def tray_lock_file(self) -> Path:
        return self.state / "tray.lock"

    @property
    def log_file(self) -> Path:
        return self.logs / "daemon.log"

    def make(self) -> None:
        """Create the folders, readable by the owner only where the system has such bits."""
        for folder in (self.config, self.state, self.logs):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def app_paths() -> AppPaths:
    """The folders of this user, local to the machine (never a roaming or synced place: tokens lie there)."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).expanduser().absolute()
        return AppPaths(root / "config", root / "state", root / "logs")
    places = platformdirs.PlatformDirs("daybridge", appauthor=False, roaming=False)
    return AppPaths(places.user_config_path, places.user_state_path, places.user_log_path)
