"""The documentation: complete, true, and its examples run."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from webtoon_curate.cli import COMMANDS, main
from webtoon_curate.schema import markdown

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(group: click.Group, ctx: click.Context, path: str = ""):
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, ctx, f"{path}{name} ")


ALL = dict(commands(main, click.Context(main)))


@pytest.mark.parametrize("name", ALL)
def test_help_has_an_example(name):
    result = CliRunner().invoke(main, [*name.split(), "-h"])
    assert result.exit_code == 0
    assert re.search(r"Examples?:\s+webtoon-curate " + name, result.output), result.output


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_does(name):
    options = [param for param in ALL[name].params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_with_an_example_that_is_run(name):
    page = ROOT / "docs" / "commands" / f"{name}.md"
    assert page.is_file()
    assert any(command.startswith(f"webtoon-curate {name}") for command, _ in examples(page))


def test_the_tables_are_documented_as_they_are():
    assert markdown() in (ROOT / "docs" / "tables.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


def examples(page: Path):
    """(command, expected output) of each `$` line in the page's console blocks."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(examples(page))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_examples_run_and_print_what_they_show(page, shared_data, tmp_path, monkeypatch):
    """In a folder with the example `episodes` and `labels.json`, one command after the other."""
    shutil.copytree(ROOT / "examples" / "episodes", tmp_path / "episodes")
    shutil.copy(ROOT / "examples" / "labels.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEBTOON_CURATE_MODELS", str(shared_data))
    for command, expected in examples(page):
        program, *arguments = shlex.split(command)
        assert program == "webtoon-curate", command
        result = CliRunner().invoke(main, arguments)
        if "webtoon-curate[train]" in result.output and find_spec("torch") is None:
            pytest.skip(f"{command} needs the extra train")
        assert result.exit_code in (0, 3), f"{command}\n{result.output}"
        if expected.strip():
            same = doctest.OutputChecker().check_output(
                expected, result.stdout, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            assert same, f"{command}\n{result.stdout}"
