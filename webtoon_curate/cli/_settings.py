"""The settings file: read and checked, written with all defaults, shown with sources."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

_RUN = ("help", "dry_run", "as_json", "force", "check")
"""Options of one run, which nobody wants to set for all."""


@dataclass(frozen=True)
class Setting:
    """One option of a command.

    Attributes:
        command: words of the command, e.g. `("export", "tensors")`.
        name: the key in the settings file.
        value: resolved; None where there is none.
        source: `default`, the environment variable's name, or `settings file`.
        about: the option's help.
    """

    command: tuple[str, ...]
    name: str
    value: Any
    source: str
    about: str


def read_settings(ctx: click.Context, path: Path) -> dict[str, Any]:
    """The settings file as click's default map.

    Raises:
        click.UsageError: if it is no TOML, or has a command or key that does not exist; the
            message names the nearest that does.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        # Windows' editors begin UTF-8 with a mark.
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    group = ctx.command
    assert isinstance(group, click.Group)
    for name, values in settings.items():
        command = group.get_command(ctx, name)
        if command is None or not isinstance(values, dict):
            raise click.UsageError(
                f"{path}: [{name}] is no command{_nearest(name, group.list_commands(ctx))}"
            )
        _check_keys(ctx, path, name, command, values)
    return settings


def _check_keys(
    ctx: click.Context, path: Path, name: str, command: click.Command, values: dict[str, Any]
) -> None:
    known = {option.name or "" for option in command.params if isinstance(option, click.Option)}
    subcommands = command.list_commands(ctx) if isinstance(command, click.Group) else []
    for key, value in values.items():
        if isinstance(command, click.Group) and key in subcommands and isinstance(value, dict):
            child = command.get_command(ctx, key)
            assert child is not None
            _check_keys(ctx, path, f"{name}.{key}", child, value)
        elif key not in known:
            raise click.UsageError(
                f"{path}: [{name}] has no setting {key!r}"
                + _nearest(key, [*sorted(known), *subcommands])
            )


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.replace("-", "_"), known, 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"


def settings_of(root: click.Context, words: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting of a command and its subcommands, resolved as a run without flags would.

    Args:
        root: of the program, with its settings file and prefix of the environment; one without
            them gives the defaults.
        words: of a command; none for all commands.
    """
    ctx = root
    for word in words:
        assert isinstance(ctx.command, click.Group)
        command = ctx.command.get_command(ctx, word)
        if command is None:
            known = ctx.command.list_commands(ctx)
            raise click.UsageError(f"{word!r} is no command{_nearest(word, known)}")
        ctx = click.Context(command, info_name=word, parent=ctx)
    if words:
        for option in ctx.command.params:
            if isinstance(option, click.Option) and option.name not in _RUN:
                yield _resolved(ctx, words, option)
    if isinstance(ctx.command, click.Group):
        for word in ctx.command.list_commands(ctx):
            yield from settings_of(root, (*words, word))


def _resolved(ctx: click.Context, words: tuple[str, ...], option: click.Option) -> Setting:
    from click import core

    assert option.name is not None
    try:
        option.handle_parse_result(ctx, {}, [])
    except click.MissingParameter:
        return Setting(words, option.name, None, "default", option.help or "")
    source = ctx.get_parameter_source(option.name)
    name = "default"
    if source is core.ParameterSource.ENVIRONMENT:
        name = str(option.envvar or f"{ctx.auto_envvar_prefix}_{option.name.upper()}")
    elif source is core.ParameterSource.DEFAULT_MAP:
        name = "settings file"
    value = ctx.params.get(option.name)
    # Such as all cores, which is another number on each machine; and click's mark of no value,
    # which it has from version 8.3 on.
    varies = name == "default" and callable(option.default)
    if varies or value is getattr(core, "UNSET", None):
        value = None
    return Setting(words, option.name, value, name, option.help or "")


def commented(settings: list[Setting]) -> Iterator[str]:
    """Lines of a settings file with every default, each in a comment under its help."""
    yield "# Settings of webtoon-curate. Flags and WEBTOON_CURATE_<COMMAND>_<SETTING> go before"
    yield "# them. Every line shows a default: take its # away to change it."
    table: tuple[str, ...] = ()
    for setting in settings:
        if setting.command != table:
            table = setting.command
            yield from ("", f"[{'.'.join(table)}]")
        yield f"# {' '.join(setting.about.split())}"
        yield f"# {setting.name} ={'' if (text := toml(setting.value)) is None else ' ' + text}"


def resolved_lines(settings: list[Setting]) -> Iterator[str]:
    """Lines of TOML with every value and where it comes from."""
    table: tuple[str, ...] = ()
    for setting in settings:
        if setting.command != table:
            yield from ([""] if table else [])
            table = setting.command
            yield f"[{'.'.join(table)}]"
        text = toml(setting.value)
        where = setting.source if text is not None else "not set"
        yield f"{'# ' * (text is None)}{setting.name}{f' = {text}' if text else ''}  # {where}"


def toml(value: Any) -> str | None:
    """A value as TOML has it; None if there is none. TOML's strings take JSON's escapes."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(str(toml(one)) for one in value)}]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
