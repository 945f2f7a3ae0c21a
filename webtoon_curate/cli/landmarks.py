"""`webtoon-curate landmarks`."""

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
    help="What places the points: reader, face-alignment, dlib, prnet, a model's name from "
    "`models list`, or the path of its file.",
)
@click.option(
    "--reader",
    default="auto",
    show_default=True,
    help="The reader that gives the readings beside another backend: a name, the path of an "
    ".onnx file, auto for the installed one, or none.",
)
@click.option(
    "--min-quality",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="Faces whose points are worse get keep = false.",
)
@click.option(
    "--max-covered",
    type=click.FloatRange(0, 1),
    default=0.35,
    show_default=True,
    help="Faces with a larger share under lettering, balloons or things get keep = false.",
)
@click.option(
    "--min-face",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Boxes that the reader takes for a face with a lower probability get keep = false.",
)
@shared.device_option
@run_options
def landmarks(
    dataset: Path,
    backend: str,
    reader: str,
    min_quality: float,
    max_covered: float,
    min_face: float,
    device: str,
    run: Run,
) -> None:
    """Read every kept face of DATASET: 68 points, view, groups, likeness and a map of its parts.

    Writes the tables `landmarks` and `readings`, and judges the points. A second run reads only
    what is new; the filters are applied to all faces anew, without reading them again.

    \b
    Examples:
      webtoon-curate landmarks my-dataset
      webtoon-curate landmarks my-dataset --min-quality 0.7 --jobs 4
      webtoon-curate landmarks my-dataset --backend dlib
      webtoon-curate landmarks my-dataset --backend prnet.safetensors --reader none
    """
    from webtoon_curate.landmarks.stage import LandmarkSettings, plan_landmarks, read_landmarks

    settings = LandmarkSettings(
        backend=backend,
        reader=reader,
        device=device,
        min_quality=min_quality,
        max_covered=max_covered,
        min_face=min_face,
    )
    run_stage(dataset, run, plan_landmarks, read_landmarks, settings)
