import numpy as np
import pytest

from webtoon_curate.detect.merging import merge, overlaps
from webtoon_curate.faces import Detections


def test_overlaps_known_answers():
    box = np.array([0, 0, 10, 10], np.float32)
    others = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [20, 0, 5, 5], [2, 2, 5, 5]], np.float32)
    iou, covered = overlaps(box, others)
    assert iou == pytest.approx([1, 1 / 3, 0, 0.25])
    assert covered == pytest.approx([1, 0.5, 0, 1])


def test_boxes_without_area_overlap_nothing():
    iou, covered = overlaps(np.zeros(4, np.float32), np.zeros((2, 4), np.float32))
    assert not iou.any() and not covered.any()


def test_one_box_a_face_the_best_one():
    found = Detections([[0, 0, 10, 10], [1, 1, 10, 10], [3, 3, 4, 4], [50, 50, 9, 9]], [3, 9, 8, 1])
    merged = merge(found)
    assert merged.boxes.tolist() == [[1, 1, 10, 10], [50, 50, 9, 9]]
    assert merged.scores.tolist() == [9, 1]


def test_neighbouring_faces_stay_apart():
    assert len(merge(Detections([[0, 0, 10, 10], [8, 0, 10, 10]], [1, 1]))) == 2


def test_order_of_the_windows_does_not_matter():
    rng = np.random.default_rng(0)
    boxes = rng.integers(5, 60, (80, 4))
    scores = rng.integers(0, 4, 80) / 4
    expected = merge(Detections(boxes, scores))
    for _ in range(5):
        order = rng.permutation(80)
        again = merge(Detections(boxes[order], scores[order]))
        assert np.array_equal(again.boxes, expected.boxes)


def test_nothing_merges_to_nothing():
    assert len(merge(Detections())) == 0


def test_ten_thousand_boxes_are_no_trouble():
    rng = np.random.default_rng(1)
    boxes = np.column_stack([rng.random((10_000, 2)) * 300, np.full((10_000, 2), 40)])
    assert 0 < len(merge(Detections(boxes, rng.random(10_000)))) < 400
