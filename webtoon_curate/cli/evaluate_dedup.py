"""`webtoon-curate evaluate dedup`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal


@click.command()
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="How many to draw; three make a title. Needs the extra synth.",
)
@click.option(
    "-d",
    "--distance",
    type=click.IntRange(0, 16),
    default=6,
    show_default=True,
    help="As of the command dedup.",
)
@shared.seed_option
@shared.jobs_option
@shared.json_option
def dedup(episodes: int, distance: int, seed: int, jobs: int, as_json: bool) -> None:
    """Recall and precision of duplicates on drawn episodes, whose copies are known, by edit.

    Boxes are the true ones, moved as a detector's would be. Without embeddings, as no reader looks
    at the drawings.

    \b
    Examples:
      webtoon-curate evaluate dedup
      webtoon-curate evaluate dedup --episodes 60 --distance 10 --json
    """
    shared.need_synth()
    from webtoon_curate.dedup.stage import DedupSettings
    from webtoon_curate.evaluate.dedup import evaluate_dedup

    with tempfile.TemporaryDirectory() as folder:
        settings = DedupSettings(distance=distance)
        result = evaluate_dedup(Path(folder, "drawn"), episodes, settings, seed=seed, jobs=jobs)
    if as_json:
        terminal.print_json(result)
        return
    click.echo(f"faces\t{result.faces}")
    click.echo("copies\tof\tfound\trecall")
    for name, count in result.copies.items():
        click.echo(f"{name}\t{count}\t{result.found[name]}\t{result.found[name] / count:.3f}")
    click.echo("clusters\tfaces\tright\tprecision")
    for name, count in result.joined.items():
        click.echo(f"{name}\t{count}\t{result.right[name]}\t{result.right[name] / count:.3f}")
    if result.pairs:
        share = result.right_pairs / result.pairs
        click.echo(f"pairs\t{result.pairs}\t{result.right_pairs}\t{share:.3f}")
