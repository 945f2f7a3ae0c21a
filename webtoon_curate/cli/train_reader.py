"""`webtoon-curate train reader`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _common as common
from webtoon_curate.cli._training import need_torch, share, tell

if TYPE_CHECKING:
    from webtoon_curate.trainer.methods.reader import ReaderConfig
    from webtoon_curate.trainer.reader_faces import Source


@click.command()
@click.option(
    "--data",
    multiple=True,
    metavar="DIR[=SHARE]",
    help="Faces and their share of the crops (1 if none is given): what `synth --faces` wrote, or "
    "labelled pictures, a folder with labels.json or of such folders; repeatable.",
)
@click.option(
    "--drawn",
    type=click.FloatRange(min=0),
    help="Share of faces that are drawn while it trains, each a new one. Needs the extra synth.  "
    "[default: 1 without --data, else 0]",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run: config.json, metrics.jsonl, checkpoints, reader.onnx.",
)
@click.option(
    "--preset",
    type=click.Choice(["full", "small", "tiny"]),
    default="full",
    show_default=True,
    help="full: for a GPU; small: for two cores; tiny: a few steps of the whole way.",
)
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file of settings, over the preset's.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="One setting more.")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
def reader(
    data: tuple[str, ...],
    drawn: float | None,
    output: Path,
    preset: str,
    file: Path | None,
    settings: tuple[str, ...],
    resume: bool,
) -> None:
    """Train the face reader and export it as ONNX.

    Drawn faces teach everything; labelled real ones teach groups, views and what is no face.
    Ctrl-C saves a checkpoint; --resume goes on from it as if nothing had happened.

    \b
    Examples:
      webtoon-curate train reader -o runs/reader --set workers=16
      webtoon-curate train reader --drawn 0.9 --data labelled-pages=0.1 -o runs/reader
      webtoon-curate synth faces --faces 20000 && webtoon-curate train reader \\
          --data faces=0.9 --data labelled-pages=0.1 -o runs/reader --preset small
    """
    need_torch()
    from webtoon_curate.trainer.config import make_config
    from webtoon_curate.trainer.loop import train as run_training
    from webtoon_curate.trainer.methods import reader as method
    from webtoon_curate.trainer.reader_export import export_reader

    config = make_config(method.ReaderConfig, method.PRESETS[preset], file, settings)
    crops = method.Crops(_sources(data, drawn, config), config)
    run = run_training(method.ReaderMethod(config), crops, config, output, resume, tell)
    path = output / "reader.onnx"
    export_reader(run.averages["reader"], path)
    common.say(f"exported: {path}")


def _sources(
    data: tuple[str, ...], drawn: float | None, config: ReaderConfig
) -> list[tuple[Source, float]]:
    from webtoon_curate.trainer.reader_faces import CROP_TRUTH, Drawn, load_pages, load_stored

    sources: list[tuple[Source, float]] = []
    for folder, part in map(share, data):
        stored = (folder / CROP_TRUTH).is_dir()
        kind = load_stored(folder, config.drawing) if stored else load_pages(folder)
        sources.append((kind, part))
    part = drawn if drawn is not None else float(not data)
    if part:
        sources.append((Drawn(config.drawing), part))
    if not sources:
        raise click.UsageError("there is nothing to train on: give --data or --drawn")
    return sources
