"""The two accounts: connecting, testing, opening both sides as a pair, and what is known of their state."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable

import msgspec

from daemon.credentials import CredentialError, Credentials, fetch, forget, keep
from daemon.runs.account_names import marked, shown_address
from daemon.runs.account_states import AccountStates
from daemon.runs.moments import Clock, stamp
from daemon.runs.observing import OpenPair
from daemon.runs.rules_in_force import rules_in_force
from daemon.settings import BadSetting, Settings
from daemon.sides.contract import Probe, Side as CalendarSide, SideError, SideUnavailable, SignInNeeded, WrongAccount
from daemon.sides.notes.connect import connect as connect_notes
from daemon.sides.salesforce.connect import SalesforceAccount
from daemon.store.links import LinkStore
from daemon.sync.rules import Rules
from shared.models import (
    AccountStatus,
    CalendarList,
    ConnectStarted,
    PutNotesAccount,
    SideBudget,
    TestResult,
    Text,
)
from shared.problems import ApiProblem, ProblemName
from shared.states import Side
from shared.texts import text

log = logging.getLogger(__name__)

NOTES_PASSWORD = "notes-password"
CALLS_MADE = "salesforce-calls"
FILE_KINDS = frozenset({"ics_file", "ics_folder"})

_NOTES_KEYS = ("notes.kind", "notes.url", "notes.user", "notes.calendar", "notes.ca_file", "notes.allow_http")
_SALESFORCE_KEYS = ("salesforce.login_url", "salesforce.client_id", "salesforce.key_field")
KEYS = {Side.NOTES: _NOTES_KEYS, Side.SALESFORCE: _SALESFORCE_KEYS}
ADDRESS_KEYS = frozenset(_NOTES_KEYS + _SALESFORCE_KEYS)
"""Settings that lead to another calendar or account: a change closes the side, so not while a run reads or writes it."""


_OTHER_IDENTITY = {Side.NOTES: "account.other_identity", Side.SALESFORCE: "salesforce.wrong_account"}


class AccountBook(AccountStates):
    """Opens sides when they are needed and keeps them open; says what state each account is in."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        links: LinkStore,
        clock: Clock,
        zone: str,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(changed)
        self._settings = settings
        self._credentials = credentials
        self._links = links
        self._clock = clock
        self.zone = zone
        self._open: dict[Side, tuple[CalendarSide, Probe]] = {}
        self._lock = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None
        self.salesforce = self._salesforce_account()

    # state ------------------------------------------------------------------------------------------------------

    def budget(self) -> SideBudget:
        return self.salesforce.budget()

    def remember_calls(self) -> None:
        """Keep how many calls were made, so that a restart does not forget them."""
        now = msgspec.json.encode(self.salesforce.calls_made(), order="sorted").decode()
        if now != self._links.noted(CALLS_MADE):
            self._links.note(CALLS_MADE, now)

    async def look_at_credentials(self) -> None:
        """At start: which accounts are set up. Reads the store, calls nobody."""
        for side in Side:
            try:
                ready = await self._set_up(side)
            except CredentialError as error:
                self._say(side, "not_connected", error.text)
                continue
            self._say(side, "connected" if ready else "not_connected", None)

    async def _set_up(self, side: Side) -> bool:
        if side is Side.SALESFORCE:
            return await self.salesforce.connected()
        if not self._settings["notes.url"]:
            return False
        if self._settings["notes.kind"] in FILE_KINDS:
            return True
        return await fetch(self._credentials, NOTES_PASSWORD) is not None

    # opening ----------------------------------------------------------------------------------------------------

    async def open_pair(self) -> OpenPair:
        """Both sides, opened, as a pairing. Raises ApiProblem not-connected or the error of the side that fails."""
        async with self._lock:
            for side in (Side.NOTES, Side.SALESFORCE):
                await self._opened(side)
            notes, notes_probe = self._open[Side.NOTES]
            salesforce, salesforce_probe = self._open[Side.SALESFORCE]
            pairing = self._links.pairing(notes_probe.identity, salesforce_probe.identity, stamp(self._clock()))
            return OpenPair(pairing, notes, salesforce, notes_probe, salesforce_probe)

    def opened(self, side: Side) -> CalendarSide | None:
        """The side if it is open now."""
        return self._open[side][0] if side in self._open else None

    def uses(self, pair: OpenPair) -> bool:
        """Whether the pair is the one that is open; after another calendar was chosen it is not."""
        return all(each in self._open and self._open[each][0] is pair.side(each) for each in Side)

    async def _opened(self, side: Side) -> tuple[CalendarSide, Probe]:
        try:
            return await self._open_or_opened(side)
        except CredentialError as error:
            raise ApiProblem(ProblemName.KEYRING_UNAVAILABLE, error.text.text) from error

    async def _open_or_opened(self, side: Side) -> tuple[CalendarSide, Probe]:
        if side in self._open and self.status[side].state not in ("unreachable", "needs_sign_in"):
            return self._open[side]
        await self.close(side)  # a side that failed is asked anew who it is
        if not await self._set_up(side):
            raise ApiProblem(ProblemName.NOT_CONNECTED, f"Connect {side.title()} in the settings first.")
        calendar = await self._make(side)
        try:
            probe = await calendar.open()
            self._check_identity(side, probe)
        except SideError as error:
            await calendar.close()
            self.failed(error, side)
            raise
        if self.status[side].state in ("unreachable", "needs_sign_in"):
            log.info("%s: answers again", side)
        self._open[side] = (calendar, probe)
        self._say(side, "connected", None, probe.name, shown_address(probe.identity))
        return self._open[side]

    async def _make(self, side: Side) -> CalendarSide:
        if side is Side.SALESFORCE:
            return self.salesforce.side(self.zone)
        password = await fetch(self._credentials, NOTES_PASSWORD) or ""
        return connect_notes(
            self._settings["notes.kind"],
            self._settings["notes.url"],
            self._settings["notes.user"],
            password,
            self._settings["notes.calendar"],
            zone=self.zone,
            ca_file=self._settings["notes.ca_file"],
            allow_http=self._settings["notes.allow_http"],
        )

    def _fingerprint(self, side: Side) -> str:
        values = msgspec.json.encode([self._settings[key] for key in KEYS[side]])
        return hashlib.blake2b(values, digest_size=8).hexdigest()

    def _check_identity(self, side: Side, probe: Probe) -> None:
        """The same settings must lead to the same calendar and person (contracts.md 10).

        Other settings, a new sign-in or a disconnection by the person start another pairing.
        """
        name, mine = f"identity.{side}", self._fingerprint(side)
        known = self._links.noted(name)
        if known:
            settings_then, identity_then = msgspec.json.decode(known, type=tuple[str, str])
            if settings_then == mine and identity_then != probe.identity:
                raise WrongAccount(text(_OTHER_IDENTITY[side], side=side.title()))
        self._links.note(name, msgspec.json.encode((mine, probe.identity)).decode())

    def rules(self, pair: OpenPair) -> Rules:
        capabilities = pair.notes_probe.capabilities
        return rules_in_force(
            self._settings,
            self._clock(),
            self.zone,
            own_calendar=pair.notes_probe.own_calendar,
            read_only=not (capabilities.create or capabilities.update or capabilities.delete),
        )

    async def close(self, side: Side | None = None) -> None:
        """Close one side or both; they are opened again when needed."""
        for each in [side] if side else list(Side):
            opened = self._open.pop(each, None)
            if opened:
                await opened[0].close()

    def _salesforce_account(self) -> SalesforceAccount:
        account = SalesforceAccount(
            self._settings["salesforce.login_url"],
            self._settings["salesforce.client_id"],
            self._settings["salesforce.key_field"],
            self._credentials,
        )
        account.recall_calls(msgspec.json.decode(self._links.noted(CALLS_MADE) or "{}", type=dict[str, int]))
        return account

    async def settings_changed(self, keys: frozenset[str]) -> None:
        """Close the sides whose address changed, so that the next run opens the right ones."""
        if keys.intersection(_NOTES_KEYS):
            await self.close(Side.NOTES)
        if keys.intersection(_SALESFORCE_KEYS):
            await self.close(Side.SALESFORCE)
            self.remember_calls()
            self.salesforce = self._salesforce_account()
        await self.look_at_credentials()

    # connecting -------------------------------------------------------------------------------------------------

    async def put_notes(self, wanted: PutNotesAccount) -> TestResult:
        """Store where the Notes calendar is and its password, then try it. The password goes in and never out."""
        try:
            self._settings.patch(
                {
                    "notes.kind": wanted.kind,
                    "notes.url": wanted.url,
                    "notes.user": wanted.user,
                    "notes.calendar": wanted.calendar,
                }
            )
            if wanted.password:
                await keep(self._credentials, NOTES_PASSWORD, wanted.password)
        except BadSetting as error:
            raise ApiProblem(ProblemName.BAD_SETTING, str(error)) from error
        except CredentialError as error:
            raise ApiProblem(ProblemName.KEYRING_UNAVAILABLE, error.text.text) from error
        await self.close(Side.NOTES)
        await self.look_at_credentials()
        return await self.test(Side.NOTES)

    async def connect_salesforce(self) -> ConnectStarted:
        """Start a sign-in; the client opens the address. The account turns connected when the browser came back."""
        try:
            address, expires = await self.salesforce.start_sign_in()
        except SideError as error:
            raise ApiProblem(ProblemName.BAD_SETTING, error.text.text) from error
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.create_task(self._signed_in())
        return ConnectStarted(authorize_url=address, expires_at=stamp(expires))

    async def _signed_in(self) -> None:
        try:
            await self.salesforce.finish_sign_in()
            async with self._lock:
                await self.close(Side.SALESFORCE)
                self._links.note("identity.salesforce", "")  # the person has chosen whom to sign in
                await self._opened(Side.SALESFORCE)
        except SideError as error:
            self.failed(error, Side.SALESFORCE)
        except CredentialError as error:
            self._say(Side.SALESFORCE, "not_connected", error.text)
        except ApiProblem as error:
            self._say(Side.SALESFORCE, "not_connected", text("run.problem", sentence=str(error)))

    async def test(self, side: Side) -> TestResult:
        """Open the side anew and say how that went."""
        async with self._lock:
            await self.close(side)
            try:
                _, probe = await self._opened(side)
            except SideError as error:
                return TestResult(ok=False, text=error.text)
            except ApiProblem as error:
                return TestResult(ok=False, text=text("run.problem", sentence=str(error)))
        return TestResult(ok=True, text=text("account.works", side=side.title(), name=probe.name or probe.identity))

    async def disconnect(self, side: Side) -> None:
        """Forget the sign-in here and, where possible, there. Links and settings stay. Raises keyring-unavailable.

        A sign-in that Salesforce could not be told to end is said on the account: it lives there until it is revoked.
        """
        because: Text | None = None
        await self.close(side)
        try:
            if side is Side.SALESFORCE:
                await self.salesforce.disconnect()
            else:
                await forget(self._credentials, NOTES_PASSWORD)
        except SideUnavailable as error:
            log.warning("the sign-in could not be revoked: %s", error.text.code)
            because = text("account.not_revoked")
        except CredentialError as error:
            raise ApiProblem(ProblemName.KEYRING_UNAVAILABLE, error.text.text) from error
        self._links.note(f"identity.{side}", "")
        self.status[side] = AccountStatus(because=because)
        self._changed()

    async def calendars(self) -> CalendarList:
        """The Notes calendars one may choose from."""
        try:
            async with self._lock:
                side, probe = await self._opened(Side.NOTES)
                found = await side.calendars()
        except SignInNeeded as error:
            raise ApiProblem(ProblemName.SIGN_IN_NEEDED, error.text.text) from error
        except SideError as error:
            raise ApiProblem(ProblemName.SIDE_UNREACHABLE, error.text.text) from error
        chosen = self._settings["notes.calendar"]
        return CalendarList(calendars=tuple(marked(each, chosen, probe) for each in found))

    async def stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        await self.salesforce.cancel_sign_in()
        await self.close()
