"""Exit codes tell of the run: what another command or another source refused is not its fault."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from faces_dataset import TITLE, make
from server import Server, page

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset

PAGE = Path(__file__).parents[2] / "examples/episodes/pepper-and-carrot/pages/E19P05.jpg"
LATER = (
    ("landmarks",),
    ("colors",),
    ("label", "groups"),
    ("dedup",),
    ("characters",),
    ("split", "--val", "0", "--test", "0"),
    ("report",),
    ("export", "csv"),
)


def run(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def source(tmp_path):
    """An episode with a good page and a damaged one."""
    folder = tmp_path / "source" / "Title" / "1"
    folder.mkdir(parents=True)
    shutil.copy(PAGE, folder / "1.jpg")
    (folder / "2.jpg").write_bytes(PAGE.read_bytes()[:2000])
    return tmp_path / "source"


def test_a_page_that_ingest_refused_does_not_break_the_chain_behind_it(
    source, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    jobs = ("--jobs", "1")
    first = run("ingest", source, "-o", "data", *jobs, code=3)
    assert "1 input was refused: see webtoon-curate info data" in first.stderr
    detect = run("detect", "data", *jobs)
    assert "1 input was refused in other runs: see webtoon-curate info data" in detect.stderr
    for name, *options in LATER:
        more = jobs if name in ("landmarks", "colors", "dedup") else ()
        where = [options.pop(0)] if name in ("label", "export") else []
        run(name, *where, "data", *options, *more)


def test_an_episode_of_which_ingest_refused_all_is_refused_once(source, tmp_path):
    data, jobs = tmp_path / "data", ("--jobs", "1")
    (source / "Title" / "2.cbz").write_bytes(b"PK\x03\x04 damaged")
    run("ingest", source, "-o", data, *jobs, code=3)
    assert len(Dataset(data).rejects()) == 2
    for name in ("detect", "landmarks", "dedup"):
        run(name, data, *jobs)
    assert len(Dataset(data).rejects()) == 2


def test_what_still_stands_counts_for_those_who_read_it_again(source, tmp_path):
    data = tmp_path / "data"
    run("ingest", source, "-o", data, code=3)
    again = run("ingest", source, "-o", data, "--json", code=3)
    assert json.loads(again.stdout)["rejects"] == 1
    shutil.copytree(source / "Title", tmp_path / "other" / "Other")
    (tmp_path / "other" / "Other" / "1" / "2.jpg").unlink()
    other = run("ingest", tmp_path / "other", "-o", data)
    assert "1 input was refused in other runs" in other.stderr
    (source / "Title" / "1" / "2.jpg").unlink()
    assert "refused" not in run("ingest", source, "-o", data).stderr


def test_an_episode_that_a_limit_leaves_out_does_not_count(tmp_path):
    data = make(tmp_path / "data")
    (tmp_path / "data-source" / TITLE / "ep 2" / "p1.png").write_bytes(b"no picture")
    dedup = ("dedup", data.path, "--jobs", "1")
    run(*dedup, "--limit", "1")
    every = run(*dedup, code=3)
    assert "1 input was refused: see" in every.stderr
    assert "1 input was refused in other runs" in run(*dedup, "--limit", "1").stderr
    assert "1 input was refused: see" in run(*dedup, code=3).stderr


def test_lines_of_a_list_that_are_no_addresses_count_and_are_kept(tmp_path):
    with Server() as server:
        server.answers = {"/1.jpg": page(PAGE.read_bytes())}
        (tmp_path / "list.txt").write_text(f"{server.url('/1.jpg')}\nnonsense\n")
        options = ("--delay", 0, "--allow-private", "--title", "T", "--episode", "1")
        for _ in range(2):
            run("ingest", tmp_path / "list.txt", "-o", tmp_path / "data", *options, code=3)
    (tmp_path / "bad.txt").write_text("nonsense\n")
    run("ingest", tmp_path / "bad.txt", PAGE, "-o", tmp_path / "other", code=3)
    for name in ("data", "other"):
        (reject,) = Dataset(tmp_path / name).rejects().to_pylist()
        assert "nonsense" in reject["path"] + reject["reason"]
