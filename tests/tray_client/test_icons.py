"""The drawn icons: each state has a shape of its own, readable without colour and when scaled down."""

from __future__ import annotations

from itertools import combinations

from PIL import Image, ImageChops

from tray_client.icons import BADGE_COLOUR, SIZE, Palette, icon_image
from tray_client.menu import IconState


def alpha(state: IconState, size: int) -> Image.Image:
    return icon_image(state, Palette.MONOCHROME).getchannel("A").resize((size, size), Image.Resampling.LANCZOS)


def test_every_state_is_drawn_at_full_size() -> None:
    for state in IconState:
        for palette in Palette:
            image = icon_image(state, palette)
            assert (image.size, image.mode) == ((SIZE, SIZE), "RGBA")
            assert image.getchannel("A").getextrema() == (0, 255)


def test_states_differ_by_shape_alone_even_in_a_panel() -> None:
    for size, least in ((64, 80), (22, 10)):
        for one, other in combinations(IconState, 2):
            difference = ImageChops.difference(alpha(one, size), alpha(other, size))
            strong = sum(difference.histogram()[81:])
            assert strong >= least, f"{one} and {other} look alike at {size} px: {strong} pixels differ"


def test_the_monochrome_icon_is_black_with_transparency_only() -> None:
    for state in IconState:
        red, green, blue, shown = icon_image(state, Palette.MONOCHROME).split()
        for channel in (red, green, blue):
            visible = ImageChops.multiply(channel, shown)
            assert visible.getextrema()[1] <= 2


def test_every_state_but_the_resting_one_has_a_badge() -> None:
    assert set(BADGE_COLOUR) == set(IconState) - {IconState.IDLE}


def test_the_same_picture_is_not_drawn_twice() -> None:
    assert icon_image(IconState.IDLE) is icon_image(IconState.IDLE)
