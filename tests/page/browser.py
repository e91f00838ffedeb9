"""A scripted daemon and a Chromium page on it; screenshots go to artefacts/page/ (not committed)."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from tests.fakes.scripted_daemon import ScriptedDaemon

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts" / "page"


@dataclass
class Desk:
    """The daemon, the page, and everything the browser complained about."""

    daemon: ScriptedDaemon
    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    async def open(self, extra: str = "") -> None:
        """Open the page as the tray does: with a fresh one-time code."""
        await self.page.goto(self.daemon.server.page_code().url + extra)

    async def synchronize(self) -> None:
        """Start Sync, Yes, and wait for the Synchronization Summary."""
        await self.open()
        await self.page.get_by_role("button", name="Start Sync").click()
        await self.page.get_by_role("dialog", name="Start Sync").get_by_role("button", name="Yes", exact=True).click()
        await self.page.get_by_role("grid", name="Differences").get_by_role("row").nth(3).wait_for()

    def row(self, title: str) -> Locator:
        return self.page.locator(".line.row, .line.series", has_text=title).first

    async def seek(self, words: str) -> None:
        """Type into the search over the list, so that the row is drawn."""
        await self.page.get_by_role("searchbox").fill(words)

    async def menu_of(self, title: str) -> Locator:
        await self.row(title).locator(".act").click(button="right")
        return self.page.get_by_role("menu")

    async def choose(self, title: str, label: str) -> None:
        await (await self.menu_of(title)).get_by_role("menuitemradio", name=label).click()

    async def picture(self, name: str) -> None:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        await self.page.wait_for_timeout(150)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the tests of a module."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield one
        await one.close()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Desk]:
    """Parametrise indirectly with a colour scheme or a number of further rows, as a dict."""
    asked = getattr(request, "param", {})
    daemon = ScriptedDaemon(pause=0.01, more=asked.get("more", 0))
    await daemon.start()
    context = await browser.new_context(
        viewport={"width": 1366, "height": 768},
        locale="en-GB",
        timezone_id="Europe/Berlin",
        color_scheme=asked.get("scheme", "light"),
        reduced_motion="reduce",
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    one = Desk(daemon, page, context)
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    page.on("console", lambda line: one.complaints.append(line.text) if _is_ours(line.type, line.text) else None)
    yield one
    await context.close()
    await daemon.stop()
    assert one.complaints == []


def _is_ours(kind: str, text: str) -> bool:
    """Errors of the page itself; Chromium also prints each 4xx answer, which some tests provoke."""
    return kind == "error" and not text.startswith("Failed to load resource")
