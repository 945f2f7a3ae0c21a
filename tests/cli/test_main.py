"""What all commands share: advice for wrong words and paths, and what the system refuses."""

from __future__ import annotations

import configparser
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import faces_dataset
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import COMMANDS, _options, _terminal, main
from webtoon_curate.stages import Progress


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("detct", "Did you mean detect?"),
        ("export csvs", "Did you mean csv?"),
        ("train pixpix", "Did you mean pix2pix?"),
        ("label group", "Did you mean groups?"),
        ("evaluate detector", "Did you mean detect"),
        ("config list", "webtoon-curate config -h"),
        ("models check", "webtoon-curate models -h"),
    ],
)
def test_a_wrong_command_is_told_with_the_ones_that_are_near(command, advice):
    result = CliRunner().invoke(main, [*command.split(), "x"], prog_name="webtoon-curate")
    assert result.exit_code == 2
    assert f"No such command {command.split()[-1]!r}. {advice}" in result.output


@pytest.mark.parametrize(
    ("way", "moment", "arguments"),
    [
        ("script", "click", "-V"),
        ("module", "click", "-V"),
        ("module", "webtoon_curate.cli.detect", "-h"),
    ],
)
def test_ctrl_c_is_quiet_while_the_program_is_being_loaded(way, moment, arguments):
    settings = configparser.ConfigParser()
    settings.read(Path(__file__).parents[2] / "setup.cfg")
    script = settings["options.entry_points"]["console_scripts"].split("=")[1].strip()
    module, _, function = script.partition(":")
    program = (
        "import runpy, signal, sys\n"
        "class Press:\n"
        "    def find_spec(name, *_):\n"
        f"        if name == {moment!r}: signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Press)\n"
        f"sys.argv = ['webtoon-curate', {arguments!r}]\n"
    ) + {
        "module": "runpy.run_module('webtoon_curate', run_name='__main__')",
        "script": f"from {module} import {function}; sys.exit({function}())",
    }[way]
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_program_without_stderr_has_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # pythonw on Windows, some daemons
    with _terminal.progress_bar() as show:
        show(Progress("detect", 1, 2, {}))


def test_tab_completes_commands():
    environment = {"_WEBTOON_CURATE_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    words = {**environment, "COMP_WORDS": "webtoon-curate det"}
    result = CliRunner().invoke(main, [], env=words, prog_name="webtoon-curate")
    assert result.output.split() == ["plain,detect"]


@pytest.mark.parametrize("command", ["detect", "build"])
def test_addresses_and_lists_of_them_are_for_ingest(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(command, "https://example.org/1.jpg")
    assert result.exit_code == 2 and "webtoon-curate ingest" in result.output
    (tmp_path / "list.txt").write_text("https://example.org/1.jpg")
    result = run(command, "list.txt")
    assert result.exit_code == 1 and "webtoon-curate ingest" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]


@pytest.mark.parametrize("command", ["detect", "build"])
def test_a_path_that_is_none_is_told_with_the_folder_it_was_looked_for_in(command, monkeypatch):
    result = run(command, "nowhere")
    assert result.exit_code == 2
    assert "there is no 'nowhere' in" in result.output


@pytest.mark.parametrize(
    ("code", "advice"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "another folder")]
)
def test_what_the_system_refuses_is_told_without_a_traceback(monkeypatch, code, advice):
    @click.command()
    def info():
        raise OSError(code, os.strerror(code), "some/where")

    import webtoon_curate.cli.info as module

    monkeypatch.setattr(module, "info", info)
    result = run("info")
    assert result.exit_code == 1
    assert "some/where" in result.output and advice in result.output


def test_names_of_files_cannot_steer_the_terminal(capsys):
    _terminal.say("refused: a\x1b[2Jb\u202ec\rd: reason")
    assert capsys.readouterr().err == "refused: a\\x1b[2Jb\\u202ec\\rd: reason\n"


@pytest.mark.parametrize("arguments", [["-h"], ["build", "-h"], ["detect", "-h"]])
def test_help_loads_no_libraries(arguments):
    code = (
        "import sys; from webtoon_curate.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        "print([m for m in ('numpy', 'pyarrow', 'pandas', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_command():
    result = run("-h")
    assert all(f"  {name} " in result.output for name in COMMANDS)


@pytest.mark.parametrize(
    ("here", "source", "expected"),
    [
        (".", "Vol. 1.5", "Vol. 1.5-dataset"),
        (".", "strip.v2.png", "strip.v2-dataset"),
        ("Vol. 1.5", ".", "{root}/Vol. 1.5-dataset"),
        ("Vol. 1.5/ep 1", "..", "{root}/Vol. 1.5-dataset"),
        ("other", "../Vol. 1.5", "Vol. 1.5-dataset"),
    ],
)
def test_the_default_output_has_the_whole_name_and_is_never_in_the_source(
    tmp_path, monkeypatch, here, source, expected
):
    (tmp_path / "Vol. 1.5" / "ep 1").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "strip.v2.png").touch()
    monkeypatch.chdir(tmp_path / here)
    output = _options.default_output(Path(source))
    assert output == Path(expected.format(root=tmp_path.resolve()))


@pytest.mark.parametrize("command", ["dedup", "characters"])
def test_a_dry_run_as_json_is_json_and_nothing_else(command, tmp_path):
    data = faces_dataset.make(tmp_path / "data", episodes=1)
    faces_dataset.read(data, [[1.0] + [0.0] * 127] * 2)
    result = run(command, str(data.path), "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    (waiting,) = [value for value in json.loads(result.stdout).values() if isinstance(value, list)]
    assert len(waiting) == 1
