"""`build`: every step in order, what cannot run is told, the rest is done."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

import webtoon_curate
from webtoon_curate.build import (
    DONE,
    FAILED,
    PAGE_PIXELS,
    SKIPPED,
    Size,
    build,
    plan,
    size_of,
    steps,
)
from webtoon_curate.cli import main
from webtoon_curate.errors import CurateError, DatasetError, ModelError
from webtoon_curate.ingest.planning import IngestSettings, plan_ingest

PAGE = Path(__file__).parents[1] / "examples/episodes/pepper-and-carrot/pages/E19P05.jpg"


def outcomes(fails: dict[str, Exception], **options):
    ran = []

    def run(step):
        ran.append(step.name)
        if step.name in fails:
            raise fails[step.name]

    found = build(steps(**options), run)
    assert [outcome.name for outcome in found] == [step.name for step in steps(**options)]
    return {outcome.name: outcome for outcome in found}, ran


def test_each_step_comes_after_what_it_reads():
    chosen = steps(exports=("tensors", "coco"))
    names = [step.name for step in chosen]
    assert names[0] == "detect" and names[-1] == "report"
    assert all(names.index(need) < names.index(step.name) for step in chosen for need in step.needs)
    groups, dedup, split = (names.index(name) for name in ("groups", "dedup", "split"))
    assert max(groups, dedup) < split < names.index("export tensors")


def test_without_a_reader_the_rest_is_done_and_the_reason_told():
    found, ran = outcomes({"landmarks": ModelError("no reader is installed")})
    assert found["landmarks"].state == SKIPPED
    assert found["landmarks"].reason == "no reader is installed"
    assert found["export tensors"].reason == "needs landmarks"
    assert ran == ["detect", "landmarks", "dedup", "split", "report"]
    assert all(found[name].state == DONE for name in ("dedup", "split", "report"))


def test_a_step_that_fails_stops_only_what_needs_it():
    found, ran = outcomes({"split": DatasetError("broken")})
    assert found["split"].state == FAILED and found["split"].reason == "broken"
    assert ran[-1] == "report"


@pytest.mark.parametrize("error", [DatasetError("nothing there"), ModelError("no detector")])
def test_without_faces_nothing_goes_on(error):
    with pytest.raises(CurateError, match=str(error)):
        outcomes({"detect": error})


def test_ctrl_c_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        outcomes({"dedup": KeyboardInterrupt()})


def test_what_was_skipped_on_purpose_is_not_missed():
    found, _ = outcomes({}, skip=("landmarks",))
    assert "landmarks" not in found and found["export tensors"].state == DONE


def test_the_plan_grows_with_pages_and_shrinks_with_jobs():
    few, many = (Size(pages, 0, pages * PAGE_PIXELS) for pages in (10, 100))
    one, more = (plan(steps(), 4, size, 0, 0, 1) for size in (few, many))
    assert more.faces == 10 * one.faces and more.bytes == 10 * one.bytes
    assert plan(steps(), 4, many, 0, 0, 2).seconds == pytest.approx(more.seconds / 2)
    assert plan(steps(), 1, many, 0, 0, 8).seconds == pytest.approx(more.seconds)
    assert plan(steps(), 0, Size(), 4, 50, 1).faces == 50


def test_a_strip_is_as_much_to_read_as_its_pieces(tmp_path):
    whole, cut = tmp_path / "whole" / "ep", tmp_path / "cut" / "ep"
    for folder, height, count in ((whole, 3000, 1), (cut, 30, 100)):
        folder.mkdir(parents=True)
        for number in range(count):
            Image.new("L", (70, height)).save(folder / f"{number}.png")
    (cut / "damaged.png").touch()
    one, many = (
        size_of(plan_ingest(None, folder.parent, IngestSettings()).tasks) for folder in (whole, cut)
    )
    assert (one.pages, one.height, one.pixels) == (1, 3000, 210_000)
    assert many.pages == 101
    assert many.height == pytest.approx(3000, rel=0.05)
    assert many.pixels == pytest.approx(210_000, rel=0.05)


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ep").mkdir()
    shutil.copy(PAGE, tmp_path / "ep")
    return tmp_path / "ep"


def run(*arguments):
    return CliRunner().invoke(main, ["build", *map(str, arguments)], catch_exceptions=False)


def states(result):
    return {step["name"]: step["state"] for step in json.loads(result.stdout)["steps"]}


def times(folder: Path):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(source):
    result = run(source, "-o", "set", "--dry-run")
    assert (
        result.exit_code == 0
        and "1 episode with 1 page (1,401 pixels from top to bottom) to read" in result.stdout
    )
    assert "export tensors" in result.stdout and "MB" in result.stdout
    assert sorted(path.name for path in source.parent.iterdir()) == ["ep"]


def test_a_dry_run_names_what_would_be_refused(source):
    (source.parent / "book.epub").write_bytes(b"no archive")
    result = run(source.parent, "-o", "set", "--dry-run")
    assert "refused: " in result.stderr and "book.epub: " in result.stderr


def test_the_plan_counts_what_an_earlier_run_left_to_do(source, monkeypatch):
    run_command = CliRunner().invoke(main, ["ingest", str(source), "-o", "set"])
    assert run_command.exit_code == 0, run_command.output
    first = json.loads(run(source, "-o", "set", "--dry-run", "--json").stdout)
    assert (first["episodes"], first["pages"], first["height"], first["skipped"]) == (1, 1, 1401, 0)
    assert first == json.loads(run("set", "--dry-run", "--json").stdout)
    run(source, "-o", "set", "--jobs", "1", "--export", "csv")
    done = json.loads(run(source, "-o", "set", "--dry-run", "--json", "--export", "csv").stdout)
    assert (done["episodes"], done["skipped"], done["seconds"]) == (0, 1, pytest.approx(0, abs=1))
    seconds = {name: time for name, time, _ in done["steps"]}
    assert seconds["detect"] == seconds["landmarks"] == seconds["export csv"] == 0
    more = json.loads(run(source, "-o", "set", "--dry-run", "--json", "--force").stdout)
    assert more["seconds"] >= first["seconds"] / 2
    monkeypatch.setenv("WEBTOON_CURATE_DETECT_SHORT_EDGE", "32")
    for given in (source, "-o", "set"), ("set",):
        other = run(*given, "--dry-run", "--json")
        assert "short_edge 64.0 -> 32.0" in other.stderr
        again = json.loads(other.stdout)
        assert (again["episodes"], again["pages"], again["skipped"]) == (1, 1, 0)
    assert run("set", "--export", "csv").stderr.count("short_edge 64.0 -> 32.0") == 1


def test_without_a_model_build_says_which_and_makes_what_it_can(source):
    Path("webtoon-curate.toml").write_text(
        '[landmarks]\nreader = "missing.onnx"\nbackend = "missing.onnx"\n[split]\nval = 0\n'
    )
    result = run(source, "-o", "set", "--jobs", "1", "--json")
    assert result.exit_code == 3, result.output
    found = states(result)
    assert found["landmarks"] == found["export tensors"] == SKIPPED
    assert found["detect"] == found["split"] == DONE
    reasons = [step["reason"] for step in json.loads(result.stdout)["steps"]]
    assert any("missing.onnx" in reason for reason in reasons)
    assert set(webtoon_curate.load("set").split) <= {"train", "test"}


def test_a_build_ends_with_a_report_and_a_second_one_makes_nothing_new(source):
    arguments = (source, "-o", "set", "--jobs", "1", "--export", "tensors")
    first = run(*arguments)
    assert first.exit_code in (0, 3), first.output
    assert first.stdout.strip() == str(Path("set/report.html"))
    assert Path("set/report.html").is_file() and Path("set/exports/tensors/export.json").is_file()
    assert "report" in first.stderr and "kept of" in first.stderr
    before = times(Path("set"))
    second = run(*arguments)
    assert second.exit_code == first.exit_code
    made_once = ("crops", "exports", "parsing")
    after = times(Path("set"))
    assert all(after[path] == at for path, at in before.items() if path.parts[1] in made_once)
    assert set(after) >= set(before)


def test_a_build_that_was_stopped_goes_on(source):
    skip = ("landmarks", "colors", "groups", "characters", "export", "report")
    arguments = [str(source), "-o", "set", "--jobs", "1"]
    arguments += [word for name in skip for word in ("--skip", name)]
    process = subprocess.Popen(
        [sys.executable, "-m", "webtoon_curate", "build", *arguments], stderr=subprocess.PIPE
    )
    while process.poll() is None and not list(Path(".").glob("set/tables/scenes*/**/*.parquet")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130 and b"run the same command again" in said, said
    assert run(*arguments).exit_code in (0, 3)
    rows = webtoon_curate.load("set")
    assert len(rows) and rows.split.notna().all()
    assert not list(Path("set").rglob("*.part"))


def test_a_format_that_there_is_not_is_wrong_usage(source):
    result = run(source, "-o", "set", "--export", "tensor")
    assert result.exit_code == 2 and "tensors" in result.output
    assert not Path("set").exists()


def test_a_dataset_is_built_where_it_is(source):
    assert CliRunner().invoke(main, ["ingest", "ep", "-o", "set"]).exit_code == 0
    result = run("set", "-o", "other", "--dry-run")
    assert result.exit_code == 2 and "set is a dataset already; leave out --output" in result.output
    assert run("set", "-o", "set", "--dry-run").exit_code == 0
