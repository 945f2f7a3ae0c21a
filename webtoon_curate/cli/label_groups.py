"""`webtoon-curate label groups`."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli._faces import Run, run_options, run_stage


@click.command()
@shared.dataset_argument
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
@shared.device_option
@run_options
def groups(
    dataset: Path,
    backend: str,
    min_probability: float | None,
    device: str,
    run: Run,
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

    settings = GroupSettings(backend, min_probability, device)
    run_stage(dataset, run, plan_groups, label_groups, settings)
