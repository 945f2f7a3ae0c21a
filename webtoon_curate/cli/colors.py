"""`webtoon-curate colors`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webtoon_curate.cli import _common as common


@click.command()
@common.dataset_argument
@common.jobs_option
@common.limit_option
@common.force_option
@common.dry_run_option
@common.json_option
def colors(
    dataset: Path,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
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
    from webtoon_curate.dataset import Dataset

    data = Dataset(dataset)
    if dry_run:
        plan = plan_colors(data, limit=limit, force=force)
        common.tell_tasks(*plan, as_json=as_json)
        return
    with common.progress_bar("face") as on_progress:
        summary = read_colors(data, jobs=jobs, limit=limit, force=force, on_progress=on_progress)
    if as_json:
        common.print_json(summary)
    else:
        common.tell_dataset(data, summary)
    sys.exit(common.EXIT_REJECTS if summary.rejects else 0)
