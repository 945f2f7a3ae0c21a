"""`webtoon-curate info`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.ingest.names import shown
from webtoon_curate.wording import plural


@click.command()
@shared.dataset_argument
@click.option(
    "--rejects", "all_rejects", is_flag=True, help="Print every input that was refused, and why."
)
@shared.json_option
def info(dataset: Path, all_rejects: bool, as_json: bool) -> None:
    """Print what is in DATASET: counts by title and episode, faces left out, rejects by reason.

    \b
    Examples:
      webtoon-curate info my-dataset
      webtoon-curate info my-dataset --rejects
      webtoon-curate info my-dataset --json
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.info import info as counts_of
    from webtoon_curate.info import place, reason

    if all_rejects:
        refused = Dataset(dataset).rejects().to_pylist()
        if as_json:
            terminal.print_json(refused)
        else:
            for row in refused:
                click.echo(f"{shown(place(row))}\t{row['stage']}\t{shown(reason(row))}")
        return
    counts = counts_of(Dataset(dataset))
    terminal.tell_unjoined(dataset)
    if as_json:
        terminal.print_json(counts)
        return
    for line in _lines(counts):
        click.echo(line)
    if counts["rejects"]:
        terminal.say(f"\nall rejects: webtoon-curate info {terminal.quoted(dataset)} --rejects")


def _lines(counts: dict[str, Any]) -> list[str]:
    columns = ("title", "episode", "layout", "pages", "scenes", "faces", "kept")
    rows = [[_cell(row[name]) for name in columns] for row in counts["by_episode"]]
    total = ["total", plural(counts["episodes"], "episode"), ""]
    total += [_cell(counts[name]) for name in columns[3:]]
    lines = _table([list(columns), *rows, total])
    for heading, name in (
        ("scenes by kind", "scene_kinds"),
        ("faces left out, by keep_reason", "left_out"),
        ("rejects, by reason", "rejects"),
    ):
        if counts[name]:
            lines += ["", heading]
        for reason, count in counts[name].items():
            lines.append(f"  {count:>8,}  {shown(reason)}")
            if name == "rejects":
                named = counts["reject_examples"][reason]
                more = ["…"] if count > len(named) else []
                lines += [f"            {place}" for place in [*map(shown, named), *more]]
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: list[list[str]]) -> list[str]:
    """Aligned columns: the first three to the left, numbers to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths)):
            space = " " * (width - _width(cell))
            cells.append(cell + space if index < 3 else space + cell)
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """Terminal columns: Hangul, kana and Han characters take two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
