"""`webtoon-curate label propagate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural


@click.command()
@shared.dataset_argument
@click.argument("tag", required=False)
@click.option("--character", metavar="NAME", help="Learn this character instead of a tag.")
@click.option(
    "--next",
    "count",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="How many faces to suggest to look at next.",
)
@shared.seed_option
@shared.dry_run_option
@shared.json_option
def propagate(
    dataset: Path,
    tag: str | None,
    character: str | None,
    count: int,
    seed: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Learn a TAG from the faces of DATASET that people gave it to, and suggest it for others.

    Prints the face_ids to look at next, the most useful first. Suggestions go to
    tables/suggestions.parquet and are shown in `review`; they never change what people said.

    \b
    Examples:
      webtoon-curate label propagate my-dataset hat
      webtoon-curate label propagate my-dataset --character Kim --next 20
    """
    # Before numpy is loaded: on matrices this small more threads of OpenBLAS only wait, busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.labels.propagate import propagate as spread

    if (tag is None) == (character is None):
        raise click.UsageError("name a TAG, or a character with --character")
    kind, word = ("tag", tag) if tag is not None else ("character", character)
    found = spread(Dataset(dataset), kind, word or "", count=count, seed=seed, dry_run=dry_run)
    if as_json:
        terminal.print_json(found)
        return
    for face_id in found.next:
        click.echo(face_id)
    checked = found.checked
    terminal.say(
        f"{word}: {checked.positive:,} of {plural(checked.labels, 'label')} say yes; "
        f"cross-validated accuracy {checked.accuracy:.3f} (always the same answer: "
        f"{checked.majority:.3f}); "
        f"likely on {found.likely:,} of {plural(found.faces, 'other face')}"
    )
    if found.unread:
        terminal.say(
            f"left out {plural(found.unread, 'episode')} that webtoon-curate landmarks has not read"
        )
    if found.unusable:
        terminal.say(
            f"left out {plural(found.unusable, 'face')} whose embedding is no vector of length 1: "
            f"webtoon-curate landmarks {terminal.quoted(dataset)} --force reads anew"
        )
