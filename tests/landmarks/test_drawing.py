from __future__ import annotations

import numpy as np
from dots import SHAPE

from webtoon_curate.landmarks.drawing import COLORS, PART_COLORS, draw_landmarks, draw_parts
from webtoon_curate.landmarks.points import CONTOURS

PICTURE = np.full((120, 160, 3), 255, np.uint8)


def test_every_contour_is_drawn_where_it_is():
    points = SHAPE * 90 + (80, 60)
    drawn = draw_landmarks(PICTURE, points)
    assert (PICTURE == 255).all()
    for contour in CONTOURS:
        spots = points[list(contour.points)].astype(int)
        near = [drawn[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3) for x, y in spots]
        assert all((pixels == COLORS[contour.name]).all(axis=1).any() for pixels in near)


def test_points_anywhere_are_no_crash():
    points = SHAPE * 90 + (80, 60)
    points[3], points[40], points[50] = np.nan, (1e30, -1e30), (-5, 4000)
    draw_landmarks(PICTURE, points, np.zeros(68))


def test_parts_lie_over_the_picture_and_the_background_does_not():
    parsing = np.zeros((12, 16), np.uint8)
    parsing[:6] = 1
    drawn = draw_parts(PICTURE, parsing, strength=1.0)
    assert (drawn[:60] == PART_COLORS[1]).all()
    assert (drawn[60:] == 255).all()
