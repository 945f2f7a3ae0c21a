"""The ONNX backend with the bundled network; nothing here needs PyTorch."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from webtoon_curate.detect import detect_scene, load_detector, network
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Scene
from webtoon_curate.models import find_card, find_model

NAME = "webtoon_faces"


@pytest.fixture(scope="module")
def detector():
    return load_detector(NAME)


def page(height=900, width=700):
    """The canary's drawn face in several places and sizes on an even page."""
    import cv2

    face = np.ascontiguousarray(canary_picture()[:, :128])
    pixels = np.full((height, width, 3), (205, 225, 240), np.uint8)
    for x, y, scale in ((40, 50, 1), (330, 120, 2), (60, 420, 3.0), (560, 700, 0.6)):
        small = cv2.resize(face, None, fx=scale, fy=scale)[: height - y, : width - x]
        pixels[y : y + small.shape[0], x : x + small.shape[1]] = small
    return pixels


def test_it_is_bundled_and_small():
    path = find_model(NAME)
    assert path is not None
    assert path.stat().st_size <= 6_000_000


def test_auto_takes_it(monkeypatch, tmp_path):
    monkeypatch.setenv("WEBTOON_CURATE_MODELS", str(tmp_path))
    assert load_detector("auto").name == NAME


def test_it_loads_quickly(detector):
    times = []
    for _ in range(3):
        start = time.process_time()
        network.load(find_card(NAME), find_model(NAME), "cpu")
        times.append(time.process_time() - start)
    assert min(times) < 0.3


def test_the_drawn_face_of_the_canary_is_found(detector):
    (found,) = detector([canary_picture()])
    assert overlaps(FACES[0], found.boxes)[0].max() > 0.4


def test_scores_are_probabilities_and_boxes_lie_in_the_window(detector):
    pixels = page()
    (found,) = detector([pixels])
    assert len(found)
    assert ((found.scores > 0) & (found.scores < 1)).all()
    assert (found.boxes[:, :2] >= 0).all()
    assert (found.boxes[:, :2] + found.boxes[:, 2:] <= (700, 900)).all()


@pytest.mark.parametrize("shape", [(1, 1), (31, 500), (33, 20), (225, 7), (320, 320)])
def test_windows_of_any_shape_are_searched(detector, shape):
    (found,) = detector([np.full((*shape, 3), 127, np.uint8)])
    assert (found.boxes[:, 2:] <= shape[::-1]).all()


def test_windows_do_not_influence_each_other(detector):
    one, two = page(), page()[:400]
    together = detector([one, two])
    for found, window in zip(together, (one, two)):
        (alone,) = detector([window])
        assert np.array_equal(found.boxes, alone.boxes)
        assert np.array_equal(found.scores, alone.scores)


def test_the_number_of_threads_does_not_change_a_byte(monkeypatch):
    """The engine gives each worker a share of the cores: `--jobs` must not show in the tables."""
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr("webtoon_curate.engine.threads", lambda threads=threads: threads)
        (one,) = load_detector(NAME)([page()])
        found.append((one.boxes.tobytes(), one.scores.tobytes()))
    assert found[0] == found[1] == found[2]


def test_a_window_that_fills_the_network_is_looked_at_without_a_copy(detector):
    one = page(896, 704)
    assert np.shares_memory(network._padded([one]), one)
    assert network._padded([one[:, :700]]).shape == (1, 896, 704, 3)


