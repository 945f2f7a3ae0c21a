"""`webtoon-curate info`: what was refused is told with its place."""

from __future__ import annotations

import json
import shutil

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from PIL import Image

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.info import info as counts_of
from webtoon_curate.info import totals
from webtoon_curate.ingest.stage import ingest_sources
from webtoon_curate.manifest import MANIFEST_FILE, write_manifest
from webtoon_curate.schema import LANDMARKS

DAMAGED = 5


@pytest.fixture
def data(tmp_path):
    """An episode of one good and five empty pages, and an archive that nobody can read."""
    folder = tmp_path / "source" / "Title" / "ep 1"
    folder.mkdir(parents=True)
    Image.fromarray(np.zeros((60, 40, 3), np.uint8)).save(folder / "good.png")
    for number in range(DAMAGED):
        (folder / f"{number}.jpg").touch()
    (tmp_path / "source" / "Title" / "line\nbreak.cb7").touch()
    data = Dataset.create(tmp_path / "data")
    ingest_sources(data, tmp_path / "source")
    return data


def info(data, *arguments):
    result = CliRunner().invoke(main, ["info", str(data.path), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_each_reason_comes_with_places(data):
    lines = [line.strip() for line in info(data).splitlines()]
    start = lines.index("5  the file is empty")
    assert lines[start + 1 : start + 5] == [*(f"Title/ep 1/{n}.jpg" for n in range(3)), "…"]
    assert any(line.endswith("line\\nbreak.cb7") for line in lines)


def test_archives_with_one_fault_are_counted_together_and_named_as_they_lie(data, tmp_path):
    source = tmp_path / "source"
    for name in ("one.cbz", "two.cbz"):
        (source / "Title" / name).write_bytes(b"no archive")
    ingest_sources(data, source)
    why = "is neither a zip nor a rar archive; repack it as .cbz"
    lines = [line.strip() for line in info(data).splitlines()]
    start = lines.index(f"2  {why}")
    paths = [str(source / "Title" / name) for name in ("one.cbz", "two.cbz")]
    assert lines[start + 1 : start + 3] == paths
    rows = [line.split("\t") for line in info(data, "--rejects").splitlines()]
    assert [paths[0], "ingest", why] in rows


def test_all_rejects_are_printed_one_a_line(data):
    lines = [line.split("\t") for line in info(data, "--rejects").splitlines()]
    assert len(lines) == DAMAGED + 1
    assert ["Title/ep 1/4.jpg", "ingest", "the file is empty"] in lines


def test_rejects_as_json_are_the_table(data):
    assert json.loads(info(data, "--rejects", "--json")) == data.rejects().to_pylist()


@pytest.mark.parametrize("charset", ["cp949", "latin-1"])
def test_names_that_a_pipe_cannot_write_are_escaped_and_json_stays_json(tmp_path, charset):
    folder = tmp_path / "source" / "여신강림 💖" / "1화"
    folder.mkdir(parents=True)
    Image.fromarray(np.zeros((60, 40, 3), np.uint8)).save(folder / "1.png")
    data = Dataset.create(tmp_path / "data")
    ingest_sources(data, tmp_path / "source")
    for options in ([], ["--json"]):
        command = ["info", str(data.path), *options]
        result = CliRunner(charset=charset).invoke(main, command)
        assert result.exit_code == 0, result.output
        text = result.stdout_bytes.decode(charset)
    assert json.loads(text)["by_episode"][0]["title"] == "여신강림 💖"


def test_kept_are_the_faces_that_all_stages_keep(tmp_path):
    data = faces_dataset.make(tmp_path / "faces")
    faces_dataset.write_points(data)
    tables, names = data.tables["landmarks"], (faces_dataset.TITLE, "ep 1")
    rows = tables.read(*names).to_pylist()
    rows[0]["keep_reason"] = "quality"
    tables.write(*names, pa.Table.from_pylist(rows, LANDMARKS), tables.note(*names))
    write_manifest(data)
    counts = json.loads(info(data, "--json"))
    assert (counts["faces"], counts["kept"], counts["left_out"]) == (4, 3, {"quality": 1})
    assert [row["kept"] for row in counts["by_episode"]] == [1, 2]


def test_faces_found_before_a_run_was_stopped_are_counted(tmp_path):
    data = faces_dataset.make(tmp_path / "faces")
    joined = json.loads(info(data, "--json"))
    (data.path / MANIFEST_FILE).unlink()  # a run joins it at its end
    assert json.loads(info(data, "--json")) == joined


def test_episodes_in_which_no_face_was_looked_for_are_told_by_later_commands(tmp_path):
    data = faces_dataset.make(tmp_path / "data")
    new = tmp_path / "data-source" / faces_dataset.TITLE / "ep 3"
    dedup = ["dedup", str(data.path), "--jobs", "1"]
    assert "looked for" not in CliRunner().invoke(main, dedup).stderr
    shutil.copytree(new.with_name("ep 1"), new)
    ingest = ["ingest", str(new.parent), "-o", str(data.path), "--layout", "images"]
    advice = f"in 1 episode no face was looked for yet: webtoon-curate detect {data.path}"
    for command in (ingest, dedup):
        told = CliRunner().invoke(main, command).stderr
        assert "4 faces (4 kept) in 6 scenes of 6 pages, 3 episodes" in told and advice in told
    found, counted = totals(data), counts_of(data)
    names = ("episodes", "pages", "scenes", "faces", "kept")
    assert [found[name] for name in names] == [counted[name] for name in names]
