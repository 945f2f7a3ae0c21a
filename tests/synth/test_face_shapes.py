"""Shapes of faces: how often, that a person keeps one, and what they do to outlines."""

from collections import Counter
from dataclasses import replace

import numpy as np

from webtoon_curate.synth.figures.build import build_of
from webtoon_curate.synth.people.character import FANTASY_SKIN, sample_character
from webtoon_curate.synth.people.face_shapes import FACE_SHAPES, face_shape
from webtoon_curate.synth.people.proportions import embody
from webtoon_curate.synth.people.style import sample_style


def people(count=600, **fixed):
    rng = np.random.default_rng(5)
    return [sample_character(rng, **fixed) for _ in range(count)]


def test_shapes_come_at_their_shares():
    counts = Counter(face_shape(who) for who in people(gender="man", age="adult"))
    total = sum(FACE_SHAPES["man"].values())
    for shape, weight in FACE_SHAPES["man"].items():
        assert abs(counts[shape] / 600 - weight / total) < 0.05


def test_heavy_people_are_broader_than_gaunt_ones():
    style = sample_style(np.random.default_rng(3), "manhwa")
    by_shape = {face_shape(who): who for who in people(gender="man", age="adult")}
    one = by_shape["heavy"]
    jaws = {}
    for shape, who in by_shape.items():
        own = embody(style, who)
        jaws[shape] = own.width * own.jaw
    assert jaws["heavy"] > 1.15 * jaws["gaunt"]
    assert embody(style, one) == embody(style, replace(one))
    waists = {name: np.median([build_of(style, who).waist for who in people(gender="man", age=
              "adult") if face_shape(who) == name]) for name in ("heavy", "gaunt")}  # fmt: skip
    assert waists["heavy"] > 1.2 * waists["gaunt"]


def test_skins_of_any_hue_are_rare():
    bands = Counter(who.skin_band for who in people(2000))
    assert bands["fantasy"] / 2000 < 2 * FANTASY_SKIN < 0.03
    assert min(bands[band] for band in bands if band != "fantasy") > 300
