"""What each route does: a method per route of the table, from request document to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from daemon.api.server import Call, Reply
from daemon.runs import doctor, ignored, items, listing
from daemon.runs.accounts import ADDRESS_KEYS, AccountBook
from daemon.runs.compare import Comparer, Comparison
from daemon.runs.coordinator import Coordinator
from daemon.runs.observing import OpenPair
from daemon.runs.review import Review, ended_rows
from daemon.runs.status import Pauser
from daemon.settings import BadSetting, Settings, schema
from daemon.sides.contract import SideError, SignInNeeded
from daemon.status_board import StatusBoard
from daemon.store.database import Database, StoreTrouble
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.sync.proposal import Proposal
from shared import models as m
from shared.problems import ApiProblem, ProblemName
from shared.routes import ROUTES
from shared.states import RunMode, Side

OWN_HANDLERS = frozenset({"stream", "openapi", "make_page_code", "trade_page_code"})
"""Routes the server answers by itself."""


def _told(handler: Callable[[Call], Awaitable[object]]) -> Callable[[Call], Awaitable[object]]:
    """A store that cannot be used is the person's to mend (a full disk): its sentence is the answer."""

    async def answer(call: Call) -> object:
        try:
            return await handler(call)
        except StoreTrouble as error:
            raise ApiProblem(ProblemName.INTERNAL, str(error)) from error

    return answer


def side_problem(error: SideError) -> ApiProblem:
    name = ProblemName.SIGN_IN_NEEDED if isinstance(error, SignInNeeded) else ProblemName.SIDE_UNREACHABLE
    return ApiProblem(name, error.text.text)


