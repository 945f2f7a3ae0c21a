"""`webtoon-curate config`: the settings file."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import CONFIG_FILE, Advised
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal


@click.group(cls=Advised)
def config() -> None:
    """Write a settings file, or show the settings in force.

    \b
    Examples:
      webtoon-curate config init
      webtoon-curate config show split
    """


@config.command()
@click.argument(
    "path", type=click.Path(dir_okay=False, path_type=Path), default=CONFIG_FILE, required=False
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.pass_context
def init(ctx: click.Context, path: Path, force: bool) -> None:
    """Write PATH (webtoon-curate.toml) with every setting, its meaning and its default.

    All of them are comments: a file as it is written changes nothing.

    \b
    Example:
      webtoon-curate config init
    """
    from webtoon_curate.cli._settings import commented, settings_of
    from webtoon_curate.files import replacing

    if path.exists() and not force:
        raise click.ClickException(f"{path} is there already; --force overwrites it")
    defaults = click.Context(ctx.find_root().command)
    text = "\n".join(commented(list(settings_of(defaults))))
    with replacing(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
    terminal.say(f"wrote {path}")


@config.command()
@click.argument("command", nargs=-1)
@shared.json_option
@click.pass_context
def show(ctx: click.Context, command: tuple[str, ...], as_json: bool) -> None:
    """Print the settings of COMMAND, or of all, as a run without flags would take them.

    Behind each stands where it comes from: default, settings file, or a variable of the
    environment.

    \b
    Examples:
      webtoon-curate config show
      webtoon-curate config show detect
      webtoon-curate config show export tensors --json
    """
    from webtoon_curate.cli._settings import resolved_lines, settings_of

    settings = list(settings_of(ctx.find_root(), command))
    if as_json:
        terminal.print_json(
            [
                {
                    "command": " ".join(setting.command),
                    "setting": setting.name,
                    "value": setting.value,
                    "source": setting.source,
                }
                for setting in settings
            ]
        )
        return
    for line in resolved_lines(settings):
        click.echo(line)
