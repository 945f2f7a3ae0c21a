"""`webtoon-curate ingest`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.faces import Reject
    from webtoon_curate.ingest.planning import Plan
    from webtoon_curate.ingest.urls import FetchReport, PageAddress, Planned

PAGES_FOLDER = "pages"
"""Where a dataset keeps the pages that were fetched for it."""


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Dataset folder, new or to add to.",
)
@shared.source_options
@click.option("--title", help="Title of fetched pages whose list names none.")
@click.option("--episode", help="Episode of fetched pages whose list names none.")
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Seconds between two requests to one host; its robots.txt may ask for more.",
)
@click.option(
    "--per-host",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Requests at one host at a time.",
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="Let given addresses name hosts of your own network or this machine.",
)
@shared.jobs_option
@shared.limit_option
@shared.force_option
@shared.dry_run_option
@shared.json_option
def ingest(
    sources: tuple[str, ...],
    output: Path,
    domain: str,
    layout: str,
    license: str | None,
    prune: bool,
    title: str | None,
    episode: str | None,
    delay: float,
    per_host: int,
    allow_private: bool,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read SOURCES into a dataset's pages and scenes, without looking for faces.

    A source is a folder of pictures, of episodes or of titles; a .cbz, .zip, .cbr or .pdf file;
    one long strip; an http(s) address; or a list of addresses (.txt, .csv or .tsv: address, title
    and episode, the last two optional). Pages are fetched politely into the dataset's own folder
    `pages`; what is there already is not fetched again.

    \b
    Examples:
      webtoon-curate ingest ./episodes -o my-dataset
      webtoon-curate ingest chapter.cbz strip.png -o my-dataset --layout strip
      webtoon-curate ingest addresses.txt -o my-dataset --license "CC BY 4.0" --dry-run
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.errors import SourceError
    from webtoon_curate.ingest.planning import plan_sources, required_episodes
    from webtoon_curate.ingest.stage import ingest_sources
    from webtoon_curate.lock import writing

    addresses, local, bad_lines = _sort(sources, title or "", episode or "")
    settings = shared.ingest_settings(domain, layout, license)
    politeness = {"delay": delay, "per_host": per_host, "allow_private": allow_private}
    which: dict[str, Any] = {"limit": limit, "force": force}
    if dry_run:
        known = Dataset(output) if Dataset.exists(output) else None
        with terminal.progress_bar() as on_progress:
            plans = plan_sources(
                known, local, settings, **which, prune=prune, on_progress=on_progress
            )
        for reject in bad_lines:
            terminal.say(f"refused: {reject.path}: {reject.reason}")
        planned = _plan_fetch(output, addresses, politeness) if addresses else []
        _tell_plans(plans, planned, as_json)
        return
    if not Dataset.exists(output):
        for source in local:
            required_episodes(source)  # so that nothing is left behind where there are none
    dataset = Dataset.create(output, domain)
    refused = bad_lines
    with writing(output, "ingest"):
        if addresses:
            report = _fetch(dataset, addresses, license, politeness)
            refused = [*bad_lines, *report.rejects]
            if report.fetched or report.skipped:
                local.append(dataset.path / PAGES_FOLDER)
        if addresses or bad_lines:
            dataset.write_source_rejects(" ".join(sources), refused)
        if not local:
            raise SourceError(
                f"nothing was fetched: see webtoon-curate info {terminal.quoted(output)}"
            )
        with terminal.progress_bar() as on_progress:
            summary = ingest_sources(
                dataset, local, settings, jobs=jobs, prune=prune, **which, on_progress=on_progress
            )
    summary = dataclasses.replace(summary, rejects=summary.rejects + len(refused))
    terminal.tell_notes(summary.notes)
    if as_json:
        terminal.print_json(summary)
    else:
        terminal.tell_dataset(dataset, summary)
    sys.exit(terminal.EXIT_REJECTS if summary.rejects else 0)


def _sort(
    sources: tuple[str, ...], title: str, episode: str
) -> tuple[list[PageAddress], list[Path], list[Reject]]:
    """The sources as addresses and local paths, and the lines of lists that are neither."""
    from dataclasses import replace

    from webtoon_curate.ingest.urls import PageAddress, is_address, is_list, read_list

    addresses: list[PageAddress] = []
    local, bad_lines = [], []
    for source in sources:
        if is_address(source):
            addresses.append(PageAddress(source))
        elif is_list(source):
            listed, rejects = read_list(source)
            addresses += listed
            bad_lines += rejects
        elif Path(source).exists():
            local.append(Path(source))
        else:
            raise click.UsageError(f"{source} is no file, folder or http(s) address")
    addresses = [
        replace(page, title=page.title or title, episode=page.episode or episode)
        for page in addresses
    ]
    return addresses, local, bad_lines


def _tell_plans(plans: list[Plan], planned: list[Planned], as_json: bool) -> None:
    """What a run would read and fetch."""
    if as_json:
        found = terminal.plans_record(plans)
        terminal.print_json({**found, "fetch": [dataclasses.asdict(one) for one in planned]})
        return
    for one in planned:
        where = f"{one.title}/{one.episode}"
        click.echo(f"{where}\t{one.verdict}\t{terminal.readable(one.page.address)}")
    if plans:
        terminal.tell_plans(plans)


def _plan_fetch(
    output: Path, addresses: list[PageAddress], politeness: dict[str, Any]
) -> list[Planned]:
    """Where each address would go, and whether it would be fetched."""
    from webtoon_curate.ingest.provenance import Takedown
    from webtoon_curate.ingest.web import fetch

    report = fetch(
        addresses, output / PAGES_FOLDER, dry_run=True, takedown=Takedown.load(output), **politeness
    )
    return report.planned


def _fetch(
    dataset: Dataset,
    addresses: list[PageAddress],
    license: str | None,
    politeness: dict[str, Any],
) -> FetchReport:
    """Download with a bar; what was refused is kept in the dataset's rejects."""
    from collections import Counter

    from webtoon_curate.ingest.provenance import Takedown
    from webtoon_curate.ingest.web import fetch
    from webtoon_curate.stages import Progress

    counts: Counter[str] = Counter()
    with terminal.progress_bar() as on_progress:

        def on_page(page: PageAddress, outcome: str) -> None:
            counts[outcome if outcome in ("fetched", "skipped") else "refused"] += 1
            on_progress(Progress("fetch", counts.total(), len(addresses), dict(counts)))

        report = fetch(
            addresses,
            dataset.path / PAGES_FOLDER,
            license=license,
            takedown=Takedown.load(dataset.path),
            progress=on_page,
            **politeness,
        )
    return report
