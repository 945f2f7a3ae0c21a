from __future__ import annotations

import numpy as np
import pytest
from dots import SHAPE
from hypothesis import given, settings
from hypothesis import strategies as st

from webtoon_curate.landmarks.align import apply
from webtoon_curate.landmarks.points import JAW, LEFT_EYE, RIGHT_EYE
from webtoon_curate.landmarks.quality import MEASURES, calibration
from webtoon_curate.landmarks.shape import distances

SPACE = calibration().space
GENERAL = SPACE.center, SPACE.spread
BOX = np.array([[-0.5, -0.5, 1, 1]])


def title(n, seed=0, jaw=0.0):
    """Faces of one hand: the same shape, a little different each time."""
    rng = np.random.default_rng(seed)
    points = SHAPE + rng.normal(scale=0.01, size=(n, 68, 2))
    points[:, JAW, 1] *= 1 + jaw
    return points


def with_eyes(points, left, right):
    points = points.copy()
    for eye, size in ((LEFT_EYE, left), (RIGHT_EYE, right)):
        middle = points[:, eye].mean(axis=1, keepdims=True)
        points[:, eye] = (points[:, eye] - middle) * size + middle
    return points


@given(st.floats(0.1, 3), st.floats(0.1, 3))
@settings(max_examples=25, deadline=None)
def test_the_size_of_the_eyes_is_no_shape(left, right):
    numbers = SPACE.numbers(with_eyes(SHAPE[None], left, right), BOX)
    assert numbers == pytest.approx(SPACE.numbers(SHAPE[None], BOX), abs=1e-6)


@given(st.floats(0.0, 1.0), st.floats(0.1, 3))
@settings(max_examples=25, deadline=None)
def test_the_size_of_the_eyes_never_lowers_the_quality(seed, size):
    """Shape is the only measure that sees points without the picture."""
    points = title(1, int(seed * 1e6))
    both = np.concatenate([points, with_eyes(points, size, size)])
    away = distances(SPACE.numbers(both, BOX.repeat(2, 0)), GENERAL)
    measures = {name: np.full(2, 0.05) for name in MEASURES} | {"shape": away}
    plain, changed = calibration().quality(measures)
    assert changed == pytest.approx(plain, abs=1e-6)


def test_where_and_how_large_a_face_is_does_not_matter():
    turned = apply(np.array([170.0, 0.0, 900.0, 5000.0]), SHAPE[None])
    box = BOX * 170 + [900, 5000, 0, 0]
    assert SPACE.numbers(turned, box) == pytest.approx(SPACE.numbers(SHAPE[None], BOX), abs=1e-6)


def test_the_odd_one_out_is_far_and_the_others_are_near():
    points = title(60)
    points[7, JAW] *= 1.3
    points[9] *= 1.3
    numbers = SPACE.numbers(points, BOX.repeat(60, 0))
    away = distances(numbers, SPACE.prior(numbers))
    usual = np.delete(away, [7, 9])
    assert min(away[7], away[9]) > usual.max()


def test_a_title_that_draws_its_own_way_is_not_odd_to_itself():
    numbers = SPACE.numbers(title(200, jaw=0.35), BOX.repeat(200, 0))
    own = distances(numbers, SPACE.prior(numbers))
    assert np.median(own) < 0.8 * np.median(distances(numbers, GENERAL))


def test_a_third_of_wrong_faces_does_not_move_the_prior():
    right = SPACE.numbers(title(90), BOX.repeat(90, 0))
    wrong = SPACE.numbers(title(40, seed=1) * 1.4, BOX.repeat(40, 0))
    away = distances(wrong, SPACE.prior(np.concatenate([right, wrong])))
    near = distances(right, SPACE.prior(np.concatenate([right, wrong])))
    assert np.median(away) > np.percentile(near, 99)


def test_few_faces_borrow():
    one = SPACE.numbers(SHAPE[None] * 1.5, BOX)
    center, spread = SPACE.prior(one)
    assert np.abs(center - SPACE.center).max() <= np.abs(one[0] - SPACE.center).max() / 10
    assert SPACE.prior(one[:0])[0] is SPACE.center
    assert (spread > 0).all()


def test_points_without_a_shape_are_as_far_as_can_be():
    points = np.stack([np.full((68, 2), 3.0), np.full((68, 2), np.nan), SHAPE])
    away = distances(SPACE.numbers(points, BOX.repeat(3, 0)), GENERAL)
    assert np.isfinite(away).all()
    assert away[0] == away[1] > away[2]
