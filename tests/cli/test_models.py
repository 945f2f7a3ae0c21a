import dataclasses
import json

import pytest
from click.testing import CliRunner

from webtoon_curate.cli import main
from webtoon_curate.landmarks.registry import KINDS
from webtoon_curate.models import MODELS_VARIABLE, store
from webtoon_curate.reader import loading

NAME = "lbpcascade_animeface"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `webtoon-curate models …` with an empty cache."""
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    monkeypatch.setattr(store, "cache_folder", lambda: tmp_path / "cache")
    return lambda *arguments: CliRunner().invoke(main, ["models", *map(str, arguments)])


def test_list_tells_what_is_missing(run):
    listed = run("list")
    line = next(line for line in listed.stdout.splitlines() if line.startswith(NAME))
    assert listed.exit_code == 0 and "missing" in line and "MIT" in line
    records = {record["name"]: record for record in json.loads(run("list", "--json").stdout)}
    assert records[NAME]["state"] == "missing" and len(records[NAME]["sha256"]) == 64


def test_pull_from_a_file_then_verify(run, stock_cascade):
    pulled = run("pull", NAME, "--from", stock_cascade, "--json")
    assert pulled.exit_code == 0 and json.loads(pulled.stdout)["path"].endswith(f"{NAME}.xml")
    verified = run("verify", NAME, "--json")
    assert verified.exit_code == 0
    assert [(r["name"], r["problem"]) for r in json.loads(verified.stdout)] == [(NAME, None)]


def test_pull_refuses_another_file(run, tmp_path):
    other = tmp_path / "other.xml"
    other.write_text("<a/>")
    refused = run("pull", NAME, "--from", other)
    assert refused.exit_code == 1 and f"is not {NAME}" in refused.stderr
    assert "Traceback" not in refused.output


def test_verify_fails_on_a_damaged_or_absent_file(run, tmp_path, monkeypatch):
    assert run("verify", NAME).exit_code == 1
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    (tmp_path / f"{NAME}.xml").write_text("damaged")
    verified = run("verify")
    assert verified.exit_code == 1 and f"{NAME}: wrong checksum" in verified.stdout


def test_verify_lets_readers_read_the_face_of_a_test_picture(run, monkeypatch):
    name = "webtoon_reader"
    verified = run("verify", name)
    assert (verified.exit_code, verified.stdout) == (0, f"{name}: ok\n")
    monkeypatch.setattr(loading, "CANARY_EYES", loading.CANARY_EYES + 50)
    verified = run("verify", name)
    assert verified.exit_code == 1 and f"{name}: ok" not in verified.stdout


def test_what_lacks_its_package_is_missing_and_says_what_to_install(run, monkeypatch):
    fan = dataclasses.replace(
        KINDS.known()["face-alignment"], usable=lambda: "install face-alignment"
    )
    monkeypatch.setitem(KINDS._kinds, "face-alignment", fan)
    states = {row["name"]: row["state"] for row in json.loads(run("list", "--json").stdout)}
    assert states["fan_2d"] == "missing"
    assert "fan_2d" not in run("verify").stdout
    named = run("verify", "fan_2d")
    assert (named.exit_code, named.stdout) == (1, "fan_2d: install face-alignment\n")


@pytest.mark.parametrize("command", [("pull", "nothing"), ("verify", "nothing")])
def test_unknown_names_are_told(run, command):
    result = run(*command)
    assert result.exit_code == 1 and "no model is called 'nothing'" in result.stderr
