"""Datasets with nothing in them: every command says what is missing, and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
import rows_dataset
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.cli._terminal import EXIT_REJECTS
from webtoon_curate.dataset import Dataset
from webtoon_curate.manifest import write_manifest
from webtoon_curate.schema import FACES

READ = ["landmarks", "colors", "label groups", "dedup", "characters"]
FACES_FIRST = [*READ, *(f"{name} --dry-run" for name in READ), "split", "split --dry-run", "report",
               "export csv", "export csv --dry-run", "review --dry-run"]  # fmt: skip
PAGES_FIRST = [*FACES_FIRST, "detect", "detect --dry-run", "build", "build --dry-run"]


def said(command: str, path: Path):
    result = CliRunner().invoke(main, [*command.split(), str(path)])
    assert isinstance(result.exception, SystemExit | None), result.exception
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A dataset of one episode, whose only face is not kept."""
    path = tmp_path_factory.mktemp("made") / "data"
    return rows_dataset.make(path, [rows_dataset.Made("a", "1", 0, keep=False)]).path


@pytest.fixture
def data(made, tmp_path) -> Dataset:
    shutil.copytree(made, tmp_path / "data")
    return Dataset(tmp_path / "data")


@pytest.mark.parametrize("command", PAGES_FIRST)
def test_without_pages_a_source_is_asked_for(tmp_path, command):
    data = Dataset.create(tmp_path / "data")
    result = said(command, data.path)
    assert result.exit_code == 1
    assert f"has no pages yet; read some: webtoon-curate detect SOURCE -o {data.path}" in (
        result.stderr
    )


@pytest.mark.parametrize("command", FACES_FIRST)
def test_before_detection_detect_is_advised(data, command):
    shutil.rmtree(data.path / "tables" / "faces")
    (data.path / "manifest.parquet").unlink()
    result = said(command, data.path)
    assert result.exit_code == 1
    assert f"has no faces yet; look for some: webtoon-curate detect {data.path}" in result.stderr


@pytest.mark.parametrize("command", ["split", "export csv"])
def test_where_detect_found_nothing_it_is_not_advised_again(data, command):
    note = data.tables["faces"].note("a", "1")
    data.tables["faces"].write("a", "1", pa.Table.from_pylist([], FACES), note)
    data.tables["faces"].merge()
    write_manifest(data)
    result = said(command, data.path)
    assert result.exit_code == 1
    assert "found no face" in result.stderr and "--recall high" in result.stderr


@pytest.mark.parametrize("command", ["split", "export csv"])
def test_where_no_page_could_be_read_the_reasons_are_pointed_at(tmp_path, command):
    (tmp_path / "ep").mkdir()
    (tmp_path / "ep" / "1.jpg").write_text("none")
    output = tmp_path / "data"
    result = CliRunner().invoke(main, ["detect", str(tmp_path / "ep"), "-o", str(output)])
    assert result.exit_code == EXIT_REJECTS
    assert f"could be read; webtoon-curate info {output} says why" in said(command, output).stderr
