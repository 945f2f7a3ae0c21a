"""The command line: one thin file a command, each loaded when it is called."""

from __future__ import annotations

import difflib
import errno
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from webtoon_curate import __version__
from webtoon_curate.errors import INTERRUPTED, CurateError

CONFIG_FILE = "webtoon-curate.toml"
COMMANDS = (
    *(
        "detect",
        "build",
        "ingest",
        "landmarks",
        "colors",
        "dedup",
        "characters",
        "split",
        "export",
        "report",
        "info",
        "label",
        "review",
        "evaluate",
    ),
    *("models", "synth", "train", "translate", "export-onnx", "config"),
)
"""In the order of `--help`; `webtoon_curate.cli.<name>`, _ for -, holds a click command of that
name."""


class Advised(click.Group):
    """A group that tells the names that are near a wrong one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with that advice."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, 3)
            advice = f"Did you mean {' or '.join(near)}?" if near else f"{ctx.command_path} -h"
            ctx.fail(f"No such command {args[0]!r}. {advice}")
        return super().resolve_command(ctx, args)


class Commands(Advised):
    """Loads a command's module when it is asked for, so that `--help` and start-up stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names, most used first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        return getattr(importlib.import_module(f"webtoon_curate.cli.{name}"), name)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As click's, which also prints `--help`; Ctrl-C ends it quietly."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn a user's error into advice without a traceback."""
        try:
            from webtoon_curate.cli._terminal import is_utf8, readable

            for stream in (sys.stdout, sys.stderr):
                # Pipes on Windows and other locales have no signs for some names.
                if isinstance(stream, io.TextIOWrapper) and not is_utf8(stream):
                    stream.reconfigure(errors="backslashreplace")
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(
                "\nStopped. What is done is kept: run the same command again to go on (without "
                "--force; train: with --resume).",
                err=True,
            )
            ctx.exit(INTERRUPTED)
        except click.BadParameter as error:
            error.message += _set_in(error)
            raise
        except CurateError as error:
            raise click.ClickException(readable(str(error))) from error
        except BrokenPipeError:
            # The reader of our output went away (`| head`): end quietly.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:
            if error.errno is None:
                raise
            raise click.ClickException(readable(_system_error(error))) from error


def _set_in(error: click.BadParameter) -> str:
    """Where a value comes from that nobody typed."""
    from click.core import ParameterSource

    ctx, name = error.ctx, error.param and error.param.name
    source = ctx.get_parameter_source(name) if ctx is not None and name else None
    if source is ParameterSource.DEFAULT_MAP:
        return " It is in the settings file."
    if source is ParameterSource.ENVIRONMENT:
        assert ctx is not None and name
        return f" It is in the environment: {ctx.auto_envvar_prefix}_{name.upper()}."
    return ""


def _system_error(error: OSError) -> str:
    """What the operating system refused, where, and what to do."""
    where = f"{error.filename}: " if error.filename else ""
    advice = {
        errno.ENOSPC: "free some space and run the same command again; what is done is kept",
        errno.EDQUOT: "free some space and run the same command again; what is done is kept",
        errno.EROFS: "choose another folder to write to",
        errno.EACCES: "change its permissions, or choose another folder",
        errno.EPERM: "change its permissions, or choose another folder",
    }.get(error.errno or 0, "look at the path and run the same command again")
    return f"{where}{error.strerror or error}; {advice}"


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "WEBTOON_CURATE",
        "max_content_width": 100,
    },
)
@click.version_option(__version__, "-V", "--version", prog_name="webtoon-curate")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help=f"Settings file; default: {CONFIG_FILE} in this folder, if there is one.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Turn webtoon and comic episodes into face datasets good enough to train on.

    \b
    Example:
      webtoon-curate detect ./episodes          find the faces in a folder of comics
      webtoon-curate info episodes-dataset      what is in the dataset

    Settings are taken from flags, then from the environment (WEBTOON_CURATE_DETECT_JOBS=4), then
    from webtoon-curate.toml ([detect] jobs = 4), then defaults.

    \b
    Completion of commands and options with Tab, in bash (zsh and fish likewise):
      eval "$(_WEBTOON_CURATE_COMPLETE=bash_source webtoon-curate)"
    """
    if config is None and Path(CONFIG_FILE).is_file():
        config = Path(CONFIG_FILE)
    if config is not None:
        from webtoon_curate.cli._settings import read_settings

        ctx.default_map = read_settings(ctx, config)
