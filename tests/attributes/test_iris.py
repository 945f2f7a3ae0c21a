"""The color of irises whose paint is known, in maps that are right and in maps that are not."""

from __future__ import annotations

import numpy as np
import pytest
from painted_eyes import (
    BLACK,
    BLUE,
    BROWN,
    DARK_BROWN,
    GREY,
    SIDES,
    SKIN,
    X,
    Y,
    drawn,
    oval,
    over,
)

from webtoon_curate.attributes.colors import face_colors
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of
from webtoon_curate.attributes.palette import SURE, names_of, palette
from webtoon_curate.synth.labels import Label


def error(found, true, part="left_eye_color") -> float:
    return float(ciede2000(cielab_of(found[part].raw), cielab_of(np.array(true, np.uint8))))


@pytest.mark.parametrize(
    ("paint", "glow"),
    [*((paint, 0.0) for paint in (BLUE, BROWN, DARK_BROWN, GREY, BLACK)),
     *((paint, 0.4) for paint in (BLUE, BROWN, DARK_BROWN))],
    ids=str,
)  # fmt: skip
def test_neither_pupil_nor_glow_nor_the_lids_shadow_is_the_color(paint, glow):
    found = face_colors(*drawn(paint, glow=glow))
    assert error(found, paint) < 3
    assert names_of(found)["eye_name"] == palette("eye").name(paint)


@pytest.mark.parametrize("paint", [BLUE, BROWN, DARK_BROWN], ids=str)
def test_a_rim_of_paint_around_a_deep_pupil_is_enough(paint):
    assert error(face_colors(*drawn(paint, deep=True, glow=0.2)), paint) < 5


def test_a_small_far_eye_has_the_color_of_the_near_one():
    pixels, labels = drawn(BROWN)
    far = (labels == Label.RIGHT_IRIS) & (X > 103)
    labels[(labels == Label.RIGHT_IRIS) & ~far] = Label.HAIR
    pixels[far] = (60, 52, 58)
    found = face_colors(pixels, labels)
    assert error(found, BROWN, "right_eye_color") < 3
    assert names_of(found)["eye_name"] == "brown"


@pytest.mark.parametrize("other", [(58, 120, 76), (214, 160, 60), DARK_BROWN], ids=str)
def test_eyes_of_two_colors_are_kept(other):
    found = face_colors(*drawn(BLUE, other))
    assert error(found, BLUE) < 3 and error(found, other, "right_eye_color") < 3
    name = palette("eye").name
    assert names_of(found)["eye_name"] == f"{name(BLUE)}/{name(other)}"


@pytest.mark.parametrize("skin", [SKIN, (150, 98, 72)], ids=["light skin", "dark skin"])
@pytest.mark.parametrize("paint", [BLUE, BROWN, GREY], ids=str)
@pytest.mark.parametrize("shift", [(3, 2), (-4, 0), (0, 4)], ids=str)
def test_a_map_that_is_shifted_and_blocky_tells_the_same(skin, paint, shift):
    pixels, labels = drawn(paint, skin=skin)
    for eye, iris in SIDES.values():
        mask = np.roll(labels == iris, shift, (0, 1))[::4, ::4].repeat(4, 0).repeat(4, 1)
        labels[labels == iris] = eye
        labels[mask] = iris
    found = face_colors(pixels, labels)
    assert names_of(found)["eye_name"] == palette("eye").name(paint)


@pytest.mark.parametrize("reach", [0, 3, 5])
def test_dots_have_the_color_of_their_ink_whatever_skin_the_map_reaches_over(reach):
    pixels, labels = drawn(dots=True)
    for side, (_, iris) in SIDES.items():
        labels[oval(80 + 24 * side, 82, 4 + reach, 7 + reach)] = iris
    assert names_of(face_colors(pixels, labels))["eye_name"] == "black"


def test_closed_lids_and_hair_in_the_map_have_no_name():
    pixels, labels = drawn(dots=True)
    for side, (_, iris) in SIDES.items():
        at = np.isin(labels, iris)
        labels[at], pixels[at] = Label.SKIN, SKIN
        line = (abs(80 + 24 * side - X) < 12) & (abs(Y - 84) < 2)
        pixels[line] = (96, 60, 44)
        labels[line | ((abs(80 + 24 * side - X) < 12) & (abs(Y - 84) < 5))] = iris
    assert names_of(face_colors(pixels, labels))["eye_name"] is None
    pixels, labels = drawn()
    labels[np.isin(labels, [one for pair in SIDES.values() for one in pair])] = Label.SKIN
    labels[10:18, 70:90] = Label.LEFT_IRIS
    assert names_of(face_colors(pixels, labels))["eye_name"] is None


def test_dark_places_in_the_lenses_of_sunglasses_have_no_name():
    pixels, labels = drawn()
    for side, (eye, iris) in SIDES.items():
        labels[np.isin(labels, (eye, iris))] = Label.SKIN
        rim, lens, place = (
            oval(80 + 24 * side, 82, *size) for size in ((20, 17), (18, 15), (6, 6))
        )
        over(pixels, rim, (80, 90, 40))
        over(pixels, lens, (34, 31, 38))
        labels[rim] = Label.GLASSES
        labels[place] = iris
    assert names_of(face_colors(pixels, labels))["eye_name"] is None


def test_a_dark_slit_is_less_sure_than_an_open_eye():
    slit, opened = (face_colors(*drawn(DARK_BROWN, opened=share)) for share in (0.2, 1.0))
    sure = slit["left_eye_color"].confidence
    assert sure < 0.7 * opened["left_eye_color"].confidence


@pytest.mark.parametrize("paint", [DARK_BROWN, BROWN, BLUE], ids=str)
def test_the_ink_tells_of_haze_where_no_skin_is_seen_behind_lenses(paint):
    pixels, labels = drawn(paint)
    haze = np.zeros(labels.shape, bool)
    for eye, iris in SIDES.values():
        own = np.isin(labels, (eye, iris))
        haze |= own
        rim = oval(X[own].mean(), Y[own].mean(), 21, 19) & ~own
        pixels[rim], labels[rim] = (120, 40, 40), Label.GLASSES
    over(pixels, haze, (225, 240, 255), 0.2)
    found = face_colors(pixels, labels)
    assert error(found, paint) < 4
    assert names_of(found)["eye_name"] == palette("eye").name(paint)


def test_what_may_be_glare_on_a_dark_iris_has_no_name_behind_glasses():
    pixels, labels = drawn(GREY)
    rim = oval(80, 60, 50, 3) & (labels == Label.SKIN)
    pixels[rim], labels[rim] = (120, 40, 40), Label.GLASSES
    found = face_colors(pixels, labels)
    assert found["left_eye_color"].confidence < SURE
    assert names_of(found)["eye_name"] is None


@pytest.mark.parametrize("side", [1, 3, 8])
@pytest.mark.parametrize("label", [Label.LEFT_IRIS, Label.RIGHT_EYE, Label.GLASSES])
def test_maps_of_one_part_are_no_error(side, label):
    rng = np.random.default_rng(side)
    pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
    for color in face_colors(pixels, np.full((side, side), label, np.uint8)).values():
        assert 0 <= color.confidence <= 1 and 0 <= color.share <= 1
