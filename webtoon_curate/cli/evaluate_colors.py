"""`webtoon-curate evaluate colors`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.evaluate.colors import DrawnColors, HairAgreement

_CONFUSED = 12
"""Pairs of names that are told."""


@click.command()
@click.option(
    "--reader",
    "name",
    metavar="NAME|FILE",
    help="Take the parts from this face reader.  [default: the drawing's own, and with --truth "
    "the installed reader]",
)
@click.option(
    "--faces",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="How many faces to draw. Needs the extra synth.",
)
@click.option(
    "--truth",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Compare names of hair on real faces instead: a labels.json beside its pages.",
)
@click.option("--role", metavar="ROLE", help="With --truth: only of this role, e.g. heldout.")
@shared.seed_option
@shared.jobs_option
@shared.json_option
def colors(
    name: str | None,
    faces: int,
    truth: Path | None,
    role: str | None,
    seed: int,
    jobs: int,
    as_json: bool,
) -> None:
    """Errors of colors and of their names.

    Errors are ΔE2000 from the color that was painted; 1 is about what an eye just sees.

    \b
    Examples:
      webtoon-curate evaluate colors --faces 500
      webtoon-curate evaluate colors --reader auto --json
      webtoon-curate evaluate colors --truth labelled-pages/labels.json --role heldout
    """
    if truth is None:
        shared.need_synth()
    from webtoon_curate.evaluate.colors import evaluate_drawn_colors, evaluate_hair_names
    from webtoon_curate.reader import load_reader

    if truth is not None:
        agreement = evaluate_hair_names(load_reader(name or "auto"), truth, role)
        result, lines = agreement, _hair_lines(agreement)
    else:
        reader = None if name is None else load_reader(name)
        drawn = evaluate_drawn_colors(faces, seed, reader, jobs)
        result, lines = drawn, _drawn_lines(drawn)
    if as_json:
        terminal.print_json(result)
        return
    for line in lines:
        click.echo(line)


def _drawn_lines(result: DrawnColors) -> list[str]:
    lines = [f"faces {result.faces:,} in colors, {result.bare_faces:,} of them given none"]
    lines += [f"      {result.grey_faces:,} in greys, {result.grey_none:,} of them given none"]
    for heading, rows in (("white light", result.white), ("tinted light", result.lit)):
        lines += [f"{heading:<28}  named         of  median ΔE  within 3  name right"]
        for part, row in rows.items():
            shares = f"{row.near:>9.1%} {row.named:>11.1%}"
            lines += [
                f"  {part:<26} {row.parts:>6,} {row.told:>10.1%} {row.median:>10.2f} {shares}"
            ]
    return lines


def _hair_lines(result: HairAgreement) -> list[str]:
    lines = [
        f"faces           {result.faces:>7,}  {result.none:,} given no color",
        f"named           {result.named:>7.1%}  of them; the others are doubtful",
        f"same name       {result.same:>7.1%}  of the named",
        f"same family     {result.family:>7.1%}  of the named",
        f"                {result.forced:>7.1%}  with doubtful ones named, of all with a color",
        f"                {result.nearest:>7.1%}  by the nearest color of the palette",
        f"                {result.corrected:>7.1%}  by that in white light",
        f"unpainted       {result.unpainted:>7,}  {result.unpainted_none:,} given no color",
    ]
    lines += ["label and name of the others"] if result.confused else []
    return lines + [f"  {a} {b}: {n:,}" for a, b, n in result.confused[:_CONFUSED]]
