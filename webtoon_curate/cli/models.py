"""`webtoon-curate models`."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import Advised
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.models import ModelState


@click.group(cls=Advised)
def models() -> None:
    """List, fetch and verify model files.

    \b
    Examples:
      webtoon-curate models list
      webtoon-curate models pull lbpcascade_animeface

    A folder named by the environment variable WEBTOON_CURATE_MODELS is searched first.
    """


@models.command("list")
@shared.json_option
def list_(as_json: bool) -> None:
    """Every model: what it is for, its licence, and whether it is installed.

    \b
    Examples:
      webtoon-curate models list
      webtoon-curate models list --json
    """
    states = _states()
    if as_json:
        terminal.print_json([_record(state) for state in states])
        return
    rows = [(s.card.name, s.state, s.card.backend, s.card.license) for s in states]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for state, row in zip(states, rows):
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths))
        click.echo("  ".join([*cells, state.card.about]))


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "from_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take this local file instead of the network.",
)
@shared.json_option
def pull(name: str, from_file: Path | None, as_json: bool) -> None:
    """Fetch the model NAME into your cache and check its sha256.

    \b
    Examples:
      webtoon-curate models pull lbpcascade_animeface
      webtoon-curate models pull lbpcascade_animeface --from Downloads/lbpcascade_animeface.xml
    """
    from webtoon_curate.models import pull_model
    from webtoon_curate.plugins import load_plugins

    load_plugins()
    path = pull_model(name, from_file)
    if as_json:
        terminal.print_json({"name": name, "path": str(path)})
    else:
        terminal.say(f"{name}: {path}")


@models.command()
@click.argument("names", nargs=-1)
@shared.json_option
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Check the sha256 of installed models, and that detectors and readers see a face.

    Without NAMES, of all that are installed. Exit code 1 if one is damaged or does not work.

    \b
    Examples:
      webtoon-curate models verify
      webtoon-curate models verify lbpcascade_animeface --json
    """
    from webtoon_curate.models import find_card

    states = _states()
    for name in names:
        find_card(name)
    chosen = [s for s in states if (s.card.name in names if names else s.state != "missing")]
    records = [{**_record(state), "problem": _problem(state)} for state in chosen]
    if as_json:
        terminal.print_json(records)
    else:
        for record in records:
            click.echo(f"{record['name']}: {record['problem'] or 'ok'}")
    sys.exit(1 if any(record["problem"] for record in records) else 0)


def _states() -> list[ModelState]:
    """Every model; those of packages that are not installed are missing."""
    from webtoon_curate.models import model_states
    from webtoon_curate.plugins import load_plugins

    load_plugins()
    return [
        replace(state, state="missing") if state.state == "built in" and _lacks(state) else state
        for state in model_states()
    ]


def _lacks(state: ModelState) -> str | None:
    """What to install to make a model work."""
    from webtoon_curate.detect import backends
    from webtoon_curate.landmarks.registry import kinds

    kind = backends().get(state.card.backend) or kinds().get(state.card.backend)
    return None if kind is None else kind.usable()


def _record(state: ModelState) -> dict[str, object]:
    path = str(state.path) if state.path else None
    return {**asdict(state.card), "state": state.state, "path": path}


def _problem(state: ModelState) -> str | None:
    """What is wrong with an installed model; None if it works."""
    from webtoon_curate.detect import backends, load_detector
    from webtoon_curate.errors import ModelError
    from webtoon_curate.reader.loading import BACKEND, load_reader

    if state.state not in ("ok", "built in"):
        return f"{state.state}: {state.path}" if state.path else _lacks(state) or state.state
    try:
        if state.card.backend == BACKEND:
            load_reader(state.card.name)
        elif state.card.backend in backends():
            load_detector(state.card.name, domain=state.card.domain)
    except ModelError as error:
        return str(error)
    return None
