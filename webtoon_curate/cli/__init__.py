"""The command line: one thin file a command, each loaded when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from webtoon_curate import __version__

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


class Commands(click.Group):
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

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn a user's error into advice without a traceback."""
        from webtoon_curate.errors import CurateError

        try:
            return super().invoke(ctx)
        except CurateError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo(
                "\nStopped. What is done is kept: run the same command again to go on.", err=True
            )
            ctx.exit(130)
        except BrokenPipeError:
            # The reader of our output went away (`| head`): end quietly.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)


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
    """
    if config is None and Path(CONFIG_FILE).is_file():
        config = Path(CONFIG_FILE)
    if config is not None:
        from webtoon_curate.cli._settings import read_settings

        ctx.default_map = read_settings(ctx, config)
