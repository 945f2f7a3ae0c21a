"""Whole runs of the methods that make pictures, from what `export` writes, and their faults."""

from __future__ import annotations

import errno
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("skia", reason="drawing needs the extra synth")

from safetensors.torch import load_file, save_file
from truth_dataset import make, split

from webtoon_curate.cli import main
from webtoon_curate.data import LandmarkTensors
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export
from webtoon_curate.export.tensors import TensorSettings
from webtoon_curate.trainer import checkpoint
from webtoon_curate.trainer.data import TensorFaces, load_faces
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig
from webtoon_curate.trainer.samples import Unpaired
from webtoon_curate.trainer.translate import Translator
from webtoon_curate.trainer.translate_faces import items_of

SIZE = 32


@pytest.fixture(scope="module")
def tensors(tmp_path_factory):
    """An export of 4 channels, of the size that is trained on."""
    folder = tmp_path_factory.mktemp("gan-runs")
    dataset = make(folder / "truth", 3, panels=8)
    split(dataset, ("train",))
    export(
        dataset, "tensors", folder / "four", ExportSettings(TensorSettings(), CropSettings(SIZE))
    )
    return folder / "four"


def trained(data, run, *more, method="cyclegan"):
    sources = [part for path in data for part in ("--data", str(path))]
    command = ["train", method, *sources, "-o", str(run), "--preset", "tiny", "--device", "cpu"]
    return CliRunner().invoke(main, [*command, "--set", "measured=0", *more])


def test_cyclegan_gets_the_planes_of_an_export_of_four_channels(tensors):
    faces = load_faces(tensors)
    assert isinstance(faces, TensorFaces)
    assert faces.weights.tolist() == [row["weight"] for row in faces.rows]
    planes = LandmarkTensors(tensors, "train", ("red", "green", "blue", "landmarks"))
    config = CycleGANConfig(size=SIZE, device="cpu")
    samples = Unpaired((faces, faces), config, landmarks=True, still=True)
    for number in range(len(faces)):
        sample, stored = samples[number], planes.array(number).astype(np.float32)
        np.testing.assert_allclose(sample["a"], stored[:3] / 127.5 - 1, atol=1e-6)
        assert (sample["b_landmarks"].numpy() * 128 + 127 == stored[3:]).all()
        assert (sample["a_landmarks"] == 1).any()  # some points are in the picture


@pytest.mark.parametrize("landmarks", ["condition", "output"])
def test_a_run_on_an_export_ends_with_a_generator_of_its_channels(tensors, tmp_path, landmarks):
    result = trained([tensors, tensors], tmp_path / "run", "--set", f"landmarks={landmarks}")
    assert result.exit_code == 0, result.output
    translator = Translator(tmp_path / "run", "cpu")
    assert translator.channels == ("red", "green", "blue", "landmarks")
    (picture,) = translator([load_faces(tensors)[0]])
    assert picture.shape == (SIZE, SIZE, 3)


@pytest.mark.parametrize(
    ("method", "change", "told"),
    [
        ("cyclegan", "width=6", "weights of another network"),
        ("cyclegan", "landmarks=none", "weights of another network"),
        ("cyclegan", "size=64", "trained with size=32, not 64"),
        ("ugatit", "size=64", "is of the method cyclegan"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused_and_kept(tensors, tmp_path, method, change, told):
    run = tmp_path / "run"
    assert trained([tensors, tensors], run).exit_code == 0
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    result = trained([tensors, tensors], run, "--resume", "--set", change, method=method)
    assert result.exit_code == 1 and told in result.output
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("lost", ["method", "step", "config", "everything", "extra.done"])
def test_a_checkpoint_that_lacks_something_is_refused(tensors, tmp_path, lost):
    run = tmp_path / "run"
    assert trained([tensors, tensors], run).exit_code == 0
    path = checkpoint.newest_checkpoint(run)
    about = json.loads(path.with_suffix(".json").read_text())
    about.pop(lost, None)
    path.with_suffix(".json").write_text(json.dumps([] if lost == "everything" else about))
    if lost.startswith("extra"):
        kept = {name: t for name, t in load_file(path).items() if name != lost}
        save_file(kept, path)
    result = trained([tensors, tensors], run, "--resume", "--steps", "8")
    assert isinstance(result.exception, SystemExit) and result.exit_code == 1
    assert f"{path} is no whole checkpoint" in result.output


@pytest.mark.parametrize("name", ["metrics.jsonl", "samples", "checkpoints"])
def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(tensors, tmp_path, monkeypatch, name):
    """Whatever cannot be written in step 4, the checkpoint of step 2 is whole."""
    from pathlib import Path

    run, write, opened = tmp_path / "run", Path.write_bytes, Path.open

    def full(path, mode="r"):
        step = checkpoint.newest_checkpoint(run)
        if step is not None and name in path.as_posix() and mode != "r":
            raise OSError(errno.ENOSPC, "No space left on device")

    def save_file(tensors, path):
        full(path, "w")
        safe(tensors, path)

    import safetensors.torch

    safe = safetensors.torch.save_file
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", lambda p, data: full(p, "w") or write(p, data))
        patch.setattr(Path, "open", lambda p, mode="r", **k: full(p, mode) or opened(p, mode, **k))
        patch.setattr(safetensors.torch, "save_file", save_file)
        result = trained([tensors, tensors], run)
    assert result.exit_code == 1
    assert "No space left on device" in result.output and "--resume" in result.output
    assert checkpoint.newest_checkpoint(run).stem == "00000002"
    assert trained([tensors, tensors], run, "--resume").exit_code == 0
    steps = [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert steps == [2, 4]


def test_faces_of_an_export_have_names_of_their_own(tensors, tmp_path):
    """Titles and episodes may have the signs in them that join the parts of a name."""
    export = shutil.copytree(tensors, tmp_path / "export")
    index = pq.read_table(export / "train.parquet")
    ids = [
        f"a-b/c/{number}" if number % 2 else f"a/b-c/{number + 1}" for number in range(len(index))
    ]
    at = index.schema.get_field_index("face_id")
    pq.write_table(index.set_column(at, "face_id", pa.array(ids)), export / "train.parquet")
    assert len({item.name for item in items_of(export)}) == len(index) > 1


def test_a_condition_of_another_number_of_channels_is_told(tensors, tmp_path):
    result = trained([tensors], tmp_path / "run", "--set", "inputs=7", method="pix2pix")
    assert result.exit_code == 1
    assert "inputs=7" in result.output and "1 channels" in result.output


def test_groups_without_faces_are_told(tensors, tmp_path):
    result = trained(
        [tensors, tensors], tmp_path / "run", "--init", str(tmp_path),
        "--set", 'groups=["nobody", "none"]', method="fewshot",
    )  # fmt: skip
    assert result.exit_code == 1 and "no face of the group nobody" in result.output
