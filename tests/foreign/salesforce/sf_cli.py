"""Runs Salesforce's command line (npm ``@salesforce/cli``) with a home of its own, and signs it in through a real browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.page.browser import ARGUMENTS, CHROMIUM

#: One command; the first one after the installation also builds caches.
_SECONDS = 120
#: The opener must end before the command line listens to what comes back: it awaits the opener first and takes requests
#: after that, so an opener that follows the sign-in itself waits for ever. This one leaves the address and ends.
_BROWSER = '#!/bin/sh\nprintf %s "$1" > "$OPENED.part" && mv "$OPENED.part" "$OPENED"\n'


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code and, with ``--json``, its document."""

    code: int
    document: Any
    text: str

    @property
    def result(self) -> Any:
        assert self.code == 0, self.text
        return self.document["result"]


@dataclass
class SalesforceCli:
    """The command line as one person would have installed it; nothing of the surrounding home or session reaches it."""

    node: Path
    program: Path
    home: Path
    ca_file: Path | None = None
    org: str = "judged"
    seen: list[str] = field(default_factory=list)

    def _environment(self, **more: str) -> dict[str, str]:
        named = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": f"{self.node.parent}:/usr/bin:/bin",
            "BROWSER": str(self.home / "browser"),
            "OPENED": str(self.home / "opened"),
            "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
            "SF_DISABLE_TELEMETRY": "true",
            "SF_SKIP_NEW_VERSION_CHECK": "true",
            "SF_AUTOUPDATE_DISABLE": "true",
            **({"NODE_EXTRA_CA_CERTS": str(self.ca_file)} if self.ca_file else {}),
        }
        return {**named, **more}

    @asynccontextmanager
    async def _started(self, *command: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            str(self.node),
            str(self.program),
            *command,
            cwd=self.home,
            env=self._environment(**more),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    async def _said(self, process: asyncio.subprocess.Process) -> Said:
        out, err = await asyncio.wait_for(process.communicate(), _SECONDS)
        text = out.decode()
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        return Said(process.returncode or 0, document, f"{text}\n{err.decode()}")

    async def run(self, *command: str, **more: str) -> Said:
        """Run a command to its end; ``more`` are further variables of its environment."""
        async with self._started(*command, **more) as process:
            return await self._said(process)

    async def json(self, *command: str) -> Said:
        """Run a command on the org that was signed in, answering as JSON."""
        return await self.run(*command, "--target-org", self.org, "--json")

    async def log_in_by_token(self, url: str, token: str) -> Said:
        """Sign in with an access token alone."""
        command = ("org", "login", "access-token", "--instance-url", url, "--alias", self.org, "--no-prompt", "--json")
        return await self.run(*command, SF_ACCESS_TOKEN=token)

    @asynccontextmanager
    async def log_in_in_a_browser(self, url: str) -> AsyncIterator[tuple[Page, asyncio.Task[Said]]]:
        """Start the sign-in and open the address it asks for in Chromium: the page, and how the command will end.

        The command line listens on port 1717, so there can be one of these at a time on a machine.
        """
        opener, opened = self.home / "browser", self.home / "opened"
        opener.write_text(_BROWSER)
        opener.chmod(0o700)
        command = ("org", "login", "web", "--instance-url", url, "--alias", self.org, "--json")
        async with self._started(*command) as process, async_playwright() as playwright:
            ending = asyncio.create_task(self._said(process))
            try:
                while not opened.exists() and not ending.done():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                assert opened.exists(), ending.result().text
                self.seen.append(opened.read_text())
                opened.unlink()
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                page = await (await browser.new_context(ignore_https_errors=True)).new_page()
                await page.goto(self.seen[-1])
                yield page, ending
                await browser.close()
            finally:
                ending.cancel()
                await asyncio.gather(ending, return_exceptions=True)
