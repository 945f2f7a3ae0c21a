"""What a run is measured by when it ends."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("skia", reason="drawing needs the extra synth")

import torch
from translation_runs import saved

from webtoon_curate.cli import main
from webtoon_curate.errors import ModelError
from webtoon_curate.reader import load_reader
from webtoon_curate.synth.shards import synth_faces
from webtoon_curate.trainer import measures
from webtoon_curate.trainer.drawn import DrawnFaces
from webtoon_curate.trainer.measures import Sides, measure, measured
from webtoon_curate.trainer.page import MEASURES, write_page
from webtoon_curate.trainer.translate import Translator


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("measures") / "faces"
    synth_faces(path, 80, 7, size=128, family="anime")  # nine are val: all of train is seen
    return path


class Copying(Translator):
    """Draws the pictures that it is told to, whatever it is given."""

    def __init__(self, run, pictures):
        super().__init__(run, "cpu")
        self.pictures = pictures

    def __call__(self, faces, groups=()):
        return [self.pictures.pop(0) for _ in faces]


def shown(translator, faces, count):
    places = np.linspace(0, len(faces) - 1, count).round().astype(int)
    return [measures._sized(faces[int(place)], translator) for place in places]


@pytest.fixture
def run(tmp_path):
    return saved(tmp_path / "run", "ugatit").folder


def test_copies_of_training_pictures_are_told(folder, run):
    """What is drawn are the sources themselves, true pictures that were not learned from, and
    training pictures."""
    train, val = DrawnFaces(folder), DrawnFaces(folder, "val")
    count, reader, plain = len(val), load_reader(device="cpu"), Translator(run, "cpu")
    sides = Sides(val, train, val)
    found = {
        name: measure(Copying(run, shown(plain, faces, count)), sides, count, reader)
        for name, faces in (("itself", val), ("learned", train))
    }
    assert found["itself"]["memorization@reader"] == pytest.approx(0.5)
    assert found["itself"]["copies"] <= 1 / count
    assert found["itself"]["nme"] == 0
    assert found["itself"]["group_kept"] in (1, None)
    assert found["itself"]["skin_delta_e"] == 0
    assert found["learned"]["memorization@reader"] == found["learned"]["copies"] == 1
    assert found["learned"]["nme"] > 0.05
    assert found["learned"]["kid_x1000@reader"] > found["itself"]["kid_x1000@reader"]
    assert found["itself"]["kid_x1000_sources@reader"] == found["itself"]["kid_x1000@reader"]
    assert sum(row["faces"] for row in found["learned"]["groups"]) == count


def test_without_held_out_faces_memory_is_not_told(folder, run):
    train = DrawnFaces(folder)
    found = measure(Translator(run, "cpu"), Sides(train, train, None), 4, load_reader())
    assert found["memorization@reader"] is None and not found["held"]
    assert found["faces"] == 4


def test_what_a_model_does_not_look_at_is_told(folder, tmp_path):
    """One without weights for its key points."""
    made = saved(tmp_path / "blind", "cyclegan")
    with torch.no_grad():
        for net in (made.averages["a2b"], made.method.nets["a2b"]):
            next(net.parameters())[:, 3] = 0
    made.step = 2
    made.save()
    train = DrawnFaces(folder)
    found = measure(Translator(made.folder, "cpu"), Sides(train, train, None), 4, load_reader())
    assert found["condition"]["points"] == 0 and "points" in found["ignored"]
    (made.folder / MEASURES).write_text(json.dumps(found))
    assert "0.00, ignored" in write_page(made.folder).read_text()


def test_one_face_or_no_reader_measures_nothing(folder, run, monkeypatch):
    faces, alone = DrawnFaces(folder), DrawnFaces(folder)
    alone.rows = alone.rows[:1]
    assert measured(run, Sides(alone, faces, None), 9, "cpu", print) is None

    def missing(**_):
        raise ModelError("no face reader is installed")

    monkeypatch.setattr(measures, "load_reader", missing)
    assert measured(run, Sides(faces, faces, None), 9, "cpu", print) is None
    assert not (run / MEASURES).exists()


def test_training_ends_with_measures(folder, tmp_path):
    run = tmp_path / "run"
    command = ["train", "cyclegan", "--preset", "tiny", "--device", "cpu", "-o", str(run)]
    result = CliRunner().invoke(main, [*command, "--data", str(folder), "--data", str(folder)])
    assert result.exit_code == 0, result.output
    found = json.loads((run / MEASURES).read_text())
    assert found["step"] == 4 and found["held"] and found["faces"] == 4
    assert found["memorization@reader"] is not None
    assert set(found["condition"]) == {"picture", "points"}
    page = (run / "index.html").read_text()
    assert "other points" in page
    assert "kid_x1000@reader" in page and "memorization@reader" in page
    assert "kid_x1000@reader" in result.stderr
