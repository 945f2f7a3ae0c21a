"""What each kind of variety in the detector's training is worth, on pages kept out of it.

    python benchmarks/ablation.py WORK --pages labelled-pages --drawn drawn --labels train.json

Trains the bundled network's architecture from nothing, small and short, once with everything and
once without each of `LEFT_OUT`, all from the same seed, and prints the average precision on the
pictures kept out of training (`webtoon_faces.toml`), without the reader's word. What is done is
kept in WORK and not done again. Needs the extra train.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import click

from webtoon_curate.detect.network import NetworkDetector
from webtoon_curate.evaluate.matching import evaluate_detections
from webtoon_curate.files import write_json
from webtoon_curate.models import ModelCard
from webtoon_curate.trainer import looks, tiles
from webtoon_curate.trainer.calibration import found_on, truth_of
from webtoon_curate.trainer.export import export_detector
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods.detector import DetectorConfig, DetectorMethod, Tiles
from webtoon_curate.trainer.pictures import load_pictures, split

HELD = ("ep05/", "ep18/", "mikabul/m2", "ada_zangemann/ada-p2")
REAL = 0.5
"""Share of the tiles that are of real pages."""


def without(*dropped: Callable) -> tuple:
    return tuple((share, look) for share, look in looks.LOOKS if look not in dropped)


LEFT_OUT = {
    "nothing": {},
    "nothing, another seed": {"seed": 1},
    "drawn panels": {"real": 1.0},
    "real pages": {"real": 0.0},
    "mosaics of four pictures": {tiles: {"MOSAIC": 0.0}},
    "pictures pasted in": {tiles: {"INSET": 0.0}},
    "turns above 8 degrees": {tiles: {"ROTATIONS": ((1.0, 8.0),)}},
    "faces below 32 px": {tiles: {"SMALLEST": 32.0}},
    "tiles away from faces, mistakes": {tiles: {"ANCHORED": 1.0, "MISTAKEN": 0.0}},
    "mistakes": {tiles: {"MISTAKEN": 0.0}},
    "all looks": {looks: {"LOOKS": ()}},
    "line art, ink, screen, grey": {
        looks: {"LOOKS": without(looks.outline, looks.sketch, looks.ink, looks.screen, looks.grey)}
    },
    "hue, mood, negative, tone": {
        looks: {"LOOKS": without(looks.hue, looks.mood, looks.negative, looks.tone)}
    },
    "balloons, shadow, flat color": {
        looks: {"LOOKS": without(looks.balloons, looks.shadow, looks.flat)}
    },
    "blur, noise, JPEG": {looks: {"LOOKS": without(looks.blur, looks.noise, looks.jpeg)}},
}
"""Name: constants of modules, the seed or the share of real pages that differ."""


def precision(network: Path, pages: Path) -> float:
    """Average precision of a network on the pictures kept out, 0-1."""
    card = ModelCard(network.stem, "network", license="unknown", source="here")
    detector = NetworkDetector(card, network, "cpu")
    held = split(load_pictures(pages), HELD)[1]
    found = {p.name: (found_on(detector, p), truth_of(p)) for p in held}
    return evaluate_detections(found, 0.5).average_precision


def measure(
    work: Path, name: str, pages: Path, drawn: Path, labels: Path | None, steps: int, size: int
) -> float:
    """Trains without something, and measures it."""
    change = dict(LEFT_OUT[name])
    real, seed = change.pop("real", REAL), change.pop("seed", 0)
    config = DetectorConfig(
        steps=steps, size=size, seed=seed, held=HELD, workers=0, precision="bf16",
        average=steps // 8, warmup=steps // 10, save_every=steps,
    )  # fmt: skip
    data = [(folder, share) for folder, share in ((pages, real), (drawn, 1 - real)) if share]
    run = work / name.replace(" ", "-").replace(",", "")
    with ExitStack() as patches:
        for module, values in change.items():
            patches.enter_context(mock.patch.multiple(module, **values))
        trained = train(DetectorMethod(config), Tiles(data, config, labels), config, run)
    export_detector(trained.averages["detector"], run / "detector.onnx")
    return precision(run / "detector.onnx", pages)


@click.command()
@click.argument("work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pages", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--drawn", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--labels", type=click.Path(exists=True, path_type=Path))
@click.option("--steps", default=1200, show_default=True)
@click.option("--size", default=128, show_default=True, help="Side of the tiles, pixels.")
def main(work: Path, pages: Path, drawn: Path, labels: Path | None, steps: int, size: int) -> None:
    done_file = work / "done.json"
    done = json.loads(done_file.read_text()) if done_file.is_file() else {}
    for name in LEFT_OUT:
        if name not in done:
            done[name] = measure(work, name, pages, drawn, labels, steps, size)
            write_json(done_file, done)
        difference = done[name] - done["nothing"]
        print(f"| {name:<32} | {done[name]:.3f} | {difference:+.3f} |", flush=True)


if __name__ == "__main__":
    main()
