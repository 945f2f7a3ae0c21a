"""`webtoon-curate dedup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli._faces import Run, run_options, run_stage

if TYPE_CHECKING:
    from webtoon_curate.stages import Summary

KINDS = ("exact", "near", "redrawn")


@click.command()
@shared.dataset_argument
@click.option(
    "-d",
    "--distance",
    type=click.IntRange(0, 16),
    default=6,
    show_default=True,
    help="Hashes that differ in at most this many of 64 bits are candidates.",
)
@click.option(
    "--hash",
    "kind",
    type=click.Choice(
        ["phash", "dhash", "average_hash", "phash_simple", "dhash_vertical", "whash"]
    ),
    default="phash",
    show_default=True,
    help="Hash of the candidates; those beside phash and dhash need the extra imagehash.",
)
@click.option(
    "--redrawn/--no-redrawn",
    default=True,
    show_default=True,
    help="Look for mirrored drawings, and within titles for edited ones.",
)
@click.option(
    "--verify/--no-verify",
    default=True,
    show_default=True,
    help="Join candidates only if their aligned pictures are alike.",
)
@click.option(
    "--min-likeness",
    type=click.FloatRange(0, 1),
    default=0.75,
    show_default=True,
    help="Of the small pictures of candidates by hash.",
)
@click.option(
    "--min-redrawn",
    type=click.FloatRange(0, 1),
    default=0.88,
    show_default=True,
    help="Of the lines of all other candidates' faces, laid over each other.",
)
@run_options
def dedup(
    dataset: Path,
    distance: int,
    kind: str,
    redrawn: bool,
    verify: bool,
    min_likeness: float,
    min_redrawn: float,
    run: Run,
) -> None:
    """Find the faces of DATASET that show one drawing, and keep one of each.

    Writes the tables `hashes` and `clusters`. Nothing is deleted: faces that another one stands
    for get keep = false, keep_reason = duplicate in the manifest.

    \b
    Examples:
      webtoon-curate dedup my-dataset
      webtoon-curate dedup my-dataset --distance 10 --jobs 4
      webtoon-curate dedup my-dataset --hash dhash --no-redrawn --json
    """
    from webtoon_curate.dedup.stage import DedupSettings, find_duplicates, plan_duplicates

    settings = DedupSettings(
        distance=distance,
        hash=kind,
        redrawn=redrawn,
        verify=verify,
        min_likeness=min_likeness,
        min_redrawn=min_redrawn,
    )
    stage = (plan_duplicates, find_duplicates, settings)
    run_stage(dataset, run, *stage, doing="hash", tell=_tell)


def _tell(summary: Summary) -> None:
    click.echo(f"clusters\t{summary.counts['clusters']}")
    for name in KINDS:
        click.echo(f"{name}\t{summary.counts.get(name, 0)}")
