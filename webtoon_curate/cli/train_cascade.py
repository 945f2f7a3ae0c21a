"""`webtoon-curate train cascade`."""

from __future__ import annotations

from pathlib import Path

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_run
from webtoon_curate.engine import available_cores


@click.command()
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Labelled pages: a folder with labels.json, or of such folders; repeatable.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run: cascade.xml, settings.json, log.jsonl.",
)
@click.option(
    "--preset",
    type=click.Choice(["full", "tiny"]),
    default="full",
    show_default=True,
    help="tiny: the whole way in seconds, to see that everything works.",
)
@click.option(
    "--drawn",
    type=click.IntRange(min=0),
    help="Faces that are drawn and learned from as well; needs the extra synth.  [default: the "
    "preset's]",
)
@click.option("--note", default="", help="Comment at the head of the file: licence, origin.")
@click.option("--resume", is_flag=True, help="Go on after the last stage of the run in OUTPUT.")
@shared.seed_option
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=available_cores,
    show_default="all cores",
    help="Processes that draw, and threads of the search.",
)
def cascade(
    data: tuple[Path, ...],
    output: Path,
    preset: str,
    drawn: int | None,
    note: str,
    resume: bool,
    seed: int,
    jobs: int,
) -> None:
    """Train a face cascade in OpenCV's format. Needs no PyTorch.

    Pages of the role `train` in labels.json are learned from. The cascade is whole after each
    stage, so a run may be stopped at any time.

    \b
    Examples:
      webtoon-curate train cascade --data labelled-pages -o runs/cascade
      webtoon-curate train cascade --data pages -o runs/try --preset tiny --drawn 0
      webtoon-curate detect ./episodes --detector runs/cascade/cascade.xml
    """
    from webtoon_curate.trainer.cascade import PRESETS, CascadeConfig, train_cascade
    from webtoon_curate.trainer.cascade.train import SETTINGS

    if resume:
        need_run(output, SETTINGS)
    settings = {**PRESETS[preset], "seed": seed}
    if drawn is not None:
        settings["crops"] = drawn
        if not drawn:
            settings["episodes"] = 0
    if not data and not settings.get("crops", CascadeConfig.crops):
        raise click.UsageError("nothing to learn from: give --data, or leave --drawn above 0")
    path = train_cascade(
        data,
        output,
        CascadeConfig(**settings),
        resume=resume,
        jobs=jobs,
        note=note,
        tell=terminal.say,
    )
    terminal.say(f"cascade: {path}")
