from __future__ import annotations

import numpy as np
import pytest
from dots import SHAPE
from hypothesis import given, settings
from hypothesis import strategies as st

from webtoon_curate.landmarks.align import (
    CANONICAL,
    apply,
    inverse,
    similarity,
    to_canonical,
    to_ffhq,
    to_level_eyes,
)
from webtoon_curate.landmarks.points import five_points

places = st.floats(-1e4, 1e4)


@given(st.floats(0.01, 100), st.floats(-np.pi, np.pi), places, places)
@settings(max_examples=50, deadline=None)
def test_a_similarity_is_found_again(scale, angle, x, y):
    mapping = np.array([scale * np.cos(angle), scale * np.sin(angle), x, y])
    points = SHAPE * 90 + (400, 1000)
    found = similarity(points, apply(mapping, points))
    assert found == pytest.approx(mapping, rel=1e-5, abs=1e-3)


@given(st.floats(-np.pi, np.pi), st.floats(20, 2000), places, places)
@settings(max_examples=30, deadline=None)
def test_faces_come_to_one_place_wherever_they_were(angle, size, x, y):
    turn = np.array([size * np.cos(angle), size * np.sin(angle), x, y])
    points = apply(turn, SHAPE)
    for to in (to_canonical, to_ffhq, to_level_eyes):
        assert apply(to(points), points) == pytest.approx(apply(to(SHAPE), SHAPE), abs=1e-5)


def test_the_canonical_points_stay():
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = CANONICAL[0], CANONICAL[1]
    points[[30, 48, 54]] = CANONICAL[2:]
    assert to_canonical(points) == pytest.approx([1, 0, 0, 0], abs=1e-12)


def test_the_least_squares_are_scipys():
    linalg = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 5, 2))
    fitted = linalg.least_squares(lambda m: (apply(m, source) - target).ravel(), np.eye(4)[0]).x
    assert similarity(source, target) == pytest.approx(fitted, abs=1e-6)


def test_ffhqs_square_is_ffhqs():
    """Its formula by hand for a level face: eyes 40 apart, mouth 30 below them."""
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = (80, 100), (120, 100)
    points[48], points[54], points[30] = (90, 130), (110, 130), (100, 115)
    half = max(40 * 2.0, 30 * 1.8)
    corners = np.array([[100 - half, 103 - half], [100 + half, 103 + half]])
    assert apply(to_ffhq(points), corners) == pytest.approx(np.array([[0, 0], [1, 1]]))


def test_level_eyes_are_level():
    eyes = apply(to_level_eyes(SHAPE * 70 + 300), five_points(SHAPE * 70 + 300))[:2]
    assert eyes[0, 1] == pytest.approx(eyes[1, 1])


def test_what_was_mapped_goes_back():
    mapping = np.array([[0.3, -0.4, 7, 9], [2, 0.1, -3, 0]])
    points = np.random.default_rng(1).normal(size=(2, 5, 2))
    assert apply(inverse(mapping), apply(mapping, points)) == pytest.approx(points)


def test_points_in_one_place_have_no_alignment():
    assert np.isnan(to_canonical(np.full((68, 2), 3.0))).all()
