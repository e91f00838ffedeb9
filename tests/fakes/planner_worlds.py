"""Random worlds for Hypothesis: one set of images, copied to both calendars, then perturbed on each side by itself."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings, strategies as st

from daemon.sync.base import LinkState
from shared.models import Image
from shared.states import Side
from tests.fakes import planner_inputs as given
from tests.fakes.planner_world import World

FAST = settings(
    max_examples=int(os.environ.get("DAYBRIDGE_EXAMPLES", "500")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="DAYBRIDGE_EXAMPLES" not in os.environ,
)
"""Cases per property: the same ones each time, or more and other ones with DAYBRIDGE_EXAMPLES."""

SUBJECTS = ("Visit", "Call", "Visit Example GmbH", "Ä" * 300, "Ä" * 254 + "x", "")
STARTS = (
    ("2026-03-02T09:00Z", "2026-03-02T09:30Z"),
    ("2026-03-02T09:10Z", "2026-03-02T09:40Z"),
    ("2026-03-02T10:00Z", "2026-03-02T10:30Z"),
    ("2026-05-11T08:00Z", "2026-05-11T09:00Z"),
    ("2028-01-01T08:00Z", "2028-01-01T09:00Z"),
    ("2026-03-02T08:00Z", "2026-03-01T09:00Z"),
)
NAMES = ("a", "b", "c", "d")


@st.composite
def images(draw: st.DrawFn, side: Side | None = None) -> Image:
    shows = ["busy", "free"]
    if side is not Side.SALESFORCE:
        shows.append("tentative")
    if side is not Side.NOTES:
        shows.append("out_of_office")
    if draw(st.integers(0, 4)) == 0:
        times = {"starts_at": "2026-03-02", "ends_at": "2026-03-03", "all_day": True}
    else:
        start, end = draw(st.sampled_from(STARTS))
        times = {"starts_at": start, "ends_at": end, "all_day": False}
    return Image(
        subject=draw(st.sampled_from(SUBJECTS)),
        location=draw(st.sampled_from(["", "Room 1", "Room 2"])),
        description=draw(st.sampled_from(["", "Agenda", "Agenda\r\nTwo lines ", "Notes from the call"])),
        show_as=draw(st.sampled_from(shows)),
        private=draw(st.integers(0, 9)) == 0,
        **times,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four items: linked, linked without a base, or new on one or both sides; then edits and deletions."""
    world = World()
    twins = draw(st.booleans())
    image = given.changed(draw(images()), private=False)
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        shape = draw(st.integers(0, 5))
        if not twins:
            image = given.changed(draw(images()), private=False)
        notes = given.changed(image, show_as="busy" if image.show_as == "out_of_office" else image.show_as)
        salesforce = given.changed(
            image,
            subject=image.subject if len(image.subject) <= 255 else image.subject[:254] + "…",
            show_as="free" if image.show_as == "tentative" else image.show_as,
            description=image.description.replace("\r\n", "\n").strip(),
        )
        if shape <= 3:
            state = LinkState.NO_BASE if shape == 3 else LinkState.LINKED
            world.link(name, notes, salesforce, state=state)
            if state is LinkState.NO_BASE:
                old = world.links[f"link-{name}"]
                world.links[old.id] = given.link(None, None, name, state=state)
            _perturb(draw, world, name)
        only = draw(st.sampled_from([Side.NOTES, Side.SALESFORCE]))
        if shape == 5 or (shape == 4 and only is Side.NOTES):
            world.notes[f"{name}#"] = given.changed(notes, private=draw(st.integers(0, 9)) == 0)
        if shape == 4 and only is Side.SALESFORCE:
            world.salesforce[f"S-{name}"] = salesforce
        if shape == 5:
            world.salesforce[f"S-{name}"] = given.changed(salesforce, location=draw(st.sampled_from(["", "Room 2"])))
    return world


def _perturb(draw: st.DrawFn, world: World, name: str) -> None:
    for side, key in ((Side.NOTES, f"{name}#"), (Side.SALESFORCE, f"S-{name}")):
        what = draw(st.sampled_from(["nothing", "field", "field", "all", "delete", "hide"]))
        other = draw(images(side))
        if what == "delete":
            world.delete(side, key)
        elif what == "hide":
            world.edit(side, key, private=True)
        elif what == "all":
            world.calendar(side)[key] = other
        elif what == "field":
            name_of = draw(st.sampled_from(["subject", "location", "description", "show_as"]))
            world.edit(side, key, **{name_of: getattr(other, name_of)})
