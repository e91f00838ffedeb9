"""The plainer views of the page: history and undo, ignored items, search, settings, accounts, doctor, pause."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from shared.models import AccountStatus, Text
from shared.states import RunMode, RunState, Side
from tests.page.browser import Desk, browser, desk

__all__ = ["browser", "desk"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_history_and_undo(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done: 23 written", timeout=20_000)
    await page.get_by_role("link", name="History").click()
    line = page.locator("tbody tr").first
    await expect(line).to_contain_text("23 written")
    await desk.picture("history")
    await line.get_by_role("button", name="Undo").click()
    await page.get_by_role("dialog", name="Undo").get_by_role("button", name="Yes").click()
    await expect(page.locator(".banner")).to_contain_text("This list undoes an earlier run")
    assert desk.daemon.runs[1].document().mode is RunMode.UNDO
    assert len(desk.daemon.runs[1].rows) == 23


async def test_one_item_is_undone_from_a_finished_run(desk: Desk) -> None:
    page = desk.page
    await desk.synchronize()
    await page.get_by_role("button", name="Ok", exact=True).click()
    await expect(page.locator(".foot .plan")).to_contain_text("Done", timeout=20_000)
    await desk.row("Kick-off").locator(".when").click()
    await page.get_by_role("button", name="Undo 1 selected row").click()
    await expect(page.locator(".line.row")).to_have_count(1)
    assert list(desk.daemon.runs[1].rows) == ["c1"]


async def test_an_ignored_item_is_rearmed(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Ignored").click()
    await expect(page.locator("tbody tr", has_text="School run")).to_contain_text("Time")
    await desk.picture("ignored")
    await page.get_by_role("button", name="Re-arm Gym").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert set(desk.daemon.ignored) == {"g2"}


async def test_why_did_my_meeting_not_sync(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Find an item").click()
    await page.get_by_label("Subject or place").fill("trip")
    await page.keyboard.press("Enter")
    found = page.locator(".found li").first
    await expect(found).to_contain_text("Left out: outside window")
    await expect(found).to_contain_text("It starts more than 365 days ahead")
    await found.get_by_role("button", name="Details of Anniversary trip").click()
    await expect(found).to_contain_text("Nothing was written for it yet.")
    await desk.picture("find")
    await page.get_by_label("Subject or place").fill("nothing like this")
    await page.keyboard.press("Enter")
    await expect(page.locator(".empty")).to_contain_text("Nothing found for “nothing like this”")


async def test_a_private_entry_is_offered_where_its_subject_cannot_be_found(desk: Desk) -> None:
    """Catches: "nothing found" for the dentist, whose subject is never kept, although the entry is known and left out."""
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Find an item").click()
    await page.get_by_label("Subject or place").fill("dentist")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Show the private ones by their times").click()
    await expect(page.locator(".found li")).to_have_count(1)
    await expect(page.locator(".found li")).to_contain_text("Left out: private")
    chip = page.get_by_role("group", name="Kinds of items").get_by_role("button", name="Left out: private")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(page.locator(".found li")).to_have_count(len(desk.daemon.items))


async def test_settings_come_from_the_schema(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Settings").click()
    apply = page.get_by_role("button", name="Apply")
    await expect(apply).to_be_disabled()
    await page.get_by_label("Days back", exact=True).fill("60")
    await page.get_by_label("Private entries", exact=True).select_option("busy_only")
    await page.get_by_role("group", name="In Notes, Daybridge may").get_by_label("Delete").uncheck()
    await apply.click()
    await expect(page.locator(".notice.good")).to_contain_text("saved")
    values = desk.daemon.settings
    assert (values["rules.past_days"], values["rules.private"]) == (60, "busy_only")
    assert values["rules.notes_may"] == ["create", "update"]
    await desk.picture("settings")
    await page.get_by_role("button", name="Reset Days back").click()
    await expect(page.get_by_label("Days back", exact=True)).to_have_value("30")
    await expect(page.get_by_role("button", name="Reset Days back")).to_be_hidden()


async def test_a_refused_setting_says_what_is_allowed(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_label("Days back", exact=True).evaluate("node => { node.max = ''; node.value = '99999'; }")
    await page.get_by_label("Days back", exact=True).dispatch_event("input")
    await page.get_by_role("button", name="Apply").click()
    told = page.get_by_role("alert")
    await expect(told).to_be_in_viewport()  # beside Apply, not under the last of forty settings
    await expect(page.get_by_label("Days back", exact=True)).to_be_focused()
    await expect(told).to_contain_text("rules.past_days must be a whole number from 0 to 36500.")
    assert desk.daemon.settings["rules.past_days"] == 30


async def test_accounts(desk: Desk) -> None:
    page = desk.page
    desk.daemon.accounts[Side.SALESFORCE] = AccountStatus()
    desk.daemon.sign_in_takes = 2.0
    desk.daemon.publish()
    await desk.open()
    await page.get_by_role("link", name="Connect it first").click()
    await expect(page.locator(".warning")).to_contain_text("kept in memory only")
    await desk.picture("accounts")
    await page.get_by_role("button", name="Connect Now").click()
    dialog = page.get_by_role("dialog", name="Connect Salesforce")
    await expect(dialog.get_by_role("link", name="Sign in to Salesforce")).to_have_attribute(
        "href", "http://127.0.0.1:9/authorize"
    )
    await expect(dialog).to_have_count(0)  # closes by itself when the browser came back
    await expect(page.locator(".notice.good")).to_contain_text("Salesforce is connected.")
    cards = page.locator(".account")
    await expect(cards.nth(0)).to_contain_text("Connected as Jo Doe")
    await cards.nth(0).get_by_role("button", name="Test Connection").click()
    await expect(cards.nth(0).get_by_role("status")).to_contain_text("Connected as Jo Doe.")
    await page.get_by_text("Notes account", exact=True).click()
    await page.get_by_label("Address of the server").fill("https://mail.example.com/mail/jdoe.nsf")
    await page.get_by_label("User").fill("Jo Doe")
    await page.get_by_label("Internet password").fill("wrong")
    await page.get_by_role("button", name="Save and test").click()
    await expect(cards.nth(1)).to_contain_text("Notes refused this name or password.")
    await expect(page.get_by_label("Internet password")).to_have_value("")
    await cards.nth(0).get_by_role("button", name="Disconnect").click()
    await page.get_by_role("dialog", name="Disconnect").get_by_role("button", name="Disconnect").click()
    await expect(cards.nth(0)).to_contain_text("Not connected")


async def test_a_new_password_alone_keeps_the_rest_of_the_notes_account(desk: Desk) -> None:
    """Catches: an empty form over a connected account, whose "Save and test" blanks address, user and calendar."""
    desk.daemon.settings |= {
        "notes.url": "https://mail.example.com",
        "notes.user": "Jo Doe",
        "notes.calendar": "/mail/team.nsf",
    }
    await desk.open()
    await desk.page.get_by_role("link", name="Accounts").click()
    await desk.page.get_by_text("Notes account", exact=True).click()
    await expect(desk.page.get_by_label("Address of the server")).to_have_value("https://mail.example.com")
    await expect(desk.page.get_by_label("User")).to_have_value("Jo Doe")
    await expect(desk.page.get_by_label("Calendar (mail file or address)")).to_have_value("/mail/team.nsf")


async def test_a_run_without_an_account_says_what_to_do(desk: Desk) -> None:
    desk.daemon.accounts[Side.NOTES] = AccountStatus()
    await desk.open()
    await desk.page.get_by_role("button", name="Start Sync").click()
    await desk.page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await expect(desk.page.locator(".notice.bad")).to_contain_text("Connect it in the settings")


async def test_doctor_and_forgetting_links(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await page.get_by_role("link", name="Doctor").click()
    await expect(page.locator(".found")).to_contain_text("“Stand-up” exists twice in Salesforce")
    await page.get_by_role("button", name="Forget links").click()
    await page.get_by_role("dialog").get_by_role("button", name="Forget links").click()
    await expect(page.locator(".notice.good")).to_contain_text("All links are forgotten.")


async def test_pause_and_resume_and_the_budget(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await expect(page.get_by_role("meter")).to_have_attribute("value", "3120")
    await expect(page.locator(".strip")).to_contain_text("Credentials in memory")
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("menuitem", name="2 hours").click()
    await expect(page.locator(".state")).to_contain_text("Paused")
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator(".state")).to_contain_text("Ready")


async def test_the_stream_comes_back_after_the_daemon_was_away(desk: Desk) -> None:
    page = desk.page
    await desk.open()
    await expect(page.locator(".state")).to_contain_text("Ready")
    desk.daemon.board.close()
    await expect(page.locator(".state")).to_contain_text("Not answering")
    desk.daemon.board._closed = False
    await expect(page.locator(".state")).to_contain_text("Ready")


async def test_the_tray_can_open_a_view_and_a_row(desk: Desk) -> None:
    desk.daemon.start_run()
    while desk.daemon.runs[0].state != "awaiting_review":
        await desk.page.wait_for_timeout(10)
    await desk.open("&view=summary&change=c2")
    detail = desk.page.get_by_role("region", name="Details of the row")
    await expect(detail.get_by_role("heading", name="Trade fair Hannover")).to_be_visible()


async def start(desk: Desk) -> None:
    await desk.open()
    await desk.page.get_by_role("button", name="Start Sync").click()
    await desk.page.get_by_role("dialog").get_by_role("button", name="Yes").click()


async def test_a_comparison_is_cancelled(desk: Desk) -> None:
    desk.daemon.pause = 0.5
    await start(desk)
    await expect(desk.page.get_by_role("progressbar")).to_be_visible()
    await desk.page.get_by_role("button", name="Cancel").click()
    await expect(desk.page.get_by_role("progressbar")).to_be_hidden()
    assert desk.daemon.runs[0].state is RunState.CANCELLED
    await expect(desk.page.locator(".notice")).to_have_count(0)


async def test_two_calendars_in_step(desk: Desk) -> None:
    desk.daemon.script = []
    await start(desk)
    await expect(desk.page.locator(".notice.good")).to_contain_text("The two calendars are in step")


async def test_a_comparison_that_fails_says_why(desk: Desk) -> None:
    desk.daemon.failure = Text(code="scripted", text="Notes cannot be reached: connection refused.")
    await start(desk)
    await expect(desk.page.locator(".notice.bad")).to_contain_text("Notes cannot be reached: connection refused.")


async def test_a_problem_is_said_once_and_goes_when_it_is_tried_again_or_left(desk: Desk) -> None:
    """Catches: messages that pile up over the list and speak of trouble that is over."""
    page = desk.page
    desk.daemon.failure = Text(code="scripted", text="Notes cannot be reached: connection refused.")
    await start(desk)
    await expect(page.locator(".notice.bad")).to_have_count(1)
    await page.get_by_role("button", name="Start Sync").click()
    await page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    await page.wait_for_function("() => document.querySelectorAll('.notice.bad').length === 0")
    await expect(page.locator(".notice.bad")).to_have_count(1)
    await page.get_by_role("link", name="History").click()
    await expect(page.locator(".notice.bad")).to_have_count(0)
