"""Colors of drawn faces whose paint is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.attributes.colors import PartColor, face_colors
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of, linear_of, oklab_of, srgb_of
from webtoon_curate.attributes.light import eyes_word, scene_light
from webtoon_curate.attributes.palette import LANGUAGES, PALETTES, SURE, label_of, names_of, palette
from webtoon_curate.synth.labels import Label

HAIR, SKIN, LEFT, RIGHT = (110, 70, 46), (252, 220, 198), (60, 110, 180), (58, 120, 76)
SIDE = 160


def face(hair=HAIR, skin=SKIN, left=LEFT, right=RIGHT, ground=(90, 140, 160)):
    """A face of rectangles with a black outline around each part: pixels and labels."""
    pixels = np.full((SIDE, SIDE, 3), ground, np.uint8)
    labels = np.zeros((SIDE, SIDE), np.uint8)

    def part(top, bottom, start, end, label, color):
        pixels[top:bottom, start:end] = (20, 18, 22)
        pixels[top + 2 : bottom - 2, start + 2 : end - 2] = color
        labels[top:bottom, start:end] = label

    part(10, 150, 20, 140, Label.HAIR, hair)
    part(50, 145, 40, 120, Label.SKIN, skin)
    for start, side in ((48, Label.LEFT_EYE), (86, Label.RIGHT_EYE)):
        part(70, 92, start, start + 28, side, (255, 255, 255))
    part(72, 91, 55, 70, Label.LEFT_IRIS, left)
    part(72, 91, 93, 108, Label.RIGHT_IRIS, right)
    return pixels, labels


def difference(color, true) -> float:
    return float(ciede2000(cielab_of(color), cielab_of(np.array(true, np.uint8))))


def test_flat_parts_have_exactly_their_paint():
    found = face_colors(*face())
    paints = {"hair_color": HAIR, "skin_color": SKIN, "left_eye_color": LEFT}
    for name, paint in {**paints, "right_eye_color": RIGHT}.items():
        assert difference(found[name].raw, paint) < 0.5, name
        assert (found[name].color == found[name].raw).all()
    assert "hair_color_2" not in found
    assert names_of(found)["eye_name"] == "blue/green"


def test_eyes_have_two_names_only_if_they_look_different():
    brown, darker = (100, 62, 40), (90, 56, 36)
    assert palette("eye").name(brown) != palette("eye").name(darker)
    assert "/" not in names_of(face_colors(*face(left=brown, right=darker)))["eye_name"]
    assert names_of(face_colors(*face(left=brown)))["eye_name"] == "brown/green"


def test_the_shadow_is_not_the_color_and_the_highlight_neither():
    pixels, labels = face()
    hair = labels == Label.HAIR
    pixels[:, 80:][hair[:, 80:]] = (70, 42, 34)  # more than half of the hair in shadow
    pixels[16:20][hair[16:20]] = (200, 180, 165)
    assert difference(face_colors(pixels, labels)["hair_color"].raw, HAIR) < 0.5


def test_hair_in_two_colors_is_mixed_and_blue_is_no_shadow_of_brown():
    pixels, labels = face()
    hair = labels == Label.HAIR
    pixels[90:][hair[90:]] = (60, 140, 220)
    found = face_colors(pixels, labels)
    pair = [found["hair_color"].raw, found["hair_color_2"].raw]
    assert sorted(min(difference(c, true) for c in pair) for true in (HAIR, (60, 140, 220)))[1] < 1
    assert names_of(found)["hair_name"] == "mixed"


@pytest.mark.parametrize("over", [(255, 244, 214), SKIN], ids=["warm white", "skin"])
def test_a_map_of_the_iris_that_reaches_over_the_white_or_the_skin_is_told(over):
    pixels, labels = face(left=(64, 62, 66))
    white = (labels == Label.LEFT_EYE) & (pixels == 255).all(2)
    pixels[white] = (255, 244, 214)
    labels[76:88, 52:55] = labels[76:88, 70:72] = Label.LEFT_IRIS
    pixels[76:88, 52:55] = pixels[76:88, 70:72] = over
    found = face_colors(pixels, labels)["left_eye_color"]
    assert difference(found.raw, (64, 62, 66)) < 3


def behind_lenses(pixels, labels, opacity=0.15, haze=(225, 240, 255)):
    """The face with a thin layer before both eyes and a rim around them."""
    pixels, labels = pixels.copy(), labels.copy()
    for start in (42, 80):
        lens = np.s_[60:102, start : start + 40]
        pixels[lens] = np.rint((1 - opacity) * pixels[lens] + opacity * np.array(haze))
        for edge in (np.s_[58:60, start : start + 40], np.s_[102:104, start : start + 40]):
            pixels[edge], labels[edge] = (30, 20, 20), Label.GLASSES
    return pixels, labels


@pytest.mark.parametrize("skin", [SKIN, (150, 98, 66)], ids=["light skin", "dark skin"])
@pytest.mark.parametrize("iris", [(60, 110, 180), (100, 62, 40), (58, 36, 28)], ids=str)
def test_eyes_behind_glasses_have_the_color_they_have_without(iris, skin):
    plain = face(skin=skin, left=iris, right=iris)
    hazed = face_colors(*behind_lenses(*plain))["left_eye_color"]
    assert difference(hazed.raw, iris) < 3
    assert hazed.confidence < face_colors(*plain)["left_eye_color"].confidence


def test_clear_glasses_change_nothing():
    pixels, labels = behind_lenses(*face(), opacity=0.0)
    assert difference(face_colors(pixels, labels)["left_eye_color"].raw, LEFT) < 0.5


def test_dark_brown_is_told_from_ink_and_from_the_violet_shadow_of_the_lid():
    brown = (56, 34, 26)
    pixels, labels = face(left=brown)
    pixels[74:79, 57:68] = (46, 32, 46)
    pixels[79:86, 59:66] = (26, 22, 26)
    assert difference(face_colors(pixels, labels)["left_eye_color"].raw, brown) < 1


def test_an_eye_that_is_not_sure_has_a_color_but_no_name():
    found = face_colors(*face(right=LEFT))
    assert names_of(found)["eye_name"] == "blue"
    eyes = {name: replace(found[name], confidence=SURE / 2) for name in found if "eye" in name}
    names = names_of({**found, **eyes})
    assert names["eye_name"] is None and names["hair_name"] == "brown"


def test_greys_have_no_color_whatever_the_paper():
    pixels, labels = face()
    grey = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    for paper in ((255, 255, 255), (246, 226, 190)):
        toned = np.rint(grey * (np.array(paper) / 255)).astype(np.uint8)
        assert face_colors(toned, labels) == {}


def test_lines_on_one_ground_are_unpainted():
    paper = (239, 203, 179)
    assert face_colors(*face(hair=paper, skin=paper, ground=(60, 90, 200))) == {}


def test_pale_hair_of_the_skins_color_is_painted_where_the_clothes_are():
    pixels, labels = face(hair=SKIN)
    pixels[145:], labels[145:] = (60, 110, 180), Label.CLOTHES
    found = face_colors(pixels, labels)
    assert difference(found["hair_color"].raw, SKIN) < 1
    assert difference(found["left_eye_color"].raw, LEFT) < 1


def test_the_border_of_dots_tells_no_light_and_glasses_little():
    pixels, labels = face()
    assert eyes_word(pixels, labels).weight == 1
    assert eyes_word(*behind_lenses(pixels, labels)).weight < 0.5
    dots = np.isin(labels, (Label.LEFT_EYE, Label.RIGHT_EYE))
    dots[72:91] = False
    labels[np.isin(labels, (Label.LEFT_EYE, Label.RIGHT_EYE)) & ~dots] = Label.SKIN
    labels[70, 50:60] = Label.LEFT_EYE
    assert eyes_word(pixels, labels) is None


def test_what_lies_before_a_part_has_no_say():
    pixels, labels = face()
    pixels[20:120, 25:75] = (230, 30, 40)
    labels[20:120, 25:75] = Label.OCCLUDER
    found = face_colors(pixels, labels)
    assert difference(found["hair_color"].raw, HAIR) < 0.5
    assert difference(found["skin_color"].raw, SKIN) < 0.5
    assert "left_eye_color" not in found


@pytest.mark.parametrize("tint", [(255, 206, 160), (150, 158, 214)], ids=["sunset", "night"])
def test_the_light_is_undone_but_kept_in_the_raw_color(tint):
    pixels, labels = face()
    pixels = np.rint(pixels * (np.array(tint) / 255)).astype(np.uint8)
    light = scene_light([eyes_word(pixels, labels)] * 4)
    found = face_colors(pixels, labels, light)
    for name, paint in {"hair_color": HAIR, "skin_color": SKIN}.items():
        lit = np.rint(np.array(paint) * np.array(tint) / 255)
        assert difference(found[name].raw, lit) < 1
        assert difference(found[name].color, paint) < 0.5 * difference(found[name].raw, paint)


def test_hair_is_named_as_it_is_seen_and_eyes_and_skin_in_white_light():
    parts = {}
    for name, seen, white in (
        ("hair_color", (60, 30, 20), (60, 60, 60)),
        ("left_eye_color", (120, 30, 10), (40, 90, 200)),
        ("skin_color", (200, 90, 60), (250, 225, 205)),
    ):
        raw, color = np.array(seen, np.uint8), np.array(white, np.uint8)
        parts[name] = PartColor(color, raw, share=1.0, spread=0.0, confidence=1.0)
    names = names_of(parts)
    assert names["hair_name"] == palette("hair").name(parts["hair_color"].raw)
    assert names["hair_name"] != palette("hair").name(parts["hair_color"].color)
    assert names["eye_name"] == palette("eye").name(parts["left_eye_color"].color)
    assert names["skin_name"] == palette("skin").name(parts["skin_color"].color)
    assert names_of({}) == {"hair_name": None, "eye_name": None, "skin_name": None}


def test_one_face_with_red_eyes_does_not_tint_the_scene():
    plain, labels = face()
    red = plain.copy()
    red[np.isin(labels, (Label.LEFT_EYE, Label.RIGHT_EYE))] = (250, 150, 140)
    words = [word for p in (plain, plain, red) if (word := eyes_word(p, labels)) is not None]
    assert scene_light(words) == pytest.approx(np.ones(3), abs=1e-6)
    assert scene_light([]) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("side", [1, 8])
@pytest.mark.parametrize("label", [0, 1, 2, 5, 255])
def test_tiny_and_even_pictures_are_no_error(side, label):
    pixels = np.full((side, side, 3), (200, 120, 40), np.uint8)
    labels = np.full((side, side), label, np.uint8)
    for color in face_colors(pixels, labels).values():
        assert 0 <= color.confidence <= 1 and 0 <= color.share <= 1


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match="labels"):
        face_colors(np.zeros((8, 8, 3), np.uint8), np.zeros((9, 9), np.uint8))


@pytest.mark.parametrize("part", PALETTES)
def test_a_palette_names_its_own_colors_in_all_languages(part):
    colors = palette(part)
    for code, at in zip(colors.colors, colors.owner):
        assert colors.name(code) == colors.names[at]
    for language in LANGUAGES:
        labels = [label_of(part, name, language) for name in colors.names]
        assert len(set(labels)) == len(labels) and all(labels)


def test_faces_drawn_in_flat_fills_are_named_right():
    pytest.importorskip("skia", reason="drawing needs the extra synth")
    from webtoon_curate.evaluate.colors import evaluate_drawn_colors

    figures = evaluate_drawn_colors(60, seed=7)
    for part in ("hair", "skin"):
        flat = figures.white[f"{part}, flat"]
        assert flat.parts >= 20 and flat.median <= 1 and flat.named >= 0.93
    assert figures.grey_none >= 0.8 * figures.grey_faces
    drawn, undone = (figures.lit[f"skin, {kind}"].median for kind in ("as drawn", "corrected"))
    assert undone < drawn


def test_oklab_distance_of_a_paint_and_its_reading_is_small_under_grain():
    pixels, labels = face()
    rng = np.random.default_rng(3)
    noisy = np.clip(pixels + rng.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
    found = face_colors(noisy, labels)["hair_color"]
    apart = oklab_of(linear_of(found.raw)) - oklab_of(linear_of(np.array(HAIR, np.uint8)))
    assert np.linalg.norm(apart) < 0.02
    assert (srgb_of(linear_of(found.raw)) == found.raw).all()
