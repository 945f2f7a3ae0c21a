"""Layers: every pixel of a landmark, a line and a blob is where geometry says."""

from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.export import layers
from webtoon_curate.landmarks.points import CONTOURS
from webtoon_curate.synth.labels import Label

SIZE = 64


@pytest.fixture
def points():
    return np.random.default_rng(1).uniform(2, SIZE - 2, (68, 2))


def test_a_point_is_the_pixel_that_holds_it(points):
    layer = layers.landmark_layer(points, SIZE, "points", 1)
    expected = np.full((SIZE, SIZE), 127)
    for x, y in points:
        expected[int(y), int(x)] = 255
    assert (layer == expected).all()


def distances(points, pieces):
    """(SIZE, SIZE) from each pixel's middle to the nearest piece, by sampling the pieces."""
    middles = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), -1)
    found = np.full((SIZE, SIZE), np.inf)
    for a, b in pieces:
        for share in np.linspace(0, 1, 100):
            at = points[a] * (1 - share) + points[b] * share
            found = np.minimum(found, np.hypot(*(middles - at).transpose(2, 0, 1)))
    return found


@pytest.mark.parametrize("width", [2, 5.5])
def test_wide_points_are_discs(points, width):
    layer = layers.landmark_layer(points[[8] * 68], SIZE, "points", width)
    away = distances(points, [(8, 8)])
    assert (layer[away < width / 2 - 1e-6] == 255).all()
    assert (layer[away > max(width / 2, 0.71) + 1e-6] == 127).all()


def test_lines_are_as_wide_as_they_are_said_to_be(points):
    layer = layers.landmark_layer(points, SIZE, "lines", 3)
    pieces = [piece for contour in CONTOURS for piece in contour.segments()]
    away = distances(points, pieces)
    assert (layer[away < 1.45] == 255).all()
    assert (layer[away > 1.55] == 127).all()


def test_blobs_are_gaussians(points):
    layer = layers.landmark_layer(points[[3] * 68], SIZE, "blobs", 2.5).astype(float)
    away = distances(points, [(3, 3)])
    expected = 127 + 128 * np.exp(-(away**2) / (2 * 2.5**2))
    x, y = points[3].astype(int)
    assert layer[y, x] == 255
    layer[y, x] = expected[y, x]
    assert np.abs(layer - expected).max() <= 0.51


@pytest.mark.parametrize("marks", layers.MARKS)
def test_points_beyond_the_crop_or_without_numbers_leave_nothing(marks):
    nowhere = np.full((68, 2), np.nan)
    nowhere[0], nowhere[1], nowhere[2] = (-30, 5), (5, 1e30), (np.inf, 3)
    layer = layers.landmark_layer(nowhere, SIZE, marks, 1)
    assert (layer == 127).all()


def test_colors_lie_in_their_regions_only():
    parsing = np.arange(20, dtype=np.uint8).reshape(4, 5)
    colors = {"hair_color": (1, 2, 3), "left_eye_color": (9, 9, 9), "skin_color": None}
    painted = layers.painted_regions(colors, parsing)
    for label in Label:
        at = painted[parsing == label][0].tolist()
        expected = {Label.HAIR: [1, 2, 3], Label.LEFT_IRIS: [9, 9, 9]}.get(label, [127] * 3)
        assert at == expected, label


def test_a_face_has_the_same_noise_whenever_it_is_made():
    first = layers.noise_plane(layers.sample_rng("a/b/0/1", 3), 128)
    assert (first == layers.noise_plane(layers.sample_rng("a/b/0/1", 3), 128)).all()
    assert (first != layers.noise_plane(layers.sample_rng("a/b/0/1", 4), 128)).mean() > 0.9
    assert (first != layers.noise_plane(layers.sample_rng("a/b/0/2", 3), 128)).mean() > 0.9
    assert abs(first.mean() - 127.5) < 1
    assert abs(first.std() - 127.5 / 3) < 1


def test_jitter_stays_within_its_share():
    colors = {"hair_color": (100, 100, 100), "skin_color": None}
    rng = np.random.default_rng(0)
    moved = [layers.jittered(colors, 0.1, rng)["hair_color"] for _ in range(300)]
    assert np.abs(np.array(moved) - 100).max() in (25, 26)
    assert layers.jittered(colors, 0.1, rng)["skin_color"] is None
