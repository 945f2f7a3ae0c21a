from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.landmarks.pose import PROFILE, pose_of, view_of
from webtoon_curate.landmarks.quality import calibration

SOLID = calibration().solid


def seen(yaw=0.0, pitch=0.0, roll=0.0, size=100.0):
    """The mean face, turned: yaw to the picture's right, pitch up, roll clockwise."""
    y, p, r = np.radians([yaw, pitch, roll])
    turn_yaw = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    turn_pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    turn_roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    turned = SOLID @ (turn_roll @ turn_pitch @ turn_yaw).T
    return turned[None, :, :2] * size + 300


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (40, 0, 0), (-40, 0, 0), (0, 20, 0), (0, -20, 0), (0, 0, 30), (0, 0, 150)]
)
def test_a_turned_face_is_seen_as_it_is_turned(angles):
    assert pose_of(seen(*angles), SOLID)[0] == pytest.approx(angles, abs=0.5)


def test_turning_right_moves_the_nose_to_the_pictures_right():
    points = seen(yaw=35)[0]
    assert points[30, 0] - points[[0, 16], 0].mean() > 10


def test_points_in_one_place_look_nowhere():
    found = pose_of(np.stack([np.full((68, 2), 7.0), np.full((68, 2), np.nan)]), SOLID)
    assert np.isnan(found).all()


def test_views():
    assert view_of(0.0, 0.0) == view_of(-10.0, None) == "frontal"
    assert view_of(-PROFILE - 1, 0.0) == "profile"
    assert view_of(80.0, 0.9) == "occluded"
    assert view_of(None, None) is None and view_of(np.nan, np.nan) is None
