"""Tiling, with a detector that finds marked squares exactly: the truth is known."""

from itertools import pairwise

import numpy as np
import pytest

from webtoon_curate.detect.detector import Tiling
from webtoon_curate.detect.tiling import REDUCTION, detect_scene, starts, window_size
from webtoon_curate.faces import Detections, Scene

AREA = 1024 * 1408


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


def test_a_part_of_a_face_in_the_next_window_does_not_take_its_place():
    """As networks do, the finder sees a face in half of one, as clearly, and not to its edge."""

    class Inside(SquareFinder):
        def __call__(self, windows):
            inset = np.array([5, 5, -10, -10], np.float32)
            boxes = [part.boxes + inset for part in super().__call__(windows)]
            return [Detections(each, 0.9 - each[:, 3] / 5000) for each in boxes]

    picture = scene_of((1200, 1600), [(345, 400, 450)])
    tiling = Tiling(4096, 4096, 320, pixels=AREA)
    found = detect_scene(Inside(tiling, smallest=150), reader(picture), Scene(0, 0, 1200, 1600))
    assert found.boxes.tolist() == [[350, 405, 440, 440]]


def test_no_window_is_larger_than_the_detector_wants():
    picture = scene_of((700, 9000), [(100, 8000, 300)])
    finder, reads = SquareFinder(Tiling(512, 1024, 128)), []
    found = detect_scene(finder, reader(picture, reads), Scene(0, 0, 700, 9000))
    assert len(found) == 1
    assert max(w for _, _, w, _ in reads) <= 512 and max(h for *_, h in reads) <= 1024
    assert max(s[1] for s in finder.shapes) <= 512 and max(s[0] for s in finder.shapes) <= 1024
    assert len(reads) == len(set(reads)), "the scene is read once"


@pytest.mark.parametrize(
    "size", [(1500, 900), (1100, 1600), (800, 9000), (2480, 3508), (40000, 700), (1025, 1409)]
)
@pytest.mark.parametrize("pixels", [None, AREA])
def test_windows_have_few_pixels_twice(size, pixels):
    side = 4096 if pixels else 1200
    tiling = Tiling(width=side, height=side, overlap=320, pixels=pixels)
    width, height = window_size(size, tiling)
    columns, rows = (len(starts(size[i], (width, height)[i], 320)) for i in range(2))
    assert width * height <= AREA and max(width, height) <= side
    # Each seam repeats the overlap; the rest is the rounding of the sides.
    wide, high = size[0] + (columns - 1) * 320, size[1] + (rows - 1) * 320
    assert columns * width * rows * height <= (wide + columns * 32) * (high + rows * 32)


def test_a_scene_of_as_many_pixels_as_a_window_is_one():
    tiling = Tiling(4096, 4096, 320, pixels=AREA)
    for size in ((720, 2000), (1024, 1408), (3000, 480), (1, 4096)):
        assert window_size(size, tiling) == size
    assert window_size((5000, 100), tiling) != (5000, 100)


def test_the_rows_of_a_tall_scene_are_seen_once_and_its_seams_twice():
    width, height = window_size((720, 3600), Tiling(4096, 4096, 320, pixels=AREA))
    assert (width, height) == (720, 1984)


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
