"""What is no face: things, hands, screens, and figures whose heads are out of the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.synth import crops, shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.grounds.backdrops import GROUNDS as BACKDROPS
from webtoon_curate.synth.grounds.grounds import GROUNDS
from webtoon_curate.synth.grounds.landscapes import SHOPS, draw_landscape
from webtoon_curate.synth.grounds.moods import MOODS, draw_mood
from webtoon_curate.synth.grounds.places import sample_place
from webtoon_curate.synth.grounds.renders import MAKES, make_of, pen_of
from webtoon_curate.synth.grounds.rooms import PAPERED, papered
from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.labels import FACE_LABELS, Label
from webtoon_curate.synth.pages.seen import measure
from webtoon_curate.synth.paint import Painter, solid
from webtoon_curate.synth.people.style import GREY_FILLS, sample_style
from webtoon_curate.synth.scenes.casting import sample_cast
from webtoon_curate.synth.scenes.composition import sample_shot
from webtoon_curate.synth.scenes.plan import SHOTS
from webtoon_curate.synth.scenes.scene import Placed, draw_shot
from webtoon_curate.synth.sketch import Light
from webtoon_curate.synth.things import screens, signs
from webtoon_curate.synth.things.distractors import DISTRACTORS, SHARES, draw_distractor
from webtoon_curate.synth.things.effects import EFFECTS, draw_effect

SIZE = 160
NEUTRAL = 8
"""Channels of ink and paper lie no farther apart."""


def drawn(name: str, seed: int, fill: str) -> tuple[np.ndarray, np.ndarray]:
    painter, rng = Painter(SIZE, SIZE), np.random.default_rng(seed)
    ink = Ink(painter, replace(Look(), fill=fill), rng, Label.OCCLUDER)
    painter.fill(shapes.rect(0, 0, SIZE, SIZE), solid((120, 120, 120)))
    draw_distractor(ink, rng, SIZE / 2, SIZE / 2, 100, name)
    return painter.rgb(), painter.label_map()


@pytest.mark.parametrize("name", sorted(DISTRACTORS))
def test_a_thing_is_drawn_alike_from_one_seed_and_is_no_part_of_a_face(name):
    for seed, fill in enumerate(("cel", "lineart", "watercolor")):
        pixels, labels = drawn(name, seed, fill)
        assert np.array_equal(pixels, drawn(name, seed, fill)[0])
        assert (pixels != 120).any(2).mean() > 0.01
        assert set(np.unique(labels)) <= {0, Label.OCCLUDER}


def hue(pixels: np.ndarray) -> int:
    """How far the channels of any pixel lie apart."""
    return int(np.ptp(pixels.astype(int), axis=2).max())


@pytest.mark.parametrize("name", sorted(DISTRACTORS))
def test_things_have_no_color_in_black_and_white_titles(name):
    for seed, fill in enumerate(sorted(GREY_FILLS)):
        assert hue(drawn(name, seed, fill)[0]) <= NEUTRAL


@pytest.mark.parametrize("kind", sorted(screens.SHOWN))
def test_telephones_show_no_color_in_black_and_white_titles(kind, monkeypatch):
    monkeypatch.setattr(screens, "SHOWN", {kind: 1})
    for seed in range(2):
        assert hue(drawn("handset", seed, "tone")[0]) <= NEUTRAL


def test_hands_and_screens_are_what_panels_show_most():
    rng = np.random.default_rng(3)
    names = [pick(rng, SHARES) for _ in range(2000)]
    whole = sum(SHARES.values())
    for name in ("holding", "handset", "status", "cat"):
        assert names.count(name) / 2000 == pytest.approx(SHARES[name] / whole, abs=0.02)


@pytest.mark.parametrize("kind", ["torso", "legs"])
def test_figures_from_the_neck_down_show_no_face(kind):
    assert SHOTS[kind] > 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        cast = sample_cast(rng)
        shot = replace(sample_shot(rng, cast, 300, 240, 0, kind), covers=(), props=())
        painter, outline = Painter(300, 240), shapes.rect(0, 0, 300, 240)
        faces, _ = draw_shot(painter, shot, Placed(0, 0, width=300), outline, iter(range(1, 256)))
        assert faces
        for face in faces:
            measure(painter, face, outline)
            assert face.seen < 0.02
        assert (painter.label_map() == Label.CLOTHES).mean() > 0.05


@pytest.mark.parametrize("name", sorted(GROUNDS))
def test_a_ground_fills_a_panel_alike_from_one_seed(name):
    def ground(seed: int) -> np.ndarray:
        painter, rng = Painter(SIZE, SIZE), np.random.default_rng(seed)
        painter.canvas.clear(0xFFFF00FE)
        draw_mood(Ink(painter, Look(), rng), rng, name, SIZE, SIZE, 0.3)
        assert not painter.label_map().any()
        return painter.rgb()

    pixels = ground(1)
    assert np.array_equal(pixels, ground(1))
    assert not np.array_equal(pixels, ground(2))
    assert not (pixels == (255, 0, 254)).all(2).any()
    assert name in MOODS and name in BACKDROPS


@pytest.mark.parametrize("kind", ["kitchen", "street"])
def test_half_of_the_places_are_models_or_photographs_and_none_in_black_and_white(kind):
    rng = np.random.default_rng(5)
    colored, grey = Ink(Painter(8, 8), Look(), rng), Ink(Painter(8, 8), Look(fill="tone"), rng)
    makes, looks = [], []
    for seed in range(400):
        place = replace(sample_place(rng), kind=kind, seed=seed)
        makes.append(make_of(colored, place))
        looks.append(pen_of(colored, place).look.line_color)
        assert make_of(grey, place) == "drawn" and pen_of(grey, place) is grey
    assert makes.count("drawn") / 400 == pytest.approx(MAKES["drawn"], abs=0.08)
    assert [look == "none" for look in looks] == [make == "photo" for make in makes]


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - {"none"}))
def test_what_flies_before_a_panel_hides_and_adds_no_face(name):
    painter, rng = Painter(SIZE, SIZE), np.random.default_rng(2)
    painter.fill(shapes.rect(0, 0, SIZE, SIZE), solid((120, 120, 120)), Label.SKIN)
    draw_effect(Ink(painter, Look(), rng, Label.OCCLUDER), rng, name, SIZE, SIZE)
    changed = (painter.rgb() != 120).any(2)
    hidden = painter.label_map() == Label.OCCLUDER
    assert changed.any() and set(np.unique(painter.label_map())) <= {Label.SKIN, Label.OCCLUDER}
    assert (hidden & ~changed).mean() < 0.01


def test_a_third_of_homely_rooms_have_wallpaper():
    rng = np.random.default_rng(4)
    bedrooms = [replace(sample_place(rng), kind="bedroom", seed=seed) for seed in range(400)]
    chosen = [papered(place) for place in bedrooms]
    assert np.mean(chosen) == pytest.approx(PAPERED, abs=0.07)
    assert not any(papered(replace(place, kind="office")) for place in bedrooms)


def test_most_streets_and_alleys_have_shop_signs(monkeypatch):
    drawn_at: set[int] = set()
    for sign in ("shop_sign", "neon"):
        monkeypatch.setattr(signs, sign, lambda *_: drawn_at.add(seed))
    rng = np.random.default_rng(6)
    for seed in range(60):
        place = replace(sample_place(rng), kind="alley", seed=seed)
        draw_landscape(Ink(Painter(16, 16), Look(), rng), place)
    assert len(drawn_at) / 60 == pytest.approx(SHOPS, abs=0.2)


def test_some_crops_without_faces_show_figures_whose_heads_are_out_of_them(monkeypatch):
    monkeypatch.setattr(crops, "HEADLESS", 1.0)
    monkeypatch.setattr(crops, "beast", lambda *_: None)
    clothed = 0
    for seed in range(24):
        rng, painter = np.random.default_rng(seed), Painter(128, 128)
        style, light = sample_style(rng), Light(-0.5, -0.8, 1.0)
        ink = Ink(painter, Look.of(style, 64), rng, Label.BACKGROUND)
        assert crops._negative(painter, style, light, rng, ink) is None
        labels = painter.label_map()
        assert not np.isin(labels, list(FACE_LABELS)).any()
        clothed += (labels == Label.CLOTHES).mean() > 0.1
    assert clothed >= 3
