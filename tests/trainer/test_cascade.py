"""The parts of the cascade trainer: features, stumps, stages, files, windows."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from cascade_windows import random_windows, taken_by_opencv

from webtoon_curate.errors import ModelError
from webtoon_curate.trainer.cascade import Cascade, Stage, Stump, read_cascade, write_cascade
from webtoon_curate.trainer.cascade.boosting import Samples, StageGoal, best_stump, boost_stage
from webtoon_curate.trainer.cascade.features import chosen_codes, codes, rectangles
from webtoon_curate.trainer.cascade.mining import mine
from webtoon_curate.trainer.cascade.pictures import DRAWN, Picture
from webtoon_curate.trainer.cascade.windows import ROOM, face_windows, place_of


def random_cascade(windows: np.ndarray, stumps: list[int], seed: int = 0) -> Cascade:
    """A cascade each of whose stages passes about two thirds of the windows."""
    rng = np.random.default_rng(seed)
    stages = []
    for count in stumps:
        rects = rng.choice(rectangles(), count, replace=False).tolist()
        leaves = rng.normal(size=(count, 2)).astype(np.float32).tolist()
        weak = tuple(
            Stump(tuple(r), rng.random(256) < 0.5, tuple(values))
            for r, values in zip(rects, leaves)
        )
        sums = Stage(weak, 0.0).sums(windows)
        stages.append(Stage(weak, float(np.float32(np.quantile(sums, 0.33)))))
    return Cascade(tuple(stages))


def test_every_feature_lies_in_the_window_once():
    x, y, width, height = rectangles().astype(int).T
    assert len(np.unique(rectangles(), axis=0)) == len(rectangles()) == 92**2
    assert ((x + 3 * width <= 24) & (y + 3 * height <= 24) & (width > 0) & (height > 0)).all()


def test_codes_are_the_definition_of_the_pattern():
    windows = random_windows(5)
    all_codes = codes(windows)
    for number in np.random.default_rng(1).choice(len(rectangles()), 60):
        x, y, w, h = rectangles()[number].astype(int)
        for n, window in enumerate(windows):
            cells = window[y : y + 3 * h, x : x + 3 * w].astype(int)
            cells = cells.reshape(3, h, 3, w).sum(axis=(1, 3))
            ring = [cells[0, 0], *cells[0, 1:], cells[1, 2], *cells[2, ::-1], cells[1, 0]]
            code = sum(int(v >= cells[1, 1]) << bit for bit, v in zip(range(7, -1, -1), ring))
            assert all_codes[number, n] == code


def test_codes_of_chosen_features_are_those_of_all():
    windows = random_windows(7)
    numbers = np.random.default_rng(2).choice(len(rectangles()), 50)
    assert (chosen_codes(windows, rectangles()[numbers]) == codes(windows)[numbers]).all()


def test_decisions_equal_those_of_opencv(tmp_path):
    windows = random_windows(10_000)
    cascade = random_cascade(windows, [3, 8, 20, 60])
    passed = cascade.passed(windows)
    assert (np.bincount(passed, minlength=5) > 500).all()
    for count in range(1, 5):
        # A cascade's beginning is a cascade: so each stage's decisions are compared.
        path = tmp_path / f"{count}.xml"
        write_cascade(Cascade(cascade.stages[:count]), path)
        assert (taken_by_opencv(path, windows) == (passed >= count)).all()


def test_a_file_gives_the_same_cascade_back(tmp_path):
    windows = random_windows(300)
    cascade = random_cascade(windows, [2, 5])
    write_cascade(cascade, tmp_path / "a.xml", note="licence -- none")
    again = read_cascade(tmp_path / "a.xml")
    for stage, other in zip(cascade.stages, again.stages, strict=True):
        assert np.float32(stage.threshold) == np.float32(other.threshold)
        assert (stage.sums(windows) == other.sums(windows)).all()
    assert not cv2.CascadeClassifier(str(tmp_path / "a.xml")).empty()


@pytest.mark.parametrize("text", ["", "<a/>", "<opencv_storage><cascade/></opencv_storage>"])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"bad\.xml"):
        read_cascade(path)


def test_the_stock_cascade_can_be_read_and_decides_as_in_opencv(stock_cascade):
    windows = random_windows(500)
    cascade = read_cascade(stock_cascade)
    assert (taken_by_opencv(stock_cascade, windows) == cascade.accepts(windows)).all()


def test_a_stump_takes_the_best_of_all_subsets():
    """Against every subset of five codes."""
    rng = np.random.default_rng(3)
    values, faces = rng.integers(0, 5, (2, 80), dtype=np.uint8), rng.random(80) < 0.5
    weights = rng.random(80) / 40
    number, subset, leaves = best_stump(values, np.arange(2), np.arange(80), weights, faces)
    answers = np.where(subset, *leaves)[values[number]]
    signs = np.where(faces, 1.0, -1.0)
    error = (weights * (signs - answers) ** 2).sum()
    for feature, members in itertools.product(range(2), range(1, 31)):
        inside = (members >> values[feature]) & 1 == 1
        fit = np.zeros(80)
        for side in (inside, ~inside):
            fit[side] = np.average(signs[side], weights=weights[side]) if side.any() else 0
        assert error <= (weights * (signs - fit) ** 2).sum() + 1e-3


def test_a_stage_keeps_its_hit_rate_and_learns():
    rng = np.random.default_rng(4)
    windows = random_windows(1200)
    faces = np.arange(1200) < 600
    windows[faces, 6:12, 4:20] //= 3  # a dark bar, as eyes are
    samples = Samples(codes(windows), faces, np.ones(1200), rng.random(1200) < 0.3)
    stage, hits, alarms = boost_stage(samples, StageGoal(0.98, 0.1, 40, 400), rng)
    assert hits >= 0.98
    assert alarms <= 0.1
    accepted = stage.accepts(windows)[samples.held]
    held = faces[samples.held]
    assert accepted[held].mean() == pytest.approx(hits)
    assert accepted[~held].mean() == pytest.approx(alarms)


def picture(seed: int = 5, source: str = "somebody") -> Picture:
    rng = np.random.default_rng(seed)
    grey = rng.integers(0, 256, (150, 200), dtype=np.uint8)
    boxes = np.array([[50, 40, 40, 50], [130, 90, 30, 30]], np.float32)
    nothing = np.zeros((0, 4), np.float32)
    return Picture(grey, boxes, np.array([True, False]), nothing, source)


def test_a_face_lies_in_the_middle_of_its_window():
    x, y, width, height = place_of(np.array([50, 40, 40, 50], np.float32))
    assert (x + width / 2, y + height / 2) == pytest.approx((70, 65))
    assert width == height == pytest.approx(45 * ROOM)


def test_windows_are_of_upright_faces_and_an_artist_is_capped():
    pictures = [picture(n, "prolific") for n in range(9)] + [picture(9, "rare"), picture(1, DRAWN)]
    faces = face_windows(pictures, 3, 2, np.random.default_rng(0))
    assert faces.pixels.shape == (10 * 3 + 2, 24, 24)
    assert faces.weights[faces.pictures == 10].sum() == pytest.approx(0.5)
    one = faces.weights[faces.pictures == 9].sum() / faces.weights[faces.pictures == 0].sum()
    assert one == pytest.approx(9 / 2)


def test_mined_windows_pass_the_cascade_and_are_no_faces(tmp_path):
    grey = picture().grey
    marked = Picture(grey, *(getattr(picture(), n) for n in ("faces", "upright", "ignored")), "x")
    cascade = random_cascade(random_windows(2000), [3])
    write_cascade(cascade, tmp_path / "c.xml")
    found = mine([marked], tmp_path / "c.xml", 100, 100, np.random.default_rng(0))
    assert len(found.pixels) == 100
    assert cascade.accepts(found.pixels).all()
    all_face = Picture(grey, marked.faces, marked.upright, np.float32([[0, 0, 200, 150]]), "x")
    assert len(mine([all_face], tmp_path / "c.xml", 9, 9, np.random.default_rng(0)).pixels) == 0
