from __future__ import annotations

import cv2
import numpy as np
import pytest
from dots import SHAPE

from webtoon_curate.landmarks.evidence import edge_support, parsed_evidence
from webtoon_curate.landmarks.points import CONTOURS, JAW
from webtoon_curate.synth.labels import Label

POINTS = (SHAPE * 100 + (80, 80)).astype(np.float32)


def lines(points=POINTS):
    picture = np.full((160, 160, 3), 255, np.uint8)
    for contour in CONTOURS:
        line = np.round(points[list(contour.points)]).astype(np.int32)
        cv2.polylines(picture, [line], contour.closed, (0, 0, 0), 2, cv2.LINE_AA)
    return picture


def parts(points=POINTS):
    """A map as a perfect reader sees it."""
    seen = np.full((160, 160), Label.BACKGROUND, np.uint8)
    cv2.rectangle(seen, (60, 110), (100, 160), int(Label.NECK), -1)
    cv2.fillConvexPoly(seen, cv2.convexHull(np.round(points).astype(np.int32)), int(Label.SKIN))
    drawn = {Label.LEFT_EYE: (36, 42), Label.RIGHT_EYE: (42, 48), Label.MOUTH: (48, 60)}
    for label, ends in drawn.items():
        part = slice(*ends)
        cv2.fillConvexPoly(seen, np.round(points[part]).astype(np.int32), int(label))
    return seen


def grown(points, factor, part=slice(None)):
    points = points.copy()
    middle = points[part].mean(0)
    points[part] = (points[part] - middle) * factor + middle
    return points


def test_lines_that_are_drawn_support_the_points_on_them():
    picture = lines()
    assert edge_support(picture, POINTS, 100) > 0.9
    assert edge_support(picture, grown(POINTS, 1.2), 100) < 0.4
    assert edge_support(picture, POINTS + np.float32([9, 4]), 100) < 0.6


@pytest.mark.parametrize("color", [0, 127, 255])
def test_one_color_supports_nothing(color):
    assert edge_support(np.full((160, 160, 3), color, np.uint8), POINTS, 100) == 0


def test_faint_grain_is_no_edge():
    rng = np.random.default_rng(0)
    picture = (128 + rng.integers(-4, 5, (160, 160, 1))).repeat(3, 2).astype(np.uint8)
    assert edge_support(picture, POINTS, 100) < 0.05


@pytest.mark.parametrize("points", [POINTS * np.nan, POINTS * 1e20, POINTS * 0])
def test_points_that_are_none_are_no_crash(points):
    assert edge_support(lines(), points, 100) == pytest.approx(0, abs=0.01)
    parsed_evidence(parts(), points.astype(np.float32), 100)


def test_a_perfect_map_agrees():
    found = parsed_evidence(parts(), POINTS, 100)
    assert found.skin > 0.97 and found.spill < 0.05
    assert found.parts < 0.02 and found.covered == 0


def test_a_jaw_that_is_too_large_holds_what_is_no_skin():
    found = parsed_evidence(parts(), grown(POINTS, 1.25, JAW), 100)
    assert found.skin < 0.85 and found.spill < 0.05


def test_a_jaw_that_is_too_small_leaves_skin_out():
    found = parsed_evidence(parts(), grown(POINTS, 0.75, JAW), 100)
    assert found.skin > 0.97 and found.spill > 0.15


@pytest.mark.parametrize(("dx", "dy"), [(100, 0), (96, 8), (0, 120)])
def test_another_face_in_the_picture_says_nothing(dx, dy):
    """Cheek by cheek, overlapping a little, and below."""
    wide = np.zeros((300, 300), np.uint8)
    wide[:160, :160] = parts()
    alone = parsed_evidence(wide, POINTS, 100)
    other = np.zeros_like(wide)
    other[dy : dy + 160, dx : dx + 160] = parts()
    both = parsed_evidence(np.where(wide == Label.BACKGROUND, other, wide), POINTS, 100)
    assert both.parts == pytest.approx(alone.parts, abs=0.005)
    assert both.spill == pytest.approx(alone.spill, abs=0.08)


def test_points_beside_the_only_face_are_wrong():
    beside = parsed_evidence(
        np.pad(parts(), ((0, 0), (0, 200))), POINTS + np.float32([150, 0]), 100
    )
    assert beside.spill == 1 and beside.parts == pytest.approx(0.3)


def test_moved_points_are_away_from_the_parts():
    found = parsed_evidence(parts(), POINTS + np.float32([10, 0]), 100)
    assert found.parts == pytest.approx(0.1, abs=0.01)


def test_the_size_of_the_eyes_is_no_evidence():
    """Large eyes in the map, small ones in the points: their middles are the same."""
    large = grown(grown(POINTS, 1.8, slice(36, 42)), 1.8, slice(42, 48))
    small = grown(grown(POINTS, 0.6, slice(36, 42)), 0.6, slice(42, 48))
    for drawn in (large, small, POINTS):
        away = [parsed_evidence(parts(drawn), points, 100).parts for points in (large, small)]
        assert away == pytest.approx([away[0]] * 2, abs=0.004)
        assert max(away) < 0.02


def test_hair_over_the_cheeks_says_nothing_against_the_jaw():
    seen = parts()
    seen[:, :58] = np.where(seen[:, :58] == Label.SKIN, Label.HAIR, seen[:, :58])
    assert parsed_evidence(seen, POINTS, 100).skin > 0.97


def test_what_lies_over_the_face_is_counted():
    seen = parts()
    seen[:80] = Label.LETTERING
    assert 0.3 < parsed_evidence(seen, POINTS, 100).covered < 0.7


def test_a_map_without_a_face_tells_nothing():
    found = parsed_evidence(np.full((160, 160), Label.HAIR, np.uint8), POINTS, 100)
    assert (found.skin, found.spill, found.parts) == (None, None, None)
