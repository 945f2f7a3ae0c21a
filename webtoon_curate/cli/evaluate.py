"""`webtoon-curate evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import Advised
from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli.evaluate_characters import characters
from webtoon_curate.cli.evaluate_colors import colors
from webtoon_curate.cli.evaluate_condition import condition
from webtoon_curate.cli.evaluate_dedup import dedup
from webtoon_curate.cli.evaluate_pictures import attributes, fid, kid, memorization, nme
from webtoon_curate.cli.evaluate_reader import groups, landmarks
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.evaluate import Evaluation

WORST_SHOWN, WORST_DRAWN = 5, 20


@click.group(cls=Advised)
def evaluate() -> None:
    """Measure a dataset against labels, a reader, or pictures that a model made.

    \b
    Example:
      webtoon-curate evaluate detect my-dataset --truth labels.json
    """


for command in (
    landmarks,
    groups,
    colors,
    characters,
    dedup,
    fid,
    kid,
    memorization,
    nme,
    attributes,
    condition,
):
    evaluate.add_command(command)


@evaluate.command()
@shared.dataset_argument
@click.option(
    "--truth",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled pages; docs/commands/evaluate.md shows the form.",
)
@click.option("--role", metavar="ROLE", help="Only the pages of this role, e.g. heldout.")
@click.option(
    "--score",
    type=click.FloatRange(0, 1),
    help="Count detections from this score.  [default: what the dataset was made with]",
)
@click.option(
    "--overlay",
    metavar="PAGE",
    help=f"Draw this page (the end of its path will do); worst draws the {WORST_DRAWN} worst ones.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where --overlay draws.  [default: overlay.png; of worst, the folder overlays]",
)
@shared.json_option
def detect(
    dataset: Path,
    truth: Path,
    role: str | None,
    score: float | None,
    overlay: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Recall and precision of the faces in DATASET against labelled faces.

    A detection is a hit if it overlaps a free labelled face with IoU 0.4 or more, best score
    first. Ignored regions and creatures count neither way. Pages without labels are left out.

    \b
    Examples:
      webtoon-curate evaluate detect my-dataset --truth labels.json
      webtoon-curate evaluate detect my-dataset --truth labels.json --role heldout --json
      webtoon-curate evaluate detect my-dataset --truth labels.json --overlay ep03/p07.jpg
      webtoon-curate evaluate detect my-dataset --truth labels.json --overlay worst
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.evaluate import evaluate_dataset, load_truth

    data, labels = Dataset(dataset), load_truth(truth, role)
    result = evaluate_dataset(data, labels, score)
    if overlay is not None:
        from webtoon_curate.evaluate.detect import labelled_pages, page_outcome
        from webtoon_curate.evaluate.overlay import overlay as drawn
        from webtoon_curate.images import encode

        known, pages = labelled_pages(data, labels), {overlay: out or Path("overlay.png")}
        if overlay == "worst":
            pages = _worst_pages(result, out or Path("overlays"))
        for page, path in pages.items():
            found = page_outcome(known, page, result.score)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode(drawn(data, *found)))
            terminal.say(f"drawn: {path}")
    if as_json:
        terminal.print_json(result)
        return
    for line in _lines(result, len(labels)):
        click.echo(line)


def _worst_pages(result: Evaluation, folder: Path) -> dict[str, Path]:
    """Where to draw the worst pages, which sort by how bad they are."""
    pages = [str(row["page"]) for row in result.worst[:WORST_DRAWN]]
    names = [Path(page).with_suffix("").as_posix().replace("/", "-") for page in pages]
    return {
        page: folder / f"{number:02d}-{name}.png"
        for number, (page, name) in enumerate(zip(pages, names), 1)
    }


def _lines(result: Evaluation, labelled: int) -> list[str]:
    precision = "-" if result.precision is None else f"{result.precision:.3f}"
    lines = [
        f"pages               {result.pages:>7,}  of {labelled:,} labelled",
        f"faces               {result.faces:>7,}",
        f"average precision   {result.average_precision:>7.3f}",
        f"recall at 95% prec. {result.recall_at_precision:>7.3f}",
        f"at score {result.score:.3f}",
        f"  recall            {result.recall:>7.3f}  {result.found:,} found",
        f"  precision         {precision:>7}  {plural(result.false_alarms, 'false alarm')}",
    ]
    for heading, classes in (("longer side, px", result.by_size), ("view", result.by_view)):
        lines.append(f"  recall by {heading}")
        for name, counts in classes.items():
            recall = f"{counts['found'] / counts['faces']:.3f}" if counts["faces"] else "-"
            lines.append(f"    {name:<15} {recall:>7}  of {counts['faces']:,}")
    if result.worst:
        lines.append("  worst pages")
    for row in result.worst[:WORST_SHOWN]:
        alarms = plural(row["false_alarms"], "false alarm")
        lines.append(f"    {row['page']}: {row['missed']:,} missed, {alarms}")
    return lines
