"""What each kind of variety in the detector's training is worth, on pictures kept out of it.

    webtoon-curate synth episodes --episodes 24 --heldout --seed 40
    python examples/draw_panels.py drawn --first 70 --shards 6 --panels 400
    python benchmarks/ablation.py WORK --pages labelled-pages --drawn drawn --reserved episodes \
        --labels benchmarks/labels/train.json

Trains a narrow network once without any of `KINDS`, and goes on from it 16 times, each time with
another half of them (a fractional factorial design of resolution IV: a Hadamard matrix and its
mirror image): every kind is there in eight runs and left out in eight, and in each of these halves
so is every other kind. The difference of their means is the kind's worth; what the worths of all
kinds do not explain is the noise. Measured by average precision on pictures as they are, and
changed in the ways that the kinds are for (`TESTS`). Then it goes on without kinds, with other
data, two seeds each, and with all kinds and with none six times as long, to see what time changes.
What is done is kept in WORK and not done again. Needs the extra train.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.detector import Detector
from webtoon_curate.detect.network import NetworkDetector
from webtoon_curate.evaluate.matching import evaluate_detections
from webtoon_curate.faces import Detections
from webtoon_curate.files import write_json
from webtoon_curate.models import ModelCard
from webtoon_curate.trainer import looks, tiles
from webtoon_curate.trainer.calibration import truth_of
from webtoon_curate.trainer.export import export_detector
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods.detector import DetectorConfig, DetectorMethod, Tiles
from webtoon_curate.trainer.nets import detector as nets
from webtoon_curate.trainer.pictures import Picture, load_pictures, pyramid_of, split
from webtoon_curate.trainer.weights import begin_with

HELD = ("ep05/", "ep18/", "mikabul/m2", "ada_zangemann/ada-p2")
EVERY, LONGER = 8, (900, 1600)
"""Of the pages in reserved styles, every eighth is looked at; longer sides of real pictures and of
these pages, at most."""
NARROW = {"WIDTHS": (16, 32, 64, 96), "NECK": 32}
"""Channels of the network, half the work of the bundled one's."""
START, STEPS, LONG, SEEDS = 1200, 400, 2400, 2
"""Steps of the common start, after it, and in the longer runs; repetitions of other data."""

Without = Mapping[str, Any] | tuple[Callable, ...]
KINDS: dict[str, Without] = {
    "light, hue, blur, noise, JPEG": (
        looks.tone, looks.mood, looks.shadow, looks.negative, looks.hue,
        looks.blur, looks.noise, looks.jpeg,
    ),
    "line art, screen, grey, flat, random convolutions": (
        looks.outline, looks.sketch, looks.ink, looks.screen, looks.grey, looks.flat, looks.weave,
    ),
    "balloons and letters": (looks.balloons,),
    "turns above 8 degrees": {"ROTATIONS": ((1.0, 8.0),)},
    "mosaics, pictures pasted in": {"MOSAIC": 0.0, "INSET": 0.0},
    "faces below 32 px": {"SMALLEST": 32.0},
    "things over faces, borders through them": {"COVERED": 0.0, "BORDERED": 0.0},
    "mistakes (hard negatives)": {"MISTAKEN": 0.0},
}  # fmt: skip
"""Looks that are left out, or constants of `tiles` without the kind."""
DATA = {"real pages and drawn panels": 0.5, "real pages alone": 1.0, "drawn panels alone": 0.0}
"""Shares of real pages, without any kind."""
Pixels = NDArray[np.uint8]
Test = Callable[[np.random.Generator, Pixels, Picture], tuple[Pixels, Picture]]


