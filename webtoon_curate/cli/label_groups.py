"""`webtoon-curate label groups`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webtoon_curate.cli import _common as common


@click.command()
@common.dataset_argument
@click.option(
    "--backend",
    default="reader",
    show_default=True,
    metavar="NAME|FILE",
    help="reader: what `landmarks` has read; or a network that tells groups, an .onnx file.",
)
@click.option(
    "--min-probability",
    type=click.FloatRange(0.5, 1),
    help="Answers that are less sure are unknown.  [default: that of the model, or 0.75]",
)
@common.device_option
@common.jobs_option
@common.limit_option
@common.force_option
@common.dry_run_option
@common.json_option
def groups(
    dataset: Path,
    backend: str,
    min_probability: float | None,
    device: str,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Tell gender and glasses of every face of DATASET by a model; what is unsure is unknown.

    Where people or imports said something, that stays in the manifest.

    \b
    Examples:
      webtoon-curate label groups my-dataset
      webtoon-curate label groups my-dataset --min-probability 0.9 --json
      webtoon-curate label groups my-dataset --backend tagger.onnx
    """
    from webtoon_curate.attributes.group_stage import GroupSettings, label_groups, plan_groups
    from webtoon_curate.dataset import Dataset

    data = Dataset(dataset)
    settings = GroupSettings(backend, min_probability, device)
    if dry_run:
        plan = plan_groups(data, settings, limit=limit, force=force)
        common.tell_tasks(*plan, as_json=as_json)
        return
    with common.progress_bar("face") as on_progress:
        summary = label_groups(
            data, settings, jobs=jobs, limit=limit, force=force, on_progress=on_progress
        )
    if as_json:
        common.print_json(summary)
    else:
        common.tell_dataset(data, summary)
    sys.exit(common.EXIT_REJECTS if summary.rejects else 0)
