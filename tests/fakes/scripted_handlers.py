"""The scripted daemon's handlers: every route of the table answered from memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from daemon.api.server import Call, Handler, Reply
from shared import models as m
from shared.problems import ApiProblem, ProblemName
from shared.states import Decision, Result, RunMode, RunState, Side
from tests.fakes.scripted_lists import CALENDARS, CONNECTED, FINDINGS, SCHEMA
from tests.fakes.scripted_run import ScriptedRun

if TYPE_CHECKING:
    from tests.fakes.scripted_daemon import ScriptedDaemon

NAMES = tuple(name for name in m.Change.__struct_fields__)


def handlers(daemon: ScriptedDaemon) -> Mapping[str, Handler]:
    """Route name to handler, for ApiServer."""
    holder = ScriptedHandlers(daemon)
    return {name: getattr(holder, name) for name in vars(ScriptedHandlers) if not name.startswith("_")}


def _change(row: m.ChangeDetail) -> m.Change:
    return m.Change(**{name: getattr(row, name) for name in NAMES})


class ScriptedHandlers:
    """One method per route, named like the route."""

    def __init__(self, daemon: ScriptedDaemon) -> None:
        self._daemon = daemon

    def _run(self, call: Call) -> ScriptedRun:
        for run in self._daemon.runs:
            if run.id == call.params["run"]:
                return run
        raise ApiProblem(ProblemName.NOT_FOUND, "There is no such run.")

    async def start_run(self, call: Call) -> m.Run | Reply:
        if any(account.state != "connected" for account in self._daemon.accounts.values()):
            raise ApiProblem(ProblemName.NOT_CONNECTED)
        run = self._daemon.open_run
        if run is None:
            return self._daemon.start_run().document()
        if run.state is RunState.APPLYING:
            raise ApiProblem(ProblemName.WRONG_STATE, "A run is being written.")
        return Reply(run.document(), 200)

    async def runs(self, call: Call) -> m.RunList:
        listed = self._daemon.history()
        before = call.query.get("before")
        if before is not None:
            ids = [run.id for run in listed]
            listed = listed[ids.index(before) + 1 :] if before in ids else []
        return m.RunList(runs=tuple(listed[: int(call.query.get("limit", 50))]))

    async def run(self, call: Call) -> m.Run:
        return self._run(call).document()

    async def changes(self, call: Call) -> m.ChangeList:
        query: Mapping[str, Any] = call.query
        rows = self._run(call).listed()
        counts = dict(Counter(row.action.value for row in rows))
        for name in ("action", "decision"):
            if name in query:
                rows = [row for row in rows if getattr(row, name) == query[name]]
        if "risk" in query:
            rows = [row for row in rows if query["risk"] in row.risks]
        if "series" in query:
            rows = [row for row in rows if row.series is not None and row.series.id == query["series"]]
        if "q" in query:
            rows = [row for row in rows if str(query["q"]).casefold() in row.title.casefold()]
        if query.get("collapse") == "series":
            rows = _collapsed(rows)
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        page = tuple(_change(row) for row in rows[offset : offset + limit])
        return m.ChangeList(total=len(rows), counts=counts, changes=page)

    async def change(self, call: Call) -> m.ChangeDetail:
        return self._run(call).detail(call.params["change"])

    async def decide(self, call: Call) -> m.DecisionsTaken:
        assert isinstance(call.body, m.PutDecisions)
        run = self._run(call)
        decided = run.decide(call.body.decisions)
        taken = tuple(_change(run.rows[change]) for change in decided)
        return m.DecisionsTaken(taken=len(taken), turn=run.turn, changes=taken, run=run.document())

    async def apply(self, call: Call) -> m.Run:
        assert isinstance(call.body, m.ApplyRun)
        run = self._run(call)
        run.check_apply(call.body)
        self._daemon.spawn(self._apply(run))
        await asyncio.sleep(0)
        return run.document()

    async def _apply(self, run: ScriptedRun) -> None:
        await run.apply()
        self._daemon.finish(run)

    async def cancel(self, call: Call) -> m.Run:
        run = self._run(call)
        run.cancel()
        return run.document()

    async def undo(self, call: Call) -> m.Run:
        assert isinstance(call.body, m.UndoRun)
        if self._daemon.open_run is not None:
            raise ApiProblem(ProblemName.WRONG_STATE, "Finish or cancel the open run first.")
        source = self._run(call)
        written = [row for row in source.rows.values() if row.result is Result.APPLIED]
        wanted = [row for row in written if not call.body.changes or row.id in call.body.changes]
        if not wanted:
            raise ApiProblem(ProblemName.WRONG_STATE, "This run wrote nothing that could be undone.")
        self._daemon.script = [replace(row, result=None, decision=Decision.UNDECIDED) for row in wanted]
        run = self._daemon.start_run(RunMode.UNDO)
        run.undoes = source.id
        return run.document()

    async def ignored(self, call: Call) -> m.IgnoredList:
        return m.IgnoredList(ignored=tuple(self._daemon.ignored.values()))

    async def rearm(self, call: Call) -> m.Nothing:
        if self._daemon.ignored.pop(call.params["id"], None) is None:
            raise ApiProblem(ProblemName.NOT_FOUND, "There is no such ignored item.")
        return m.Nothing()

    async def items(self, call: Call) -> m.ItemList:
        sought = str(call.query.get("q", "")).casefold()
        kind = str(call.query.get("reason", ""))
        found = [item for item in self._daemon.items if sought in item.title.casefold()]
        found = [item for item in found if not kind or kind in (item.reason, item.state)]
        counts = Counter(item.reason or item.state for item in self._daemon.items)
        return m.ItemList(total=len(found), counts=dict(counts), items=tuple(found))

    async def item(self, call: Call) -> m.Item:
        for item in self._daemon.items:
            if item.id == call.params["id"]:
                return item
        raise ApiProblem(ProblemName.NOT_FOUND, "There is no such item.")

    async def settings(self, call: Call) -> m.SettingsDocument:
        return m.SettingsDocument(values=dict(self._daemon.settings))

    async def patch_settings(self, call: Call) -> m.SettingsDocument:
        assert isinstance(call.body, m.PatchSettings)
        known = {one.key: one for one in SCHEMA}
        for key, value in call.body.values.items():
            if key not in known:
                raise ApiProblem(ProblemName.BAD_SETTING, f"There is no setting {key}.")
            _check(known[key], value)
        for key, value in call.body.values.items():
            self._daemon.settings[key] = known[key].default if value is None else value
        self._daemon.publish()
        return await self.settings(call)

    async def settings_schema(self, call: Call) -> m.SettingsSchema:
        return m.SettingsSchema(settings=SCHEMA)

    async def accounts(self, call: Call) -> m.Accounts:
        return m.Accounts(salesforce=self._daemon.accounts[Side.SALESFORCE], notes=self._daemon.accounts[Side.NOTES])

    async def put_notes_account(self, call: Call) -> m.TestResult:
        assert isinstance(call.body, m.PutNotesAccount)
        if call.body.password == "wrong":
            return m.TestResult(ok=False, text=m.Text(code="scripted", text="Notes refused this name or password."))
        self._daemon.accounts[Side.NOTES] = replace(CONNECTED[Side.NOTES], address=call.body.url, name=call.body.user)
        self._daemon.publish()
        return m.TestResult(ok=True, text=m.Text(code="scripted", text="Connected; 86 entries lie in the window."))

    async def connect_salesforce(self, call: Call) -> m.ConnectStarted:
        self._daemon.spawn(self._daemon.browser_comes_back())
        return m.ConnectStarted(authorize_url="http://127.0.0.1:9/authorize", expires_at=_soon(10))

    async def test_account(self, call: Call) -> m.TestResult:
        account = self._daemon.accounts[Side(call.params["side"])]
        if account.state != "connected":
            return m.TestResult(ok=False, text=m.Text(code="scripted", text="This account is not connected."))
        return m.TestResult(ok=True, text=m.Text(code="scripted", text=f"Connected as {account.name}."))

    async def disconnect(self, call: Call) -> m.Nothing:
        self._daemon.accounts[Side(call.params["side"])] = m.AccountStatus()
        self._daemon.publish()
        return m.Nothing()

    async def calendars(self, call: Call) -> m.CalendarList:
        return m.CalendarList(calendars=CALENDARS)

    async def doctor(self, call: Call) -> m.DoctorReport:
        return m.DoctorReport(ok=not FINDINGS, findings=FINDINGS)

    async def forget_links(self, call: Call) -> m.Nothing:
        if self._daemon.open_run is not None:
            raise ApiProblem(ProblemName.WRONG_STATE, "Finish or cancel the open run first.")
        return m.Nothing()

    async def pause(self, call: Call) -> m.Status:
        assert isinstance(call.body, m.Pause)
        if not 1 <= call.body.minutes <= 7 * 24 * 60:
            raise ApiProblem(ProblemName.BAD_REQUEST, "minutes must be from 1 to 10080.")
        self._daemon.paused_until = _soon(call.body.minutes)
        self._daemon.publish()
        return self._daemon.board.current()

    async def resume(self, call: Call) -> m.Status:
        self._daemon.paused_until = None
        self._daemon.publish()
        return self._daemon.board.current()

    async def shutdown(self, call: Call) -> m.Nothing:
        self._daemon.stopped.set()
        return m.Nothing()


def _soon(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check(schema: m.SettingSchema, value: Any) -> None:
    if value is None:
        return
    wrong = False
    if schema.type == "number":
        low, high = schema.minimum or 0, schema.maximum or 10**6
        wrong = not isinstance(value, int) or not low <= value <= high
        if wrong:
            raise ApiProblem(ProblemName.BAD_SETTING, f"{schema.key} must be a whole number from {low} to {high}.")
    if schema.type == "choice":
        wrong = value not in schema.choices
    if schema.type == "flag":
        wrong = not isinstance(value, bool)
    if wrong:
        raise ApiProblem(ProblemName.BAD_SETTING, f"{schema.key} does not take this value.")


def _collapsed(rows: list[m.ChangeDetail]) -> list[m.ChangeDetail]:
    shown: list[m.ChangeDetail] = []
    for row in rows:
        if row.series is None:
            shown.append(row)
        elif not any(other.series is not None and other.series.id == row.series.id for other in shown):
            members = [r for r in rows if r.series is not None and r.series.id == row.series.id]
            counts = dict(Counter(member.action.value for member in members))
            series = m.Series(**{**asdict(row.series), "position": 0, "count": len(members), "counts": counts})
            shown.append(replace(row, series=series))
    return shown
