from __future__ import annotations

import numpy as np

from webtoon_curate.landmarks.points import CONTOURS, MIRRORED, five_points


def test_every_point_is_on_one_contour():
    assert sorted(i for contour in CONTOURS for i in contour.points) == list(range(68))


def test_contours_are_mirrored_onto_contours():
    lines = {frozenset(contour.points) for contour in CONTOURS}
    assert {frozenset(MIRRORED[list(line)].tolist()) for line in lines} == lines


def test_closed_contours_come_back():
    for contour in CONTOURS:
        segments = contour.segments()
        assert len(segments) == len(contour.points) - (not contour.closed)
        assert all(a != b for a, b in segments)
        if contour.closed:
            assert segments[-1] == (contour.points[-1], contour.points[0])


def test_five_points_are_eyes_nose_and_mouth():
    points = np.arange(136, dtype=np.float32).reshape(68, 2)
    found = five_points(points)
    assert found[0].tolist() == points[36:42].mean(0).tolist()
    assert found[2:].tolist() == points[[30, 48, 54]].tolist()
