"""Accessibility by axe in light and dark, a long list that stays fluent, and times in the person's own zone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from shared.models import Guard, Text
from tests.page.browser import Desk, browser, desk

__all__ = ["browser", "desk"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMES = [pytest.param({"scheme": scheme}, id=scheme) for scheme in ("light", "dark")]


async def violations(desk: Desk) -> list[Any]:
    results = await Axe().run(desk.page)
    return [
        (found["id"], [(node["html"][:160], node["failureSummary"]) for node in found["nodes"]])
        for found in results.response["violations"]
    ]


@pytest.mark.parametrize("desk", SCHEMES, indirect=True)
async def test_axe_finds_nothing_in_the_flow(desk: Desk, request: pytest.FixtureRequest) -> None:
    page = desk.page
    await desk.open()
    await expect(page.get_by_role("button", name="Start Sync")).to_be_visible()
    assert await violations(desk) == []
    await page.get_by_role("button", name="Start Sync").click()
    assert await violations(desk) == []
    await page.get_by_role("button", name="Yes", exact=True).click()
    await page.locator(".line.row").first.wait_for()
    assert await violations(desk) == []
    await desk.row("Offer Weber").locator(".when").first.dblclick()
    await expect(page.get_by_role("region", name="Details of the row")).to_be_visible()
    await desk.picture(f"details-{request.node.callspec.id}")
    assert await violations(desk) == []
    await desk.menu_of("Offer Weber")
    assert await violations(desk) == []


@pytest.mark.parametrize("desk", SCHEMES, indirect=True)
async def test_axe_finds_nothing_in_the_other_views(desk: Desk, request: pytest.FixtureRequest) -> None:
    page = desk.page
    await desk.open()
    for name in ("Summary", "History", "Ignored", "Find an item", "Settings", "Accounts", "Doctor"):
        await page.get_by_role("link", name=name, exact=True).click()
        await expect(page.get_by_text("Loading …")).to_have_count(0)
        if name == "Find an item":
            await page.get_by_label("Subject or place").press("Enter")  # the view may still be on its way
            await page.locator(".found").wait_for()
        await desk.picture(f"{name.lower().replace(' ', '-')}-{request.node.callspec.id}")
        assert (name, await violations(desk)) == (name, [])


@pytest.mark.parametrize("desk", SCHEMES, indirect=True)
async def test_axe_finds_nothing_while_something_is_asked_or_told(desk: Desk) -> None:
    """The states between the views: progress, confirmations, results, messages, menus of the head, and the end of a session."""
    page = desk.page
    desk.daemon.fails, desk.daemon.stale, desk.daemon.pause = {"c2"}, {"c1"}, 0.3
    await desk.open()
    await page.get_by_role("button", name="Start Sync").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes", exact=True).click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    assert ("comparing", await violations(desk)) == ("comparing", [])
    await page.locator(".line.row").first.wait_for(timeout=30_000)
    desk.daemon.runs[0]._pause = 0.01
    await page.get_by_role("button", name="Pause").click()
    assert ("pause", await violations(desk)) == ("pause", [])
    await page.keyboard.press("Escape")
    await desk.seek("Regional sales call")
    await desk.row("Regional sales call").locator(".twist").click()
    assert ("open series", await violations(desk)) == ("open series", [])
    await desk.seek("Old jour fixe")
    await desk.choose("Old jour fixe", "Delete in Salesforce")
    await desk.seek("")
    run = desk.daemon.runs[0]
    run.guard = Guard(name="g", text=Text(code="g", text="Too many."), numbers={"items": 3}, confirm="confirm_moves")
    desk.daemon.publish()
    await page.get_by_role("alert").wait_for()
    await page.get_by_role("button", name="Ok", exact=True).click()
    assert ("guard", await violations(desk)) == ("guard", [])
    await page.get_by_label("Type 3 to confirm").fill("3")
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_role("dialog", name="Delete 1 item?").wait_for()
    assert ("deletion", await violations(desk)) == ("deletion", [])
    await page.get_by_role("button", name="Delete 1", exact=True).click()
    await expect(page.locator(".line.section", has_text="Look again")).to_be_visible(timeout=20_000)
    assert ("results", await violations(desk)) == ("results", [])


@pytest.mark.parametrize("desk", SCHEMES, indirect=True)
async def test_axe_finds_nothing_in_filled_views_and_at_the_end(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)
    assert ("done", await violations(desk)) == ("done", [])
    await page.get_by_role("link", name="History").click()
    await page.locator("tbody tr").first.wait_for()
    assert ("history", await violations(desk)) == ("history", [])
    await page.get_by_role("link", name="Synchronization", exact=True).click()
    await page.get_by_role("button", name="Every hour").wait_for()
    assert ("offer", await violations(desk)) == ("offer", [])
    await page.get_by_role("link", name="Find an item").click()
    await page.get_by_label("Subject or place").fill("report")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Details of").first.click()
    assert ("found", await violations(desk)) == ("found", [])
    await page.get_by_label("Subject or place").fill("dentist")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Show the private ones").wait_for()
    assert ("not found", await violations(desk)) == ("not found", [])
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_label("Days back", exact=True).evaluate("node => { node.max = ''; node.value = '99999'; }")
    await page.get_by_label("Days back", exact=True).dispatch_event("input")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("alert").wait_for()
    assert ("refused", await violations(desk)) == ("refused", [])
    await page.get_by_role("link", name="Accounts").click()
    await page.get_by_role("button", name="Connect Now").click()
    await page.get_by_role("dialog").wait_for()
    assert ("connect", await violations(desk)) == ("connect", [])
    await page.keyboard.press("Escape")
    await page.get_by_text("Notes account", exact=True).click()
    assert ("form", await violations(desk)) == ("form", [])
    await page.set_viewport_size({"width": 683, "height": 384})
    assert ("low window", await violations(desk)) == ("low window", [])
    desk.daemon.server._sessions._sessions.clear()
    await page.get_by_role("link", name="Doctor").click()
    await page.get_by_role("heading", name="Open it from the tray again").wait_for()
    assert ("ended", await violations(desk)) == ("ended", [])


@pytest.mark.parametrize("desk", [pytest.param({"more": 3000}, id="3000 rows")], indirect=True)
async def test_a_long_list_draws_only_what_is_in_sight(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    grid = page.get_by_role("grid")
    assert int(await grid.get_attribute("aria-rowcount") or 0) > 3000
    assert await page.locator(".line").count() < 60
    await grid.focus()
    await page.keyboard.press("End")
    assert await page.locator(".line").count() < 60
    assert await page.locator(".line.active").count() == 1
    await desk.seek("Customer call 2999")
    await expect(page.locator(".line.row")).to_have_count(1)
    await desk.choose("Customer call 2999", "Ignore difference forever")
    await desk.seek("Customer call")
    await page.get_by_role("button", name="Select all shown").click()
    await page.locator(".line.row .act").first.click(button="right")
    menu = page.get_by_role("menu", name="3,000 rows selected")
    await menu.get_by_role("menuitemradio", name="Ignore differences until the next time one changes").click()
    await expect(page.locator(".foot .plan")).to_contain_text("3,000 rows are ignored.")


async def test_times_are_local_and_all_day_ends_inclusive(desk: Desk) -> None:
    spans = """async () => { const { span, moment } = await import('/times.js'); return [
        span({ starts_at: '2031-07-01T22:30Z', ends_at: '2031-07-01T23:00Z' }),
        span({ starts_at: '2031-01-31T20:00Z', ends_at: '2031-01-31T23:30Z' }),
        span({ starts_at: '2031-03-01', ends_at: '2031-03-02', all_day: true }),
        span({ starts_at: '2031-03-01', ends_at: '2031-03-04', all_day: true }),
        moment('2031-07-01T22:30:00Z') ]; }"""
    await desk.open()
    assert await desk.page.evaluate(spans) == [
        "Wed, 2 Jul 2031, 00:30–01:00",
        "Fri, 31 Jan 2031, 21:00 – Sat, 1 Feb 2031, 00:30",
        "Sat, 1 Mar 2031, all day",
        "Sat, 1 Mar 2031 – Mon, 3 Mar 2031, all day",
        "2 Jul 2031, 00:30",
    ]
