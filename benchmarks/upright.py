"""What it is worth to read faces several times, and those that lean upright.

Drawn faces in the reserved styles, in boxes that are off as detectors' are, as `evaluate landmarks`
draws them; errors of shown points in distances of the outer eye corners.

    python benchmarks/upright.py --faces 300 --seed 5
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from calibrate_quality import BATCH, patches_of

from webtoon_curate.evaluate.landmarks import point_errors
from webtoon_curate.landmarks import passes
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.patches import Patches
from webtoon_curate.reader import load_reader
from webtoon_curate.reader.points import REGIONS
from webtoon_curate.synth.crops import face_crops

ROLLS = ((0, 180), (0, 15), (15, 40), (40, 180))
"""From and below so many degrees, by the truth."""


def read(backend: ReaderBackend, patches: Patches) -> dict[str, np.ndarray]:
    """(n, 68, 2) points in the picture by how they were read."""
    usual, passes.LEANING = passes.LEANING, math.inf
    as_it_is = passes.looks(backend, patches)
    passes.LEANING = usual
    upright = passes.looks(backend, patches)
    found = {"one crop": as_it_is[:1], "three": as_it_is, "one upright": upright[:1],
             "three upright": upright}  # fmt: skip
    placed = {
        name: np.mean([look.placed(patches.framing) for look in several], axis=0)
        for name, several in found.items()
    }
    return {name: patches.placed(points) for name, points in placed.items()}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reader", default="auto")
    parser.add_argument("--faces", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    backend, rng = ReaderBackend(load_reader(given.reader)), np.random.default_rng(given.seed)
    crops = list(face_crops(given.faces, given.seed, heldout=True))
    parts = [
        read(backend, patches_of(backend, crops[first : first + BATCH], rng))
        for first in range(0, len(crops), BATCH)
    ]
    truth = {name: np.array([crop.truth[name] for crop in crops])
             for name in ("landmarks", "visible", "box", "roll")}  # fmt: skip
    print(" " * 16 + "".join(f"  {low:>3}° to {high}°" for low, high in ROLLS))
    for name in parts[0]:
        points, told = np.concatenate([part[name] for part in parts]), []
        for low, high in ROLLS:
            own = (np.abs(truth["roll"]) >= low) & (np.abs(truth["roll"]) < high)
            shown, place = truth["visible"][own], truth["landmarks"][own]
            errors = point_errors(points[own], place, shown, ~shown, truth["box"][own], REGIONS)
            told.append(f"  {errors.nme:7.2%} {errors.measured:>4}")
        print(f"{name:16}" + "".join(told))


if __name__ == "__main__":
    main()
