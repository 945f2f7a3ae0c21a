"""Tiling, with a detector that finds marked squares exactly: the truth is known."""

from itertools import pairwise

import numpy as np
import pytest

from webtoon_curate.detect.detector import Tiling
from webtoon_curate.detect.tiling import REDUCTION, detect_scene, starts
from webtoon_curate.faces import Detections, Scene


class SquareFinder:
    """Finds white squares on black; blind, as networks are, to what is small or cut."""

    min_score = 0.5

    def __init__(self, tiling, smallest=6, largest=10**6):
        self.tiling, self.smallest, self.largest = tiling, smallest, largest
        self.shapes = []

    def __call__(self, windows):
        import cv2

        found = []
        for window in windows:
            self.shapes.append(window.shape)
            mask = (window[:, :, 0] > 127).astype(np.uint8)
            boxes = cv2.connectedComponentsWithStats(mask)[2][1:, :4]
            boxes = boxes[(boxes[:, 2] >= self.smallest) & (boxes[:, 2] <= self.largest)]
            # As detectors do, it sees what is larger more clearly.
            found.append(Detections(boxes, 0.7 + 0.2 * np.minimum(boxes[:, 2] / 20, 1)))
        return found


def scene_of(size, squares):
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, side in squares:
        picture[y : y + side, x : x + side] = 255
    return picture


def reader(picture, reads=None):
    def read(x, y, width, height):
        assert x >= 0 and y >= 0 and x + width <= picture.shape[1] and y + height <= len(picture)
        if reads is not None:
            reads.append((x, y, width, height))
        return picture[y : y + height, x : x + width]

    return read


def found_in(picture, tiling, **options):
    finder = SquareFinder(tiling, **options)
    scene = Scene(0, 0, picture.shape[1], picture.shape[0])
    return detect_scene(finder, reader(picture), scene), finder


@pytest.mark.parametrize(
    ("length", "window", "overlap"), [(100, 30, 10), (31, 30, 29), (30, 30, 5)]
)
def test_windows_cover_everything_and_overlap(length, window, overlap):
    first = starts(length, window, overlap)
    assert first[0] == 0 and first[-1] + window == length
    assert all(b - a <= window - overlap for a, b in pairwise(first))


@pytest.mark.parametrize("side", [8, 24, 60, 200, 900])
def test_faces_of_every_size_are_found_once(side):
    picture = scene_of((1000, 2600), [(37, 1313, side)])
    tiling = Tiling(width=256, height=300, overlap=64)
    found, _ = found_in(picture, tiling, largest=80)
    assert len(found) == 1
    assert found.boxes[0] == pytest.approx([37, 1313, side, side], abs=REDUCTION**2)


def test_a_face_on_every_seam_is_found_once():
    squares = [(x, y, 20) for x in range(5, 760, 53) for y in range(5, 900, 61)]
    found, _ = found_in(scene_of((800, 940), squares), Tiling(256, 256, 64), largest=40)
    assert sorted(map(tuple, found.boxes.astype(int).tolist())) == sorted(
        (x, y, 20, 20) for x, y, _ in squares
    )


def test_no_window_is_larger_than_the_detector_wants():
    picture = scene_of((700, 9000), [(100, 8000, 300)])
    finder, reads = SquareFinder(Tiling(512, 1024, 128)), []
    found = detect_scene(finder, reader(picture, reads), Scene(0, 0, 700, 9000))
    assert len(found) == 1
    assert max(w for _, _, w, _ in reads) <= 512 and max(h for *_, h in reads) <= 1024
    assert max(s[1] for s in finder.shapes) <= 512 and max(s[0] for s in finder.shapes) <= 1024
    assert len(reads) == len(set(reads)), "the scene is read once"


def test_a_scene_that_fits_is_one_window():
    _, finder = found_in(scene_of((300, 200), []), Tiling(512, 512, 64))
    assert finder.shapes == [(200, 300, 3)]


def test_boxes_are_in_episode_coordinates():
    picture = scene_of((400, 900), [(150, 700, 50)])
    scene = Scene(100, 600, 300, 250)
    found = detect_scene(SquareFinder(Tiling()), reader(picture), scene)
    assert found.boxes.tolist() == [[150, 700, 50, 50]]


def test_scores_below_the_operating_point_are_dropped():
    finder = SquareFinder(Tiling())
    finder.min_score = 0.95
    picture = scene_of((200, 200), [(50, 50, 50)])
    assert len(detect_scene(finder, reader(picture), Scene(0, 0, 200, 200))) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (15, 300)])
def test_slivers_have_no_faces(size):
    found, finder = found_in(np.full((size[1], size[0], 3), 255, np.uint8), Tiling())
    assert len(found) == 0 and not finder.shapes
