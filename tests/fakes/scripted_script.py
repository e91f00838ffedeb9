"""The story of the scripted run: about fifty rows around today, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from shared.models import ChangeDetail, Image, Series
from shared.states import Action, Answer, Risk, Side
from tests.fakes.scripted_rows import HOSTILE, PAPERS, PEOPLE, Script, bulk_rows, candidate, today


def scripted_rows(more: int = 0) -> list[ChangeDetail]:
    """Every action at least once, two series, a hostile subject; ``more`` further creates."""
    script = Script(today())
    _creates(script)
    _series(script)
    _updates(script)
    _deletions(script)
    _questions(script)
    bulk_rows(script, more)
    return script.rows


def _creates(s: Script) -> None:
    to_salesforce, to_notes = Action.CREATE_IN_SALESFORCE, Action.CREATE_IN_NOTES
    s.add(to_salesforce, notes=s.image("Kick-off Nordwind AG", 2, "08:00", 90, location="Hamburg, Große Elbstraße 12"))
    s.add(to_salesforce, notes=s.image("Trade fair Hannover", 12, minutes=3 * 1440, location="Hall 7, stand B 14"))
    s.add(to_salesforce, notes=s.image("Lunch with Ms Okafor", 3, "11:30", location="Ristorante Da Vinci"))
    s.add(to_salesforce, notes=s.image(HOSTILE, 4, "14:00", 30, description=HOSTILE, location=HOSTILE))
    s.add(
        to_salesforce,
        notes=s.image(
            "Contract negotiation Müller & Söhne: frame agreement for the southern region, second round with purchasing",
            5,
            "07:00",
            120,
            description="Agenda:\n1. Prices 2027\n2. Delivery times\n3. Penalties\n\nBring the signed copies.",
            invitees=PEOPLE,
            attachments=PAPERS,
        ),
        risks=(Risk.HAS_INVITEES,),
        why=("The meeting has 2 invitees. Invitees are not told by Salesforce.",),
    )
    s.add(to_notes, salesforce=s.image("Demo for Contoso purchasing", 1, "13:00", 45, location="Web conference"))
    s.add(to_notes, salesforce=s.image("Quarterly business review Fabrikam", 8, "09:30", 120))
    s.add(to_notes, salesforce=s.image("Call Dr. Silva", 1, "15:00", 15, show_as="tentative"))
    s.add(to_notes, salesforce=s.image("Company holiday", 33, minutes=1440, show_as="free"))


def _series(s: Script) -> None:
    for position in range(1, 7):
        s.add(
            Action.CREATE_IN_SALESFORCE,
            notes=s.image("Pipeline review (weekly)", 7 * position - 5, "08:30", 45, location="Room Elbe"),
            series=Series(id="s1", title="Pipeline review (weekly)", position=position, count=6),
        )
    for position in range(1, 5):
        old = s.image("Regional sales call", 7 * position - 3, "12:00", 30)
        new = s.image("Regional sales call", 7 * position - 3, "13:00", 30)
        s.add(
            Action.UPDATE_IN_SALESFORCE,
            salesforce=old,
            notes=new,
            base=old,
            risks=(Risk.SERIES_WIDE,),
            series=Series(id="s2", title="Regional sales call", position=position, count=4, moved_minutes=60),
            why=("The series moved by 60 minutes in Notes.",),
        )


def _updates(s: Script) -> None:
    _changed(s, Side.NOTES, s.image("Site visit Brauer KG", 6, "09:00", 180), location="Works 2, gate 4")
    _changed(s, Side.NOTES, s.image("Price list alignment", 9, "10:00"), description="New list attached in Notes.")
    _changed(s, Side.NOTES, s.image("Board dinner", 10, "17:00", 180), subject="Board dinner (moved to Seeblick)")
    far = s.image("Training CRM basics", 4, "08:00", 240)
    s.add(
        Action.UPDATE_IN_SALESFORCE,
        salesforce=far,
        notes=replace(s.image("Training CRM basics", 18, "08:00", 240)),
        base=far,
        risks=(Risk.MOVED_FAR,),
        why=("The start moved by 14 days.",),
    )
    shifted = s.image("Call with Tokyo", 11, "06:00", 30, zone="Asia/Tokyo")
    s.add(
        Action.UPDATE_IN_NOTES,
        salesforce=s.image("Call with Tokyo", 11, "07:00", 30, zone="Asia/Tokyo"),
        notes=shifted,
        base=shifted,
        risks=(Risk.ZONE_LIKE_SHIFT,),
        why=("The start moved by exactly 60 minutes, as a wrong time zone would do.",),
    )
    _changed(s, Side.SALESFORCE, s.image("Interview sales assistant", 7, "11:00"), location="Room Alster")
    _changed(s, Side.SALESFORCE, s.image("Forecast meeting", 14, "08:00"), show_as="tentative")
    _changed(s, Side.SALESFORCE, s.image("Visit Lindqvist AB", 15, "10:00", 120), subject="Visit Lindqvist AB, Malmö")
    base = s.image("Workshop service contract", 16, "12:00", 120, location="Lübeck")
    s.add(
        Action.UPDATE_BOTH,
        salesforce=replace(base, subject="Workshop service contract 2027"),
        notes=replace(base, location="Lübeck, harbour office"),
        base=base,
        why=("The subject changed in Salesforce, the location in Notes.",),
    )


@dataclass(frozen=True)
class _Clash:
    base: Image
    salesforce: dict[str, Any]
    notes: dict[str, Any]


def _changed(s: Script, where: Side, base: Image, **new: Any) -> None:
    edited = replace(base, **new)
    why = (f"{', '.join(new)} changed in {where.value.capitalize()} since the last synchronization.",)
    if where is Side.NOTES:
        s.add(Action.UPDATE_IN_SALESFORCE, salesforce=base, notes=edited, base=base, why=why)
    else:
        s.add(Action.UPDATE_IN_NOTES, salesforce=edited, notes=base, base=base, why=why)


def _deletions(s: Script) -> None:
    gone = ("Cancelled visit Petersen", "Old jour fixe", "Dentist")
    for number, subject in enumerate(gone):
        image = s.image(subject, 3 + number, "10:00")
        s.add(
            Action.DELETE_IN_SALESFORCE,
            salesforce=image,
            base=image,
            risks=(Risk.DELETION,),
            why=("The Notes server says that this entry was deleted.",),
        )
    image = s.image("Webinar rehearsal", 5, "12:00", 30)
    s.add(
        Action.DELETE_IN_NOTES,
        notes=image,
        base=image,
        risks=(Risk.DELETION,),
        why=("The event lies in the Salesforce recycle bin.",),
    )
    secret = s.image("Medical appointment", 6, "07:30", 45)
    s.add(
        Action.WITHDRAW_FROM_SALESFORCE,
        salesforce=secret,
        notes=replace(secret, subject="Private appointment", private=True),
        base=secret,
        risks=(Risk.PRIVATE, Risk.DELETION),
    )
    s.add(
        Action.MAKE_PRIVATE_IN_NOTES,
        salesforce=replace(secret, subject="Salary talk", private=True),
        notes=replace(secret, subject="Salary talk"),
        base=replace(secret, subject="Salary talk"),
        risks=(Risk.PRIVATE,),
    )


def _questions(s: Script) -> None:
    for clash in (
        _Clash(
            s.image("Budget round", 2, "10:00", location="Room 3"),
            {"starts_at": s.image("", 2, "11:00").starts_at, "ends_at": s.image("", 2, "11:00").ends_at},
            {"starts_at": s.image("", 3, "10:00").starts_at, "ends_at": s.image("", 3, "10:00").ends_at},
        ),
        _Clash(
            s.image("Offer Weber GmbH", 4, "09:00", location="Kiel"),
            {"subject": "Offer Weber GmbH: final", "location": "Kiel, Holtenauer Straße"},
            {"subject": "Offer Weber GmbH (draft 2)", "location": "Kiel", "description": "Ask about the rebate."},
        ),
        _Clash(
            s.image("Handover territory north", 9, "13:00", description="List of accounts follows."),
            {"description": "14 accounts, see the report in Salesforce."},
            {"description": "15 accounts, see the table in the mail."},
        ),
    ):
        s.add(
            Action.CONFLICT,
            salesforce=replace(clash.base, **clash.salesforce),
            notes=replace(clash.base, **clash.notes),
            base=clash.base,
            risks=(Risk.CONFLICT,),
            why=("Both sides changed since the last synchronization.",),
        )
    base = s.image("Factory tour Jansen", 13, "08:00", 120)
    s.add(
        Action.EDIT_OR_DELETE,
        notes=replace(base, location="Entrance north"),
        base=base,
        risks=(Risk.EDIT_OR_DELETE, Risk.DELETION),
        summary="Deleted in Salesforce, but changed in Notes: keep the edit or delete both.",
    )
    left = s.image("Coffee with Lena", 1, "08:00", 30)
    right = s.image("Coffee Lena B.", 1, "08:00", 45, location="Café Leonar")
    s.add(
        Action.QUESTION,
        salesforce=left,
        notes=right,
        risks=(Risk.QUESTION,),
        candidates=(candidate(left, Side.SALESFORCE, 0.72),),
        answers=(Answer.PAIR, Answer.KEEP_APART),
        summary="Are these two the same meeting?",
    )
    kept = s.image("Team breakfast", 20, "07:00", 60, categories=("Internal",))
    s.add(
        Action.QUESTION,
        salesforce=kept,
        notes=kept,
        base=kept,
        risks=(Risk.QUESTION,),
        answers=(Answer.DETACH, Answer.DELETE_COPY, Answer.KEEP_SYNCING),
        summary="This entry left your filters (category Internal). What shall become of its copy?",
    )
    linked = s.image("Partner day", 21, minutes=1440)
    s.add(Action.LINK, salesforce=linked, notes=linked, why=("Same time and subject on both sides.",))
    s.add(Action.LINK, salesforce=s.image("Stand-up", 2, "07:00", 15), notes=s.image("Stand-up", 2, "07:00", 15))
    s.add(
        Action.CANNOT_SYNC,
        notes=s.image("Sabbatical planning", 40, minutes=30 * 1440),
        summary="This cannot be synchronized: Salesforce takes at most 14 days for one event.",
    )
    s.add(
        Action.CANNOT_SYNC,
        notes=s.image("Imported entry", 17, "10:00"),
        summary="This cannot be synchronized: its time zone “Custom/Floating” is not known.",
    )
