"""Faces with other proportions: points move with what they mark."""

import cv2
import numpy as np
import pytest

from webtoon_curate.trainer.proportions import Proportions

SIZE = 192


@pytest.mark.parametrize("seed", range(20))
def test_a_mark_lies_where_its_place_says(seed):
    rng = np.random.default_rng(seed)
    made, center = Proportions(rng), rng.uniform(0.2, 0.8, 2)
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    at = tuple((center * SIZE * 16 - 8).astype(int).tolist())
    cv2.circle(picture, at, 4 * 16, (255,) * 3, -1, cv2.LINE_AA, 4)
    weights = made.pixels(picture)[:, :, 0].astype(float)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    found = np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()
    assert np.abs(found - made.places(center[None])[0] * SIZE).max() < 0.6


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_folded_over(seed):
    made = Proportions(np.random.default_rng(seed))
    line = np.linspace(0.01, 0.99, 99)
    for at in (0.3, 0.5, 0.7):
        across = made.places(np.stack([line, np.full(99, at)], axis=1))[:, 0]
        down = made.places(np.stack([np.full(99, at), line], axis=1))[:, 1]
        assert (np.diff(across) > 0).all() and (np.diff(down) > 0).all()


def test_the_border_stays_and_faces_differ():
    one, other = (Proportions(np.random.default_rng(seed)) for seed in (1, 2))
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)
    middle = np.array([[0.4, 0.4]])
    assert np.abs(one.places(corners) - corners).max() < 0.02
    assert np.abs(one.places(middle) - other.places(middle)).max() > 0.005
