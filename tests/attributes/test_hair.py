"""Names of hair as people give them, on drawn rectangles whose paint is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.attributes.colors import face_colors
from webtoon_curate.attributes.colorspace import linear_of, oklab_of
from webtoon_curate.attributes.light import colorless_beside, lights_skin, without_light_on
from webtoon_curate.attributes.palette import (
    FAMILIES,
    SURE_HAIR,
    family,
    hair_vote,
    names_of,
    palette,
)
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.colors import evaluate_hair_names
from webtoon_curate.reader import load_reader
from webtoon_curate.synth.labels import Label

SIDE = 160
SKIN, GREEN_SKIN = (252, 220, 198), (110, 170, 110)


def face(hair, skin=SKIN, white=(255, 255, 255), ground=(90, 140, 160)):
    """Pixels and labels of a face of rectangles."""
    pixels = np.full((SIDE, SIDE, 3), ground, np.uint8)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    parts = (
        ((10, 150, 20, 140), Label.HAIR, hair),
        ((50, 145, 40, 120), Label.SKIN, skin),
        ((70, 90, 48, 70), Label.LEFT_EYE, white),
        ((70, 90, 90, 112), Label.RIGHT_EYE, white),
        ((73, 87, 55, 63), Label.LEFT_IRIS, (60, 110, 180)),
        ((73, 87, 97, 105), Label.RIGHT_IRIS, (60, 110, 180)),
    )
    for (top, bottom, left, right), label, color in parts:
        pixels[top:bottom, left:right], labels[top:bottom, left:right] = color, label
    return pixels, labels


def name_of(pixels, labels):
    return names_of(face_colors(pixels, labels))["hair_name"]


def test_a_brim_under_the_map_has_no_say_in_the_name():
    brim = (92, 62, 34)
    pixels, labels = face((38, 34, 36))
    pixels[:50], labels[:50] = brim, Label.HAT
    labels[30:50, 20:140] = Label.HAIR
    bare = face((38, 34, 36))
    certain = [hair_vote(face_colors(*one)["hair_color"]) for one in (bare, (pixels, labels))]
    assert certain[0] == certain[1] and certain[0][0] == "black"


def test_black_hair_with_a_grey_sheen_is_black():
    pixels, labels = face((38, 36, 40))
    sheen = labels == Label.HAIR
    sheen[:, : SIDE * 7 // 10] = False
    pixels[sheen] = (92, 92, 96)
    found = face_colors(pixels, labels)
    assert palette("hair").name((110, 110, 114)) == "grey"
    assert names_of(found)["hair_name"] == "black"


def test_white_hair_in_grey_shadow_is_white():
    pixels, labels = face((240, 240, 244))
    shadow = labels == Label.HAIR
    shadow[:, : SIDE * 7 // 10] = False
    pixels[shadow] = (186, 184, 190)
    assert name_of(pixels, labels) == "white"


@pytest.mark.parametrize("leak", [SKIN, (90, 140, 160)], ids=["skin", "ground"])
def test_a_map_of_hair_that_reaches_over_skin_or_ground_names_the_hair(leak):
    pixels, labels = face((77, 137, 60))
    wrong = np.zeros_like(labels, bool)
    wrong[40:150, 20:110] = True
    wrong &= labels == Label.HAIR
    pixels[wrong] = leak
    labels[100:150, 125:140] = Label.BACKGROUND
    found = face_colors(pixels, labels)
    assert np.abs(found["hair_color"].raw.astype(int) - (77, 137, 60)).max() <= 3
    assert names_of(found)["hair_name"] == "green"


def test_ink_between_strands_is_neither_the_color_nor_a_second_one():
    pixels, labels = face((181, 43, 38))
    strands = labels == Label.HAIR
    strands[:, np.arange(SIDE) % 7 > 2] = False
    pixels[strands] = (14, 14, 16)
    found = face_colors(pixels, labels)
    assert names_of(found)["hair_name"] == "red" and "hair_color_2" not in found


@pytest.mark.parametrize(
    "paint, name", [((150, 38, 30), "red"), ((58, 140, 68), "green"), ((60, 110, 200), "black")]
)
def test_hair_shaded_in_ink_has_the_color_between_but_black_hair_may_shine_blue(paint, name):
    pixels, labels = face((14, 14, 16))
    shine = labels == Label.HAIR
    shine[:, : SIDE * 7 // 10] = False
    pixels[shine] = paint
    found = face_colors(pixels, labels)
    assert name == "black" or "hair_color_2" not in found
    assert name != "black" or palette("hair").name(found["hair_color"].raw) == "black"
    assert name == "black" or names_of(found)["hair_name"] == name


def test_the_dark_inside_of_hair_and_a_cap_far_from_the_face_make_it_no_mixed_hair():
    for rows, columns, color in (((110, 150), (20, 140), (0, 60, 66)),
                                 ((0, 24), (20, 140), (30, 60, 150))):  # fmt: skip
        pixels, labels = face((150, 210, 90))
        labels[rows[0] : rows[1], columns[0] : columns[1]][
            labels[rows[0] : rows[1], columns[0] : columns[1]] == Label.BACKGROUND
        ] = Label.HAIR
        other = np.zeros_like(labels, bool)
        other[rows[0] : rows[1], columns[0] : columns[1]] = True
        pixels[other & (labels == Label.HAIR)] = color
        assert name_of(pixels, labels) == "green"


WARM = np.array([255, 228, 190]) / 255
"""A light in which white is sand-colored."""


def test_white_hair_in_warm_light_is_not_blond_and_blond_hair_is():
    shown = {}
    for hair in ((244, 240, 238), (240, 205, 120), (140, 90, 60)):
        pixels, labels = face(hair, skin=(242, 200, 170))
        lit = np.rint(pixels * WARM).astype(np.uint8)
        shown[hair] = family(hair_vote(face_colors(lit, labels)["hair_color"])[0])
    assert list(shown.values()) == ["white", "blond", "brown"]


def test_only_hair_that_is_lighter_and_duller_than_the_skin_is_colorless():
    skin = np.array([215, 160, 120], np.uint8)
    light, *tint = oklab_of(linear_of(skin))
    dull, strong = 0.4 * np.array(tint), 1.2 * np.array(tint)
    hairs = np.array([[0.85, *dull], [0.85, *strong], [light - 0.3, *dull], [0.85, *-dull]])
    seen = colorless_beside(hairs.astype(np.float32), skin)
    assert np.hypot(*seen[0, 1:]) == 0 and seen[0, 0] >= 0.85
    assert np.array_equal(seen[1:], hairs[1:].astype(np.float32))
    for other in ((90, 60, 45), (150, 200, 140)):  # dark itself, and a goblin's
        own = np.array([0.85, *(0.4 * oklab_of(linear_of(np.array(other, np.uint8)))[1:])], "f4")
        assert np.array_equal(colorless_beside(own[None], np.array(other, np.uint8)), own[None])


@pytest.mark.parametrize("color", [(52, 48, 46), (44, 43, 43), (18, 62, 66)])
def test_hardly_colored_dark_hair_is_black_and_dark_brown_is_brown(color):
    assert family(palette("hair").name(color)) == "black"
    assert family(palette("hair").name((60, 38, 30))) == "brown"


NIGHT = np.array([60, 120, 235]) / 255
"""A light in which skin is blue."""


def test_at_night_black_hair_is_no_blue_hair():
    black = (58, 54, 62)
    pixels, labels = face(black, ground=(200, 190, 180))
    assert name_of(pixels, labels) == "black"
    night = np.rint(pixels * NIGHT).astype(np.uint8)
    found = face_colors(night, labels)
    assert lights_skin(night, labels, found["skin_color"].raw)
    assert family(palette("hair").name(found["hair_color"].raw)) == "blue"
    assert names_of(found)["hair_name"] == "black"


def test_a_troll_by_day_has_the_hair_it_has():
    for hair, name in (((60, 140, 220), "blue"), ((77, 137, 60), "green")):
        pixels, labels = face(hair, skin=GREEN_SKIN)
        assert not lights_skin(pixels, labels, np.array(GREEN_SKIN, np.uint8))
        assert family(name_of(pixels, labels)) == name


def test_usual_skin_is_in_no_strange_light():
    pixels, labels = face((40, 30, 30))
    for skin in (SKIN, (120, 74, 50), (206, 150, 108)):
        assert not lights_skin(pixels, labels, np.array(skin, np.uint8))


def test_without_the_light_skin_is_skin_again_and_as_dark_as_it_is_drawn():
    lit = np.array([60, 110, 190], np.uint8)
    seen = oklab_of(linear_of(lit))
    light, a, b = without_light_on(seen[None], lit)[0]
    assert light == pytest.approx(seen[0], abs=0.01)
    assert 20 < np.degrees(np.arctan2(b, a)) < 90


def test_a_color_between_names_has_none_and_the_others_keep_theirs():
    hair = face_colors(*face((60, 140, 220)))["hair_color"]
    assert hair_vote(hair) == (palette("hair").name(hair.raw), pytest.approx(1, abs=0.4))
    axis = np.linspace(0, 255, 6)
    grid = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3).astype(np.uint8)
    sure = np.array([hair_vote(replace(hair, raw=color, tones=None))[1] for color in grid])
    assert ((sure > 0) & (sure <= 1)).all()
    assert 0.02 < (sure < SURE_HAIR).mean() < 0.5


def test_families_are_of_names_of_the_palette():
    names = set(palette("hair").names)
    for head, others in FAMILIES.items():
        assert {head, *others} <= names
        assert {family(name) for name in (head, *others)} == {head}
    assert family("black") == "black"


def test_real_hair_is_compared_with_what_people_say(shared_data, tmp_path):
    root = shared_data / "open"
    pages = json.loads((root / "labels.json").read_bytes())["pages"]
    some = [name for name, page in pages.items() if page["role"] == "train"][::12]
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"pages": {str(root / name): pages[name] for name in some}}))
    found = evaluate_hair_names(load_reader("auto"), path, "train")
    assert found.faces >= 8 and 0.5 < found.named <= 1
    assert 0.5 < found.same <= found.family <= 1
    named = round(found.named * found.faces)
    assert sum(n for *_, n in found.confused) == named - round(found.family * named)


def test_labels_without_hair_are_told(tmp_path):
    path = tmp_path / "labels.json"
    page = {"role": "train", "faces": [{"box": [0, 0, 9, 9]}]}
    path.write_text(json.dumps({"pages": {"a.png": page}}))
    with pytest.raises(DatasetError, match="names no hair"):
        evaluate_hair_names(load_reader("auto"), path, "train")
