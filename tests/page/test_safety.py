"""What the page must never do: run calendar text as markup, live without a session, or pass a guard unasked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from playwright.async_api import expect

from shared.models import Guard, Text
from shared.states import Decision
from tests.fakes.scripted_rows import HOSTILE
from tests.page.browser import Desk, browser, desk

__all__ = ["browser", "desk"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_hostile_subject_is_text(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.seek("<script>")
    row = desk.row("taken over")
    await expect(row.locator(".subject")).to_have_text(HOSTILE)
    await row.locator(".when").dblclick()
    detail = page.get_by_role("region", name="Details of the row")
    await expect(detail.get_by_role("heading", name=HOSTILE)).to_be_visible()
    await desk.menu_of("taken over")
    await desk.picture("hostile-subject")
    assert await page.locator("main script, main img, .menu img, .menu script").count() == 0
    assert "taken over" not in await page.title()
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="Find an item").click()
    await page.get_by_label("Subject or place").fill("script")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert await page.locator("main img, main script").count() == 0


async def test_without_a_session_nothing_is_shown(desk: Desk) -> None:
    await desk.page.goto(desk.daemon.server.url)
    await expect(desk.page.get_by_role("heading", name="Open it from the tray again")).to_be_visible()
    await expect(desk.page.locator("main")).to_contain_text("Open Synchronization in manual mode")


async def test_a_used_code_opens_nothing(desk: Desk) -> None:
    url = desk.daemon.server.page_code().url
    await desk.page.goto(url)
    await expect(desk.page.get_by_role("button", name="Start Sync")).to_be_visible()
    other = await desk.context.new_page()
    await other.goto(url)
    await expect(other.get_by_role("heading", name="Open it from the tray again")).to_be_visible()


async def test_a_reload_keeps_the_session_and_nothing_is_in_the_address(desk: Desk) -> None:
    await desk.open()
    await desk.page.get_by_role("link", name="History").click()
    await desk.page.reload()
    await expect(desk.page.get_by_role("heading", name="History")).to_be_visible()
    assert await desk.page.evaluate("localStorage.length") == 0
    assert await desk.context.cookies() == []


async def test_a_session_that_ended_says_so(desk: Desk) -> None:
    await desk.open()
    await expect(desk.page.get_by_role("button", name="Start Sync")).to_be_visible()
    desk.daemon.server._sessions._sessions.clear()
    await desk.page.get_by_role("link", name="Ignored").click()
    await expect(desk.page.get_by_role("heading", name="Open it from the tray again")).to_be_visible()


async def test_a_guard_shows_its_sentence_and_takes_its_number(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    run.guard = Guard(
        name="uniform_shift",
        text=Text(code="guard", text="14 meetings moved by exactly 60 minutes. That looks like a wrong time zone."),
        numbers={"items": 14, "minutes": 60},
        confirm="confirm_moves",
    )
    desk.daemon.publish()
    await expect(page.get_by_role("alert")).to_contain_text("14 meetings moved by exactly 60 minutes.")
    await page.get_by_role("button", name="Ok", exact=True).click()
    asked = page.get_by_role("dialog", name="A safety guard asks you")
    confirm = asked.get_by_role("button", name="Confirm")
    await expect(confirm).to_be_disabled()
    await asked.get_by_label("Type 14 to confirm").fill("13")
    await expect(confirm).to_be_disabled()
    await asked.get_by_label("Type 14 to confirm").fill("14")
    await desk.picture("guard")
    await confirm.click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)


async def test_the_daemons_number_of_deletions_counts(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    row = next(row for row in run.rows.values() if row.title == "Old jour fixe")
    run._changed = lambda: None  # the tray approved a deletion, and the page has not heard of it yet
    run.rows[row.id] = replace(row, decision=Decision.APPROVE)
    await page.get_by_role("button", name="Ok", exact=True).click()
    await page.get_by_role("dialog", name="Delete 1 item?").get_by_role("button", name="Cancel").click()
    assert run.state == "awaiting_review"
    await page.get_by_role("button", name="Ok", exact=True).click()
    await page.get_by_role("dialog", name="Delete 1 item?").get_by_role("button", name="Delete 1").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    while run.state != "done":
        await page.wait_for_timeout(10)
    assert run.rows[row.id].result == "applied"


async def test_a_guard_that_cannot_be_confirmed_stops(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    run.guard = Guard(name="side_empty", text=Text(code="guard", text="Notes answered with an empty calendar."))
    desk.daemon.publish()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await page.get_by_role("dialog", name="A safety guard stopped this run").get_by_role("button", name="Close").click()
    assert run.state == "awaiting_review"


async def test_a_list_that_changed_is_read_again(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    run._changed = lambda: None  # the change is not announced, as when the stream is behind
    run.touch("c1")
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".notice.bad")).to_contain_text("The list changed since you saw it")
    await desk.seek("Kick-off")
    await expect(desk.row("Kick-off")).to_contain_text("Undecided")
