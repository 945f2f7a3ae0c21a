"""Irises of a map of parts lie between the points of the eyes, whatever map and points are like."""

from __future__ import annotations

import numpy as np
import pytest
from painted_eyes import BLUE, BROWN, SIDES, drawn, oval, over

from webtoon_curate.attributes.colors import face_colors
from webtoon_curate.attributes.eyes import SURE, within_eyes
from webtoon_curate.attributes.palette import names_of, palette
from webtoon_curate.synth.labels import Label

SURELY = np.full(68, 0.8)


def points(wide=18.0, high=14.0, at=82.0):
    """(68, 2) points whose eyes are where `drawn` has them, 2 * wide by 2 * high."""
    placed = np.full((68, 2), 80.0)
    for first, side in ((36, -1), (42, 1)):
        turn = np.radians([180, 240, 300, 0, 60, 120])
        placed[first : first + 6, 0] = 80.5 + 24 * side + wide * np.cos(turn)
        placed[first : first + 6, 1] = at + 0.5 + high * np.sin(turn)
    return placed


IRISES = (Label.LEFT_IRIS, Label.RIGHT_IRIS)
EYES = (*IRISES, Label.LEFT_EYE, Label.RIGHT_EYE)


def test_irises_between_the_points_stay_and_those_beyond_go_with_their_whites():
    _, labels = drawn()
    stray = labels.copy()
    stray[56:66, 20:40], stray[60:62, 20:40] = Label.LEFT_EYE, Label.LEFT_IRIS
    kept = within_eyes(stray, points(), SURELY)
    assert (np.isin(kept, IRISES) == np.isin(labels, IRISES)).all()
    assert (kept[56:66, 20:40] == Label.OCCLUDER).all()
    others = ~np.isin(stray, EYES)
    assert (kept[others] == stray[others]).all()
    assert (kept == Label.LEFT_EYE).sum() > 0.5 * (labels == Label.LEFT_EYE).sum()


def test_the_border_of_dots_is_no_white():
    _, labels = drawn(dots=True)
    for side, (eye, iris) in SIDES.items():
        dot = labels == iris
        labels[oval(80 + 24 * side, 82, 7, 10) & ~dot] = eye
    kept = within_eyes(labels, points(wide=4.0, high=8.0), SURELY)
    whites = (Label.LEFT_EYE, Label.RIGHT_EYE)
    assert np.isin(kept, whites).sum() < 0.25 * np.isin(kept, IRISES).sum()


def test_a_map_that_reaches_over_hair_tells_the_eyes():
    pixels, labels = drawn(BLUE)
    for side, (_, iris) in SIDES.items():
        lock = oval(80 + 24 * side, 56, 16, 11)
        over(pixels, lock, (190, 30, 30))
        labels[lock] = iris
    name = palette("eye").name(BLUE)
    assert names_of(face_colors(pixels, labels))["eye_name"] != name
    labels = within_eyes(labels, points(), SURELY)
    assert names_of(face_colors(pixels, labels))["eye_name"] == name


def test_irises_elsewhere_are_none():
    pixels, labels = drawn(BROWN)
    kept = within_eyes(labels, points(at=130.0), SURELY)
    assert not np.isin(kept, EYES).any()
    assert "left_eye_color" not in face_colors(pixels, kept)


def test_eyes_of_two_colors_stay_two():
    pixels, labels = drawn(BLUE, (58, 120, 76))
    kept = within_eyes(labels, points(), SURELY)
    assert names_of(face_colors(pixels, kept))["eye_name"] == "blue/green"


def test_dots_may_be_a_pixel_larger_than_the_points():
    labels = np.full((160, 160), Label.SKIN, np.uint8)
    labels[80:85, 54:59] = Label.LEFT_IRIS
    assert (within_eyes(labels, points(wide=2.2, high=1.6), SURELY) == labels).all()


@pytest.mark.parametrize("confidence", [0.0, SURE / 2, float("nan")])
def test_points_that_are_not_sure_show_no_eye(confidence):
    _, labels = drawn()
    unsure = SURELY.copy()
    unsure[36:42] = confidence
    kept = within_eyes(labels, points(), unsure)
    assert not (kept == Label.LEFT_IRIS).any()
    assert ((kept == Label.RIGHT_IRIS) == (labels == Label.RIGHT_IRIS)).all()


def test_points_that_are_nowhere_or_far_away_are_no_error():
    _, labels = drawn()
    lost = points()
    lost[[40, 46]] = np.nan
    assert (within_eyes(labels, lost, SURELY) == labels).all()
    for far in (1e30, -1e30):
        kept = within_eyes(labels, np.full((68, 2), far), SURELY)
        assert not np.isin(kept, IRISES).any()
    assert within_eyes(labels[:1, :1], points(), SURELY).shape == (1, 1)
