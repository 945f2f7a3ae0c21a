"""What a user gets wrong in `train` is told in one line, before or without a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")

from webtoon_curate.cli import main
from webtoon_curate.errors import DatasetError, ImageError, ModelError
from webtoon_curate.trainer.cascade import PRESETS, CascadeConfig, train_cascade
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods import detector as method
from webtoon_curate.trainer.methods.reader import ReaderConfig
from webtoon_curate.trainer.nets.detector import DetectorNet
from webtoon_curate.trainer.pictures import load_pictures
from webtoon_curate.trainer.reader_faces import load_pages
from webtoon_curate.trainer.weights import begin_with, save_weights

SMALL = {**method.PRESETS["tiny"], "size": 64}


def told(output, *arguments):
    """What `train` says and its exit code."""
    result = CliRunner().invoke(main, ["train", *arguments, "-o", str(output)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def relabelled(folder, change):
    """Changes each record of the labels."""
    labels = json.loads((folder / "labels.json").read_text())
    for record in labels["pages"].values():
        change(record)
    (folder / "labels.json").write_text(json.dumps(labels))


@pytest.mark.parametrize("share", ["nan", "inf", "0", "-1"])
def test_a_share_that_is_none_is_told(drawn_pages, tmp_path, share):
    code, text = told(tmp_path / "run", "detector", "--data", f"{drawn_pages}={share}")
    assert code == 2 and "must be a number above 0" in text


@pytest.mark.parametrize("kind", ["detector", "reader", "cascade"])
def test_there_must_be_a_run_to_resume(drawn_pages, tmp_path, kind):
    tiny = ["--data", str(drawn_pages), "--preset", "tiny", "--resume"]
    code, text = told(tmp_path / "run", kind, *tiny)
    assert code == 2 and "holds no run to go on with" in text
    assert not (tmp_path / "run").exists()


def test_pages_without_human_faces_teach_no_detector(drawn_pages):
    relabelled(drawn_pages, lambda record: record.update(faces=record["faces"][1:]))
    with pytest.raises(DatasetError, match="no human face is labelled"):
        method.Tiles([(drawn_pages, 1.0)], method.DetectorConfig(**SMALL))


def test_pictures_that_are_held_out_must_be_some_and_not_all(drawn_pages, tmp_path):
    arguments = ["detector", "--data", str(drawn_pages), "--preset", "tiny", "--set"]
    code, text = told(tmp_path / "run", *arguments, 'held=["ep05/"]')
    assert code == 1 and "begins with ep05/" in text
    with pytest.raises(DatasetError, match="held keeps all pictures"):
        method.Tiles([(drawn_pages, 1.0)], method.DetectorConfig(**SMALL, held=("one/",)))


@pytest.mark.parametrize("values", [{"size": 100}, {"held": (1,)}, {"batch": 1, "size": 32}])
def test_settings_of_the_detector_that_cannot_work_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        method.DetectorConfig(**values)


@pytest.mark.parametrize("values", [{"width": 0.0}, {"places": 2.0}, {"places": -1.0}])
def test_settings_of_the_reader_that_cannot_work_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        ReaderConfig(**values)


@pytest.mark.parametrize(
    "box", [[190, 190, 110, 90], [float("nan")] * 4, [110, 90, 110, 190], [1, 2, 3], "abcd"]
)
def test_a_box_that_is_none_is_told(drawn_pages, tmp_path, box):
    relabelled(drawn_pages, lambda record: record["faces"][0].update(box=box))
    for load in (load_pictures, load_pages):
        with pytest.raises(DatasetError, match=r"one/0\.png of .* is not labelled well"):
            load(drawn_pages)
    if box != [110, 90, 110, 190]:  # too small for a cascade to learn from
        with pytest.raises(DatasetError, match=r"labels\.json"):
            train_cascade([drawn_pages], tmp_path / "run", CascadeConfig(**PRESETS["tiny"]))


def test_a_picture_that_is_gone_is_named_before_training(drawn_pages):
    (drawn_pages / "one/1.png").unlink()
    for load in (load_pictures, load_pages):
        with pytest.raises(DatasetError, match=r"no picture .*1\.png"):
            load(drawn_pages)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_picture_is_named_without_the_traceback_of_a_worker(
    drawn_pages, tmp_path, workers
):
    for number in range(3):
        (drawn_pages / f"one/{number}.png").write_bytes(b"no picture")
    config = method.DetectorConfig(**{**SMALL, "workers": workers})
    with pytest.raises(ImageError) as error:
        run = method.DetectorMethod(config)
        train(run, method.Tiles([(drawn_pages, 1.0)], config), config, tmp_path)
    assert str(error.value).startswith(str(drawn_pages)) and "\n" not in str(error.value)


def test_weights_of_something_else_are_named_with_what_to_give(tmp_path):
    damaged, other = tmp_path / "damaged.safetensors", tmp_path / "other.safetensors"
    save_weights(damaged, DetectorNet())
    damaged.write_bytes(damaged.read_bytes()[:-9])
    save_weights(other, DetectorNet().stem)
    for path in (damaged, other, tmp_path):
        with pytest.raises(ModelError, match="give bundled, the folder of a run") as error:
            begin_with(str(path), DetectorNet(), "detector", "webtoon_faces")
        assert path.name in str(error.value) and len(str(error.value)) < 400 + len(str(path))


def test_too_few_pictures_for_a_cascade_are_told_and_leave_no_run(drawn_pages, tmp_path):
    arguments = ["cascade", "--preset", "tiny", "--drawn", "0", "--data", str(drawn_pages)]
    for _ in range(2):
        code, text = told(tmp_path / "run", *arguments)
        assert code == 1 and "too few" in text
    assert not list(Path(tmp_path / "run").glob("*"))
