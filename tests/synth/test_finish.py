"""Properties of light, overlays and brushes on finished drawings."""

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.synth.crops import face_crops
from webtoon_curate.synth.heads.face import draw_head
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.light.brush import handled
from webtoon_curate.synth.light.finish import OVERLAID, RELIT, far_figures, finished
from webtoon_curate.synth.light.overlay import OVERLAYS, blend, overlaid
from webtoon_curate.synth.light.relief import form, toward
from webtoon_curate.synth.light.relight import LIGHTS, relit
from webtoon_curate.synth.paint import Painter
from webtoon_curate.synth.people.character import sample_character
from webtoon_curate.synth.people.head import Pose
from webtoon_curate.synth.people.manners import FAMILY_MANNERS, MANNERS
from webtoon_curate.synth.people.style import sample_style
from webtoon_curate.synth.sketch import Light

STYLE = replace(
    sample_style(np.random.default_rng(5), "manhwa"), line_color="black", fill="flat", taper=0.0
)
HANDS = sorted(set(MANNERS["hand"]) - {"clean"})


@pytest.fixture(scope="module")
def crop():
    return next(face_crops(1, 9, 128, families=("manhwa",), graded=False))


def drawn(style):
    painter = Painter(256, 256)
    character = sample_character(np.random.default_rng(3), hair_style="bald", hat=None)
    rng = np.random.default_rng(3)
    return painter, draw_head(painter, character, style, Pose(), 128, 140, 130, Light(-1, 0), rng)


def lit(crop, name, seed=0):
    faces = [crop.truth["landmarks"]]
    figure = crop.labels != Label.BACKGROUND
    return relit(crop.rgb, crop.labels, figure, faces, np.random.default_rng(seed), name)[0]


@pytest.mark.parametrize("name", LIGHTS)
def test_each_light_changes_the_figure_and_depends_on_the_generator_alone(crop, name):
    out = lit(crop, name)
    assert out.shape == crop.rgb.shape and out.dtype == np.uint8
    assert (out != crop.rgb)[crop.labels == Label.SKIN].any()
    assert (out == lit(crop, name)).all()
    assert (out != lit(crop, name, 1)).any()


@pytest.mark.parametrize("name", LIGHTS)
def test_light_needs_no_face_and_leaves_lettering_as_it_was(crop, name):
    labels = crop.labels.copy()
    labels[:40, :40] = Label.LETTERING
    rng = np.random.default_rng(2)
    out, _ = relit(crop.rgb, labels, labels == Label.HAIR, [], rng, name)
    assert (out[:40, :40] == crop.rgb[:40, :40]).all()


def test_the_side_of_a_face_to_the_light_takes_more_of_it(crop):
    points = crop.truth["landmarks"]
    shape = form(crop.labels != Label.BACKGROUND, [points])
    left, right = np.rint(points[[2, 14]] * 0.9 + points[30] * 0.1).astype(int)
    for x in (-1.0, 1.0):
        light = toward(shape, x, 0.0, 0.2)
        assert (light[right[1], right[0]] - light[left[1], left[0]]) * x > 0.2


def test_light_from_below_is_on_the_nostrils_and_not_on_the_forehead(crop):
    points = crop.truth["landmarks"]
    light = toward(form(crop.labels != Label.BACKGROUND, [points]), 0.0, 1.0, 0.3)
    below, bridge = (
        np.rint(p).astype(int) for p in (0.5 * points[30] + 0.5 * points[33], points[29])
    )
    assert light[below[1], below[0]] > light[bridge[1], bridge[0]]


@pytest.mark.parametrize("name", OVERLAYS)
def test_each_overlay_changes_the_picture_and_keeps_its_shape(crop, name):
    out, named = overlaid(crop.rgb, np.random.default_rng(0), name)
    assert named == name and out.shape == crop.rgb.shape and out.dtype == np.uint8
    assert (out != crop.rgb).mean() > 0.1


@pytest.mark.parametrize("hand", HANDS)
def test_brushes_leave_tones_of_even_places_about_as_they_were(hand):
    flat = np.full((96, 96, 3), (180, 140, 120), np.uint8)
    out = handled(flat, hand, np.random.default_rng(1))
    assert out.shape == flat.shape and out.dtype == np.uint8
    middle = out[32:64, 32:64].astype(float)
    assert np.abs(middle.mean((0, 1)) - (180, 140, 120)).max() < 45
    assert hand == "gouache" or middle.std() > 0.5


@pytest.mark.parametrize("hand", ["oil", "gouache"])
def test_small_figures_are_painted_with_small_brushes(crop, hand):
    change = [
        np.abs(handled(crop.rgb, hand, np.random.default_rng(1), side).astype(int) - crop.rgb).max(
            2
        )
        for side in (60, 600)
    ]
    eyes = crop.labels == Label.LEFT_EYE
    assert change[0][eyes].mean() < 0.8 * change[1][eyes].mean()


def test_titles_have_brushes_at_their_chance():
    for family in ("painted", "shounen"):
        table = FAMILY_MANNERS.get(family, {}).get("hand", MANNERS["hand"])
        rng = np.random.default_rng(4)
        drawn = [sample_style(rng, family).hand for _ in range(300)]
        clean = table["clean"] / sum(table.values())
        assert abs(np.mean([hand == "clean" for hand in drawn]) - clean) < 0.08


def test_light_and_overlays_come_at_their_chance_and_grey_titles_stay_grey(crop):
    style = replace(sample_style(np.random.default_rng(0), "anime"), fill="cel", hand="clean")
    small = crop.rgb[::4, ::4].copy(), crop.labels[::4, ::4].copy()
    figure, faces = small[1] > 0, [crop.truth["landmarks"] / 4]
    rng = np.random.default_rng(5)
    names = [finished(*small, figure, faces, style, rng)[1] for _ in range(500)]
    assert abs(np.mean([name in LIGHTS for name in names]) - RELIT) < 0.05
    assert abs(np.mean([name in OVERLAYS for name in names]) - OVERLAID) < 0.05
    inked = replace(style, fill="tone")
    grey = np.repeat(small[0][:, :, :1], 3, axis=2)
    for _ in range(40):
        out, _ = finished(grey, small[1], figure, faces, inked, rng)
        assert (out == out[:, :, :1]).all()


def test_far_people_are_pale_and_near_ones_are_not():
    rgb = np.full((100, 100, 3), 220, np.uint8)
    owners = np.zeros((100, 100), np.uint8)
    owners[20:40, 20:40], owners[60:90, 60:90] = 1, 2
    rgb[owners > 0] = 20
    out = far_figures(rgb, owners, {1: 3.0, 2: 30.0}, np.random.default_rng(0))
    assert (out[owners == 2] == 20).all() and (out[owners == 1] > 60).all()


def test_outlines_that_light_eats_away_are_fainter_towards_it_and_move_nothing():
    kept = {}
    for stroke in ("whole", "lost"):
        style = replace(STYLE, stroke=stroke)
        kept[stroke] = drawn(style)
    (whole, before), (lost, after) = kept["whole"], kept["lost"]
    assert (before.landmarks == after.landmarks).all()
    change = np.abs(whole.rgb().astype(int) - lost.rgb()).sum(2)
    assert change[:, :128].sum() > 2 * change[:, 128:].sum()


def test_blending_by_nothing_and_by_all_gives_the_pictures_themselves():
    first, second = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    for share, same in ((0, first), (1, second)):
        assert (blend(first, second, np.full((8, 8), share, np.float32)) == same).all()
