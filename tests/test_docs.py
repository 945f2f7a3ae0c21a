"""The documentation: complete, true, and its examples run."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

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


def test_every_option_is_named_in_the_documentation():
    text = "".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))
    missing = [
        f"{name} {option.opts[-1]}"
        for name, command in ALL.items()
        for option in command.params
        if isinstance(option, click.Option) and not named & {*option.opts, *option.secondary_opts}
    ]
    assert not missing


def test_no_command_starts_processes_in_tests_that_do_not_ask_for_them():
    parallel = [name for name in ALL if any(param.name == "jobs" for param in ALL[name].params)]
    variables = [f"WEBTOON_CURATE_{name.replace(' ', '_').upper()}_JOBS" for name in parallel]
    assert [variable for variable in variables if variable not in os.environ] == []


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


class Runs:
    """Commands run one after the other, in a folder with the example `episodes` and `labels.json`.

    What several pages begin with is run once: the folder it left is kept for the others.
    """

    def __init__(self, folder: Path, beginnings: Counter[tuple[str, ...]]) -> None:
        self.here, self._start = folder / "here", folder / "start"
        self._beginnings, self._done = beginnings, ()
        self._kept: dict[tuple[str, ...], tuple[Path, Result]] = {}
        shutil.copytree(ROOT / "examples" / "episodes", self._start / "episodes")
        shutil.copy(ROOT / "examples" / "labels.json", self._start)

    def last(self, commands: tuple[str, ...]) -> Result:
        """The result of the last of these commands; those before it must have been given."""
        if commands in self._kept:
            return self._kept[commands][1]
        before = commands[:-1]
        if not before or self._done != before:
            shutil.rmtree(self.here, ignore_errors=True)
            shutil.copytree(self._kept[before][0] if before else self._start, self.here)
        os.chdir(self.here)
        result = CliRunner().invoke(main, shlex.split(commands[-1])[1:])
        self._done = commands
        if self._beginnings[commands] > 1:
            kept = self._start.with_name(f"kept {len(self._kept)}")
            shutil.copytree(self.here, kept)
            self._kept[commands] = kept, result
        return result


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Runs:
    commands = [[command for command, _ in examples(page)] for page in PAGES]
    beginnings = Counter(tuple(c[:end]) for c in commands for end in range(1, len(c) + 1))
    return Runs(tmp_path_factory.mktemp("runs"), beginnings)


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(examples(page))],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_the_examples_run_and_print_what_they_show(page, shared_data, runs, monkeypatch):
    monkeypatch.chdir(runs.here.parent)
    monkeypatch.setenv("WEBTOON_CURATE_MODELS", str(shared_data))
    done: tuple[str, ...] = ()
    for command, expected in examples(page):
        assert shlex.split(command)[0] == "webtoon-curate", command
        done += (command,)
        result = runs.last(done)
        if "webtoon-curate[train]" in result.output and find_spec("torch") is None:
            pytest.skip(f"{command} needs the extra train")
        assert result.exit_code in (0, 3), f"{command}\n{result.output}"
        if expected.strip():
            same = doctest.OutputChecker().check_output(
                expected, result.stdout, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            )
            assert same, f"{command}\n{result.stdout}"
