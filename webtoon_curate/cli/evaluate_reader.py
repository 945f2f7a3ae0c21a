"""`webtoon-curate evaluate landmarks` and `groups`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.evaluate.groups import GroupFigures
    from webtoon_curate.evaluate.landmarks import DrawnEvaluation, PointErrors

reader_option = click.option(
    "--reader",
    "name",
    default="auto",
    show_default=True,
    metavar="NAME|FILE",
    help="A model, or the reader.onnx of a training run.",
)


@click.command()
@reader_option
@click.option(
    "--faces",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    help="How many faces to draw. Needs the extra synth.",
)
@click.option(
    "--family", "families", multiple=True, help="Draw in this style.  [default: the reserved ones]"
)
@click.option(
    "--pages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Measure on labelled real faces instead: the folder of their pages.",
)
@click.option(
    "--points",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --pages: the file of points.  [default: that of the package]",
)
@click.option("--role", metavar="ROLE", help="With --pages: only of this role, e.g. heldout.")
@shared.seed_option
@shared.jobs_option
@shared.json_option
def landmarks(
    name: str,
    faces: int,
    families: tuple[str, ...],
    pages: Path | None,
    points: Path | None,
    role: str | None,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Errors of a reader's points and parts.

    Faces are read as the command landmarks reads them. Errors are in distances of the outer eye
    corners (NME). Without --pages on faces drawn in styles that no reader is trained on.

    \b
    Examples:
      webtoon-curate evaluate landmarks --reader runs/reader/reader.onnx
      webtoon-curate evaluate landmarks --pages labelled-pages --role heldout --json
    """
    if pages is None:
        shared.need_synth()
        for family in families:
            shared.check_family(family)
    from webtoon_curate.evaluate.landmarks import evaluate_drawn, evaluate_points
    from webtoon_curate.reader import load_reader

    reader = load_reader(name)
    if pages is not None:
        result = evaluate_points(reader, pages, points, role)
    else:
        result = evaluate_drawn(reader, faces, seed, families or None, jobs)
    if as_json:
        terminal.print_json(result)
        return
    for line in _point_lines(result) if pages is not None else _drawn_lines(result):
        click.echo(line)


@click.command()
@reader_option
@click.option(
    "--truth",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A labels.json beside its pages.",
)
@click.option("--role", metavar="ROLE", help="Only the pages of this role, e.g. heldout.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw probability against truth into this PNG.",
)
@shared.json_option
def groups(name: str, truth: Path, role: str | None, plot: Path | None, as_json: bool) -> None:
    """Accuracy, F1 and calibration of a reader's groups on labelled faces.

    \b
    Examples:
      webtoon-curate evaluate groups --truth labelled-pages/labels.json --role heldout
      webtoon-curate evaluate groups --truth labels.json --plot calibration.png
    """
    from webtoon_curate.evaluate.groups import calibration_plot, evaluate_groups
    from webtoon_curate.images import encode
    from webtoon_curate.reader import load_reader

    result = evaluate_groups(load_reader(name), truth, role)
    if plot is not None:
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_bytes(encode(calibration_plot(result)))
        terminal.say(f"drawn: {plot}")
    if as_json:
        terminal.print_json({question: asdict(row) for question, row in result.items()})
        return
    for question, row in result.items():
        click.echo("\n".join(_group_lines(question, row)))


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}%"


def _point_lines(result: PointErrors) -> list[str]:
    lines = [
        f"faces             {result.faces:>8,}  {result.measured:,} measured by their eyes",
        f"NME               {_percent(result.nme):>8}  median {_percent(result.median)}",
        f"hidden points     {_percent(result.hidden):>8}",
        f"above 10%         {_percent(result.failures):>8}",
        f"in box sizes      {_percent(result.box_nme):>8}",
    ]
    return lines + [f"  {name:<15} {_percent(v):>8}" for name, v in result.by_region.items()]


def _drawn_lines(result: DrawnEvaluation) -> list[str]:
    lines = _point_lines(result.points)
    lines += [f"mean IoU of parts {_percent(result.mean_iou):>8}"]
    lines += [f"  {name:<15} {_percent(value):>8}" for name, value in result.parts.items()]
    lines += ["median error, degrees"]
    lines += [f"  {name:<15} {value:>8.1f}" for name, value in result.view_errors.items()]
    lines += ["accuracy"]
    lines += [f"  {name:<15} {_percent(value):>8}" for name, value in result.groups.items()]
    lines += [f"faces kept        {_percent(result.faces_kept):>8}"]
    return [*lines, f"places refused    {_percent(result.places_refused):>8}"]


def _group_lines(question: str, row: GroupFigures) -> list[str]:
    lines = [
        f"{question:<15} {row.positive:,} of {row.faces:,}",
        f"  accuracy        {_percent(row.accuracy):>8}  F1 {row.f1:.3f}",
        f"  sure            {_percent(row.sure):>8}  right {_percent(row.sure_accuracy)}",
        f"  calibration off {_percent(row.calibration_error):>8}",
    ]
    return lines + [f"    said {p:.2f}  true {share:.2f}  of {n:,}" for p, share, n in row.bins]
