import re
from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.detect import detect_scene, load_detector
from webtoon_curate.detect.canary import canary_picture
from webtoon_curate.detect.cascade import load
from webtoon_curate.detect.cascade_xml import CascadeFile
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Scene
from webtoon_curate.models import ModelCard


@pytest.fixture(scope="module")
def detector(stock_cascade):
    return load_detector(str(stock_cascade), recall="high")


def drawn_face(side):
    """The drawn head of the canary on its own ground, its face about `side` pixels wide."""
    import cv2

    head = np.ascontiguousarray(canary_picture()[:, :128])
    zoom = side / 76
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    return cv2.resize(head, None, fx=zoom, fy=zoom, interpolation=method)


def found_in(detector, picture):
    scene = Scene(0, 0, picture.shape[1], picture.shape[0])
    return detect_scene(detector, lambda x, y, w, h: picture[y : y + h, x : x + w], scene)


@pytest.mark.parametrize("side", [24, 64, 300, 1500])
def test_faces_from_24_to_1500_pixels_are_found_once(detector, side):
    head = drawn_face(side)
    height = max(2600, len(head) + 200)
    picture = np.full((height, max(800, head.shape[1]), 3), 225, np.uint8)
    top = height - len(head) - 77
    picture[top : top + len(head), : head.shape[1]] = head
    found = found_in(detector, picture)
    center = np.array([64, 78]) / 76 * side + (0, top)
    assert len(found) == 1
    assert np.abs(found.boxes[0, :2] + found.boxes[0, 2:] / 2 - center).max() < 0.25 * side
    assert 0.7 * side < found.boxes[0, 2] < 1.4 * side


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("size", [(16, 16), (30, 700), (700, 30), (600, 600)])
def test_one_color_has_no_faces(detector, grey, size):
    assert len(found_in(detector, np.full((*size, 3), grey, np.uint8))) == 0


def test_boxes_lie_in_the_window_and_scores_in_0_to_1(detector):
    noise = np.random.default_rng(3).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    noise[:160, :128] = canary_picture()[:, :128]
    (found,) = detector([noise])
    assert len(found) and (found.boxes[:, :2] >= 0).all()
    assert (found.boxes[:, :2] + found.boxes[:, 2:] <= (400, 300)).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()


def test_same_answer_with_any_number_of_threads(detector):
    import cv2

    threads, answers = cv2.getNumThreads(), []
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            answers.append(detector([drawn_face(200)])[0])
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(answers[0].boxes, answers[1].boxes)
    assert np.array_equal(answers[0].scores, answers[1].scores)


def test_a_card_may_tell_a_part_of_the_calibration(stock_cascade):
    card = ModelCard("some", "cascade", "MIT", "a test", calibration={"bias": -4.0})
    (found,) = load(card, stock_cascade, "cpu")([drawn_face(64)])
    (usual,) = load(replace(card, calibration={}), stock_cascade, "cpu")([drawn_face(64)])
    assert len(found) == len(usual) > 0
    assert (found.scores > usual.scores).all()


def test_more_windows_are_a_batch(detector):
    pictures = [drawn_face(60), np.zeros((40, 40, 3), np.uint8), drawn_face(120)]
    assert [len(found) > 0 for found in detector(pictures)] == [True, False, True]


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"<stageNum>20<", "<stageNum>2000000<"),
        (r"<featureType>LBP<", "<featureType>HOG<"),
        (r"<height>24<", "<height>100000<"),
        (r"<width>24<", "<width>-24<"),
        (r"<maxCatCount>256<", "<maxCatCount>4096<"),
        (r"<rect>\s*\d+", "<rect>2300"),
        (r"<rect>\s*\d+", "<rect>-9"),
        (r"<internalNodes>\s*0 -1 \d+", "<internalNodes> 0 -1 999999"),
        (r"<internalNodes>\s*0 -1 ", "<internalNodes> 0 -500 "),
        (r"<internalNodes>\s*0 -1 ", "<internalNodes> 7 -1 "),
        (r"<leafValues>\s*\S+", "<leafValues> nan"),
        (r"<leafValues>\s*\S+", "<leafValues>"),
        (r"<stageThreshold>[^<]*", "<stageThreshold>much"),
        (r"</opencv_storage>", ""),
        (r"<opencv_storage>", "<!DOCTYPE x [<!ENTITY a 'b'>]><opencv_storage>"),
        (r"<stageType>", "<a>" * 99_999 + "</a>" * 99_999 + "<stageType>"),
    ],
)
def test_a_broken_or_hostile_cascade_is_refused(stock_cascade, tmp_path, pattern, replacement):
    text, count = re.subn(pattern, replacement, stock_cascade.read_text(), count=1)
    assert count == 1
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"bad\.xml"):
        load_detector(str(path))


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"<a/>", b"%YAML:1.0\n---\n", b"<" * 9999])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.xml"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no cascade"):
        CascadeFile(path)


def test_entities_are_refused_in_any_encoding(tmp_path):
    path = tmp_path / "utf16.xml"
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(ModelError, match="document type"):
        CascadeFile(path)


def test_random_damage_is_survived(stock_cascade, tmp_path):
    data, rng = stock_cascade.read_bytes(), np.random.default_rng(0)
    path = tmp_path / "flipped.xml"
    for _ in range(15):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 3):
            damaged[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(damaged)
        try:
            CascadeFile(path).classifier()
        except ModelError as error:
            assert "flipped.xml" in str(error)


def test_a_haar_cascade_of_opencv_runs():
    import cv2

    detector = load_detector(f"{cv2.data.haarcascades}haarcascade_frontalface_alt2.xml")
    assert len(detector([canary_picture()])[0]) >= 1
