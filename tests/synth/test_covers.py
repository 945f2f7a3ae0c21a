"""Things before faces: where they lie, what they are labelled, and that chance decides alike."""

import numpy as np
import pytest

from webtoon_curate.synth.covers.covers import COVERS, HATS, Cover, draw_cover, sample_cover
from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.paint import Painter

SIZE, FACE = 200, 100
SEEN_THROUGH = {"blood", "gloom", "lace"}
"""Kinds that hide no pixel, whatever chance decides."""


def face_points(shift=0.0):
    """(68, 2) points of a frontal face in the middle of the picture, `shift` px to the right."""
    turn = np.linspace(np.pi, 0, 17)
    jaw = np.stack([0.42 * np.cos(turn), -0.1 + 0.6 * np.sin(turn)], 1)
    brows = [(x, -0.3) for x in (*np.linspace(-0.3, -0.1, 5), *np.linspace(0.1, 0.3, 5))]
    nose = [(0, y) for y in np.linspace(-0.12, 0.12, 4)] + [
        (x, 0.14) for x in np.linspace(-0.06, 0.06, 5)
    ]
    ring = 2 * np.pi * np.arange(12) / 12
    eye = np.stack([0.08 * np.cos(ring[::2]), 0.04 * np.sin(ring[::2])], 1)
    mouth = np.stack([0.12 * np.cos(ring), 0.28 + 0.05 * np.sin(ring)], 1)
    inner = mouth[:8] * [0.5, 1]
    rows = [jaw, brows, nose, np.add(eye, (-0.2, -0.12)), np.add(eye, (0.2, -0.12)), mouth, inner]
    return np.concatenate(rows) * FACE + [SIZE / 2 + shift, SIZE / 2]


def covered(kind, seed, points=None):
    """Picture and labels of one cover over a picture of nothing but skin."""
    painter = Painter(SIZE, SIZE)
    views = painter.key_views()
    views[0][:] = Label.SKIN
    ink = Ink(painter, Look(), np.random.default_rng(seed), Label.OCCLUDER)
    colors = (240, 205, 180), (60, 40, 30), (70, 80, 120)
    cover = Cover(kind, SIZE / 2, SIZE / 2, FACE, 10.0, *colors, seed)
    draw_cover(ink, cover, face_points() if points is None else points)
    return painter.rgb(), painter.label_map()


@pytest.mark.parametrize("kind", sorted(COVERS))
def test_a_cover_is_drawn_before_the_face_alike_each_time(kind):
    rgb, labels = covered(kind, 3)
    again = covered(kind, 3)
    assert (rgb != 255).any()
    assert (rgb == again[0]).all()
    assert (labels == again[1]).all()
    hidden = any((covered(kind, seed)[1] != Label.SKIN).any() for seed in range(4))
    assert hidden != (kind in SEEN_THROUGH)


@pytest.mark.parametrize(
    ("kind", "label"),
    [*((kind, Label.HAT) for kind in HATS), ("shades", Label.GLASSES), ("goggles", Label.GLASSES),
     ("strands", Label.HAIR), ("balloon", Label.LETTERING), ("sound", Label.LETTERING),
     ("mask", Label.OCCLUDER), ("hand on mouth", Label.OCCLUDER)],
)  # fmt: skip
def test_what_it_is_is_told_by_its_label(kind, label):
    _, labels = covered(kind, 5)
    assert set(np.unique(labels)) == {Label.SKIN, label}


@pytest.mark.parametrize(
    ("kind", "points"),
    [("hand on mouth", slice(48, 60)), ("mask", slice(48, 60)), ("mug", slice(57, 58)),
     ("blindfold", slice(27, 28)), ("hand on eyes", slice(27, 28)), ("shades", slice(36, 48))],
)  # fmt: skip
def test_it_follows_the_face_s_own_points(kind, points):
    for shift in (-25.0, 0.0, 25.0):
        own = face_points(shift)
        hidden = 0.0
        for seed in range(4):
            _, labels = covered(kind, seed, own)
            x, y = np.round(own[points]).astype(int).T
            hidden += (labels[y, x] != Label.SKIN).mean() / 4
        assert hidden > 0.6


def test_the_eyes_look_through_a_half_mask():
    own = face_points()
    _, labels = covered("half mask", 1, own)
    for eye in (own[36:42], own[42:48]):
        x, y = np.round(eye.mean(0)).astype(int)
        assert labels[y, x] == Label.SKIN
    assert labels[int(own[17:27, 1].mean()), int(own[39, 0])] == Label.OCCLUDER


def test_every_kind_comes_by_chance():
    rng = np.random.default_rng(0)
    assert {sample_cover(rng) for _ in range(4000)} == set(COVERS)
