"""The settings file: written, read, checked and shown."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main

tomllib = pytest.importorskip("tomllib")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def shown(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return {(row["command"], row["setting"]): row for row in json.loads(result.stdout)}


def test_a_written_file_changes_nothing_and_uncommented_it_still_is_the_defaults():
    before = shown("config", "show", "--json")
    assert run("config", "init").exit_code == 0
    path = Path("webtoon-curate.toml")
    assert shown("config", "show", "--json") == before
    text = path.read_text()
    assert not any(tomllib.loads(text)["split"].values())
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    after = shown("config", "show", "--json")
    assert {key: row["value"] for key, row in after.items()} == {
        key: row["value"] for key, row in before.items()
    }
    assert after["split", "val"]["source"] == "settings file"
    assert ("export tensors", "seed") in after and ("detect", "min_score") in after


def test_values_come_from_the_environment_then_the_file_then_the_default(monkeypatch):
    Path("webtoon-curate.toml").write_text('[split]\nval = "20%"\ncap = 9\nbalance = ["view"]\n')
    monkeypatch.setenv("WEBTOON_CURATE_SPLIT_CAP", "7")
    rows = shown("config", "show", "split", "--json")
    found = {name: (row["value"], row["source"]) for (_, name), row in rows.items()}
    assert found["cap"] == (7, "WEBTOON_CURATE_SPLIT_CAP")
    assert found["val"] == (0.2, "settings file")
    assert found["balance"] == (["view"], "settings file")
    assert found["test"] == (0.1, "default")
    text = run("config", "show", "split").stdout
    assert tomllib.loads(text)["split"]["cap"] == 7
    assert "cap = 7  # WEBTOON_CURATE_SPLIT_CAP" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[splt]\nval = 1", "did you mean 'split'"),
        ("[split]\nvall = 1", "did you mean 'val'"),
        ("[detect]\nmin-score = 1", "did you mean 'min_score'"),
        ("[export.tensor]\nsize = 1", "did you mean 'tensors'"),
        ("[export.tensors]\nsise = 1", "did you mean 'size'"),
        ("split = 3", "[split] is no command"),
        ("[split]\nxyzzy = 1", "known: "),
        ("[split", "webtoon-curate.toml"),
        ("[split]\nval = 7.5", "neither a share"),
    ],
)
def test_mistakes_are_named_with_what_was_meant(text, message):
    Path("webtoon-curate.toml").write_text(text)
    result = run("config", "show", "split")
    assert result.exit_code == 2 and message in result.output, result.output


def test_a_wrong_value_is_told_with_the_place_it_comes_from(monkeypatch):
    wrong = "'hi' is not one of 'high', 'balanced', 'precise'."
    Path("webtoon-curate.toml").write_text('[detect]\nrecall = "hi"\n')
    for command in (["detect", "."], ["build", ".", "--dry-run"], ["config", "show", "detect"]):
        result = run(*command)
        assert result.exit_code == 2
        assert result.stderr.endswith(f"{wrong} It is in the settings file.\n")
    monkeypatch.setenv("WEBTOON_CURATE_DETECT_RECALL", "hi")
    told = f"{wrong} It is in the environment: WEBTOON_CURATE_DETECT_RECALL.\n"
    assert run("detect", ".").stderr.endswith(told)
    assert run("detect", ".", "--recall", "hi").stderr.endswith(f"{wrong}\n")


def test_files_of_windows_editors_are_read_or_told_of():
    Path("webtoon-curate.toml").write_text("[split]\ncap = 9\n", encoding="utf-8-sig")
    assert shown("config", "show", "split", "--json")["split", "cap"]["value"] == 9
    Path("webtoon-curate.toml").write_text("[split]\ncap = 9\n", encoding="utf-16")
    result = run("config", "show", "split")
    assert result.exit_code == 2 and "save it as UTF-8" in result.output


def test_a_file_that_is_there_is_not_overwritten_unasked():
    Path("mine.toml").write_text("[split]\nval = 0.3\n")
    assert run("config", "init", "mine.toml").exit_code == 1
    assert Path("mine.toml").read_text() == "[split]\nval = 0.3\n"
    assert run("config", "init", "mine.toml", "--force").exit_code == 0
