"""Draws the tray icon of each state, told apart by shape as well as colour."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache

from PIL import Image, ImageDraw

from tray_client.menu import IconState

SIZE = 64
"""Pixels; Windows scales it down from its large icon size, panels to 16 to 32 px."""

_FINE = 4
"""Drawn this many times larger, then scaled down, since ImageDraw does not smooth edges."""

Colour = tuple[int, int, int, int]

_WHITE: Colour = (255, 255, 255, 255)
_NOTHING: Colour = (0, 0, 0, 0)
_BLUE: Colour = (31, 97, 171, 255)
_GREY: Colour = (120, 126, 134, 255)

BADGE_COLOUR: dict[IconState, Colour] = {
    IconState.WORKING: (20, 122, 76, 255),
    IconState.DECISION: (196, 84, 0, 255),
    IconState.SIGN_IN: (124, 58, 160, 255),
    IconState.PROBLEM: (186, 26, 32, 255),
    IconState.PAUSED: (70, 78, 88, 255),
    IconState.OFFLINE: (70, 78, 88, 255),
    IconState.NO_DAEMON: (70, 78, 88, 255),
}


class Palette(Enum):
    """In colour, or black with transparency (a template image, which macOS tints itself)."""

    COLOUR = "colour"
    MONOCHROME = "monochrome"


class _Pen:
    """Draws in the icon's own 64 x 64 units on the enlarged picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIZE * _FINE, SIZE * _FINE), _NOTHING)
        self._draw = ImageDraw.Draw(self.image)

    def disc(self, box: tuple[float, float, float, float], colour: Colour) -> None:
        self._draw.ellipse(_fine(box), fill=colour)

    def box(self, box: tuple[float, float, float, float], colour: Colour, radius: float = 0) -> None:
        self._draw.rounded_rectangle(_fine(box), radius * _FINE, fill=colour)

    def arc(
        self, box: tuple[float, float, float, float], turn: tuple[float, float], colour: Colour, width: int
    ) -> None:
        self._draw.arc(_fine(box), turn[0], turn[1], fill=colour, width=width * _FINE)

    def shape(self, points: list[tuple[float, float]], colour: Colour) -> None:
        self._draw.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=colour)

    def stroke(self, points: list[tuple[float, float]], colour: Colour, width: int) -> None:
        self._draw.line([(x * _FINE, y * _FINE) for x, y in points], fill=colour, width=width * _FINE)


def _fine(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return (left * _FINE, top * _FINE, right * _FINE, bottom * _FINE)


@lru_cache(maxsize=32)
def icon_image(state: IconState, palette: Palette = Palette.COLOUR) -> Image.Image:
    """The picture of ``state``, 64 x 64 RGBA; the same object each time."""
    pen = _Pen()
    mono = palette is Palette.MONOCHROME
    black: Colour = (0, 0, 0, 255)
    away = state in (IconState.NO_DAEMON, IconState.OFFLINE)
    _day_and_bridge(pen, black if mono else _GREY if away else _BLUE, _NOTHING if mono else _WHITE)
    draw = _BADGES.get(state)
    if draw is not None:
        # The rim keeps the badge readable where the calendar sheet lies behind it.
        pen.disc((27, 27, 64, 64), _NOTHING)
        draw(pen, black if mono else BADGE_COLOUR[state], _NOTHING if mono else _WHITE)
    return pen.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _day_and_bridge(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A calendar sheet with a bridge across it."""
    pen.box((4, 8, 60, 60), colour, radius=9)
    pen.box((16, 2, 22, 14), colour, radius=3)
    pen.box((42, 2, 48, 14), colour, radius=3)
    pen.box((10, 20, 54, 54), inside, radius=4)
    pen.arc((12, 28, 52, 68), (180, 360), colour, 5)
    pen.box((10, 44, 54, 49), colour)


def _disc_badge(pen: _Pen, colour: Colour) -> None:
    pen.disc((30, 30, 62, 62), colour)


def _working(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """Two turning arrows."""
    _disc_badge(pen, colour)
    pen.arc((37, 37, 55, 55), (200, 340), inside, 4)
    pen.arc((37, 37, 55, 55), (20, 160), inside, 4)
    pen.shape([(50, 45), (59, 45), (55, 37)], inside)
    pen.shape([(33, 47), (42, 47), (37, 55)], inside)


def _decision(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A question mark."""
    _disc_badge(pen, colour)
    pen.arc((39, 35, 53, 49), (180, 70), inside, 4)
    pen.box((44, 45, 48, 52), inside)
    pen.disc((43.5, 53.5, 48.5, 58.5), inside)


def _sign_in(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A key."""
    _disc_badge(pen, colour)
    pen.disc((34, 39, 47, 52), inside)
    pen.disc((38, 43, 43, 48), colour)
    pen.box((46, 43.5, 59, 47.5), inside)
    pen.box((51, 46, 54, 52), inside)
    pen.box((56, 46, 59, 52), inside)


def _problem(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A warning triangle."""
    pen.shape([(46, 28), (64, 62), (28, 62)], colour)
    pen.box((44, 39, 48, 51), inside)
    pen.disc((43.5, 53, 48.5, 58), inside)


def _paused(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """Two upright bars."""
    _disc_badge(pen, colour)
    pen.box((39, 38, 44, 54), inside)
    pen.box((48, 38, 53, 54), inside)


def _offline(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A bar, as on a no-entry sign."""
    _disc_badge(pen, colour)
    pen.box((36, 43, 56, 49), inside)


def _no_daemon(pen: _Pen, colour: Colour, inside: Colour) -> None:
    """A cross."""
    _disc_badge(pen, colour)
    pen.stroke([(39, 39), (53, 53)], inside, 5)
    pen.stroke([(53, 39), (39, 53)], inside, 5)


_BADGES: dict[IconState, Callable[[_Pen, Colour, Colour], None]] = {
    IconState.WORKING: _working,
    IconState.DECISION: _decision,
    IconState.SIGN_IN: _sign_in,
    IconState.PROBLEM: _problem,
    IconState.PAUSED: _paused,
    IconState.OFFLINE: _offline,
    IconState.NO_DAEMON: _no_daemon,
}
"""The resting state has no badge."""
