"""Whether faces are one drawing, on pictures that are made here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from webtoon_curate.crops import CropSettings
from webtoon_curate.dedup.redrawing import SIDE, face_picture, redrawing

ONE_DRAWING = 0.85


def drawing(seed, side=256):
    """Curved ink lines on paper, some of the shapes filled."""
    rng = np.random.default_rng(seed)
    picture = np.full((side, side, 3), 235, np.uint8)
    for _ in range(7):
        points = rng.integers(side // 6, side - side // 6, (4, 2))
        cv2.fillPoly(picture, [points], rng.integers(90, 255, 3).tolist(), cv2.LINE_AA)
        cv2.polylines(picture, [points], True, (20, 20, 20), 3, cv2.LINE_AA)
    return picture


def moved(picture, scale=1.0, x=0.0, y=0.0):
    side = len(picture)
    middle = side / 2
    turn = np.array([[scale, 0, middle * (1 - scale) + x * side],
                     [0, scale, middle * (1 - scale) + y * side]])  # fmt: skip
    return cv2.warpAffine(picture, turn, (side, side), borderMode=cv2.BORDER_REFLECT)


def lettered(picture):
    picture = picture.copy()
    cv2.rectangle(picture, (60, 140), (200, 190), (255, 255, 255), -1)
    cv2.putText(picture, "BANG", (65, 180), cv2.FONT_HERSHEY_DUPLEX, 1.6, (0, 0, 0), 3)
    return picture


def agreement(first, second):
    pictures = [face_picture(crop, CropSettings()) for crop in (first, second)]
    return float(redrawing(pictures[0][None], pictures[1][None])[0])


EDITS = {
    "none": lambda p: p,
    "moved": lambda p: moved(p, 1, 0.06, -0.05),
    "closer": lambda p: moved(p, 1.13, 0.02, 0.03),
    "farther": lambda p: moved(p, 0.9, -0.03, 0.0),
    "evening": lambda p: (p * np.array([0.75, 0.6, 0.9]) + 10).astype(np.uint8),
    "dark": lambda p: (moved(p, 1.05, 0.03) * 0.5).astype(np.uint8),
    "lettered": lettered,
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("seed", range(3))
def test_an_edited_copy_is_the_drawing_and_another_one_is_not(seed, edit):
    picture = drawing(seed)
    assert agreement(picture, EDITS[edit](picture)) > ONE_DRAWING
    assert agreement(picture, EDITS[edit](drawing(seed + 50))) < ONE_DRAWING - 0.1


def test_pairs_do_not_depend_on_their_company():
    pictures = np.stack([face_picture(drawing(seed), CropSettings()) for seed in range(21)])
    together = redrawing(pictures, pictures[::-1])
    alone = [redrawing(pictures[n : n + 1], pictures[20 - n : 21 - n])[0] for n in range(21)]
    assert np.allclose(together, alone, atol=1e-5)
    assert together[10] > 0.99


def test_blank_pictures_and_odd_crops_give_numbers():
    blank = np.full((1, SIDE, SIDE), 255, np.uint8)
    assert np.isfinite(redrawing(blank, blank)).all()
    assert redrawing(blank[:0], blank[:0]).shape == (0,)
    for shape in ((1, 1, 3), (300, 7, 3), (5, 400, 3)):
        crop = np.zeros(shape, np.uint8)
        assert face_picture(crop, CropSettings(expand=0.2, shift=3)).shape == (SIDE, SIDE)
