"""`webtoon-curate train reader`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import (
    init_option,
    labelled_pictures,
    more_option,
    need_torch,
    trained,
)

if TYPE_CHECKING:
    from webtoon_curate.trainer.methods.reader import ReaderConfig
    from webtoon_curate.trainer.reader_faces import Source


@click.command()
@click.option(
    "--data",
    multiple=True,
    metavar="DIR[=SHARE]",
    help="Faces and their share of the crops (1 if none is given): what `synth --faces` wrote, "
    "labelled pictures, a folder with labels.json or of such folders, or a dataset whose faces "
    "people have labelled; repeatable.",
)
@more_option
@init_option
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
    type=click.Choice(["full", "small", "tune", "tiny"]),
    default="full",
    show_default=True,
    help="full: for a GPU; small: for two cores; tune: for --init bundled; tiny: a few steps of "
    "the whole way.",
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
    more: Path | None,
    init: str | None,
    drawn: float | None,
    output: Path,
    preset: str,
    file: Path | None,
    settings: tuple[str, ...],
    resume: bool,
) -> None:
    """Train the face reader and export it as ONNX.

    Drawn faces teach everything; labelled real ones teach groups, views, what is no face, and the
    points that people moved.
    Ctrl-C saves a checkpoint; --resume goes on from it as if nothing had happened.

    \b
    Examples:
      webtoon-curate train reader -o runs/reader --set workers=16
      webtoon-curate train reader --drawn 0.9 --data labelled-pages=0.1 -o runs/reader
      webtoon-curate synth faces --faces 20000 && webtoon-curate train reader \\
          --data faces=0.9 --data labelled-pages=0.1 -o runs/reader --preset small
      webtoon-curate train reader --init bundled --preset tune --drawn 0.5 \\
          --data my-dataset=0.5 -o runs/mine
    """
    need_torch()
    from webtoon_curate.trainer.config import make_config
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.methods import reader as method
    from webtoon_curate.trainer.quantized import SAMPLES, quantize
    from webtoon_curate.trainer.reader_export import export_reader
    from webtoon_curate.trainer.weights import begin_with, save_weights

    config = make_config(method.ReaderConfig, method.PRESETS[preset], file, settings)
    processes = Processes(config.device, config.precision)
    folders = labelled_pictures(data, output, processes)
    crops = method.Crops(_sources(folders, more, drawn, config), config)
    training = method.ReaderMethod(config, processes)
    if init:
        begin_with(init, training.net, "reader", "webtoon_reader")
    run = trained(training, crops, config, output, resume, processes)
    if processes.rank:
        return
    path = output / "reader.onnx"
    export_reader(run.averages["reader"], path)
    quantize(path, (crops[n]["pixels"].numpy()[None] for n in range(SAMPLES)))
    save_weights(path.with_suffix(".safetensors"), run.averages["reader"])
    terminal.say(f"exported: {path}")


def _sources(
    folders: list[tuple[Path, float]],
    more: Path | None,
    drawn: float | None,
    config: ReaderConfig,
) -> list[tuple[Source, float]]:
    from webtoon_curate.trainer.reader_faces import CROP_TRUTH, Drawn, load_pages, load_stored

    sources: list[tuple[Source, float]] = []
    for folder, part in folders:
        stored = (folder / CROP_TRUTH).is_dir()
        kind = load_stored(folder, config.drawing) if stored else load_pages(folder, more=more)
        sources.append((kind, part))
    part = drawn if drawn is not None else float(not folders)
    if not math.isfinite(part):
        raise click.BadParameter("the share must be a number", param_hint="--drawn")
    if part:
        shared.need_synth()
        sources.append((Drawn(config.drawing), part))
    if not sources:
        raise click.UsageError("there is nothing to train on: give --data or --drawn")
    return sources
