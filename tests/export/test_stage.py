"""Exports survive being killed and other people's files, and repeat byte for byte."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from truth_dataset import spoil

from webtoon_curate import plugins
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup.stage import DedupSettings, find_duplicates
from webtoon_curate.errors import CurateError, DatasetError, ModelError
from webtoon_curate.export import registry, stage
from webtoon_curate.export.parts import Parts, write_part
from webtoon_curate.export.registry import Format, Made, find_format
from webtoon_curate.export.samples import flat_name
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export
from webtoon_curate.lock import LOCK_FILE, _locked
from webtoon_curate.manifest import read_manifest

SMALL = CropSettings(size=32)


def sums(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_bytes_do_not_depend_on_the_jobs(drawn, tmp_path):
    pytest.importorskip("lmdb")
    settings = ExportSettings(find_format("stylegan").Settings(container="both"), SMALL, seed=3)
    for jobs in (1, 2):
        export(drawn, "stylegan", tmp_path / str(jobs), settings, jobs=jobs)
    assert sums(tmp_path / "1") == sums(tmp_path / "2")
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "1")
    assert done.returncode == 0


@pytest.mark.parametrize("files", ["npz", "safetensors", "webdataset"])
def test_archives_have_the_same_bytes_again(unsplit, tmp_path, files):
    form = find_format("tensors").Settings(files=files, plane=("noise",))
    for name in ("a", "b"):
        export(unsplit, "tensors", tmp_path / name, ExportSettings(form, SMALL))
    assert sums(tmp_path / "a") == sums(tmp_path / "b")


def test_a_killed_run_goes_on_where_it_stopped(drawn, tmp_path, monkeypatch):
    settings = ExportSettings(crop=SMALL)
    export(drawn, "imagefolder", tmp_path / "whole", settings)
    work, calls = stage.export_run, []

    def dies(task):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(task.number)
        return work(task)

    monkeypatch.setattr(stage, "export_run", dies)
    with pytest.raises(KeyboardInterrupt):
        export(drawn, "imagefolder", tmp_path / "cut", settings)
    assert not (tmp_path / "cut" / "export.json").exists()
    calls.clear()
    monkeypatch.setattr(stage, "export_run", lambda task: calls.append(task.number) or work(task))
    export(drawn, "imagefolder", tmp_path / "cut", settings)
    assert calls == [2, 3]
    assert sums(tmp_path / "cut") == sums(tmp_path / "whole")


def test_one_cut_short_in_its_last_step_is_finished(drawn, tmp_path, monkeypatch):
    settings = ExportSettings(crop=SMALL)
    export(drawn, "imagefolder", tmp_path / "whole", settings)
    whole = Parts.write_sums
    monkeypatch.setattr(Parts, "write_sums", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(drawn, "imagefolder", tmp_path / "cut", settings)
    monkeypatch.setattr(Parts, "write_sums", whole)
    other = export(drawn, "imagefolder", tmp_path / "cut", ExportSettings(crop=SMALL, seed=1))
    assert other.record["faces"]["train"]
    assert sums(tmp_path / "cut").keys() == sums(tmp_path / "whole").keys()


def test_what_a_killed_process_left_half_written_is_no_hindrance(drawn, tmp_path):
    settings = ExportSettings(crop=SMALL)
    whole = export(drawn, "imagefolder", tmp_path / "whole", settings)
    left = tmp_path / "cut" / ".export" / "000001.999999.part"
    left.mkdir(parents=True)
    (left / "rows.jsonl").write_text('{"split": "train", "files": {"train/a')
    (left.parent / "plan.json").write_text('{"key": "of other settings"}')
    assert export(drawn, "imagefolder", tmp_path / "cut", settings).record == whole.record
    assert sums(tmp_path / "cut") == sums(tmp_path / "whole")


def test_a_shard_of_many_episodes_needs_few_open_files(tmp_path):
    resource = pytest.importorskip("resource")
    made = [np.full((1, 2, 2), number, np.uint8) for number in range(60)]
    for number, planes in enumerate(made):
        write_part(tmp_path, number, [Made("train", {}, planes=planes)])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 20, hard))
    try:
        shard = list(Parts(tmp_path, range(60), True).items())
        found = [item.planes() for item in shard]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (np.stack(found) == np.stack(made)).all()


def test_parsing_maps_are_found_beside_hashes_of_64_bits(drawn, tmp_path):
    """Half of all perceptual hashes do not fit a signed integer."""
    dataset = Dataset(shutil.copytree(drawn.path, tmp_path / "hashed"))
    find_duplicates(dataset, DedupSettings(redrawn=False))
    assert max(row["phash"] or 0 for row in read_manifest(dataset.path).to_pylist()) >= 1 << 63
    plain = export(
        drawn, "cutouts", tmp_path / "plain", ExportSettings(crop=SMALL, everything=True)
    )
    hashed = export(
        dataset, "cutouts", tmp_path / "out", ExportSettings(crop=SMALL, everything=True)
    )
    assert hashed.record["failed"] == 0
    assert hashed.record["faces"] == plain.record["faces"]


def test_a_dataset_that_may_only_be_read_is_exported(copied, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("os.access", lambda path, mode: mode == os.R_OK)
    monkeypatch.setattr("webtoon_curate.dataset.replacing", refuse)
    before = sums(copied.path)
    command = ["export", "csv", str(copied.path), "-o", str(tmp_path / "out"), "-j1"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert sums(copied.path) == before


def test_what_is_done_is_not_done_again_but_replaced_with_other_settings(drawn, tmp_path):
    out = tmp_path / "out"
    first = export(drawn, "imagefolder", out, ExportSettings(crop=SMALL))
    again = export(drawn, "imagefolder", out, ExportSettings(crop=SMALL))
    assert (first.done, again.done) == (False, True)
    assert first.record == again.record
    (out / "notes.txt").write_text("mine")
    export(drawn, "cutouts", out, ExportSettings(crop=SMALL))
    export(drawn, "cutouts", tmp_path / "new", ExportSettings(crop=SMALL))
    assert sums(out) == {**sums(tmp_path / "new"), "notes.txt": b"mine"}


def test_a_full_disk_is_told_as_that_of_the_export(drawn, tmp_path, monkeypatch):
    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stage, "write_part", full)
    with pytest.raises(DatasetError, match=f"no space left for {tmp_path / 'out'};"):
        export(drawn, "csv", tmp_path / "out")


def test_other_peoples_folders_are_left_alone(drawn, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    for force in (False, True):
        with pytest.raises(DatasetError, match="other things"):
            export(drawn, "csv", tmp_path, force=force)
    (tmp_path / "SHA256SUMS").write_text("0  ../thesis.tex\n0  thesis.tex\n")
    with pytest.raises(DatasetError):
        export(drawn, "csv", tmp_path, force=True)
    assert (tmp_path / "thesis.tex").exists()


def test_two_runs_do_not_write_into_one_folder(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr("webtoon_curate.lock._PATIENCE", 0.0)
    out = tmp_path / "out"
    export(drawn, "csv", out)
    before = sums(out)
    with (out / LOCK_FILE).open("a+b") as file:  # as another process holds it
        assert _locked(file)
        run = {"command": "export csv", "pid": 7, "host": "here", "since": "now"}
        file.write(json.dumps(run).encode())
        file.flush()
        with pytest.raises(
            DatasetError, match=r"out is being written to by `export csv` \(process 7"
        ):
            export(drawn, "imagefolder", out, ExportSettings(crop=SMALL))
        file.truncate(0)
    assert sums(out) == before
    assert export(drawn, "imagefolder", out, ExportSettings(crop=SMALL)).record["faces"]["train"]


def test_a_run_that_was_killed_as_it_began_keeps_nobody_out(drawn, tmp_path):
    (tmp_path / LOCK_FILE).write_text('{"command": "export csv"}')
    assert export(drawn, "csv", tmp_path).record["faces"]["train"]


@pytest.mark.parametrize("order", [str, lambda face_id: face_id[::-1]], ids=["by scene", "mixed"])
def test_an_episode_of_any_number_of_faces_is_read_some_at_a_time(
    copied, tmp_path, monkeypatch, order
):
    """A scene that is cut in two would be two pictures of one name."""

    def change(rows):
        del rows[8:]
        rows.sort(key=lambda row: (row["title"], row["episode"], order(row["face_id"])))

    rows = spoil(copied, change)
    settings = ExportSettings(find_format("coco").Settings("jpeg"))
    export(copied, "coco", tmp_path / "whole", settings)
    make, sizes = find_format("coco").make, []

    def counted(self, episode, faces):
        sizes.append(len(faces))
        return make(self, episode, faces)

    monkeypatch.setattr(find_format("coco"), "make", counted)
    monkeypatch.setattr(stage, "_PORTION", 1, raising=False)
    export(copied, "coco", tmp_path / "portions", settings)
    assert sums(tmp_path / "portions") == sums(tmp_path / "whole")
    scenes = {(row["title"], row["episode"], row["scene"]) for row in rows}
    assert sum(sizes) == len(rows) and 1 < len(sizes) <= len(scenes)
    assert order is not str or len(sizes) == len(scenes)


def network(path: Path, factor: int, channels: int = 3) -> Path:
    """An ONNX upscaler that repeats pixels and makes them a tenth brighter."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto
    shape = [1, channels, "h", "w"]
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["y"], mode="nearest"),
        helper.make_node("Add", ["y", "tenth"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "twice",
        [helper.make_tensor_value_info("x", kind.FLOAT, shape)],
        [helper.make_tensor_value_info("z", kind.FLOAT, [1, channels, "hh", "ww"])],
        [
            helper.make_tensor("scales", kind.FLOAT, [4], [1, 1, factor, factor]),
            helper.make_tensor("tenth", kind.FLOAT, [], [0.1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


def test_small_faces_are_refused_or_enlarged(drawn, tmp_path):
    from PIL import Image

    small = CropSettings(size=64, min_side=10_000)
    with pytest.raises(CurateError, match="there is no upscaler"):
        export(
            drawn, "imagefolder", tmp_path / "x", ExportSettings(crop=small_with(tmp_path / "no"))
        )
    record = export(drawn, "imagefolder", tmp_path / "none", ExportSettings(crop=small)).record
    assert sum(record["faces"].values()) == 0
    assert record["refused"] == {"small": sum(record["refused"].values())}
    crop = CropSettings(size=64, min_side=10_000, upscale=network(tmp_path / "net.onnx", 2))
    record = export(drawn, "imagefolder", tmp_path / "big", ExportSettings(crop=crop)).record
    assert record["refused"] == {}
    export(drawn, "imagefolder", tmp_path / "plain", ExportSettings(crop=CropSettings(size=64)))
    for path in sorted((tmp_path / "plain" / "train").glob("*.png")):
        plain = np.asarray(Image.open(path)).astype(float)
        enlarged = np.asarray(Image.open(tmp_path / "big" / "train" / path.name)).astype(float)
        expected = np.minimum(plain + 25.5, 255)
        assert np.abs(enlarged - expected).mean() < 6
    with pytest.raises(ModelError):
        bad = small_with(network(tmp_path / "bad.onnx", 2, channels=4))
        export(drawn, "imagefolder", tmp_path / "y", ExportSettings(crop=bad))


def small_with(path: Path) -> CropSettings:
    return CropSettings(size=64, min_side=10_000, upscale=path)


def test_names_of_files_are_safe_and_differ():
    ids = ["a/b/0000/00", "a_/b/0000/00", "a/_b/0000/00", "a__b/0000/00", "a.b/c/0/1", "a_b/c/0/1"]
    ids += ["회사/ep 1/0001/00", "회사/ep-1/0001/00", "../../etc/passwd", "a" * 300 + "/b/0/0"]
    names = [flat_name(face_id) for face_id in ids]
    assert len(set(names)) == len(ids)
    assert names[0] == "a__b__0000__00"
    for name in names:
        assert not set(name) & set("./\\: ")
        assert len(name.encode()) < 180


def test_a_plugin_s_format_is_a_command(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_formats", dict(registry._formats))

    def load():
        @registry.register("shapes", "Sizes of faces.")
        class Shapes(Format):
            crops = False
            pages = False

            def make(self, episode, faces):
                for face in faces:
                    yield Made(face["side"], {"width": face["width"]})

            def finish(self, parts):
                sizes = [item.row["width"] for item in parts.items()]
                parts.write("shapes.json", json.dumps(sizes).encode())
                return {"count": len(sizes)}

    monkeypatch.setattr(registry, "load_plugins", load)
    assert plugins.GROUP == "webtoon_curate.plugins"
    listed = CliRunner().invoke(main, ["export", "--help"]).output
    assert "shapes" in listed
    assert "Sizes of faces." in listed
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["export", "shapes", str(drawn.path), "-o", str(out), "-j1"])
    assert result.exit_code == 0, result.output
    assert len(json.loads((out / "shapes.json").read_text())) > 8
    monkeypatch.setattr(find_format("shapes"), "__module__", "other")
    with pytest.raises(CurateError, match="two export formats are named shapes"):
        load()


def test_the_command_says_what_it_did(unsplit, tmp_path):
    out = tmp_path / "out"
    command = ["export", "stylegan", str(unsplit.path), "-o", str(out), "-j1", "--size", "256"]
    dry = CliRunner().invoke(main, [*command, "--dry-run"])
    assert dry.exit_code == 0
    assert not out.exists()
    assert "has no splits: everything is train" in dry.stderr
    rows = read_manifest(unsplit.path).to_pylist()
    sides = sorted(1.8 * max(row["width"], row["height"]) for row in rows if row["keep"])
    limit = str(math.ceil(sides[0]))
    result = CliRunner().invoke(main, [*command, "--min-side", limit, "--json"])
    record = json.loads(result.stdout)
    assert result.exit_code == 3
    assert record["refused"] == {"small": 1}
    assert record["faces"] == {"train": len(sides) - 1}
    assert (out / "train.zip").exists()
    with zipfile.ZipFile(out / "train.zip") as archive:
        assert len(archive.namelist()) == record["faces"]["train"] + 1
    wrong = CliRunner().invoke(main, [*command, "--align", "left"])
    assert wrong.exit_code == 2
    empty = CliRunner().invoke(main, ["export", "csv", str(tmp_path), "-o", str(out)])
    assert "is no dataset" in empty.stderr
