"""`webtoon-curate evaluate condition`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_torch
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.trainer.condition import ConditionTest

_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("run", type=_folder)
@click.option(
    "--data",
    required=True,
    type=_folder,
    help="Faces that the model is given: a dataset, an export, or a folder of pictures.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Of a dataset or an export, only the faces of this split.",
)
@click.option(
    "--faces",
    type=click.IntRange(2, 1024),
    default=64,
    show_default=True,
    help="At most so many, evenly chosen.",
)
@click.option("--group", metavar="NAME", help="Of few-shot runs.  [default: the base]")
@shared.seed_option
@shared.device_option
@shared.json_option
def condition(
    run: Path,
    data: Path,
    split: str | None,
    faces: int,
    group: str | None,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Whether the model of RUN looks at its key points, its colors, its picture.

    Each face gets one part of its input from another face. What that changes in the output is
    divided by the difference between the outputs of the two faces; below 0.15 the part is ignored,
    and named.

    \b
    Examples:
      webtoon-curate evaluate condition runs/p2p --data my-dataset --split test
      webtoon-curate evaluate condition runs/cycle --data photos --json
    """
    need_torch()
    from webtoon_curate.trainer.condition import condition_test
    from webtoon_curate.trainer.translate import Completed, Translator
    from webtoon_curate.trainer.translate_faces import chosen, load_items

    translator = Translator(run, device)
    found, rejects = load_items(chosen(data, split, faces, "parsing" in translator.wants))
    complete = Completed(translator.wants, device)
    result = condition_test(translator, complete(found), group, seed)
    for path, reason in rejects:
        terminal.say(f"refused: {path}: {reason}")
    if as_json:
        terminal.print_json(
            {"method": translator.method, "step": translator.step, **asdict(result)}
        )
    else:
        click.echo("\n".join(_lines(result)))


def _lines(result: ConditionTest) -> list[str]:
    lines = [f"{plural(result.faces, 'face')}, outputs {result.difference:.4f} apart"]
    if result.spread is not None:
        lines[0] += f", {result.spread:.2f} of what the pictures are"
    for swap in result.swaps:
        ratio = "  -  " if swap.ratio is None else f"{swap.ratio:.3f}"
        told = "the same in all faces" if swap.ratio is None else ""
        told = "IGNORED" if swap.part in result.ignored else told
        lines.append(f"  other {swap.part:<10} {ratio}  {told}".rstrip())
    if result.constant:
        lines.append("the model draws the same face whatever it is given")
    return lines
