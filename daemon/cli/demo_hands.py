"""Two ready commands with which a visitor of the demo changes an entry by hand, one on each side, between two runs."""

from __future__ import annotations

import base64
import json
import shlex
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

_SALESFORCE = "/services/data/v67.0"
_APPOINTMENT = "0"
"""``x-lotus-appttype`` of a plain appointment (Domino calendar service, list of events)."""
_PATIENCE = 20.0


def hands(places: Mapping[str, Any], now: datetime | None = None) -> list[tuple[str, str]]:
    """What each command does, and the command, ready for a shell; a side without a fitting entry is left out.

    ``places`` is the sandbox's line. Both change the location of an entry of the next days that its side alone holds: the
    first run copies it for certain, and the next one shows an update. Raises OSError or ValueError when a sandbox does not
    answer as it should.
    """
    start = now or datetime.now(UTC)
    notes, salesforce = _notes_entries(places["domino"], start), _salesforce_events(places["salesforce"], start)
    ours = [(each["summary"], _begin(each["start"])) for each in notes]
    theirs = [(each["Subject"], str(each["StartDateTime"])[:16]) for each in salesforce]
    made = []
    entry = next(
        (each for each, one in zip(notes, ours, strict=True) if _is_plain(each) and _is_alone(one, ours, theirs)), None
    )
    if entry is not None:
        made.append((f"in Notes, “{entry['summary']}” moves to Room 7", _notes_command(places["domino"], entry)))
    event = next((each for each, one in zip(salesforce, theirs, strict=True) if _is_alone(one, theirs, ours)), None)
    if event is not None:
        command = _salesforce_command(places["salesforce"], event)
        made.append((f"in Salesforce, “{event['Subject']}” moves to Room 8", command))
    return made


_Stood = tuple[str, str]
"""Subject and start (UTC, whole minutes) of an entry."""


def _begin(start: Mapping[str, Any]) -> str:
    return f"{start.get('date', '')}T{start.get('time', '')}"[:16]


def _is_alone(one: _Stood, own: Sequence[_Stood], others: Sequence[_Stood]) -> bool:
    """One entry of this subject on its own side, and none on the other that could be taken for the same meeting."""
    subject, begin = one
    day = begin[:10]
    alike = [each for each in others if each[0] == subject or each[1][:10] == day]
    return bool(subject) and [each[0] for each in own].count(subject) == 1 and not alike


def _notes_entries(domino: Mapping[str, Any], start: datetime) -> list[dict[str, Any]]:
    """The entries of the next thirty days."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    window = {"since": start.strftime(form), "before": (start + timedelta(days=30)).strftime(form), "count": 100}
    secret = base64.b64encode(f"{domino['username']}:{domino['password']}".encode()).decode()
    answer = _ask(f"{_events(domino)}?{urllib.parse.urlencode(window)}", f"Basic {secret}")
    return [each for each in answer.get("events", ()) if each.get("summary") and each.get("start")]


def _is_plain(entry: Mapping[str, Any]) -> bool:
    """A public appointment of its own with UTC times, which can be sent back as they came."""
    times = [entry.get("start") or {}, entry.get("end") or {}]
    return (
        entry.get("x-lotus-appttype", {}).get("data") == _APPOINTMENT
        and entry.get("class") == "public"
        and "recurrenceId" not in entry
        and all(time.get("utc") and "time" in time for time in times)
    )


def _salesforce_events(salesforce: Mapping[str, Any], start: datetime) -> list[dict[str, Any]]:
    query = (
        "SELECT Id, Subject, StartDateTime FROM Event WHERE IsPrivate = false AND IsAllDayEvent = false "
        f"AND IsChild = false AND OwnerId = '{salesforce['user_id']}' "
        f"AND StartDateTime > {start:%Y-%m-%dT%H:%M:%SZ} ORDER BY StartDateTime LIMIT 200"
    )
    asked = urllib.parse.urlencode({"q": query})
    records = _ask(f"{salesforce['url']}{_SALESFORCE}/query?{asked}", f"Bearer {salesforce['token']}").get("records")
    return list(records or ())


def _ask(url: str, authorization: str) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
    opener.addheaders = [("Authorization", authorization)]
    with opener.open(url, timeout=_PATIENCE) as answer:
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
    return found


def _events(domino: Mapping[str, Any]) -> str:
    return f"{domino['url']}{domino['mail_file']}/api/calendar/events"


def _notes_command(domino: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    kept = {name: entry[name] for name in ("id", "summary", "start", "end")}
    body = {"events": [{**kept, "location": "Room 7"}]}
    url = f"{_events(domino)}/{urllib.parse.quote(entry['id'], safe='')}?workflow=false"
    return _curl("-X", "PUT", "-u", f"{domino['username']}:{domino['password']}", url, body=body)


def _salesforce_command(salesforce: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    url = f"{salesforce['url']}{_SALESFORCE}/sobjects/Event/{event['Id']}"
    sign_in = f"Authorization: Bearer {salesforce['token']}"
    return _curl("-X", "PATCH", "-H", sign_in, url, body={"Location": "Room 8"})


def _curl(*arguments: str, body: Mapping[str, Any]) -> str:
    words: Sequence[str] = (
        *("curl", "-sS", "--noproxy", "*"),
        *arguments,
        *("-H", "Content-Type: application/json", "-d", json.dumps(body, ensure_ascii=False)),
    )
    return shlex.join(words)
