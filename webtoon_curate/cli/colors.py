"""`webtoon-curate colors`."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli._faces import Run, run_options, run_stage


@click.command()
@shared.dataset_argument
@run_options
def colors(
    dataset: Path,
    run: Run,
) -> None:
    """Read and name the colors of every face of DATASET that `landmarks` has read.

    Hair, left and right eye, skin, lips and brows: as drawn, and corrected for the scene's light.
    Faces drawn in greys have none.

    \b
    Examples:
      webtoon-curate colors my-dataset
      webtoon-curate colors my-dataset --jobs 4 --json
    """
    from webtoon_curate.attributes.color_stage import plan_colors, read_colors

    run_stage(dataset, run, plan_colors, read_colors)
