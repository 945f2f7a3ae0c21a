"""`webtoon-curate train`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import Advised
from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import (
    init_option,
    labelled_pictures,
    more_option,
    need_torch,
    trained,
)
from webtoon_curate.cli.train_cascade import cascade
from webtoon_curate.cli.train_gan import cyclegan, fewshot, pix2pix, ugatit
from webtoon_curate.cli.train_reader import reader
from webtoon_curate.cli.train_tagger import tagger

if TYPE_CHECKING:
    from webtoon_curate.trainer.pictures import Picture


@click.group(cls=Advised)
def train() -> None:
    """Train a network. Needs the extra `train` (PyTorch).

    \b
    Example:
      webtoon-curate train detector --data labelled-pages -o runs/faces
    """


train.add_command(cascade)
train.add_command(reader)
for method in (pix2pix, cyclegan, ugatit, fewshot, tagger):
    train.add_command(method)


@train.command()
@click.option(
    "--data",
    required=True,
    multiple=True,
    metavar="DIR[=SHARE]",
    help="Labelled pictures, a folder with labels.json or of such folders, or a dataset whose "
    "faces people have corrected; and its share of the samples (1 if none is given); repeatable.",
)
@more_option
@init_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run: settings, losses, checkpoints, detector.onnx and its model card.",
)
@click.option(
    "--preset",
    type=click.Choice(["full", "tune", "tiny"]),
    default="full",
    show_default=True,
    help="tune: a few minutes after --init, on one's own title; tiny: a few steps of the whole "
    "way, to see that everything works.",
)
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file of settings, over the preset's.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="One setting more.")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
def detector(
    data: tuple[str, ...],
    more: Path | None,
    init: str | None,
    output: Path,
    preset: str,
    file: Path | None,
    settings: tuple[str, ...],
    resume: bool,
) -> None:
    """Train the face detector and export it as ONNX.

    Ctrl-C saves a checkpoint; --resume goes on from it as if nothing had happened.

    \b
    Examples:
      webtoon-curate train detector --data labelled-pages -o runs/faces
      webtoon-curate train detector --data pages=0.4 --data drawn=0.6 -o runs/faces --resume
      webtoon-curate train detector --data pages -o runs/try --preset tiny --set batch=4
      webtoon-curate detect ./episodes --detector runs/faces/detector.onnx
      webtoon-curate train detector --init bundled --data my-dataset -o runs/mine --preset tune
    """
    need_torch()
    from webtoon_curate.trainer.config import make_config
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.export import export_detector
    from webtoon_curate.trainer.methods import detector as method
    from webtoon_curate.trainer.quantized import SAMPLES, quantize
    from webtoon_curate.trainer.weights import begin_with, save_weights

    config = make_config(method.DetectorConfig, method.PRESETS[preset], file, settings)
    processes = Processes(config.device, config.precision)
    sources = labelled_pictures(data, output, processes)
    kept = _held([folder for folder, _ in sources], config.held)
    tiles = method.Tiles(sources, config, more)
    training = method.DetectorMethod(config, processes)
    if init:
        begin_with(init, training.net, "detector", "webtoon_faces")
    run = trained(training, tiles, config, output, resume, processes)
    if processes.rank:
        return
    path = output / "detector.onnx"
    export_detector(run.averages["detector"], path)
    quantize(path, (tiles[n]["pixels"].numpy()[None] for n in range(SAMPLES)))
    save_weights(path.with_suffix(".safetensors"), run.averages["detector"])
    terminal.say(f"exported: {path}")
    terminal.say(f"calibrated: {_write_card(path, kept, init)}")


def _held(data: list[Path], names: tuple[str, ...]) -> list[Picture]:
    """The pictures whose names begin so, which are kept out of training to calibrate scores on."""
    from webtoon_curate.trainer.config import ConfigError
    from webtoon_curate.trainer.pictures import load_pictures, split

    kept = [p for folder in data for p in split(load_pictures(folder), names)[1]] if names else []
    if names and all(p.creatures.all() for p in kept):
        raise ConfigError(
            f"held: no picture with a human face has a name that begins with {' or '.join(names)}, "
            "to calibrate scores on; name others, or none with --set 'held=[]'"
        )
    return kept


def _write_card(network: Path, held: Sequence[Picture], init: str | None) -> Path:
    """Measures the network on the pictures kept out of training, where there are some; else its
    scores are taken to be like the bundled network's, whose licence goes on with its weights. Gives
    the path of its model card."""
    from webtoon_curate.files import sha256_of, write_json
    from webtoon_curate.models import ModelCard, find_card
    from webtoon_curate.trainer.calibration import calibrated

    like = find_card("webtoon_faces")
    card = ModelCard(
        name=network.stem,
        backend="network",
        license=like.license if init == "bundled" else "unknown",
        source="webtoon-curate train detector" + (f" --init {init}" if init else ""),
        file=network.name,
        sha256=sha256_of(network),
        thresholds=like.thresholds,
        calibration=like.calibration,
    )
    if held:
        card = calibrated(card, network, held)
    path = network.with_suffix(".json")
    write_json(path, dataclasses.asdict(card))
    return path
