"""Opening the two accounts: who answers, what a failure says, and which pairing is in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.credentials import KeyringUnavailable, MemoryCredentials
from daemon.runs.accounts import AccountBook
from daemon.runs.moments import system_clock
from daemon.settings import Settings
from daemon.sides.contract import (
    LimitReached,
    Side as CalendarSide,
    SideError,
    SideUnavailable,
    SignInNeeded,
    WrongAccount,
)
from daemon.store.database import Database
from daemon.store.links import LinkStore
from shared.problems import ApiProblem, ProblemName
from shared.states import Side
from tests.fakes.memory_side import MemorySide, sentence


class Book(AccountBook):
    """An account book whose sides are calendars in memory; each opening makes a new connection."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.identity = {Side.NOTES: "notes:jdoe", Side.SALESFORCE: "00D/005"}
        self.made: list[tuple[Side, MemorySide]] = []
        self.fails: dict[Side, Exception] = {}
        self.keyring_locked = False
        self.told = 0
        super().__init__(
            Settings(folder / "settings.toml"),
            MemoryCredentials(),
            LinkStore(database),
            system_clock,
            "Europe/Berlin",
            self._count,
        )

    def _count(self) -> None:
        self.told += 1

    async def _set_up(self, side: Side) -> bool:
        if self.keyring_locked:
            raise KeyringUnavailable(sentence("The keyring is locked."))
        return True

    async def _make(self, side: Side) -> CalendarSide:
        made = MemorySide(identity=self.identity[side])
        if side in self.fails:
            made.faults.fail["open"] = self.fails[side]  # type: ignore[assignment]
        self.made.append((side, made))
        return made


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    database = Database(tmp_path / "daybridge.sqlite")
    yield Book(tmp_path, database)
    database.close()


async def test_sides_stay_open_from_run_to_run(book: Book) -> None:
    """Catches: a sign-in per run (contracts.md 13)."""
    first, second = await book.open_pair(), await book.open_pair()
    assert first.notes is second.notes and len(book.made) == 2
    assert book.uses(first)


@pytest.mark.parametrize("side", list(Side))
async def test_another_identity_under_the_same_settings_stops(book: Book, side: Side) -> None:
    """Catches: another person's or org's calendar filled, because nobody noticed who answers (contracts.md 10)."""
    await book.open_pair()
    await book.close()
    book.identity[side] = "somebody else"
    with pytest.raises(WrongAccount):
        await book.open_pair()
    assert book.status[side].because is not None
    assert book.status[side.other].because is None


@pytest.mark.parametrize("side", list(Side))
async def test_an_account_disconnected_by_the_person_may_be_another_one_next_time(book: Book, side: Side) -> None:
    """Catches: a person who can never change the account again."""
    before = await book.open_pair()
    await book.disconnect(side)
    book.identity[side] = "another account"
    after = await book.open_pair()
    assert after.pairing != before.pairing
    assert not book.uses(before) and book.uses(after)


async def test_a_sign_in_that_could_not_be_ended_at_salesforce_is_said(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: a person who believes that nobody can use the sign-in any more."""

    async def unreachable() -> None:
        raise SideUnavailable(sentence("Away."))

    monkeypatch.setattr(book.salesforce, "disconnect", unreachable)
    await book.disconnect(Side.SALESFORCE)
    because = book.status[Side.SALESFORCE].because
    assert because is not None
    assert because.code == "account.not_revoked"


@pytest.mark.parametrize("kind", [LimitReached, SideUnavailable])
async def test_a_side_that_asked_for_patience_is_left_alone(book: Book, kind: type[SideError]) -> None:
    """Catches: an automatic run every hour into an allowance that is used up until tomorrow."""
    until = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    book.failed(kind(sentence("Later."), until), Side.SALESFORCE)
    assert book.rest_until == until
    book.failed(SideUnavailable(sentence("Away.")), Side.NOTES)
    assert book.rest_until == until, "each side speaks for itself"
    book.failed(SideUnavailable(sentence("Away.")), Side.SALESFORCE)
    assert book.rest_until is None


async def test_a_calendar_chosen_again_thaws_its_pairing(book: Book) -> None:
    """Catches: links lost by choosing another calendar and coming back."""
    first = await book.open_pair()
    for calendar, identity in (("/mail/team.nsf", "notes:team"), ("", "notes:jdoe")):
        book._settings.patch({"notes.calendar": calendar})
        await book.settings_changed(frozenset({"notes.calendar"}))
        book.identity[Side.NOTES] = identity
        latest = await book.open_pair()
    assert latest.pairing == first.pairing


@pytest.mark.parametrize(
    ("error", "state"),
    [(SignInNeeded(sentence("Sign in.")), "needs_sign_in"), (SideUnavailable(sentence("Gone.")), "unreachable")],
)
async def test_a_failure_shows_on_its_own_account(book: Book, error: Exception, state: str) -> None:
    """Catches: Notes blamed for what Salesforce said, when the coordinator reports the same error again."""
    book.fails[Side.SALESFORCE] = error
    with pytest.raises(type(error)) as raised:
        await book.open_pair()
    book.failed(raised.value)  # type: ignore[arg-type]
    assert book.status[Side.SALESFORCE].state == state
    assert book.status[Side.NOTES].state == "connected"
    book.fails.clear()
    await book.open_pair()
    assert book.status[Side.SALESFORCE].state == "connected"


async def test_a_locked_keyring_is_told_as_what_it_is(book: Book) -> None:
    """Catches: 'something went wrong inside Daybridge' for a keyring that only wants to be unlocked."""
    book.keyring_locked = True
    with pytest.raises(ApiProblem) as raised:
        await book.open_pair()
    assert raised.value.name is ProblemName.KEYRING_UNAVAILABLE
    answer = await book.test(Side.NOTES)
    assert not answer.ok and "keyring is locked" in answer.text.text


async def test_a_side_that_failed_is_opened_anew(book: Book) -> None:
    """Catches: a dead connection kept for ever after one failure."""
    pair = await book.open_pair()
    book.failed(SideUnavailable(sentence("Gone.")), Side.NOTES)
    again = await book.open_pair()
    assert again.notes is not pair.notes and again.salesforce is pair.salesforce
    assert next(side for where, side in book.made if where is Side.NOTES).closed
