"""Two mistakes that training refuses, made on purpose: a layer of -1, and a split that leaks.

    python benchmarks/mistakes.py FOLDER

FOLDER is of `webtoon-curate synth --faces`. First, small CycleGANs are trained alike with landmark
layers whose background is 127, 0 for the network, and 0, which is -1. Then a small pix2pix learns
a few faces by heart, and what it draws of them is compared with faces of other characters, and with
near-duplicates of the ones it learned, as they are held out by a split that leaks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from torch.utils.data import Dataset

from webtoon_curate.evaluate.distances import memorization
from webtoon_curate.evaluate.features import ReaderFeatures
from webtoon_curate.reader import load_reader
from webtoon_curate.trainer.checks import check_channels
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.data import load_faces
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.method import Report
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod
from webtoon_curate.trainer.methods.pix2pix import Pix2PixConfig, Pix2PixMethod
from webtoon_curate.trainer.samples import Pairs, Unpaired, View
from webtoon_curate.trainer.translate import Translator

COMMON: dict[str, Any] = {"device": "cpu", "workers": 0, "measured": 0}
CYCLE = {"size": 32, "width": 8, "blocks": 1, "steps": 150, "save_every": 150, "log_every": 50}
HEART = {
    "version": "v2", "size": 64, "width": 16, "batch": 8, "steps": 150, "average": 20,
    "dropout": False, "flip": False, "enlarge": 1.0, "learning_rate": 1e-3, "save_every": 150,
}  # fmt: skip
LEARNED = 16


class Emptied(Dataset):
    """Samples whose landmark layers have a background of -1."""

    def __init__(self, samples: Unpaired) -> None:
        self.samples = samples

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        sample = self.samples[number]
        layers = {name: 2 * t - 1 for name, t in sample.items() if name.endswith("landmarks")}
        return sample | layers


class Some(list):
    """Faces in a list."""

    name, rows, groups = "some", (), ()


def backgrounds(faces: Sequence[Face]) -> None:
    """Trains with both backgrounds, the layer as condition and as output; prints the losses."""
    sides = Some(faces[::2]), Some(faces[1::2])
    for landmarks in ("condition", "output"):
        config = CycleGANConfig(landmarks=landmarks, **COMMON, **CYCLE)
        plain = Unpaired(sides, config, landmarks=True)
        for name, samples in (("127", plain), ("0", Emptied(plain))):
            batches = [{n: t[None] for n, t in samples[i].items()} for i in range(16)]
            try:
                check_channels(batches, ["a_landmarks"])
                said = "accepted"
            except ConfigError:
                said = "refused"
            found: list[Report] = []
            with tempfile.TemporaryDirectory() as folder:
                method = CycleGANMethod(config)
                train(method, samples, config, Path(folder), on_report=found.append)
            told = "  ".join(f"{f.losses['cycle_a'] + f.losses['cycle_b']:.2f}" for f in found)
            apart = f"{_apart(method, samples):.3f}"
            click.echo(f"{landmarks:<10} background {name:>3} {said}: cycle {told}; drawn {apart}")


@torch.no_grad()
def _apart(method: CycleGANMethod, samples: Dataset) -> float:
    """Mean absolute difference between drawings of different photographs: 0 for one face."""
    drawn = [
        method.sample({n: t[None] for n, t in samples[number].items()})["a2b"][:, :3]
        for number in range(8)
    ]
    together = torch.cat(drawn)
    return float((together - together.roll(1, 0)).abs().mean())


def leaks(learned: Some, others: Some) -> None:
    """Learns faces by heart; prints the memorization score with clean and leaking held-out ones."""
    config = Pix2PixConfig(**COMMON, **HEART)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        train(Pix2PixMethod(config), Pairs(learned, config, "v2"), config, run)
        drawn = Translator(run, "cpu")(learned)
    features, view = ReaderFeatures(load_reader(device="cpu")), View(config, None)
    true, held = ([view.pixels(face.image) for face in faces] for faces in (learned, others))
    copies = [_copied(pixels) for pixels in true]
    made, known, clean, leaking = (features(p) for p in (drawn, true, held, copies))
    for name, some in (("other characters", clean), ("near-duplicates", leaking)):
        found = memorization(made, known, some)
        click.echo(
            f"held out: {name:<16}  memorization {found.score:.3f}, copies {found.copies:.0%}"
        )


def _copied(pixels: np.ndarray) -> np.ndarray:
    """A near-duplicate: a little lighter, saved as JPEG."""
    lighter = cv2.convertScaleAbs(pixels, alpha=1.08)
    return cv2.imdecode(cv2.imencode(".jpg", lighter, [cv2.IMWRITE_JPEG_QUALITY, 80])[1], 1)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    stored, held = load_faces(folder), load_faces(folder, "val")
    faces = [stored[number] for number in range(2 * LEARNED)]
    backgrounds(faces)
    leaks(Some(faces[:LEARNED]), Some(held[n] for n in range(min(LEARNED, len(held)))))


if __name__ == "__main__":
    main()
