"""Prism with the vendor's own description of the calendar service, between a client and the Domino sandbox.

Where the description and notes.md disagree notes.md wins; those places are the table DISAGREEMENTS, and nothing else may
be reported. What the description allows is understood: each operation and each query parameter in it is used with success.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
import requests

METHODS = ("get", "put", "post", "delete")
BASE = "/mail/emoore.nsf/api/calendar"
WIDE = {"since": "1990-01-01T00:00:00Z", "before": "2040-01-01T00:00:00Z"}

_NOT_LISTED = "Unable to match the returned status code with those defined in the document"
_NO_TYPE = 'The received media type "" does not match the one specified in the current response: application/json'
_TEXT_TYPE = (
    'The received media type "text/calendar; charset=UTF-8" does not match the one specified in the current response:'
    " application/json"
)
_NO_OBJECT = "Response body must be object"

#: name -> what Prism says where the description and the service part ways. Source of each: notes.md.
DISAGREEMENTS: dict[str, tuple[str, ...]] = {
    # 1.3: an empty list is 200 with no body and no Content-Type (also seen in recorded traffic).
    "empty list": (_NO_TYPE, _NO_OBJECT),
    # 1.3: format=icalendar answers text/calendar; the description offers the parameter and has no words for the answer.
    "icalendar answer": (_TEXT_TYPE, _NO_OBJECT),
    # 1.3: a write may be text/calendar; the description says so, too, and gives only the schema of the JSON form.
    "icalendar body": ("Request body must be object",),
    # 1.5 and 1.6: 401, 404, 405, 409, 415 come wherever they apply; the description lists 400 or 404 only.
    "status not listed": (_NOT_LISTED,),
    # 1.3: PATCH does not exist, neither there nor here.
    "route not listed": ("Selected route not found",),
    # 1.6: without a credential the service itself must refuse; Prism sees that, too.
    "no credential": ("Invalid security scheme used", _NOT_LISTED),
}


@dataclass
class Client:
    """Sends requests through Prism and holds every reply against the description."""

    url: str
    description: dict[str, Any]
    session: requests.Session = field(default_factory=requests.Session)
    used: set[tuple[str, str, str]] = field(default_factory=set)
    differed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def __call__(self, method: str, path: str, expect: int = 200, differs: str = "", **options: Any) -> Any:
        """The reply, whose status is ``expect``; ``differs`` names the disagreement that must be reported, if any."""
        answer = self.session.request(method, self.url + path, timeout=60, **options)
        assert answer.status_code == expect, (method, path, answer.status_code, answer.text[:300])
        said = violations(answer)
        wanted = list(DISAGREEMENTS[differs]) if differs else []
        assert said == wanted, (method, path, answer.headers.get("sl-violations"), answer.text[:300])
        self.differed.update({differs} - {""})
        if answer.ok:
            self._note(method, path, options.get("params", {}))
        return answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else answer.text

    def _note(self, method: str, path: str, params: dict[str, Any]) -> None:
        template = template_of(path, self.description)
        self.used |= {(method.lower(), template, name) for name in ("", *params)}


def violations(answer: requests.Response) -> list[str]:
    """What Prism says, without the list of statuses; more than a header holds comes as one sentence that is no JSON."""
    header = answer.headers.get("sl-violations", "[]")
    try:
        return [one["message"].split(": 2")[0] for one in json.loads(header)]
    except ValueError:
        return [header]


def template_of(path: str, description: dict[str, Any]) -> str:
    """The path of the description that a path means; the one with the most literal parts."""
    parts = path.partition("?")[0].split("/")
    fitting = [
        template
        for template in description["paths"]
        if len(given := template.split("/")) == len(parts)
        and all(one.startswith("{") or one == part for one, part in zip(given, parts, strict=True))
    ]
    return str(min(fitting, key=lambda template: template.count("{")))


def everything(description: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(method, path, query parameter) of all that the description allows; "" stands for the operation itself."""
    found = set()
    for path, operations in description["paths"].items():
        for method in METHODS:
            if method in operations:
                found.add((method, path, ""))
                for parameter in operations[method].get("parameters", []):
                    name = parameter.get("$ref", "").rpartition("/")[2]
                    meant = description["parameters"][name] if name else parameter
                    if meant["in"] == "query":
                        found.add((method, path, meant["name"]))
    return found


@pytest.fixture(scope="module")
def proxied(proxy: Callable[[str], str], served: Any) -> str:
    return proxy(served.url)


@pytest.fixture(scope="module")
def client(proxied: str, description: dict[str, Any]) -> Iterator[Client]:
    one = Client(proxied, description)
    one.session.auth = ("eeditor", "edith-secret-2")
    yield one
    one.session.close()


