"""`evaluate detect` on a dataset made here, with known detections."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from PIL import Image

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.evaluate import detect
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.schema import FACES

FOUND = [("p1.png", 10, 20, 50, 60, 0.9), ("p2.png", 200, 200, 40, 40, 0.6)]
LABELS = {
    "ep1/p1.png": {"role": "train", "faces": [{"box": [12, 20, 60, 80], "view": "frontal"}]},
    "ep1/p2.png": {"role": "heldout", "faces": [{"box": [5, 5, 45, 45], "view": "profile"}]},
    "ep9/p1.png": {"role": "train", "faces": [{"box": [5, 5, 45, 45]}]},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """A dataset of two pages with one detection each, and labels of them and of a third."""
    root = tmp_path_factory.mktemp("evaluate")
    (root / "work" / "ep1").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (400, 300, 3), dtype=np.uint8)
    for page in ("p1.png", "p2.png"):
        Image.fromarray(noise).save(root / "work" / "ep1" / page)
    dataset = Dataset.create(root / "data")
    ingest_sources(dataset, root / "work", IngestSettings("pages"))
    ((title, episode),) = dataset.tables["scenes"].episodes()
    rows = [_row(title, episode, number, *found) for number, found in enumerate(FOUND)]
    note = {"key": "k", "input": dataset.tables["scenes"].note(title, episode)["key"], "crops": 0}
    dataset.tables["faces"].write(title, episode, pa.Table.from_pylist(rows, FACES), note)
    labels = root / "labels.json"
    labels.write_text(json.dumps({"pages": LABELS}))
    return root / "data", labels


def _row(title, episode, number, page, x, y, width, height, score):
    row = {field.name: 0 for field in FACES}
    row |= {"title": title, "episode": episode, "face_id": f"{title}/{episode}/{number}"}
    row |= {"page": page, "page_x": x, "page_y": y, "width": width, "height": height}
    row |= {"score": score, "detector": "test@1", "keep": True, "keep_reason": None, "crop": None}
    return row


def run(made, *arguments):
    data, labels = made
    command = ["evaluate", "detect", str(data), "--truth", str(labels), *map(str, arguments)]
    return CliRunner().invoke(main, command)


def test_figures_of_known_detections(made):
    result = run(made, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["pages"], figures["faces"], figures["found"]) == (2, 2, 1)
    assert (figures["recall"], figures["precision"]) == (0.5, 0.5)
    assert figures["by_view"]["frontal"] == {"faces": 1, "found": 1}
    assert figures["worst"] == [{"page": "ep1/p2.png", "missed": 1, "false_alarms": 1}]


def test_score_and_role_choose(made):
    assert json.loads(run(made, "--json", "--score", 0.7).stdout)["precision"] == 1
    assert json.loads(run(made, "--json", "--role", "heldout").stdout)["recall"] == 0


def test_the_text_names_the_figures_and_the_worst_page(made):
    text = run(made).stdout
    assert "2  of 3 labelled" in text and "average precision" in text
    assert "ep1/p2.png: 1 missed, 1 false alarm\n" in text


def test_overlay_draws_labels_green_and_hits_blue(made, tmp_path):
    out = tmp_path / "o.png"
    assert run(made, "--overlay", "p1.png", "--out", out).exit_code == 0
    colors = {tuple(c) for c in np.asarray(Image.open(out).convert("RGB")).reshape(-1, 3).tolist()}
    assert {(0, 190, 60), (0, 110, 255)} <= colors


def test_overlay_of_the_worst_pages_is_a_folder_of_those_with_faults(made, tmp_path):
    assert run(made, "--overlay", "worst", "--out", tmp_path / "bad").exit_code == 0
    assert [path.name for path in (tmp_path / "bad").iterdir()] == ["01-ep1-p2.png"]


def test_the_worst_pages_are_read_together(made, tmp_path, monkeypatch):
    read, page_rows = [], detect._episode_pages
    monkeypatch.setattr(detect, "_episode_pages", lambda *a: read.append(a[1:3]) or page_rows(*a))
    assert run(made, "--overlay", "worst", "--score", 1, "--out", tmp_path / "bad").exit_code == 0
    assert len(list((tmp_path / "bad").iterdir())) > 1
    assert len(read) == 2 * len(set(read))  # for the figures, and for all drawings


@pytest.mark.parametrize("page", ["p7.png", "g"])
def test_a_page_that_is_not_there_is_told(made, tmp_path, page):
    result = run(made, "--overlay", page, "--out", tmp_path / "o.png")
    assert result.exit_code == 1
    assert f"no labelled page of the dataset ends with {page!r}; one is ep1/p1" in result.stderr


def test_labels_of_other_pages_are_told(made, tmp_path):
    labels = tmp_path / "other.json"
    labels.write_text(json.dumps({"pages": {"x/y.png": {"faces": []}}}))
    result = run((made[0], labels))
    assert result.exit_code == 1 and "no page of" in result.stderr


def test_labels_of_another_size_are_told(made, tmp_path):
    labels = tmp_path / "sized.json"
    labels.write_text(json.dumps({"pages": {"ep1/p1.png": {"size": [9, 9], "faces": []}}}))
    result = run((made[0], labels))
    assert result.exit_code == 1 and "is labelled at" in result.stderr


def test_a_style_that_does_not_exist_is_told():
    pytest.importorskip("skia")
    result = CliRunner().invoke(main, ["evaluate", "landmarks", "--family", "manwha"])
    assert result.exit_code == 2 and "'manwha' is no style family; known: manhwa" in result.stderr


@pytest.mark.parametrize("command", ["characters", "colors", "dedup", "landmarks"])
def test_without_what_draws_the_extra_is_named(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "skia", None)
    result = CliRunner().invoke(main, ["evaluate", command])
    assert result.exit_code == 1
    assert "pip install 'webtoon-curate[synth]'" in result.stderr
