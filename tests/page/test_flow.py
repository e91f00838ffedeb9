"""The flow of product.md in a real browser, label for label, against the scripted daemon."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from shared.states import Action, Decision, RunState
from shared.texts import text
from tests.page.browser import Desk, browser, desk

__all__ = ["browser", "desk"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_whole_flow(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await expect(page.get_by_role("heading", name="Synchronization", exact=True)).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Calendar")).to_be_checked()
    await expect(page.get_by_role("columnheader", name="Last Run")).to_be_visible()
    await expect(page.get_by_role("cell", name="never")).to_be_visible()
    assert "#code" not in page.url
    await desk.picture("1-synchronization")

    await page.get_by_role("button", name="Start Sync").click()
    question = page.get_by_role("dialog", name="Start Sync")
    await desk.picture("2-start-sync")
    await question.get_by_role("button", name="No", exact=True).click()
    assert desk.daemon.runs == []
    await page.get_by_role("button", name="Start Sync").click()
    await question.get_by_role("button", name="Yes", exact=True).click()

    await expect(page).to_have_title(re.compile("Synchronization Summary"))
    heads = page.get_by_role("grid").get_by_role("columnheader")
    await expect(heads).to_have_text(["Salesforce", "Action", "Notes", "Decision"])
    await expect(page.locator(".foot .plan")).to_contain_text("Ok writes 23 changes")
    await desk.picture("3-summary")

    await desk.choose("Old jour fixe", "Delete in Salesforce")
    await desk.choose("Coffee Lena", "Ignore difference forever")
    await expect(page.locator(".foot .plan")).to_contain_text("Ok writes 24 changes, 1 of them a deletion")
    run = desk.daemon.runs[0]
    await page.get_by_role("button", name="Ok", exact=True).click()
    asked = page.get_by_role("dialog", name="Delete 1 item?")
    await expect(asked).to_contain_text("Old jour fixe")
    await desk.picture("4-confirm-deletion")
    await asked.get_by_role("button", name="Cancel").click()
    assert run.state is RunState.AWAITING_REVIEW
    await page.get_by_role("button", name="Ok", exact=True).click()
    await asked.get_by_role("button", name="Delete 1").click()

    await expect(page.locator(".foot .plan")).to_contain_text("Done: 24 written, 1 ignored.", timeout=20_000)
    await desk.picture("5-done")
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("cell", name="never")).to_be_hidden()
    await page.get_by_role("button", name="Every hour").click()
    await expect(page.get_by_role("button", name="Every hour")).to_be_hidden()
    assert desk.daemon.settings["automatic.every_minutes"] == 60
    await expect(page.locator(".next")).to_contain_text("Next automatic comparison")


async def test_a_list_that_became_old_says_so_at_once_and_leads_to_a_new_comparison(desk: Desk) -> None:
    await desk.synchronize()
    page = desk.page
    await expect(page.locator(".banner .told")).to_have_count(0)
    desk.daemon.runs[0].tell(text("run.folder_changed"))
    told = page.locator(".banner .told")
    await expect(told).to_contain_text("The calendar folder changed after this list was made.")
    await expect(page.locator(".foot .plan")).to_contain_text("Ok writes 23 changes")
    await told.get_by_role("button", name="Open Synchronization").click()
    await expect(page.get_by_role("button", name="Start Sync")).to_be_visible()


async def test_the_menu_holds_exactly_the_choices(desk: Desk) -> None:
    await desk.synchronize()
    menu = await desk.menu_of("Coffee Lena")
    await expect(menu.get_by_role("menuitemradio")).to_have_text(
        [
            "These are the same meeting",
            "These are two meetings",
            "Ignore differences until the next time one changes",
            "Ignore difference forever",
            "Decide later",
        ]
    )
    await desk.picture("menu")
    await desk.page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()


async def test_shift_and_control_click_select_and_the_menu_acts_on_all(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("button", name="Create in Notes").click()
    lines = page.locator(".line.row")
    await expect(lines).to_have_count(4)
    await lines.nth(0).locator(".when").click()
    await lines.nth(2).locator(".when").click(modifiers=["Shift"])
    await expect(page.locator('.line.row[aria-selected="true"]')).to_have_count(3)
    await lines.nth(1).locator(".when").click(modifiers=["Control"])
    await expect(page.locator('.line.row[aria-selected="true"]')).to_have_count(2)
    await lines.nth(2).locator(".act").click(button="right")
    menu = page.get_by_role("menu", name="2 rows selected")
    await menu.get_by_role("menuitemradio", name="Ignore differences until the next time one changes").click()
    await expect(page.locator(".line.row", has_text="Ignored until it changes")).to_have_count(2)
    ignored = [r for r in desk.daemon.runs[0].rows.values() if r.decision is Decision.IGNORE_UNTIL_CHANGE]
    assert len(ignored) == 2
    assert await page.evaluate("getSelection().toString()") == ""


async def test_the_keyboard_alone(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("grid").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Shift+ArrowDown")
    await expect(page.locator('.line[aria-selected="true"]')).to_have_count(2)
    await page.keyboard.press("Space")
    await expect(page.locator('.line[aria-selected="true"]')).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Details of the row")).to_be_visible()
    await page.get_by_role("grid").focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Details of the row")).to_be_hidden()
    await page.keyboard.press("ContextMenu")
    await expect(page.get_by_role("menu")).to_be_visible()
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_hidden()
    decided = [r for r in desk.daemon.runs[0].rows.values() if r.decision is not r.default_decision]
    assert len(decided) == 1
    await expect(page.get_by_role("grid")).to_be_focused()


async def test_a_side_is_chosen_per_field(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.row("Offer Weber").locator(".when").first.dblclick()
    detail = page.get_by_role("region", name="Details of the row")
    await expect(detail.get_by_role("columnheader")).to_have_text(
        ["Field", "Last synchronization", "Salesforce", "Notes", "After Ok"]
    )
    await detail.get_by_role("radio", name="Subject: use Notes").check()
    subject = detail.get_by_role("row", name=re.compile("^Subject"))
    await expect(subject.locator("td.after")).to_contain_text("Offer Weber GmbH (draft 2)")
    await expect(subject.locator("td.after")).to_contain_text("from Notes")
    await desk.picture("detail")
    row = next(r for r in desk.daemon.runs[0].rows.values() if r.title.startswith("Offer Weber"))
    assert row.decision is Decision.CHOOSE_FIELDS
    assert row.decided_fields == {"subject": "notes", "location": "salesforce", "description": "notes"}
    await detail.get_by_role("button", name="Use the Salesforce version").click()
    await expect(subject.locator("td.after")).to_contain_text("Offer Weber GmbH: final")


async def test_a_series_is_one_row_that_opens(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.seek("Regional sales call")
    series = desk.row("Regional sales call")
    await expect(series).to_contain_text("4 occurrences")
    await series.locator(".twist").click()
    await expect(page.locator(".line.row")).to_have_count(4)
    await desk.choose("Regional sales call", "Ignore difference forever")
    rows = [r for r in desk.daemon.runs[0].rows.values() if r.series is not None and r.series.id == "s2"]
    assert {(r.decision, r.decided_scope) for r in rows} == {(Decision.IGNORE_FOREVER, "series")}
    await page.locator(".line.row").nth(1).locator(".when").first.click()
    await page.locator(".line.row").nth(1).locator(".act").click(button="right")
    await page.get_by_role("menuitemradio", name="Update in Salesforce").click()
    await expect(series).to_contain_text("1 of 4 decided")


async def test_stale_decisions_come_back(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    run.rows["c1"] = type(run.rows["c1"])(**{**_members(run.rows["c1"]), "revision": "changed-behind"})
    await desk.seek("Kick-off")
    await desk.choose("Kick-off", "Ignore difference forever")
    await expect(page.locator(".notice.bad")).to_contain_text("1 row changed since you saw them")
    assert run.rows["c1"].decision is Decision.APPROVE
    await desk.choose("Kick-off", "Ignore difference forever")
    await expect(desk.row("Kick-off")).to_contain_text("Ignored forever")


def _members(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


async def test_rows_that_changed_meanwhile_and_failures_are_shown(desk: Desk) -> None:
    page = desk.page
    desk.daemon.stale, desk.daemon.fails = {"c1"}, {"c2"}
    await desk.synchronize()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".line.section", has_text="Look again")).to_be_visible(timeout=20_000)
    await expect(desk.row("Kick-off")).to_contain_text("Changed since: look again")
    await expect(desk.row("Kick-off")).to_contain_text("Undecided")
    await expect(desk.row("Trade fair")).to_contain_text("Failed")
    await expect(desk.row("Trade fair")).to_contain_text("the location is longer than 255 characters")
    await desk.picture("stale-and-failed")
    await desk.choose("Kick-off", "Create in Salesforce")
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done, with failures", timeout=20_000)


async def test_cancel_writes_nothing(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.choose("Coffee Lena", "These are two meetings")
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("heading", name="Synchronization", exact=True)).to_be_visible()
    run = desk.daemon.runs[0]
    assert run.state is RunState.CANCELLED
    assert all(row.result is None for row in run.rows.values())
    await expect(page.get_by_role("cell", name="never")).to_be_visible()


async def test_a_click_survives_a_redraw_between_press_and_release(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    box = await desk.row("Budget round").locator(".when").first.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 5, box["y"] + 5)
    await page.mouse.down()
    await page.get_by_role("grid").dispatch_event("scroll")
    await page.mouse.up()
    await expect(desk.row("Budget round")).to_have_attribute("aria-selected", "true")


async def test_a_pair_that_was_never_synchronized_only_differs(desk: Desk) -> None:
    """Without a last synchronization nothing "changed", and a zone name alone is no difference."""
    page = desk.page
    await desk.synchronize()
    run = desk.daemon.runs[0]
    row = next(one for one in run.rows.values() if one.title.startswith("Offer Weber"))
    fields = []
    for line in row.fields:
        members = {**_members(line), "base": None}
        if line.group == "time":
            members["notes"] = {**line.notes, "zone": "Europe/Vienna"}
        if line.state == "same":
            members["state"] = "both_changed"
        fields.append(type(line)(**members))
    run.rows[row.id] = type(row)(**{**_members(row), "fields": tuple(fields)})
    await desk.row("Offer Weber").locator(".when").first.dblclick()
    detail = page.get_by_role("region", name="Details of the row")
    await expect(detail.get_by_role("row", name=re.compile("^Subject differs"))).to_be_visible()
    time = detail.get_by_role("row", name=re.compile("^Time"))
    await expect(time.get_by_role("radio")).to_have_count(0)
    await expect(detail).not_to_contain_text("changed on both sides alike")


async def test_what_another_window_decides_is_shown(desk: Desk) -> None:
    """Catches: two windows on one run, of which the second goes on showing what the first one changed."""
    await desk.synchronize()
    other = await desk.context.new_page()
    await other.goto(desk.daemon.server.page_code().url + "&view=summary")
    await other.locator(".line.row").first.wait_for()
    await desk.seek("Coffee Lena")
    await desk.choose("Coffee Lena", "These are two meetings")
    await other.get_by_role("searchbox").fill("Coffee Lena")
    await expect(other.locator(".line.row").first).to_contain_text("These are two meetings")
    await other.locator(".line.row").first.locator(".act").click(button="right")
    await other.get_by_role("menuitemradio", name="Ignore difference forever").click()
    await expect(desk.row("Coffee Lena")).to_contain_text("Ignored forever")


async def test_what_was_selected_to_decide_is_not_offered_for_undo(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.seek("Kick-off")
    await desk.row("Kick-off").locator(".when").click()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)
    await expect(page.get_by_role("button", name="Undo this run")).to_be_visible()
    await expect(page.get_by_role("button", name="Undo 1 selected row")).to_have_count(0)


async def test_a_written_deletion_no_longer_shows_the_item_as_there(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await desk.choose("Old jour fixe", "Delete in Salesforce")
    await page.get_by_role("button", name="Ok", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete 1").click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)
    await desk.seek("Old jour fixe")
    await expect(desk.row("Old jour fixe").locator(".c-salesforce s")).to_have_text("Old jour fixe")
    await expect(desk.row("Old jour fixe").locator(".c-notes")).to_contain_text("deleted in Notes")


async def test_a_low_window_keeps_the_list_and_ok_in_reach(desk: Desk) -> None:
    """Catches: at 200 % on a laptop the details push Ok and the tabs out of the window."""
    page = desk.page
    await page.set_viewport_size({"width": 683, "height": 384})
    await desk.synchronize()
    await desk.row("Offer Weber").locator(".when").first.dblclick()
    await expect(page.get_by_role("region", name="Details of the row").get_by_role("heading").first).to_be_in_viewport()
    await expect(page.get_by_role("button", name="Ok", exact=True)).to_be_in_viewport(ratio=1)
    for tab in ("Synchronization", "Settings", "Accounts", "Doctor"):
        await expect(page.get_by_role("link", name=tab, exact=True)).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await desk.picture("low-window")


async def test_an_ended_row_without_images_is_not_called_deleted(desk: Desk) -> None:
    """Catches: "deleted" beside a private item whose text was only erased from the history."""
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)
    run = desk.daemon.runs[0]
    run.rows["c1"] = type(run.rows["c1"])(
        **_members(run.rows["c1"])
        | {"action": Action.WITHDRAW_FROM_SALESFORCE, "decision": Decision.ANSWER, "choices": (), "title": ""}
        | {"salesforce": None, "notes": None}
    )
    await page.reload()
    await desk.seek("")
    await page.locator(".line.row").first.wait_for()
    ended = page.locator(".line.row", has_text="Withdraw from Salesforce").first
    await expect(ended.locator(".c-salesforce")).to_contain_text("Private appointment")
    await expect(ended).not_to_contain_text("deleted")