TIME = {"date": "2026-03-02", "time": "09:00:00", "utc": True}
FAULTS: dict[str, tuple[str, int, Any, str]] = {
    "a list that is none": ("/events", 200, {"events": "many"}, "events must be array"),
    "a list of words": ("/events", 200, {"events": ["first"]}, "events.0 must be object"),
    "a sequence in words": ("/events", 200, {"events": [{"sequence": "three"}]}, "sequence must be integer"),
    "a bare date": ("/events/x", 200, {"events": [{"start": "2026-03-02"}]}, "start must be object"),
    "utc in words": ("/events/x", 200, {"events": [{"end": {**TIME, "utc": "yes"}}]}, "utc must be boolean"),
    "a zone that is text": ("/events/x", 200, {"timezones": ["Eastern"], "events": []}, "timezones.0 must be object"),
    "an x property without data": ("/events/x/y", 200, {"events": [{"x-lotus-appttype": "3"}]}, "must be object"),
    "an id that is a number": ("/events/x/instances", 200, {"instances": [{"recurrenceId": 1}]}, "must be string"),
    "a notice that is a word": ("/invitations", 200, {"notices": ["one"]}, "notices.0 must be object"),
    "a notice without words": ("/notices/x", 200, {"scheduleMethod": 7}, "scheduleMethod must be string"),
    "an error in words": ("/events/x", 400, {"code": "four hundred"}, "code must be integer"),
    "a status of its own": ("/events", 299, {}, _NOT_LISTED),
}


@pytest.fixture(scope="module")
def one_answer() -> dict[str, Any]:
    """What the server of nonsense says next."""
    return {"status": 200, "document": {}}


@pytest.fixture(scope="module")
def nonsense_proxied(proxy: Callable[[str], str], nonsense: Callable[[dict[str, Any]], str], one_answer: Any) -> str:
    return proxy(nonsense(one_answer))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_reply_is_caught(fault: str, nonsense_proxied: str, one_answer: dict[str, Any]) -> None:
    path, status, document, complaint = FAULTS[fault]
    one_answer |= {"status": status, "document": document}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(nonsense_proxied + BASE + path, auth=("anyone", "x"), timeout=60)
    assert answer.json() == document
    assert complaint in answer.headers.get("sl-violations", "")


def test_every_entry_of_a_full_calendar_fits(client: Client, proxied: str, description: dict[str, Any]) -> None:
    jane = Client(proxied, description)
    jane.session.auth = ("jdoe", "jane-secret-1")
    events = "/mail/jdoe.nsf/api/calendar/events"
    listed: list[dict[str, Any]] = []
    while page := _page(jane, events, len(listed)):
        listed += page
    occurrences = [one for one in listed if "recurrenceId" in one]
    invitations = {one["id"] for one in listed if one.get("x-lotus-noticetype", {}).get("data") == "I"}
    assert len(listed) >= 100
    assert len(occurrences) >= 20
    for uid in {one["id"] for one in listed} - invitations:
        found = jane("GET", f"{events}/{quote(uid, safe='')}")
        assert found["events"][0]["id"] == uid
        if any(key in found["events"][0] for key in ("recurrenceRule", "recurrenceDates")):
            assert jane("GET", f"{events}/{quote(uid, safe='')}/instances")["instances"]
    for one in occurrences:
        [occurrence] = jane("GET", one["href"])["events"]
        assert occurrence["recurrenceId"] == one["recurrenceId"]
    jane.session.close()


def _page(client: Client, events: str, start: int) -> list[dict[str, Any]]:
    """The next elements of a list; an empty page is the known disagreement."""
    params = {**WIDE, "count": 100, "start": start}
    straight = client.session.get(client.url + events, params=params, timeout=60)
    found = client("GET", events, params=params, differs="" if straight.content else "empty list")
    return list(found["events"]) if found else []


def _entry(summary: str, **more: Any) -> dict[str, Any]:
    return {"events": [{"summary": summary, "start": TIME, "end": {**TIME, "time": "10:00:00"}, **more}]}


