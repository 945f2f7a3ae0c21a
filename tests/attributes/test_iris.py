"""The color of irises whose paint is known, in maps that are right and in maps that are not."""

from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.attributes.colors import face_colors
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of
from webtoon_curate.attributes.palette import SURE, names_of, palette
from webtoon_curate.synth.labels import Label

INK, WHITE, SKIN, SHADE = (26, 22, 26), (246, 246, 248), (250, 220, 198), (60, 40, 80)
SIDES = {-1: (Label.LEFT_EYE, Label.LEFT_IRIS), 1: (Label.RIGHT_EYE, Label.RIGHT_IRIS)}
Y, X = np.mgrid[:160, :160]
BLUE, BROWN, DARK_BROWN, GREY, BLACK = (
    (60, 110, 180),
    (112, 70, 42),
    (58, 36, 27),
    (119, 127, 137),
    (34, 31, 38),
)


def oval(x, y, wide, high):
    return ((X - x) / wide) ** 2 + ((Y - y) / high) ** 2 <= 1


def over(pixels, where, color, opacity=1.0):
    mixed = (1 - opacity) * pixels[where] + opacity * np.array(color)
    pixels[where] = np.rint(mixed)


def mixed(color, other, share):
    return tuple((1 - share) * np.array(color) + share * np.array(other))


def drawn(
    left=BLUE, right=None, skin=SKIN, deep=False, glow=0.0, shade=0.35, opened=1.0, dots=False
):
    """A face with two eyes: white, iris, pupil, glint, and the shadow of the lid over them.

    deep: the pupil leaves a rim of the paint; glow: how much white the light below has.
    """
    pixels = np.full((160, 160, 3), (90, 140, 160), np.uint8)
    labels = np.zeros((160, 160), np.uint8)
    for where, color, label in (
        (oval(80, 80, 72, 76), (110, 70, 46), Label.HAIR),
        (oval(80, 92, 54, 62), INK, Label.SKIN),
        (oval(80, 92, 52, 60), skin, Label.SKIN),
    ):
        over(pixels, where, color)
        labels[where] = label
    for side, (eye, iris) in SIDES.items():
        paint, x, y = (left if side < 0 or right is None else right), 80 + 24 * side, 82
        if dots:
            over(pixels, oval(x, y, 4, 7), INK)
            labels[oval(x, y, 4, 7)] = iris
            continue
        opening = oval(x, y, 16, 13 * opened)
        over(pixels, oval(x, y, 18, 13 * opened + 2), INK)
        labels[oval(x, y, 18, 13 * opened + 2)] = eye
        over(pixels, opening, WHITE)
        round_iris = opening & oval(x, y, 9, 11)
        over(pixels, round_iris, INK)
        inner = opening & oval(x, y, 8, 10)
        over(pixels, inner, paint)
        pupil = oval(x, y - 1.5, 7, 8) if deep else oval(x, y, 4, 5)
        over(pixels, inner & pupil, mixed(paint, INK, 0.75))
        if glow:
            over(pixels, inner & oval(x, y + 5.5, 4.5, 3), mixed(paint, WHITE, glow))
        over(pixels, inner & oval(x - 3, y - 4, 2.5, 2.5), WHITE)
        over(pixels, opening & (y - 5 > Y), SHADE, shade)
        labels[round_iris] = iris
    return pixels, labels


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