class Handlers:
    """The commands of the API. Methods are named like the routes."""

    def __init__(
        self,
        coordinator: Coordinator,
        comparer: Comparer,
        accounts: AccountBook,
        settings: Settings,
        database: Database,
        runs: RunStore,
        links: LinkStore,
        board: StatusBoard,
        pauser: Pauser,
        shut_down: Callable[[], None],
    ) -> None:
        self._coordinator = coordinator
        self._comparer = comparer
        self._accounts = accounts
        self._settings = settings
        self._database = database
        self._runs = runs
        self._links = links
        self._board = board
        self._pauser = pauser
        self._shut_down = shut_down

    def table(self) -> Mapping[str, Callable[[Call], Awaitable[object]]]:
        """A handler for each route of the table that is not the server's own."""
        return {route.name: _told(getattr(self, route.name)) for route in ROUTES if route.name not in OWN_HANDLERS}

    # status and runs ----------------------------------------------------------------------------------------------

    async def status(self, call: Call) -> m.Status:
        return self._board.current()

    async def start_run(self, call: Call) -> Reply:
        body = call.body
        assert isinstance(body, m.StartRun)
        if body.objects != ("calendar",):
            raise ApiProblem(ProblemName.BAD_REQUEST, "objects takes calendar; nothing else can be synchronized yet.")
        for side, status in self._accounts.status.items():
            if status.state == "not_connected":
                raise ApiProblem(ProblemName.NOT_CONNECTED, f"Connect {side.title()} in the settings first.")
        run, new = self._coordinator.start(RunMode.MANUAL, body.objects)
        return Reply(run, 202 if new else 200)

    async def runs(self, call: Call) -> m.RunList:
        limit = int(str(call.query.get("limit", 50)))
        if not 1 <= limit <= 500:
            raise ApiProblem(ProblemName.BAD_REQUEST, "limit is 1 to 500.")
        found = self._runs.newest(limit, str(call.query.get("before", "")))
        current = self._coordinator.run
        return m.RunList(runs=tuple(current if current and current.id == run.id else run for run in found))

    async def run(self, call: Call) -> m.Run:
        return self._known_run(call.params["run"])

    def _known_run(self, identifier: str) -> m.Run:
        current = self._coordinator.run
        if current is not None and current.id == identifier:
            return current
        found = self._runs.get(identifier)
        if found is None:
            raise ApiProblem(ProblemName.NOT_FOUND, f"There is no run {identifier!r}.")
        return found

    def _review(self, identifier: str) -> Review:
        """The rows of the open run; a run that ended has no rows any more, only its history."""
        self._known_run(identifier)
        current = self._coordinator.run
        if current is not None and current.id == identifier and self._coordinator.review is not None:
            return self._coordinator.review
        return Review(run=identifier, outcomes=self._runs.outcomes(identifier))

    async def changes(self, call: Call) -> m.ChangeList:
        review = self._review(call.params["run"])
        rows = [review.change(row) for row in review.plan.changes]
        rows += ended_rows(review)
        query = call.query
        return listing.listing(
            rows,
            offset=int(str(query.get("offset", 0))),
            limit=int(str(query.get("limit", 100))),
            sort=str(query.get("sort", "time")),
            **{name: str(query.get(name, "")) for name in ("action", "decision", "risk", "q", "series", "collapse")},
        )

    async def change(self, call: Call) -> m.ChangeDetail:
        review = self._review(call.params["run"])
        row = review.proposal(call.params["change"])
        if row is None:
            ended = next((each for each in ended_rows(review) if each.id == call.params["change"]), None)
            if ended is None:
                raise ApiProblem(ProblemName.NOT_FOUND, f"There is no row {call.params['change']!r} in this run.")
            return ended
        return review.detail(row)

    async def decide(self, call: Call) -> m.DecisionsTaken:
        body = call.body
        assert isinstance(body, m.PutDecisions)
        run = call.params["run"]
        taken = self._coordinator.decide(run, body.decisions)
        review = self._coordinator.waiting(run)
        changed = {one.change for one in taken}
        rows = tuple(review.change(row) for row in review.plan.changes if row.id in changed)
        return m.DecisionsTaken(taken=len(taken), turn=review.turn, changes=rows, run=self._known_run(run))

    async def apply(self, call: Call) -> m.Run:
        body = call.body
        assert isinstance(body, m.ApplyRun)
        return self._coordinator.apply(call.params["run"], body.plan, body.confirm_deletions, body.confirm_moves)

    async def cancel(self, call: Call) -> m.Run:
        return self._coordinator.cancel(call.params["run"])

    async def undo(self, call: Call) -> m.Run:
        body = call.body
        assert isinstance(body, m.UndoRun)
        try:
            return await self._coordinator.undo(call.params["run"], body.changes)
        except SideError as error:
            raise side_problem(error) from error

    # items and ignores --------------------------------------------------------------------------------------------

    async def _comparison(self) -> Comparison:
        """The last comparison over the links as they are now; without one (a restart, another calendar) from what is stored."""
        found = self._coordinator.comparison
        if found is not None and self._accounts.uses(found.pair):
            return await asyncio.to_thread(self._comparer.replan, found, found.trees)
        pair = await self._pair()
        if found is not None and found.pair.pairing == pair.pairing:
            return await asyncio.to_thread(self._comparer.replan, found, found.trees)
        return await asyncio.to_thread(self._comparer.stored, pair, self._accounts.rules(pair))

    async def _pair(self) -> OpenPair:
        """The pair in use, opened where it is not."""
        found = self._coordinator.comparison
        if found is not None and self._accounts.uses(found.pair):
            return found.pair
        try:
            return await self._accounts.open_pair()
        except SideError as error:
            raise side_problem(error) from error

    async def ignored(self, call: Call) -> m.IgnoredList:
        comparison = await self._comparison()
        who = self._accounts.status[Side.SALESFORCE].name
        return ignored.ignored_list(comparison.base, comparison.trees, self._links.secret(), who)

    async def rearm(self, call: Call) -> m.Nothing:
        pair = await self._pair()
        if not ignored.rearm(self._links, pair.pairing, call.params["id"]):
            raise ApiProblem(ProblemName.NOT_FOUND, "That item is not ignored.")
        return m.Nothing()

    async def items(self, call: Call) -> m.ItemList:
        comparison = await self._comparison()
        query = call.query
        return items.item_list(
            items.items(comparison, self._rows()),
            str(query.get("q", "")),
            str(query.get("reason", "")),
            int(str(query.get("offset", 0))),
            int(str(query.get("limit", 100))),
        )

    async def item(self, call: Call) -> m.Item:
        comparison = await self._comparison()
        wanted = call.params["id"]
        found = next((each for each in items.items(comparison, self._rows()) if each.id == wanted), None)
        if found is None:
            raise ApiProblem(ProblemName.NOT_FOUND, f"There is no item {wanted!r}.")
        return msgspec.structs.replace(found, history=items.history(self._runs, wanted))

    def _rows(self) -> dict[str, Proposal]:
        review = self._coordinator.review
        return {row.item: row for row in review.plan.changes} if review else {}

    async def doctor(self, call: Call) -> m.DoctorReport:
        return await asyncio.to_thread(doctor.examine, self._database, self._runs, self._coordinator.comparison)

    async def forget_links(self, call: Call) -> m.Nothing:
        pair = await self._pair()
        if self._coordinator.run is not None:
            raise ApiProblem(ProblemName.WRONG_STATE, "A run is open; finish it with Ok or Cancel first.")
        self._links.forget(pair.pairing)
        self._coordinator.comparison = None
        return m.Nothing()

    # settings and accounts ----------------------------------------------------------------------------------------

    async def settings(self, call: Call) -> m.SettingsDocument:
        return self._settings.document()

    async def patch_settings(self, call: Call) -> m.SettingsDocument:
        body = call.body
        assert isinstance(body, m.PatchSettings)
        if ADDRESS_KEYS.intersection(body.values):
            self._idle_enough()
        try:
            self._settings.patch(body.values)
        except BadSetting as error:
            raise ApiProblem(ProblemName.BAD_SETTING, str(error)) from error
        await self._accounts.settings_changed(frozenset(body.values))
        self._board.changed()
        return self._settings.document()

    async def settings_schema(self, call: Call) -> m.SettingsSchema:
        return schema()

    async def accounts(self, call: Call) -> m.Accounts:
        return self._accounts.accounts()

    async def put_notes_account(self, call: Call) -> m.TestResult:
        body = call.body
        assert isinstance(body, m.PutNotesAccount)
        self._idle_enough()
        return await self._accounts.put_notes(body)

    async def connect_salesforce(self, call: Call) -> m.ConnectStarted:
        self._idle_enough()
        return await self._accounts.connect_salesforce()

    async def test_account(self, call: Call) -> m.TestResult:
        side = _side(call)
        self._idle_enough()
        return await self._accounts.test(side)

    async def disconnect(self, call: Call) -> m.Nothing:
        side = _side(call)
        self._idle_enough()
        await self._accounts.disconnect(side)
        return m.Nothing()

    def _idle_enough(self) -> None:
        run = self._coordinator.run
        if run is not None and run.state.value in ("comparing", "applying"):
            raise ApiProblem(ProblemName.WRONG_STATE, "A run is under way; wait until it is done.")

    async def calendars(self, call: Call) -> m.CalendarList:
        return await self._accounts.calendars()

    # the daemon itself --------------------------------------------------------------------------------------------

    async def pause(self, call: Call) -> m.Status:
        body = call.body
        assert isinstance(body, m.Pause)
        if not 1 <= body.minutes <= 7 * 24 * 60:
            raise ApiProblem(ProblemName.BAD_REQUEST, "minutes is 1 to 10080 (a week).")
        self._pauser.pause(body.minutes)
        return self._board.current()

    async def resume(self, call: Call) -> m.Status:
        self._pauser.resume()
        return self._board.current()

    async def shutdown(self, call: Call) -> m.Nothing:
        self._shut_down()
        return m.Nothing()


def _side(call: Call) -> Side:
    try:
        return Side(call.params["side"])
    except ValueError:
        raise ApiProblem(ProblemName.NOT_FOUND, "The accounts are salesforce and notes.") from None
