"""What each look at a picture gives the bundled detector, and what it costs, on labelled pictures.

    python benchmarks/looks.py pepper open --role train --only ep05/ --only ep18/ \\
        --only mikabul/m2 --only ada_zangemann/ada-p2
    webtoon-curate synth drawn --episodes 8 --heldout --seed 91
    python benchmarks/looks.py drawn --every 3
    python benchmarks/looks.py drawn --every 3 --through glow --through noise
    python benchmarks/looks.py pepper open --role train --every 6 --score 0.1 --turned 90

Whole pictures as one scene each. A folder has a `labels.json`, or one in its folder `truth`.
Seconds are of one core, a picture. It needs the extra train, for the network in floats.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
from tqdm import tqdm

from webtoon_curate import engine
from webtoon_curate.detect import Detector, detect_scene, load_detector, network
from webtoon_curate.evaluate.matching import evaluate_detections
from webtoon_curate.evaluate.truth import Truth, load_truth
from webtoon_curate.faces import Detections, Scene
from webtoon_curate.images import decode
from webtoon_curate.models import find_card
from webtoon_curate.trainer.looks import LOOKS, Look

NAME = "webtoon_faces"
LOWEST = 0.02
"""Score of the finds that average precision is measured of."""
through: list[Look] = []
"""What is done to each picture first."""
quarters: list[int] = []
"""By so many quarters of a turn, counterclockwise, each picture is turned first."""


def labelled(folder: Path, role: str | None, only: tuple[str, ...]) -> dict[Path, Truth]:
    """The pictures of a folder with their faces."""
    file = next(folder.glob("labels.json"), folder / "truth" / "labels.json")
    truth = load_truth(file, role)
    return {folder / name: own for name, own in truth.items() if not only or name.startswith(only)}


def found(detector: Detector, path: Path) -> Detections:
    pixels, rng = decode(path), np.random.default_rng(zlib.crc32(path.name.encode()))
    for look in through:
        pixels = look(rng, pixels)
    for times in quarters:
        pixels = np.ascontiguousarray(np.rot90(pixels, times))
    whole = Scene(0, 0, pixels.shape[1], pixels.shape[0])
    return detect_scene(detector, lambda x, y, w, h: pixels[y : y + h, x : x + w], whole)


def turned(path: Path, truth: Truth) -> Truth:
    """The truth of a picture that is turned by `quarters`."""
    height, width = decode(path).shape[:2]
    for _ in range(sum(quarters)):
        boxes, neutral = (
            np.stack([y, width - x - wide, high, wide], axis=1)
            for x, y, wide, high in (truth.boxes.T, truth.neutral.T)
        )
        truth, width, height = replace(truth, boxes=boxes, neutral=neutral), height, width
    return truth


def line(name: str, detector: Detector, truth: dict[Path, Truth], score: float) -> str:
    start = time.process_time()
    pages = {str(p): (found(detector, p), own) for p, own in tqdm(truth.items(), desc=name)}
    seconds = (time.process_time() - start) / len(truth)
    told = evaluate_detections(pages, score)
    measured = (told.average_precision, told.recall_at_precision, told.recall, told.precision or 0)
    cells = [*(f"{value:.3f}" for value in measured), f"{seconds:.3f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


@contextmanager
def one_size() -> Iterator[None]:
    """Windows as large as they are, and the parts that find the largest faces."""
    before = network.ENLARGED, network.NetworkDetector.reductions, network.SEEN
    network.ENLARGED, network.NetworkDetector.reductions = 1.0, (1, 4, 8)
    network.SEEN = (float("inf"), 0.0)  # no search hears of another
    yield
    network.ENLARGED, network.NetworkDetector.reductions, network.SEEN = before


def in_floats(folder: Path) -> Detector:
    """The bundled network as it was trained."""
    from webtoon_curate.trainer.export import export_detector
    from webtoon_curate.trainer.nets.detector import DetectorNet
    from webtoon_curate.trainer.weights import begin_with

    net = DetectorNet()
    begin_with("bundled", net, "detector", NAME)
    export_detector(net, folder / "floats.onnx")
    detector = network.load(find_card(NAME), folder / "floats.onnx", "cpu")
    detector.min_score = LOWEST
    return detector


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--role", help="Only pictures of this role.")
@click.option("--only", multiple=True, help="Only pictures whose names begin so.")
@click.option("--every", default=1, show_default=True, help="Every nth of them.")
@click.option("--score", default=0.3, show_default=True, help="For recall and precision.")
@click.option("--through", "names", multiple=True, help="Looks of the training, on each picture.")
@click.option(
    "--turned",
    "degrees",
    type=click.Choice(["0", "90", "180", "270"]),
    default="0",
    help="Each picture lies on its side, or is upside down.",
)
def main(
    folders: tuple[Path, ...],
    role: str | None,
    only: tuple[str, ...],
    every: int,
    score: float,
    names: tuple[str, ...],
    degrees: str,
) -> None:
    engine.local._threads = 1
    known = {look.__name__: look for _, look in LOOKS}
    through.extend(known[name] for name in names)
    truth: dict[Path, Truth] = {}
    for folder in folders:
        truth |= labelled(folder, role, only)
    quarters.append(int(degrees) // 90)
    truth = {path: turned(path, own) for path, own in list(truth.items())[::every]}
    whole = load_detector(NAME, min_score=LOWEST)
    with TemporaryDirectory() as folder, one_size():
        lines = [line("one size, in floats", in_floats(Path(folder)), truth, score)]
        lines.append(line("in whole numbers", whole.detector, truth, score))
    lines.append(line("several sizes", whole.detector, truth, score))
    lines.append(line("with the reader's word", whole, truth, score))
    whole.detector.turned = True
    lines.append(line("and `turned`", whole, truth, score))
    faces = sum(len(own.boxes) for own in truth.values())
    print(f"| {len(truth)} pictures, {faces} faces | average precision | recall at precision 0.95 "
          f"| recall at {score} | precision | seconds |")  # fmt: skip
    print("\n".join(["|---|---|---|---|---|---|", *lines]))


if __name__ == "__main__":
    main()
