"""`webtoon-curate dedup`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webtoon_curate.cli import _common as common

KINDS = ("exact", "near", "redrawn")


@click.command()
@common.dataset_argument
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
    help="Of the aligned pictures of candidates by hash.",
)
@click.option(
    "--min-redrawn",
    type=click.FloatRange(0, 1),
    default=0.82,
    show_default=True,
    help="The same, of mirrored candidates, and in a title of farther ones.",
)
@common.jobs_option
@common.limit_option
@common.force_option
@common.dry_run_option
@common.json_option
def dedup(
    dataset: Path,
    distance: int,
    kind: str,
    redrawn: bool,
    verify: bool,
    min_likeness: float,
    min_redrawn: float,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
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
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.dedup.stage import DedupSettings, find_duplicates, plan_duplicates

    data = Dataset(dataset)
    settings = DedupSettings(
        distance=distance,
        hash=kind,
        redrawn=redrawn,
        verify=verify,
        min_likeness=min_likeness,
        min_redrawn=min_redrawn,
    )
    if dry_run:
        plan = plan_duplicates(data, settings, limit=limit, force=force)
        common.tell_tasks(*plan, "hash", as_json=as_json)
        return
    with common.progress_bar("face") as on_progress:
        summary = find_duplicates(
            data, settings, jobs=jobs, limit=limit, force=force, on_progress=on_progress
        )
    if as_json:
        common.print_json(summary)
    else:
        counts = summary.counts
        click.echo(f"clusters\t{counts['clusters']}")
        for name in KINDS:
            click.echo(f"{name}\t{counts.get(name, 0)}")
        common.tell_dataset(data, summary)
    sys.exit(common.EXIT_REJECTS if summary.rejects else 0)
