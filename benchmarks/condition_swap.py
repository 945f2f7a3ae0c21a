"""The condition-swap test on a model that could learn from its colors, and on one that could not.

    python benchmarks/condition_swap.py DATASET

DATASET has faces with landmarks and colors. Two pix2pix are trained alike for some seconds: one
on the faces' own colors, one on those of another face each time, so that nothing can be learned
from them. The threshold of `evaluate condition` lies between what the second does with its colors
and what the first does with its points.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

import numpy as np

from webtoon_curate.trainer.condition import THRESHOLD, condition_test
from webtoon_curate.trainer.config import make_config
from webtoon_curate.trainer.data import DatasetFaces
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.methods.pix2pix import Pix2PixConfig, Pix2PixMethod
from webtoon_curate.trainer.samples import Pairs
from webtoon_curate.trainer.translate import Translator

STEPS, TESTED = 600, 48
SETTINGS = {
    "version": "v2", "size": 64, "width": 16, "steps": STEPS, "batch": 4, "workers": 0,
    "average": 100, "device": "cpu", "save_every": STEPS,
}  # fmt: skip


class Confused(list):
    """Faces with the colors of another, each time of another one."""

    def __init__(self, faces: list[Face]) -> None:
        super().__init__(faces)
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index: int) -> Face:
        other = super().__getitem__(int(self.rng.integers(len(self))))
        return dataclasses.replace(super().__getitem__(index), colors=other.colors)


def main(path: Path) -> None:
    """Prints the ratios of both models."""
    source = DatasetFaces(path, None)
    stored = [source[number] for number in range(len(source))]
    config = make_config(Pix2PixConfig, SETTINGS)
    print(f"{len(stored)} faces, {STEPS} steps; ratios below {THRESHOLD} are called ignored")
    for name, faces in (("own colors", stored), ("others' colors", Confused(stored))):
        with tempfile.TemporaryDirectory() as folder:
            samples = Pairs(faces, config, config.version)
            train(Pix2PixMethod(config), samples, config, Path(folder))
            result = condition_test(Translator(Path(folder), "cpu"), stored[:TESTED])
        ratios = "  ".join(f"{swap.part} {swap.ratio or 0:.3f}" for swap in result.swaps)
        print(f"{name:<15} {ratios}  ignored: {', '.join(result.ignored) or 'none'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
