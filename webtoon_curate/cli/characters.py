"""`webtoon-curate characters`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webtoon_curate.characters.settings import SIMILARITY
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural


@click.command()
@shared.dataset_argument
@click.option(
    "--similarity",
    type=click.FloatRange(-1, 1),
    default=SIMILARITY,
    show_default=True,
    help="Mean likeness of embeddings from which clusters are joined; higher gives more and purer "
    "ones.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N titles.")
@shared.force_option
@shared.dry_run_option
@shared.json_option
def characters(
    dataset: Path,
    similarity: float,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Cluster the faces of each title of DATASET into likely characters.

    By the embeddings that `landmarks` reads, the colors that `colors` finds, and by who is drawn
    beside whom: faces side by side are two characters, as a rule. Names that people gave are kept,
    say who is the same and who is not, and name the clusters. Titles that are done are left as they
    are.

    \b
    Examples:
      webtoon-curate characters my-dataset
      webtoon-curate characters my-dataset --similarity 0.7 --force
      webtoon-curate characters my-dataset --dry-run
    """
    from webtoon_curate.characters.stage import CharacterSettings, find_characters, to_do
    from webtoon_curate.dataset import Dataset

    data, settings = Dataset(dataset), CharacterSettings(similarity)
    if dry_run:
        waiting = to_do(data, settings, limit=limit, force=force)
        if as_json:
            terminal.print_json({"titles": waiting})
            return
        for name in waiting:
            click.echo(name)
        terminal.say(f"{plural(len(waiting), 'title')} to do")
        return
    with terminal.progress_bar("title") as on_progress:
        summary = find_characters(data, settings, limit=limit, force=force, on_progress=on_progress)
    if as_json:
        terminal.print_json(summary)
    else:
        counts = summary.counts
        before = f"{plural(summary.skipped, 'title')} done before"
        terminal.say(
            f"{plural(counts['characters'], 'likely character')} of "
            f"{plural(counts['faces'], 'face')} in {plural(counts['titles'], 'title')}; {before}"
            if counts["titles"] or not summary.skipped
            else f"nothing new: {before} (--force does all again)"
        )
        terminal.tell_rejects(summary.rejects, len(data.rejects()), dataset)
    sys.exit(terminal.EXIT_REJECTS if summary.rejects else 0)
