"""The facts of the demo calendar: what a sales person of example.com has in Notes, in Salesforce, or in both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Side = Literal["both", "notes", "salesforce"]
Home = Literal["home", "new_york", "kolkata"]


@dataclass(frozen=True, slots=True)
class Appointment:
    """One entry. `day` counts calendar days from today, weekends moved to Monday for timed ones.

    `at` is local time HH:MM in `zone` (None: all day), `minutes` its length (None: no end), `days` the length of an
    all-day entry. `salesforce` overrides Event fields; `shift` moves the Salesforce copy by minutes.
    """

    key: str
    day: int
    at: str | None
    minutes: int | None
    subject: str
    location: str = ""
    description: str = ""
    side: Side = "both"
    zone: Home = "home"
    days: int = 1
    private: bool = False
    free: bool = False
    categories: str = ""
    invitees: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    reminder: int | None = None
    rule: str = ""
    excepted: tuple[int, ...] = ()
    moved: tuple[tuple[int, int], ...] = ()
    shift: int = 0
    copies: int = 0
    salesforce: dict[str, object] = field(default_factory=dict)


_LONG = "\n\n".join(
    f"Point {n}: {text}"
    for n, text in enumerate(
        (
            "The customer wants one contract for all three plants, with prices that hold for two years and a way out "
            "after twelve months if the second plant is sold.",
            "Delivery to the northern warehouse happens before eight in the morning; later lorries wait a whole day. "
            "Logistics has confirmed this twice and still doubts it.",
            "The test machine stays with them until the end of the quarter. Nobody has signed for it, please bring the "
            "form and two copies.",
            "Service: they compare us with Globex, whose engineers come within four hours. We promise the next working "
            "day; the difference is the price of one night shift.",
            "Payment: 30 % with the order, 60 % on delivery, 10 % after acceptance. Their purchasing department asks "
            "for sixty days, we offered thirty.",
        )
        * 4,
        1,
    )
)

_CUSTOMERS = (
    ("Acme Tools", "Acme Tools, 12 Canal Street"),
    ("Globex Logistics", "Globex Logistics, Gate 4"),
    ("Initech Systems", "Video call"),
    ("Umbrella Gardens", "Umbrella Gardens, Greenhouse 2"),
    ("Müller & Söhne", "Müller & Söhne, Königstraße 5"),
    ("Café Zürich", "Café Zürich, Bahnhofplatz"),
    ("Northwind Traders", "Northwind Traders, Harbour Office"),
    ("Łódź Textiles", "Łódź Textiles, hall B"),
    ("Contoso Paper", "Phone"),
    ("Stark Elevators", "Stark Elevators, 21st floor"),
)
_STEPS = (
    ("First visit", 60, "Get to know the people and the plant."),
    ("Offer review", 45, "Go through the offer line by line.\nBring the price list of this year."),
    ("Price talk", 30, ""),
)
_TIMES = ("08:30", "09:00", "10:00", "10:30", "11:15", "13:00", "14:00", "15:30", "16:00", "16:45")


def _twins() -> list[Appointment]:
    """Return entries that are the same on both sides."""
    found = []
    for s, (step, minutes, text) in enumerate(_STEPS):
        for c, (customer, place) in enumerate(_CUSTOMERS):
            n = s * len(_CUSTOMERS) + c
            day = -26 + n * 3 + (n // 10) * 4
            found.append(
                Appointment(f"twin-{n}", day, _TIMES[(n * 7) % 10], minutes, f"{step}: {customer}", place, text)
            )
    return found


_DIFFERENT = (
    Appointment(
        "place",
        2,
        "09:30",
        60,
        "Contract signing: Acme Tools",
        "Board room",
        salesforce={"Location": "Acme Tools, reception"},
    ),
    Appointment(
        "text",
        3,
        "11:00",
        45,
        "Demo: Initech Systems",
        "Video call",
        "Show the new dashboard.",
        salesforce={"Description": "Show the new dashboard and the export."},
    ),
    Appointment(
        "both-fields",
        5,
        "14:30",
        60,
        "Site tour: Umbrella Gardens",
        "Greenhouse 1",
        "Boots!",
        salesforce={"Location": "Greenhouse 3", "Description": "Boots and a helmet."},
    ),
    Appointment("longer", 6, "10:00", 60, "Negotiation: Globex Logistics", "Gate 4", salesforce={"_minutes": 90}),
    Appointment("free", 8, "12:00", 60, "Lunch: Café Zürich", "Café Zürich", salesforce={"ShowAs": "Free"}),
    Appointment(
        "no-text",
        9,
        "15:00",
        30,
        "Complaint: Contoso Paper",
        "Phone",
        "Delivery 4711 was wet.",
        salesforce={"Description": None},
    ),
    Appointment(
        "no-place", 12, "16:00", 30, "Handover: Northwind Traders", "", salesforce={"Location": "Harbour Office"}
    ),
    Appointment(
        "long",
        13,
        "09:00",
        120,
        "Annual review: Stark Elevators",
        "21st floor",
        _LONG,
        salesforce={"Description": _LONG[:600]},
    ),
)

_NEAR = (
    Appointment("near-half-hour", 4, "13:30", 60, "Fitting: Łódź Textiles", "hall B", shift=30),
    Appointment(
        "near-name", 7, "09:15", 45, "Call with Jim (Globex)", "Phone", salesforce={"Subject": "Call with Jim, Globex"}
    ),
    Appointment("near-day", 10, "10:45", 60, "Measuring: Müller & Söhne", "Königstraße 5", shift=1440),
    Appointment("near-hour", 14, "11:30", 30, "Status call: Acme Tools", "Phone", shift=60),
    Appointment(
        "near-case",
        16,
        "08:45",
        30,
        "Training: Initech",
        "Video call",
        salesforce={"Subject": "TRAINING: INITECH SYSTEMS"},
    ),
)

_ALL_DAY = (
    Appointment("fair", 20, None, None, "Trade fair Hannover", "Hall 7, stand 12", "", days=4),
    Appointment("holiday", 45, None, None, "Holiday", days=10, free=True, side="notes"),
    Appointment("bridge", 27, None, None, "Office closed", side="both"),
    Appointment("quarter", 38, None, None, "End of quarter: forecasts due", side="both"),
    Appointment("inventory", 52, None, None, "Stock-taking at the warehouse", "Northern warehouse", side="notes"),
    Appointment("sf-offsite", 60, None, None, "Sales off-site", "Lake Hotel", side="salesforce", days=2),
    Appointment("sf-deadline", 33, None, None, "Tender deadline: city tram", side="salesforce"),
    Appointment("workshop-night", 24, "20:00", 960, "Night move of the test machine", "Plant 2"),
)

_KINDS = (
    Appointment("anniversary-1", 40, None, None, "Company founded: Acme Tools", days=0, side="notes", free=True),
    Appointment("anniversary-2", 90, None, None, "Birthday of Grace Hopper", days=0, side="notes", free=True),
    Appointment("reminder-1", 1, "08:00", None, "Send the offer to Contoso Paper", side="notes", free=True, reminder=0),
    Appointment("reminder-2", 4, "17:30", None, "Fill in travel expenses", side="notes", free=True, reminder=0),
    Appointment("reminder-3", 11, "08:15", None, "Renew the parking permit", side="notes", free=True, reminder=0),
    Appointment("private-1", 3, "17:00", 60, "Dentist", "Dr. Reed", side="notes", private=True),
    Appointment("private-2", 15, "07:30", 60, "School: parents' evening preparation", side="notes", private=True),
    Appointment("private-3", 17, "12:00", 45, "Physiotherapy", private=True, salesforce={"IsPrivate": True}),
    Appointment("sf-private", 18, "18:00", 60, "Interview with a recruiter", side="salesforce", private=True),
)

_PEOPLE = ("Rick Reed/Example", "Edith Moore/Example", "Carla Diaz/Example")
_MEETINGS = (
    Appointment(
        "pipeline",
        2,
        "13:00",
        60,
        "Pipeline review",
        "Room Elbe",
        "Bring your three biggest deals.",
        invitees=_PEOPLE,
        reminder=15,
    ),
    Appointment(
        "tender",
        6,
        "15:00",
        90,
        "Tender board: city tram",
        "Room Isar",
        "Questions so far are in the file.",
        invitees=_PEOPLE[:2],
        attachments=("tender-questions.pdf", "prices.ods"),
        side="notes",
    ),
    Appointment(
        "new-york", 5, "10:00", 60, "Quarterly call with New York", "Video call", zone="new_york", invitees=_PEOPLE[1:]
    ),
    Appointment(
        "kolkata",
        8,
        "11:00",
        45,
        "Support hand-over with Kolkata",
        "Video call",
        zone="kolkata",
        invitees=_PEOPLE[:1],
        side="notes",
    ),
    Appointment(
        "drawing", 9, "10:30", 30, "Drawings for Stark Elevators", "Desk", attachments=("lift-shaft.dxf",), side="notes"
    ),
    Appointment("ny-single", 11, "14:00", 30, "Call: Daily Bugle, New York", "Phone", zone="new_york"),
    Appointment("in-single", 12, "16:30", 30, "Call: Bharat Steel, Kolkata", "Phone", zone="kolkata"),
)

_SERIES = (
    Appointment(
        "team",
        -20,
        "09:00",
        30,
        "Team stand-up",
        "Room Elbe",
        rule="FREQ=WEEKLY;COUNT=20;BYDAY={day}",
        copies=4,
        side="notes",
    ),
    Appointment(
        "forecast",
        -13,
        "16:00",
        45,
        "Forecast call",
        "Phone",
        rule="FREQ=WEEKLY;INTERVAL=2;COUNT=12;BYDAY={day}",
        excepted=(2, 5),
        side="notes",
    ),
    Appointment(
        "course", 15, "17:00", 60, "Spanish course", "Room Rhein", rule="FREQ=DAILY;COUNT=5", side="notes", free=True
    ),
    Appointment(
        "jour-fixe",
        -10,
        "11:00",
        60,
        "Jour fixe Müller & Söhne",
        "Königstraße 5",
        moved=((1, 60), (3, -1440)),
        rule="dates 7 8",
        side="notes",
    ),
    Appointment(
        "ny-weekly",
        -9,
        "09:30",
        30,
        "New York weekly",
        "Video call",
        zone="new_york",
        moved=((2, 120),),
        rule="dates 7 10",
        side="notes",
    ),
    Appointment(
        "pipeline",
        4,
        "15:00",
        30,
        "Pipeline call with the region",
        "Phone",
        side="salesforce",
        rule="FREQ=WEEKLY;INTERVAL=1;BYDAY={day};COUNT=8",
        copies=8,
    ),
    Appointment(
        "newsletter",
        1,
        "14:00",
        15,
        "Check the newsletter",
        rule="FREQ=MONTHLY;COUNT=6;BYMONTHDAY={monthday}",
        side="notes",
        free=True,
    ),
)

_NOTES_WORDS = (
    "Travel to", "Prepare for", "Call back:", "Write the report on", "Order samples for", "Minutes of", "Invoice check:",
)  # fmt: skip
_SALESFORCE_WORDS = ("Follow-up:", "Send brochure to", "Cold call:", "Renewal talk:", "Check-in:")


def _one_sided() -> list[Appointment]:
    """Return entries that only one side has."""
    found = []
    for n in range(26):
        subject = f"{_NOTES_WORDS[n % len(_NOTES_WORDS)]} {_CUSTOMERS[(n * 3) % 10][0]}"
        place = _CUSTOMERS[(n * 3) % 10][1] if n % 2 else ""
        category = ("Travel", "Customer", "Office;Internal")[n % 3]
        day = -24 + n * 5 if n < 22 else 150 + n * 6
        found.append(
            Appointment(f"notes-{n}", day, _TIMES[(n * 3 + 1) % 10], 15 + 15 * (n % 4), subject, place,
                        "", "notes", categories=category, free=n % 9 == 4)
        )  # fmt: skip
    for n in range(24):
        subject = f"{_SALESFORCE_WORDS[n % len(_SALESFORCE_WORDS)]} {_CUSTOMERS[(n * 7 + 2) % 10][0]}"
        found.append(
            Appointment(f"sf-{n}", -23 + n * 6, _TIMES[(n * 7 + 3) % 10], 30, subject, "Phone", "", "salesforce")
        )
    found.append(
        Appointment("sf-emoji", 19, "10:15", 30, "Kick-off 🚀 会議 with Łódź Textiles", "Video call", "", "salesforce")
    )
    found.append(Appointment("old-notes", -200, "10:00", 60, "Old project review", "Archive", side="notes"))
    found.append(Appointment("old-both", -90, "10:00", 60, "Closed deal: Daily Bugle", "Phone"))
    found.append(Appointment("far-notes", 500, "10:00", 60, "Contract ends: Acme Tools", side="notes"))
    found.append(Appointment("far-sf", 480, "10:00", 60, "Contract ends: Globex Logistics", side="salesforce"))
    return found


def appointments() -> list[Appointment]:
    """Return the whole story, in no order of time."""
    return [*_twins(), *_DIFFERENT, *_NEAR, *_ALL_DAY, *_KINDS, *_MEETINGS, *_SERIES, *_one_sided()]
