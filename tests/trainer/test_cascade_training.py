"""The whole way from labelled pages to a cascade."""

from __future__ import annotations

import json
import os

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.errors import CurateError
from webtoon_curate.trainer.cascade import (
    PRESETS,
    CascadeConfig,
    read_cascade,
    train_cascade,
)
from webtoon_curate.trainer.cascade import train as cascade_training

SMALL = CascadeConfig(**{**PRESETS["tiny"], "crops": 0, "episodes": 0, "negatives": 200})
OFFSET = np.array([40, 60, 0, 0], np.float32)
"""Of the canary picture in the pages."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A dozen pages, each with the canary's faces on other ground."""
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(0)
    labels = {}
    for number in range(12):
        page = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
        page = cv2.GaussianBlur(page, (0, 0), 2 + number % 3)
        page[60:220, 40:328] = canary_picture()
        boxes = FACES + OFFSET
        boxes[:, 2:] += boxes[:, :2]
        faces = [{"box": box, "view": "frontal"} for box in boxes.tolist()]
        cv2.imwrite(str(folder / f"{number}.png"), page[..., ::-1])
        labels[f"{number}.png"] = {"faces": faces, "size": [400, 300]}
    (folder / "labels.json").write_text(json.dumps({"pages": labels}))
    return folder


def test_a_trained_cascade_finds_the_faces_in_opencv(pages, tmp_path):
    path = train_cascade([pages], tmp_path, SMALL)
    classifier = cv2.CascadeClassifier(str(path))
    grey = cv2.equalizeHist(cv2.imread(str(pages / "0.png"), cv2.IMREAD_GRAYSCALE))
    boxes = classifier.detectMultiScale(grey, 1.1, 1)
    centers = np.array(boxes).reshape(-1, 4) @ [[1, 0], [0, 1], [0.5, 0], [0, 0.5]]
    for x, y, width, height in FACES + OFFSET:
        off = np.abs(centers - (x + width / 2, y + height / 2)).max(axis=1)
        assert off.min() < 0.3 * max(width, height)
    alarms = [json.loads(line)["faces_left"] for line in (tmp_path / "log.jsonl").open()]
    assert len(alarms) == len(read_cascade(path).stages)
    assert alarms[-1] > 0.9


def test_same_seed_same_bytes_also_when_resumed(pages, tmp_path, monkeypatch):
    whole = train_cascade([pages], tmp_path / "whole", SMALL).read_bytes()
    assert train_cascade([pages], tmp_path / "again", SMALL, jobs=2).read_bytes() == whole

    def stop(line):
        if line.startswith("stage"):
            raise KeyboardInterrupt

    for _ in range(SMALL.stages):
        with pytest.raises(KeyboardInterrupt):
            train_cascade([pages], tmp_path / "cut", SMALL, resume=True, tell=stop)
    path = train_cascade([pages], tmp_path / "cut", SMALL, resume=True)
    assert path.read_bytes() == whole


def test_a_run_that_ends_between_two_files_goes_on_to_the_same_end(pages, tmp_path, monkeypatch):
    train_cascade([pages], tmp_path / "whole", SMALL)
    write = cascade_training.write_cascade

    def killed(cascade, *rest):
        if len(cascade.stages) == 2:
            raise KeyboardInterrupt
        write(cascade, *rest)

    cut = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(cascade_training, "write_cascade", killed)
        with pytest.raises(KeyboardInterrupt):
            train_cascade([pages], cut, SMALL)
    with (cut / "log.jsonl").open("a") as log:
        log.write('{"stage": 3, "stum')
    train_cascade([pages], cut, SMALL, resume=True)
    names = sorted(path.name for path in cut.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "whole").iterdir())
    for name in names:
        assert (cut / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_run_is_not_overwritten_or_mixed(pages, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "cascade.xml").write_text("somebody's")
    with pytest.raises(CurateError, match="of no run here"):
        train_cascade([pages], other, SMALL)
    assert (other / "cascade.xml").read_text() == "somebody's"
    train_cascade([pages], tmp_path, SMALL)
    with pytest.raises(CurateError, match="--resume"):
        train_cascade([pages], tmp_path, SMALL)
    with pytest.raises(CurateError, match="other settings"):
        train_cascade([pages], tmp_path, CascadeConfig(seed=1), resume=True)


def test_data_without_faces_is_an_error(tmp_path, pages):
    labels = {"pages": {"0.png": {"faces": []}}}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    os.link(pages / "0.png", tmp_path / "0.png")
    with pytest.raises(CurateError, match="no upright human faces"):
        train_cascade([tmp_path], tmp_path / "run", SMALL)
    with pytest.raises(CurateError, match="no labelled pages"):
        train_cascade([tmp_path / "run"], tmp_path / "other", SMALL)


def test_the_command_draws_its_own_faces(tmp_path):
    pytest.importorskip("skia")
    run = tmp_path / "run"
    arguments = ["train", "cascade", "-o", str(run), "--preset", "tiny", "-j", "1"]
    result = CliRunner().invoke(main, [*arguments, "--note", "made by a test"])
    assert result.exit_code == 0, result.output
    assert not cv2.CascadeClassifier(str(run / "cascade.xml")).empty()
    assert "made by a test" in (run / "cascade.xml").read_text()
    assert "nothing to learn from" in CliRunner().invoke(main, [*arguments, "--drawn", "0"]).output
