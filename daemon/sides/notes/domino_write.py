"""Writes to a mail file: creates, changes and deletes entries and single dates, each behind a fresh look at what is there.

Domino has no precondition, so the entry is read and its version compared right before each PUT and DELETE (notes.md 9); what
is stored is read back. ``workflow=false`` goes with every write: nobody gets mail. A write is sent once. The dates of a new
series are created as one entry (notes.md 9); an existing series is never changed as a whole, only its dates (notes.md 0).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from daemon.calendars.content_lines import unescape
from daemon.calendars.icalendar_write import NoSuchEvent
from daemon.sides.contract import Done, Found, Gone, LostAnswer, Outcome, Refused, Stale, Traces, Unclear, Write
from daemon.sides.notes.domino_address import events_path
from daemon.sides.notes.domino_answers import (
    BUSY,
    EXISTS,
    INVALID,
    NOT_SUPPORTED,
    NOTICES_FAILED,
    OTHER_CONFLICT,
    Answer,
    DominoError,
    error_of,
)
from daemon.sides.notes.domino_http import Call, DominoSession
from daemon.sides.notes.domino_read import DominoReading
from daemon.sides.notes.event_texts import created_uid, new_entry, update_body
from daemon.sides.notes.new_series import date_keys, every_created_key, grouped, outcomes_of, series_texts, traces_in
from daemon.sides.notes.wire import LostInTransit
from daemon.sync.appointment import differing, notes_key, split_notes_key
from daemon.sync.trees import Record
from shared.models import Image, Text
from shared.states import Group
from shared.texts import text

_QUIET = {"workflow": "false"}
_ICALENDAR = "text/calendar; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class DominoWriting:
    """Writes to one mail file. ``zone``: the person's IANA zone for new entries and floating times."""

    session: DominoSession
    mail_file: str
    reading: DominoReading
    zone: str
    clock: Callable[[], datetime]

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """One after another, because dates of one series share one document. A SideError ends the rest, unsent."""
        for group in grouped(writes):
            made = await self._as_series(group) if len(group) > 1 else None
            for outcome in made or ():
                yield outcome
            for one in group if made is None else ():
                try:
                    yield await self._write(one)
                except LostInTransit:
                    yield self._lost(one)

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """The entries under the UIDs that these creates may have given, as far as the calendar holds them."""
        return traces_in(writes, await self.reading.look(every_created_key(writes)))

    async def _write(self, write: Write) -> Outcome:
        if write.kind == "delete":
            return await self._delete(write)
        if write.after is None:
            return Refused(write.op_id, "nothing_to_write", text("notes.nothing_to_write"))
        if write.kind == "create":
            return await self._create(write, write.after)
        return await self._update(write, write.after)

    async def _create(self, write: Write, after: Image) -> Outcome:
        uid = created_uid(write.create_key)
        body = new_entry(uid, after, zone=self.zone, now=self.clock(), method=None)
        call = Call("POST", events_path(self.mail_file), _QUIET, body.encode(), _ICALENDAR)
        answer = await self.session.write(call)
        if answer.ok:
            return await self._stored(write, notes_key(_given_uid(answer) or uid))
        refusal = error_of(answer)
        if refusal.cserror in (EXISTS, NOTICES_FAILED) or answer.status == 409:
            # The UID is made from this create alone: what is there came from an earlier attempt at it.
            found = (await self.find_created([write])).get(write.op_id)
            if found is not None:
                stored, was_there = found.sure[0], refusal.cserror != NOTICES_FAILED
                return Done(write.op_id, stored.key, stored.version, stored, was_there)
        return self._refused(write, answer, refusal)

    async def _as_series(self, dates: Sequence[Write]) -> list[Outcome] | None:
        """One outcome for each date of a new series; None, with nothing written, where the server takes the series in no form.

        Which rules Domino refuses is not documented, so the same series is sent as a list of dates then (notes.md 7).
        """
        uid = created_uid(dates[0].series_key)
        for body in series_texts(uid, dates, zone=self.zone, now=self.clock(), method=None):
            call = Call("POST", events_path(self.mail_file), _QUIET, body.encode(), _ICALENDAR)
            try:
                answer = await self.session.write(call)
            except LostInTransit:
                return [self._lost(one) for one in dates]
            if answer.ok:
                return await self._dates_stored(dates, _given_uid(answer) or uid)
            refusal = error_of(answer)
            if refusal.cserror in (EXISTS, NOTICES_FAILED) or answer.status == 409:
                # As for a single create: the UID is made from this set of dates alone.
                found = await self._dates_stored(dates, uid, was_there=refusal.cserror != NOTICES_FAILED)
                if any(isinstance(outcome, Done) for outcome in found):
                    return found
            if answer.status != 400:
                return [self._refused(one, answer, refusal) for one in dates]
        return None

    async def _dates_stored(self, dates: Sequence[Write], uid: str, *, was_there: bool = False) -> list[Outcome]:
        """What the server holds of each date; one that is not seen there counts as unanswered."""
        looked = await self.reading.look(date_keys(uid, dates))
        return outcomes_of(uid, dates, looked, lambda one, _seen: self._lost(one), was_there=was_there)

    async def _update(self, write: Write, after: Image) -> Outcome:
        uid, recurrence_id = split_notes_key(write.key)
        found, data = await self.reading.look_closely(write.key)
        if isinstance(found, Unclear):
            return Refused(write.op_id, "unclear", found.reason, permanent=False)
        if isinstance(found, Gone) or found.record.version != write.expected_version:
            return Stale(write.op_id)
        try:
            body = update_body(data, uid, recurrence_id, after, write.groups, user_zone=self.zone)
        except NoSuchEvent:
            return Stale(write.op_id)
        call = Call("PUT", events_path(self.mail_file, unescape(uid), recurrence_id), _QUIET, body.encode(), _ICALENDAR)
        answer = await self.session.write(call)
        refusal = None if answer.ok else error_of(answer)
        if refusal is not None and refusal.cserror != NOTICES_FAILED:
            stale = refusal.not_found or (answer.status == 409 and refusal.cserror != OTHER_CONFLICT)
            return Stale(write.op_id) if stale else self._refused(write, answer, refusal)
        outcome = await self._stored(write, write.key)
        if not _shows(outcome, after, write.groups):
            if refusal is not None:
                return self._refused(write, answer, refusal)
            if not _comes_from_the_calendar(answer):
                return self._lost(write)
        if Group.DESCRIPTION in write.groups and not after.description and not _shows(outcome, after, _TEXT):
            return await self._cleared(write, call, found.record, outcome)
        return outcome

    async def _cleared(self, write: Write, call: Call, before: Record, outcome: Outcome) -> Outcome:
        """A server that keeps the description when an empty one is sent is asked for a complete replacement.

        That would take attached files away (notes.md 1.8 marks this [?]), so an entry that has some keeps its description.
        """
        if before.image.attachments:
            return outcome
        literal = Call(call.method, call.path, {**call.query, "literally": "true"}, call.body, call.content_type)
        answer = await self.session.write(literal)
        return await self._stored(write, write.key) if answer.ok else outcome

    async def _delete(self, write: Write) -> Outcome:
        uid, recurrence_id = split_notes_key(write.key)
        found, data = await self.reading.look_closely(write.key)
        if isinstance(found, Gone):
            return Done(write.op_id, write.key, "", None)
        if isinstance(found, Unclear):
            return Refused(write.op_id, "unclear", found.reason, permanent=False)
        if found.record.version != write.expected_version:
            return Stale(write.op_id)
        if self.reading.is_only_date(data, write.key):
            recurrence_id = ""  # with its last date the entry goes: a series without dates is not known to Notes
        answer = await self.session.write(
            Call("DELETE", events_path(self.mail_file, unescape(uid), recurrence_id), _QUIET)
        )
        refusal = None if answer.ok else error_of(answer)
        if answer.nothing or (refusal is not None and refusal.not_found):
            return Done(write.op_id, write.key, "", None)
        if refusal is None or refusal.cserror == NOTICES_FAILED:
            again = (await self.reading.look([write.key]))[write.key]
            if isinstance(again, Gone):
                return Done(write.op_id, write.key, "", None)
        if refusal is None:
            return self._lost(write)
        return Stale(write.op_id) if answer.status == 409 else self._refused(write, answer, refusal)

    async def _stored(self, write: Write, key: str) -> Outcome:
        """What the server holds after a write it took. When that cannot be read, the write counts as unanswered."""
        found = (await self.reading.look([key]))[key]
        if isinstance(found, Found):
            return Done(write.op_id, key, found.record.version, found.record)
        return self._lost(write)

    def _lost(self, write: Write) -> LostAnswer:
        return LostAnswer(write.op_id, text("notes.lost_answer", host=self.session.host))

    def _refused(self, write: Write, answer: Answer, refusal: DominoError) -> Outcome:
        """The outcome for an answer that says no. A failure inside the server leaves open whether it wrote."""
        host = self.session.host
        if answer.status == 503 or answer.status == 429:
            later = text("notes.try_later", host=host, status=answer.status)
            return Refused(write.op_id, "try_later", later, permanent=False)
        if refusal.cserror == NOTICES_FAILED:
            return Refused(write.op_id, "notices_failed", text("notes.notices_failed", host=host), permanent=False)
        if answer.status >= 500 or answer.status in BUSY:
            return self._lost(write)
        code, sentence = self._sentence(answer, refusal)
        return Refused(write.op_id, code, sentence)

    def _sentence(self, answer: Answer, refusal: DominoError) -> tuple[str, Text]:
        host, reason = self.session.host, refusal.message or f"code {answer.status}"
        if answer.status in (401, 403):
            return "read_only", text("notes.read_only", path=self.mail_file, user=self.session.user)
        if refusal.cserror == NOT_SUPPORTED:
            return "not_supported", text("notes.not_supported", host=host)
        if refusal.cserror == INVALID or answer.status == 415:
            return "invalid_entry", text("notes.invalid_entry", host=host, reason=reason)
        if answer.status == 409:
            return "conflict", text("notes.refused", host=host, reason=reason)
        return "refused", text("notes.refused", host=host, reason=reason)


_TEXT = frozenset({Group.DESCRIPTION})


def _given_uid(answer: Answer) -> str:
    """The UID that the answer to a create names; empty where it names none."""
    return unquote(urlsplit(answer.headers.get("location", "")).path.rpartition("/")[2])


def _comes_from_the_calendar(answer: Answer) -> bool:
    """Whether a good answer to a PUT is the stored entry, as the service sends it; a web page in between also says 200."""
    return answer.kind == "calendar" and answer.body.lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def _shows(outcome: Outcome, wanted: Image, groups: frozenset[Group]) -> bool:
    """Whether the stored record holds the wanted values of the groups."""
    if not isinstance(outcome, Done) or outcome.stored is None:
        return False
    return not differing(outcome.stored.image, wanted, tuple(groups))
