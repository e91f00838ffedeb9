"""The whole flow in a real browser on the real daemon and both sandboxes; screenshots in artefacts/page/ (not committed)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.end_to_end.house import House, a_house
from tests.page.browser import ARTEFACTS, browser

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=4)


def at(hours: int, form: str) -> str:
    return (DAY + timedelta(hours=hours)).strftime(form)


NOTES, REST = "%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "home", "--seed", "empty") as built:
        yield built


async def test_the_flow_every_user_knows(house: House, browser: Browser) -> None:
    """Start Sync, Yes, a conflict settled by its menu, a deletion confirmed, Ok; then the calendars hold just that."""
    made = {
        each: house.domino.create(each, at(n, NOTES), at(n + 1, NOTES))
        for n, each in enumerate(("Lunch", "Old", "Kept"))
    }
    house.run("sync", "--wait")
    house.run("apply", "--wait")
    house.age_links()
    house.domino.update(made["Lunch"], location="Trattoria")
    house.salesforce.update(house.salesforce.event("Lunch")["Id"], Location="Canteen")
    house.domino.delete(made["Old"])
    house.salesforce.create(Subject="From Salesforce", StartDateTime=at(6, REST), EndDateTime=at(7, REST))

    context = await browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.goto(house.client.make_page_code().url)
    await expect(page.get_by_role("checkbox", name="Calendar")).to_be_checked()
    await page.get_by_role("button", name="Start Sync").click()
    await page.get_by_role("dialog", name="Start Sync").get_by_role("button", name="Yes", exact=True).click()
    grid = page.get_by_role("grid", name="Differences")
    await expect(grid).to_be_visible(timeout=30_000)

    def row(title: str):  # type: ignore[no-untyped-def]
        return page.locator(".line.row", has_text=title).first

    await row("Lunch").locator(".act").click(button="right")
    await page.get_by_role("menu").get_by_role("menuitemradio", name="Notes").first.click()
    await row("Old").locator(".act").click(button="right")
    await page.get_by_role("menu").get_by_role("menuitemradio", name="Delete in Salesforce").click()
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=ARTEFACTS / "real-summary.png")
    await page.get_by_role("button", name="Ok", exact=True).click()
    await page.get_by_role("dialog", name="Delete 1 item?").get_by_role("button", name="Delete 1").click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done: 3 written", timeout=30_000)
    await page.screenshot(path=ARTEFACTS / "real-done.png")
    await context.close()

    assert house.salesforce.event("Lunch")["Location"] == "Trattoria"
    assert sorted(each["Subject"] for each in house.salesforce.events()) == ["From Salesforce", "Kept", "Lunch"]
    assert sorted(house.domino.subjects()) == ["From Salesforce", "Kept", "Lunch"]
    assert house.sync() == {}
    assert complaints == []