def plain(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    return pixels, picture


def lined(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """In grey, or as pencil or ink lines."""
    look = (looks.grey, looks.sketch, looks.ink)[rng.integers(3)]
    return look(rng, pixels), picture


def turned(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """By 30 degrees either way, on a larger white page."""
    size = np.array(picture.size)
    matrix = cv2.getRotationMatrix2D((0, 0), 30 * rng.choice([-1, 1]), 1)[:, :2]
    whole = np.ceil(np.abs(matrix) @ size).astype(int)
    shift = whole / 2 - matrix @ size / 2
    affine = np.column_stack([matrix, shift])
    white = (255, 255, 255)
    pixels = cv2.warpAffine(pixels, affine, tuple(whole.tolist()), borderValue=white)
    return pixels, _moved(picture, matrix, shift, whole)


def halved(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """At half the size."""
    size = tuple(side // 2 for side in picture.size)
    pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, _moved(picture, np.eye(2) / 2, np.zeros(2), size)


def covered(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """Two fifths of each face, from the left, the right or below, hidden by an even thing."""
    pixels = pixels.copy()
    for x0, y0, x1, y1 in picture.boxes:
        wide, high, part = x1 - x0, y1 - y0, rng.integers(3)
        left, right = x0 - 0.2 * wide, x1 + 0.2 * wide
        top, bottom = y0 - 0.2 * high, y1 + 0.2 * high
        if part == 0:
            right = x0 + 0.4 * wide
        elif part == 1:
            left = x1 - 0.4 * wide
        else:
            top = y1 - 0.4 * high
        color = tuple(map(int, rng.integers(0, 256, 3)))
        cv2.rectangle(pixels, (int(left), int(top)), (int(right), int(bottom)), color, -1)
    return pixels, picture


def dimmed(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """In dim light of one color, with grain, as JPEG of quality 30."""
    light = rng.permutation([0.3, 0.45, 0.7])
    grain = rng.standard_normal(pixels.shape, np.float32) * 8
    dim = np.clip(pixels * light + grain, 0, 255).astype(np.uint8)
    saved = cv2.imencode(".jpg", dim, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return cv2.imdecode(saved, cv2.IMREAD_COLOR), picture


def lettered(rng: np.random.Generator, pixels: Pixels, picture: Picture) -> tuple[Pixels, Picture]:
    """A balloon over one corner of each face."""
    pixels = pixels.copy()
    for x0, y0, x1, y1 in picture.boxes:
        middle = int(x0 if rng.random() < 0.5 else x1), int(y0 if rng.random() < 0.5 else y1)
        axes = max(3, int(0.55 * (x1 - x0))), max(3, int(0.4 * (y1 - y0)))
        cv2.ellipse(pixels, middle, axes, 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.ellipse(pixels, middle, axes, 0, 0, 360, (0, 0, 0), 1, cv2.LINE_AA)
        at = middle[0] - axes[0] * 2 // 3, middle[1] + axes[1] // 6
        cv2.putText(pixels, "NO!", at, cv2.FONT_HERSHEY_SIMPLEX, axes[0] / 45, (0, 0, 0), 1)
    return pixels, picture


TESTS: dict[str, Test] = {
    "as they are": plain,
    "dim, grain, JPEG": dimmed,
    "grey, lines": lined,
    "balloons": lettered,
    "turned 30°": turned,
    "half size": halved,
    "covered by 2/5": covered,
}


def _moved(picture: Picture, matrix: NDArray, shift: NDArray, size: Iterable[int]) -> Picture:
    """Its labels after an affine map: around the turned ellipse in each box."""
    places = []
    for boxes in (picture.boxes, picture.ignored):
        center, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
        center, half = center @ matrix.T + shift, np.sqrt(half**2 @ (matrix**2).T)
        places.append(np.concatenate([center - half, center + half], 1).astype(np.float32))
    wide, high = map(int, size)
    return replace(picture, size=(wide, high), boxes=places[0], ignored=places[1])


def tested(pictures: Sequence[Picture], longer: int, test: Test) -> list[tuple[Pixels, Picture]]:
    """The pictures as a test shows them, always the same."""
    found = []
    for number, picture in enumerate(pictures):
        scale = min(1.0, longer / max(picture.size))
        size = tuple(round(side * scale) for side in picture.size)
        shown = cv2.resize(pyramid_of(picture.path)[0], size, interpolation=cv2.INTER_AREA)
        small = _moved(picture, np.eye(2) * scale, np.zeros(2), size)
        found.append(test(np.random.default_rng(number), shown, small))
    return found


def precision(detector: Detector, shown: Sequence[tuple[Pixels, Picture]]) -> float:
    """Average precision on whole pictures, 0-1."""
    found: dict[str, tuple[Detections, Any]] = {
        picture.name: (detector([pixels])[0], truth_of(picture)) for pixels, picture in shown
    }
    return evaluate_detections(found, 0.5).average_precision


def design() -> NDArray[np.bool_]:
    """(16, 8), which kinds are there in each run: each mirror image follows its row."""
    pair = np.array([[1, 1], [1, -1]])
    half = np.kron(pair, np.kron(pair, pair)) > 0
    return np.stack([half, ~half], axis=1).reshape(2 * len(half), -1)


def worths(runs: NDArray[np.bool_], measured: NDArray) -> tuple[NDArray, NDArray]:
    """Differences of the means with and without each kind, (kinds, measures), and their standard
    errors, (measures,)."""
    sides = runs - 0.5
    found = sides.T @ measured * 4 / len(runs)
    left = measured - measured.mean(0) - sides @ found
    noise = np.sqrt((left**2).sum(0) / (len(runs) - runs.shape[1] - 1))
    return found, noise * 2 / len(runs) ** 0.5


class Bench:
    """Trains, and measures what was trained."""

    def __init__(
        self, work: Path, pages: Path, drawn: Path, reserved: Path, labels: Path | None
    ) -> None:
        self.work, self.pages, self.drawn, self.labels = work, pages, drawn, labels
        scenes = load_pictures(reserved / "truth", role="heldout")[::EVERY]
        scenes = [replace(scene, path=reserved / scene.name) for scene in scenes]
        sets = (split(load_pictures(pages), HELD)[1], LONGER[0]), (scenes, LONGER[1])
        self.tests = [[tested(*some, test) for some in sets] for test in TESTS.values()]
        self._file = work / "done.json"
        self.done = json.loads(self._file.read_text()) if self._file.is_file() else {}

    def __call__(
        self, name: str, kinds: Iterable[str], real: float, seed: int, steps: int = STEPS
    ) -> list[float]:
        """Average precisions after a run from the common start, each of real pictures and of
        drawn pages in turn, of all tests."""
        if name not in self.done:
            self._trained(self.work / "start", (), 0.5, 0, START)
            network = self._trained(self.work / name, kinds, real, seed, steps)
            card = ModelCard(name, "network", license="unknown", source="here")
            detector = NetworkDetector(card, network, "cpu")
            self.done[name] = [precision(detector, s) for pair in self.tests for s in pair]
            write_json(self._file, self.done)
        return self.done[name]

    def _trained(self, run: Path, kinds: Iterable[str], real: float, seed: int, steps: int) -> Path:
        network, first = run / "detector.onnx", run.name == "start"
        if network.is_file():
            return network
        config = DetectorConfig(
            steps=steps, batch=16 if first else 8, size=160, seed=seed, held=HELD, workers=0,
            learning_rate=2e-3 if first else 1e-3, average=steps // 8, warmup=steps // 10,
            precision="bf16", save_every=steps,
        )  # fmt: skip
        shares = ((self.pages, real), (self.drawn, 1 - real))
        data = [(folder, share) for folder, share in shares if share]
        with ExitStack() as patches:
            for module, values in changes(set(KINDS) - set(kinds)):
                patches.enter_context(mock.patch.multiple(module, **values))
            method = DetectorMethod(config)
            if not first:
                begin_with(str(self.work / "start"), method.net, "detector", "")
            trained = train(method, Tiles(data, config, self.labels), config, run, resume=True)
        export_detector(trained.averages["detector"], network)
        return network


def changes(without: Iterable[str]) -> list[tuple[Any, dict[str, Any]]]:
    """The constants of modules that make the network narrow and leave kinds out."""
    dropped, values = set(), {}
    for kind in without:
        if isinstance(KINDS[kind], tuple):
            dropped.update(KINDS[kind])
        else:
            values.update(KINDS[kind])
    kept = tuple((share, look) for share, look in looks.LOOKS if look not in dropped)
    found = [(nets, NARROW), (looks, {"LOOKS": kept})]
    return [*found, (tiles, values)] if values else found


def columns(measured: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Real pictures and drawn pages as they are, then the mean of both of every test."""
    pairs = np.array(measured).reshape(len(measured), len(TESTS), 2)
    return np.concatenate([pairs[:, 0], pairs[:, 1:].mean(axis=2)], axis=1)


def line(name: str, values: Iterable[float], form: str) -> None:
    click.echo(f"| {name} | {' | '.join(format(value, form) for value in values)} |")


@click.command()
@click.argument("work", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pages", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--drawn", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--reserved", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--labels", type=click.Path(exists=True, path_type=Path))
def main(work: Path, pages: Path, drawn: Path, reserved: Path, labels: Path | None) -> None:
    bench = Bench(work, pages, drawn, reserved, labels)
    runs, names, measured = design(), np.array(list(KINDS)), []
    for number, there in enumerate(runs, 1):
        measured.append(bench(f"run-{number:02d}", names[there], 0.5, number))
        click.echo(f"{number} of {len(runs)}", err=True)
    found, errors = worths(runs, columns(measured))
    line("", ["real", "drawn", *list(TESTS)[1:]], "")
    for name, row in zip(names, found):
        line(name, row, "+.3f")
    line("standard error", errors, ".3f")
    line("mean of the 16 runs", columns(measured).mean(0), ".3f")
    for name, real in DATA.items():
        seeds = [bench(f"{name} {n}".replace(" ", "-"), (), real, 100 + n) for n in range(SEEDS)]
        line(name, columns(seeds).mean(0), ".3f")
    for name, kinds in (("no kind", ()), ("all kinds", KINDS)):
        long = bench(f"long {name}".replace(" ", "-"), kinds, 0.5, 200, LONG)
        line(f"{name}, {LONG} steps", columns([long])[0], ".3f")


if __name__ == "__main__":
    main()