def _text(uid: str, *more: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Test//EN", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += ["DTSTART:20260302T090000Z", "DTEND:20260302T100000Z", "SUMMARY:Visit", *more]
    return "".join(f"{line}\r\n" for line in (*lines, "END:VEVENT", "END:VCALENDAR"))


ICS = {"Content-Type": "text/calendar; charset=utf-8"}
THEIRS = ("ORGANIZER:mailto:boss@example.com", "ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:edith.moore@example.com")
DAILY = "RRULE:FREQ=DAILY;COUNT=6"
QUIET = {"workflow": "false"}


def entries(client: Client) -> None:
    """Create, read, list, update and delete single entries in both forms."""
    made = client("POST", f"{BASE}/events", 201, json=_entry("Call"), params=QUIET)["events"][0]["id"]
    one = f"{BASE}/events/{quote(made, safe='')}"
    client("POST", f"{BASE}/events", 409, "status not listed", json=_entry("Again", id=made), params=QUIET)
    client("POST", f"{BASE}/events", 400, json={"events": []}, params=QUIET)
    client("POST", f"{BASE}/events", 201, "icalendar body", data=_text("plain"), headers=ICS, params=QUIET)
    client("GET", one)
    client("GET", one, differs="icalendar answer", params={"format": "icalendar"})
    every = {"literally": "true", "workflowcomment": "Later", "strictsequence": "true", **QUIET}
    changed = client("PUT", one, json=_entry("Moved", id=made, sequence=0), params=every)
    assert changed["events"][0]["summary"] == "Moved"
    client("PUT", f"{BASE}/events/plain", 200, "icalendar body", data=_text("plain"), headers=ICS, params=QUIET)
    client("PUT", one, 400, json={"events": []}, params=QUIET)
    client("DELETE", one, params=QUIET)
    client("DELETE", one, 404, params=QUIET)
    client("GET", one, 404, "status not listed")
    client("PATCH", one, 405, "route not listed", json={})


def lists(client: Client) -> None:
    """Every parameter of the list."""
    events = f"{BASE}/events"
    assert len(client("GET", events, params={**WIDE, "start": 0, "count": 50})["events"]) == 1
    assert set(client("GET", events, params={**WIDE, "fields": "summary,start"})["events"][0]) >= {"summary", "start"}
    client("GET", events, differs="icalendar answer", params={**WIDE, "format": "icalendar"})
    client("GET", events, differs="empty list", params={"sincenow": -9000, "days": 2})
    client("GET", events, 400, params={**WIDE, "sincenow": 1})
    client("GET", events, 400, params={**WIDE, "count": 0})


def series(client: Client) -> None:
    """Occurrences: ids, read, update, delete with ranges."""
    one = f"{BASE}/events/daily"
    client("POST", f"{BASE}/events", 201, "icalendar body", data=_text("daily", DAILY), headers=ICS, params=QUIET)
    ids = [each["recurrenceId"] for each in client("GET", f"{one}/instances")["instances"]]
    assert len(ids) == 6
    client("GET", f"{BASE}/events/plain/instances", 400)
    client("GET", f"{one}/{ids[1]}")
    client("GET", f"{one}/{ids[1]}", differs="icalendar answer", params={"format": "icalendar"})
    every = {"literally": "true", "workflowcomment": "Later", "strictsequence": "true", **QUIET}
    client("PUT", f"{one}/{ids[1]}", json=_entry("Other room", id="daily", recurrenceId=ids[1]), params=every)
    client("DELETE", f"{one}/{ids[5]}", params={"recurrenceRange": "future", **QUIET})
    client("DELETE", f"{one}/{ids[5]}", 404, params=QUIET)
    assert len(client("GET", one)["events"]) == 2


def notices(client: Client, deliver: Callable[[str], None]) -> None:
    """Invitations that wait, what they say, and the answers to them."""
    client("GET", f"{BASE}/invitations", differs="empty list")
    deliver(_text("theirs", *THEIRS))
    deliver(_text("weekly", *THEIRS, DAILY))
    client("GET", f"{BASE}/invitations", differs="empty list", params={"since": "2039-01-01T00:00:00Z"})
    client("GET", f"{BASE}/invitations", params={"since": WIDE["since"], "receivedsince": WIDE["since"]})
    client("GET", f"{BASE}/events/plain/notices", differs="empty list")
    for uid in ("theirs", "weekly"):
        [notice] = client("GET", f"{BASE}/events/{uid}/notices")["notices"]
        assert client("GET", notice["href"])["scheduleMethod"] == "request"
        client("GET", notice["href"], differs="icalendar answer", params={"format": "icalendar"})
        client("PUT", f"{notice['href']}/action", 400, params={"type": "dance"}, json={})
        client("PUT", f"{notice['href']}/action", params={"type": "accept"}, json={"comments": "gladly"})
        client("GET", notice["href"], 404)
    client("PUT", f"{BASE}/events/theirs/action", params={"type": "tentative"}, json={"keepInformed": True})
    [date, *_] = client("GET", f"{BASE}/events/weekly/instances")["instances"]
    every = {"type": "decline", "recurrenceRange": "all"}
    client("PUT", f"{BASE}/events/weekly/{date['recurrenceId']}/action", params=every, json={"comments": "away"})


def strangers(client: Client) -> None:
    """Who may not read learns nothing."""
    stranger = Client(client.url, client.description, differed=client.differed)
    stranger("GET", f"{BASE}/events", 401, "no credential")
    stranger.session.auth = ("eeditor", "wrong")
    stranger("GET", f"{BASE}/events", 401, "status not listed")
    stranger.session.close()


def test_what_the_description_allows_is_understood_and_answered_in_its_words(
    client: Client, served: Any, description: dict[str, Any]
) -> None:
    entries(client)
    lists(client)
    series(client)
    notices(client, lambda text: served.do(lambda: served.sandbox.desk.invite("/mail/emoore.nsf", text)))
    strangers(client)
    assert everything(description) - client.used == set()
    assert DISAGREEMENTS.keys() - client.differed == set(), "a disagreement that is none any more"
