"""`webtoon-curate label`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webtoon_curate.cli import Advised
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli.label_groups import groups
from webtoon_curate.cli.label_propagate import propagate
from webtoon_curate.wording import plural

_SHOWN = 10
"""Refused labels that are told of one by one."""

_FORMATS = click.Choice(["csv", "coco", "label-studio"])


@click.group(cls=Advised)
def label() -> None:
    """Bring labels into a dataset and out of it, and tell groups by a model.

    \b
    Examples:
      webtoon-curate label groups my-dataset
      webtoon-curate label export my-dataset labels.csv
      webtoon-curate label import labels.csv my-dataset
      webtoon-curate label propagate my-dataset hat

    To label faces yourself: webtoon-curate review my-dataset
    """


label.add_command(groups)
label.add_command(propagate)


@label.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@shared.dataset_argument
@click.option(
    "--format",
    type=_FORMATS,
    help="Of FILE.  [default: by its name, and of JSON by its content]",
)
@click.option(
    "--who",
    metavar="NAME",
    help="The labels are this person's words, as if given in `review`.  [default: an import, "
    "over which people's words win]",
)
@shared.dry_run_option
@shared.json_option
def import_(
    file: Path, dataset: Path, format: str | None, who: str | None, dry_run: bool, as_json: bool
) -> None:
    """Take the labels in FILE into DATASET: CSV, COCO or Label Studio JSON.

    Labels meet their faces by overlap; faces that the detector missed are added.

    \b
    Examples:
      webtoon-curate label import labels.csv my-dataset
      webtoon-curate label import project-1.json my-dataset --who ana
    """
    from webtoon_curate.labels.exchange import import_labels

    summary = import_labels(dataset, file, format, who=who, dry_run=dry_run)
    for reason in summary.refused[:_SHOWN]:
        terminal.say(f"refused: {reason}")
    if len(summary.refused) > _SHOWN:
        terminal.say(f"… and {len(summary.refused) - _SHOWN:,} more")
    if as_json:
        terminal.print_json(summary)
    else:
        would = "would be " if dry_run else ""
        terminal.say(
            f"{plural(summary.read, 'label')} read: {plural(summary.faces, 'face')} "
            f"{would}labelled ({summary.added:,} of them added), {summary.same:,} said nothing "
            f"new, {len(summary.refused):,} refused"
        )
        if not summary.read and not summary.refused:
            terminal.say(
                f"{file} holds nobody's words: what models said counts once somebody changed it, "
                "predictions of Label Studio once they are submitted"
            )
    sys.exit(terminal.EXIT_REJECTS if summary.refused else 0)


@label.command()
@shared.dataset_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    type=_FORMATS,
    help="Of FILE; a new .json needs it.  [default: by its name]",
)
@click.option(
    "--all", "everything", is_flag=True, help="Also faces that nobody labelled, for labelling."
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@shared.json_option
def export(
    dataset: Path, file: Path, format: str | None, everything: bool, force: bool, as_json: bool
) -> None:
    """Write what people and imports said of the faces of DATASET to FILE.

    \b
    Examples:
      webtoon-curate label export my-dataset labels.csv
      webtoon-curate label export my-dataset faces.json --format label-studio --all
    """
    from webtoon_curate.labels.exchange import export_labels

    if file.exists() and not force:
        raise click.ClickException(f"{file} is there already; replace it with --force")
    count = export_labels(dataset, file, format, everything=everything)
    if as_json:
        terminal.print_json({"file": file, "faces": count})
    else:
        terminal.say(f"{plural(count, 'face')}: {file}")
