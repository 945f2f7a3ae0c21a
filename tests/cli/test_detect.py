"""`webtoon-curate detect` from a plain folder: what is found, resumed, redone and equal."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from forks import Forks
from PIL import Image

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.cli._terminal import EXIT_REJECTS
from webtoon_curate.dataset import Dataset
from webtoon_curate.detect import stage
from webtoon_curate.files import sha256_of
from webtoon_curate.models import MODELS_VARIABLE, find_card, store
from webtoon_curate.schema import MANIFEST

EXAMPLES = Path(__file__).parents[2] / "examples" / "episodes"
PANELS = [(0, (380, 560, 920, 1030)), (0, (30, 560, 600, 1200))] * 2
"""The number of an example page and a box in it, for each episode."""
FORKED = ("cv2", "PIL.Image", "webtoon_curate.cli.detect", "webtoon_curate.detect.stage")
KILLS = 6


@pytest.fixture(scope="module")
def episodes(tmp_path_factory) -> Path:
    """Four small episodes with faces: panels of an example page, whole and reduced."""
    folder = tmp_path_factory.mktemp("source") / "회사"
    pages = sorted(EXAMPLES.rglob("pages/*.jpg"))
    for number, (page, box) in enumerate(PANELS):
        episode = folder / f"ep {number + 1}"
        episode.mkdir(parents=True)
        image = Image.open(pages[page]).crop(box)
        if number >= 2:
            image = image.reduce(2)
        image.save(episode / "p1.jpg")
        Image.new("RGB", image.size, "white").save(episode / "p2.png")
    return folder


@pytest.fixture
def detect(stock_cascade, episodes, tmp_path):
    """Runs `detect` on the episodes; further arguments are added."""

    def run(*arguments: str, output: Path = tmp_path / "data", source: Path = episodes):
        command = ["detect", str(source), "-o", str(output), "--detector", str(stock_cascade)]
        return CliRunner().invoke(main, [*command, "--jobs", "1", *arguments])

    return run


def files(dataset: Path) -> dict[str, bytes]:
    """Everything in a dataset but the records of runs."""
    return {
        path.relative_to(dataset).as_posix(): path.read_bytes()
        for path in sorted(dataset.rglob("*"))
        if path.is_file() and path.relative_to(dataset).parts[0] != "runs"
    }


def test_a_plain_folder_becomes_a_manifest_with_crops(detect, tmp_path):
    result = detect()
    assert result.exit_code == 0, result.output
    faces = webtoon_curate.load(tmp_path / "data")
    assert len(faces) >= 4
    assert set(faces.title) == {"회사"}
    assert faces.face_id.is_unique
    assert faces.score.between(0, 1).all()
    for face in faces[faces.keep].itertuples():
        assert Image.open(tmp_path / "data" / face.crop).size == (256, 256)
    left_out = faces[~faces.keep]
    assert left_out.keep_reason.isin(["short_edge", "aspect", "blank_edge"]).all()
    assert left_out.crop.isna().all()


def test_the_manifest_has_the_documented_schema(detect, tmp_path):
    detect("--no-crops")
    schema = pq.read_schema(tmp_path / "data" / "manifest.parquet")
    assert schema.equals(MANIFEST)
    assert schema.metadata[b"schema_version"] == b"1"
    assert all(
        found.metadata[b"about"] == field.metadata[b"about"]
        for found, field in zip(schema, MANIFEST)
    )


def test_duckdb_and_polars_read_the_same_manifest(detect, tmp_path):
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    detect("--no-crops")
    manifest = tmp_path / "data" / "manifest.parquet"
    expected = webtoon_curate.load(tmp_path / "data").face_id.tolist()
    rows = duckdb.sql(f"select face_id from read_parquet('{manifest}')").fetchall()
    assert [row[0] for row in rows] == expected
    assert polars.read_parquet(manifest)["face_id"].to_list() == expected


def test_boxes_lie_on_their_pages_and_crops_show_the_face(detect, tmp_path, episodes):
    detect("--crop-expand", "1", "--crop-shift", "0", "--crop-size", "64")
    faces = webtoon_curate.load(tmp_path / "data")
    face = faces[faces.keep & (faces.width == faces.height)].iloc[0]
    with Image.open(episodes / face.episode / face.page) as page:
        box = (face.page_x, face.page_y, face.page_x + face.width, face.page_y + face.height)
        expected = page.convert("RGB").resize((64, 64), Image.Resampling.LANCZOS, box)
    crop = Image.open(tmp_path / "data" / face.crop)
    difference = np.abs(np.asarray(crop, int) - np.asarray(expected, int))
    assert difference.mean() < 1  # two JPEG decoders may differ by one


def test_a_second_run_does_only_what_is_new(detect, tmp_path, episodes):
    source = tmp_path / "source"
    shutil.copytree(episodes, source)
    shutil.move(source / "ep 3", tmp_path / "later")
    detect(source=source)
    shutil.move(tmp_path / "later", source / "ep 3")
    summary = json.loads(detect("--json", source=source).stdout)
    assert (summary["episodes"], summary["skipped"]) == (1, 3)
    shutil.copy(source / "ep 1" / "p1.jpg", source / "ep 1" / "p3.jpg")
    summary = json.loads(detect("--json", source=source).stdout)
    assert (summary["episodes"], summary["skipped"]) == (1, 3)
    fresh = tmp_path / "fresh"
    detect(source=source, output=fresh)
    assert files(tmp_path / "data") == files(fresh)


def test_new_settings_redo_and_force_redoes_everything(detect, tmp_path):
    detect()
    result = detect("--json", "--force")
    everything = json.loads(result.stdout)
    assert (everything["episodes"], everything["skipped"], result.stderr) == (4, 0, "")
    result = detect("--json", "--short-edge", "1000")
    strict = json.loads(result.stdout)
    assert (strict["episodes"], strict["counts"]["kept"]) == (4, 0)
    assert "last run: short_edge 64.0 -> 1000.0 (" in result.stderr
    assert not list((tmp_path / "data" / "crops").rglob("*.png"))
    data = Dataset(tmp_path / "data")
    data.record_settings("detect", {"short_edge": 64.0})  # as an older version might have
    assert "last run: short_edge 64.0 -> 32.0 (" in detect("--short-edge", "32").stderr


def test_a_licence_said_later_reaches_the_manifest_and_nothing_is_found_anew(detect, tmp_path):
    detect()
    crops = {name: data for name, data in files(tmp_path / "data").items() if "crops/" in name}
    summary = json.loads(detect("--json", "--license", "CC BY 4.0").stdout)
    assert (summary["episodes"], summary["skipped"]) == (0, 4)
    assert set(webtoon_curate.load(tmp_path / "data").license) == {"CC BY 4.0"}
    assert crops and crops.items() <= files(tmp_path / "data").items()


def test_crops_that_were_deleted_are_cut_again(detect, tmp_path):
    detect()
    before = files(tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "crops")
    detect()
    assert files(tmp_path / "data") == before


def test_one_job_and_two_give_the_same_bytes(detect, tmp_path):
    detect(output=tmp_path / "one")
    detect("--jobs", "2", output=tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_dry_run_changes_nothing(detect, tmp_path):
    result = detect("--dry-run")
    assert result.exit_code == 0
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == [
        f"회사/ep {number}" for number in range(1, 5)
    ]
    assert not (tmp_path / "data").exists()


def test_dry_run_as_json_is_json_only(detect, tmp_path):
    plan = json.loads(detect("--dry-run", "--json").stdout)
    assert [(row["title"], row["pages"]) for row in plan["episodes"]] == [("회사", 2)] * 4
    detect()
    assert json.loads(detect("--dry-run", "--json").stdout) == {
        "episodes": [],
        "skipped": 4,
        "rejects": [],
        "notes": [],
    }


def test_dry_run_on_a_dataset_tells_what_is_left_to_do(detect, tmp_path, stock_cascade):
    detect("--limit", "3")
    command = ["detect", str(tmp_path / "data"), "--detector", str(stock_cascade), "--dry-run"]
    assert CliRunner().invoke(main, command).stdout == ""
    result = CliRunner().invoke(main, [*command, "--short-edge", "10", "--json"])
    plan = json.loads(result.stdout)
    assert [(row["episode"], row["pages"]) for row in plan["episodes"]] == [
        (f"ep {number}", 2) for number in (1, 2, 3)
    ]


def test_the_end_says_what_is_new_and_where_the_results_are(detect, tmp_path):
    first, second = detect(), detect()
    for result in (first, second):
        assert result.stdout == ""
        assert f"crops of the kept faces: {tmp_path / 'data' / 'crops'}" in result.stderr
        assert f"webtoon-curate review {tmp_path / 'data'}" in result.stderr
    assert "nothing new" not in first.stderr
    assert "detect: 9 faces in 4 episodes done now, 0 done before" in first.stderr
    assert "nothing new: 4 episodes were done before" in second.stderr


def test_a_stopped_run_is_told_by_the_command_that_was_typed(detect, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("webtoon_curate.ingest.stage.ingest_episode", stop)
    assert detect("--jobs", "1").exit_code == 130
    told = CliRunner().invoke(main, ["info", str(tmp_path / "data")])
    assert "a run was stopped" in told.stderr
    assert told.stderr.strip().endswith("webtoon-curate detect")


def test_what_failed_while_the_source_was_gone_is_done_when_it_is_back(
    detect, tmp_path, episodes, stock_cascade
):
    source, data = tmp_path / "source", tmp_path / "data"
    shutil.copytree(episodes, source)
    detect(source=source)
    before = files(data)
    source.rename(tmp_path / "elsewhere")
    again = ["detect", str(data), "--detector", str(stock_cascade), "--jobs", "1"]
    failed = CliRunner().invoke(main, [*again, "--force"])
    assert failed.exit_code == 3
    assert "0 episodes done now, 0 done before, 4 failed" in failed.stderr
    told = CliRunner().invoke(main, ["info", str(data)])
    assert told.stdout.count("its source is gone") == 1
    (tmp_path / "elsewhere").rename(source)
    assert CliRunner().invoke(main, again).exit_code == 0
    assert files(data) == before


def test_a_single_file_that_is_no_comic_is_told_and_leaves_nothing(detect, tmp_path):
    (tmp_path / "notes.md").write_text("hello")
    (tmp_path / "old.cb7").write_bytes(b"7z\xbc\xaf\x27\x1c")
    for name, reason in (("notes.md", "not a picture"), ("old.cb7", "repack it as .cbz")):
        result = detect(source=tmp_path / name)
        assert result.exit_code == 1
        assert reason in result.output
    assert not (tmp_path / "data").exists()


def test_a_source_without_pages_says_what_it_should_hold(detect, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    result = detect(source=empty)
    assert result.exit_code == 1
    assert "no comic pages" in result.output
    assert "Traceback" not in result.output


def test_a_damaged_page_is_a_reject_and_the_run_goes_on(detect, tmp_path, episodes):
    source = tmp_path / "source"
    shutil.copytree(episodes, source)
    whole = (source / "ep 1" / "p1.jpg").read_bytes()
    (source / "ep 1" / "p9.jpg").write_bytes(whole[: len(whole) // 2])
    result = detect(source=source)
    assert result.exit_code == 3
    rejects = pq.read_table(tmp_path / "data" / "tables" / "rejects.parquet").to_pylist()
    assert [(row["episode"], row["path"]) for row in rejects] == [("ep 1", "p9.jpg")]
    pages = Dataset(tmp_path / "data").tables["pages"]
    assert sum(len(pages.read(*names)) for names in pages.episodes()) == 8


@pytest.mark.timeout(300)
def test_killed_several_times_and_finished_it_equals_an_undisturbed_run(
    stock_cascade, episodes, tmp_path
):
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"

    def start(output: Path, jobs: int = 1) -> None:
        options = ("--detector", str(stock_cascade), "--jobs", str(jobs))
        forks.start("detect", str(episodes), "-o", str(output), *options)

    moments = random.Random(20)
    with Forks(*FORKED) as forks:
        start(undisturbed)
        started = time.monotonic()
        assert forks.wait() == 0
        whole_run = time.monotonic() - started
        for number in range(KILLS):
            if number % 3 == 0:  # begin anew now and then, so that early work is killed too
                shutil.rmtree(killed, ignore_errors=True)
            start(killed)
            time.sleep(moments.uniform(0, 0.4) * whole_run)
            forks.kill()
        shutil.rmtree(killed)
        start(killed, jobs=2)
        while not list(killed.glob("tables/*/*/*")):
            time.sleep(0.01)
        forks.kill()
        start(killed)
        assert forks.wait() == 0
    assert files(killed) == files(undisturbed)


def test_stopped_after_any_file_and_finished_it_equals_an_undisturbed_run(
    detect, episodes, tmp_path, monkeypatch
):
    """No file gets its name before those that it tells of."""
    source, whole, moments, replace = tmp_path / "회사", tmp_path / "data", [], Path.replace
    for name in ("ep 3", "ep 4"):
        shutil.copytree(episodes / name, source / name)
        page = (source / name / "p1.jpg").read_bytes()
        (source / name / "p3.jpg").write_bytes(page[: len(page) // 2])

    def remembered(part: Path, path: Path) -> Path:
        named = replace(part, path)
        moments.append(shutil.copytree(whole, tmp_path / f"moment {len(moments)}"))
        return named

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", remembered)
        assert detect(source=source).exit_code == EXIT_REJECTS
    assert len({path.name for path in whole.rglob("*.parquet")}) > 2
    for moment in moments:
        assert detect(source=source, output=moment).exit_code in (0, EXIT_REJECTS)
        assert files(moment) == files(whole), moment.name
    assert len(moments) > 10


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(stock_cascade, episodes, tmp_path):
    command = [sys.executable, "-m", "webtoon_curate", "detect", str(episodes)]
    command += ["-o", str(tmp_path / "data"), "--detector", str(stock_cascade), "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "data" / "dataset.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again to go on" in errors
    assert "Traceback" not in errors


def test_another_calibration_of_the_same_file_redoes(detect, episodes, tmp_path, stock_cascade):
    model = shutil.copy(stock_cascade, tmp_path / "mine.xml")
    model.write_bytes(model.read_bytes() + b"\n")  # a file that no other card knows
    card = {
        "name": "mine", "backend": "cascade", "license": "MIT", "source": "here",
        "sha256": sha256_of(model), "thresholds": {"balanced": 0.1},
    }  # fmt: skip
    calibration = dict(find_card("lbpcascade_animeface").calibration)
    done, scores = [], []
    for bias in (0, 0, 1):
        calibration["bias"] += bias
        card["calibration"] = calibration
        model.with_suffix(".json").write_text(json.dumps(card))
        stage._load.cache_clear()  # as in a new process
        done.append(json.loads(detect("--json", "--detector", str(model)).stdout)["episodes"])
        scores.append(webtoon_curate.load(tmp_path / "data").score.max())
    assert done == [4, 0, 4] and scores[0] == scores[1] < scores[2]


def test_without_its_reader_a_network_is_refused_before_pages_are_read(
    episodes, tmp_path, monkeypatch
):
    damaged = tmp_path / "models" / "webtoon_reader.onnx"
    damaged.parent.mkdir()
    damaged.write_bytes(b"cut short")
    monkeypatch.setenv(MODELS_VARIABLE, str(damaged.parent))
    monkeypatch.setattr(store, "_BUNDLES", (_only("webtoon_faces.onnx", tmp_path / "bundle"),))
    for arguments in ((), ("--dry-run",)):
        command = ["detect", str(episodes), "-o", str(tmp_path / "data"), *arguments]
        result = CliRunner().invoke(main, [*command, "--recall", "high"])
        assert result.exit_code == 1 and "Traceback" not in result.output
        assert "webtoon_faces has each face read" in result.stderr
        assert f"{damaged} is not the file" in result.stderr
        assert "install that again" in result.stderr and "pull" not in result.stderr
    assert not (tmp_path / "data").exists()


def _only(name: str, folder: Path) -> Path:
    """A folder with this one of the bundled model files."""
    folder.mkdir()
    shutil.copy(next(f / name for f in store._BUNDLES if (f / name).exists()), folder)
    return folder