def test_a_face_as_large_as_the_scene_is_found(detector):
    import cv2

    face = np.ascontiguousarray(canary_picture()[:, :128])
    large = cv2.resize(face, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    found = detect_scene(
        detector, lambda x, y, w, h: large[y : y + h, x : x + w], Scene(0, 0, *large.shape[1::-1])
    )
    assert overlaps(FACES[0] * 6, found.boxes)[0].max(initial=0) > 0.4


def test_a_file_that_is_no_network_is_named(tmp_path):
    path = tmp_path / "faces.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"faces\.onnx"):
        load_detector(str(path))


@pytest.mark.parametrize("shape", [[1, "height", "width", 3], ["n", 640, 640, 3]])
def test_a_network_that_takes_windows_of_one_number_or_size_is_named(tmp_path, monkeypatch, shape):
    class Session:
        def get_inputs(self):
            return [SimpleNamespace(name="pixels", type="tensor(uint8)", shape=shape)]

        def get_outputs(self):
            return [SimpleNamespace(name="stride8")]

    monkeypatch.setattr(network, "open_session", lambda path, device: Session())
    with pytest.raises(ModelError, match="any number and size"):
        network.load(find_card(NAME), tmp_path / "faces.onnx", "cpu")


def test_a_card_whose_scores_fall_with_the_network_s_is_an_error():
    card = replace(find_card(NAME), calibration={"slope": 0.0})
    with pytest.raises(ModelError, match="slope"):
        network.load(card, find_model(NAME), "cpu")


def test_cuda_without_a_gpu_is_an_error_that_says_so():
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match="GPU"):
        load_detector(NAME, device="cuda")


def test_with_flip_a_mirrored_page_has_mirrored_faces():
    flipping = load_detector(NAME, flip=True, min_score=0.3)
    pixels = page(896, 704)
    found, mirrored = (flipping([p])[0] for p in (pixels, pixels[:, ::-1]))
    boxes = mirrored.boxes.copy()
    boxes[:, 0] = 704 - boxes[:, 0] - boxes[:, 2]
    sure = found[found.scores > 0.3]
    assert len(sure) >= 3
    assert overlaps(sure.boxes[0], boxes)[0].max() > 0.95
    best = found.scores.max(), mirrored.scores.max()
    assert best[0] == pytest.approx(best[1], abs=0.02)


def test_turned_finds_the_faces_of_a_page_that_lies():
    pixels = page(896, 704)
    upright = load_detector(NAME, min_score=0.3)([pixels])[0]
    turned = load_detector(NAME, turned=True, min_score=0.02)
    sure = upright.boxes[upright.scores > 0.9]
    assert len(sure) >= 3
    for quarters in (1, 2, 3):
        lying = np.ascontiguousarray(np.rot90(pixels, quarters))
        found, boxes = turned([lying])[0], sure
        height, width = pixels.shape[:2]
        for _ in range(quarters):
            x, y, w, h = boxes.T
            boxes, height, width = np.stack([y, width - x - w, h, w], 1), width, height
        for box in boxes:
            shares = overlaps(box, found.boxes)[0]
            assert found.scores[shares > 0.5].max() > 0.1


def test_turned_leaves_upright_faces_as_they_are():
    plain, turned = (load_detector(NAME, turned=t, min_score=0.3) for t in (False, True))
    before, found = (d([page(896, 704)])[0] for d in (plain, turned))
    sure = before.boxes[before.scores > 0.5]
    assert len(sure) and {*map(tuple, sure)} <= {*map(tuple, found.boxes)}


def test_creatures_only_add_faces():
    human, all_faces = (load_detector(NAME, creatures=c) for c in (False, True))
    pixels = page()
    found, more = (d([pixels])[0] for d in (human, all_faces))
    for box, score in zip(found.boxes, found.scores):
        shares = overlaps(box, more.boxes)[0]
        assert more.scores[shares > 0.5].max() >= score - 1e-6


@pytest.mark.parametrize("option", ["flip", "turned", "creatures"])
def test_a_cascade_has_no_options_of_networks(option):
    with pytest.raises(ModelError, match=option):
        load_detector("lbpcascade_webtoon", **{option: True})


def same(found, wanted, tolerance):
    assert len(found) == len(wanted)
    assert np.allclose(found.boxes, wanted.boxes, atol=1000 * tolerance)
    assert np.allclose(found.scores, wanted.scores, atol=tolerance)


def test_windows_together_give_what_they_give_alone(detector):
    first, second = page(), page()[::-1].copy()
    other = page(500, 400)
    together = detector([first, second, other])
    for found, window in zip(together, (first, second, other)):
        same(found, detector([window])[0], 1e-5)


def test_a_gpu_gives_what_the_processor_gives(detector):
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("there is no GPU")
    # In floats an 8-bit value on the edge falls to the other side now and then: by 0.003 at most on
    # pages, where a processor computes the same floats.
    same(load_detector(NAME, device="cuda")([page()])[0], detector([page()])[0], 5e-3)
