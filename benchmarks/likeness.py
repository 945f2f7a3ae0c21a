"""How well embeddings tell the characters of one title apart: drawn titles of eight in one style.

Told for pairs of one title: the chance that two faces of one character are more alike than two of
different ones (AUROC), the share of the former that are found where one in a hundred of the latter
is, and the share of faces whose nearest one is the same character.

    python benchmarks/likeness.py --titles 40 --seed 9
    python benchmarks/likeness.py --titles 40 --seed 9 --reserved
"""

from __future__ import annotations

import argparse
import math

import numpy as np
from calibrate_quality import BATCH, patches_of

from webtoon_curate.landmarks import passes
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.reader import load_reader
from webtoon_curate.synth.crops import CAST, face_crops

DRAWINGS = 4
"""Of each character."""
FALSE_SHARE = 0.01


def embeddings(backend: ReaderBackend, titles: int, seed: int, reserved: bool) -> np.ndarray:
    """(titles, faces, 128) of length 1, as `landmarks` reads them."""
    rng, size = np.random.default_rng(seed), titles * CAST * DRAWINGS
    crops = list(face_crops(size, seed, heldout=reserved, drawings=DRAWINGS))
    found = []
    for first in range(0, size, BATCH):
        patches = patches_of(backend, crops[first : first + BATCH], rng)
        found.append(passes.readings_of(backend, patches).embedding)
    return np.concatenate(found).reshape(titles, CAST * DRAWINGS, -1)


def auroc(same: np.ndarray, other: np.ndarray) -> float:
    """The chance that one of `same` is above one of `other`."""
    below = np.searchsorted(np.sort(other), same, "left") + np.searchsorted(
        np.sort(other), same, "right"
    )
    return float(below.mean() / 2 / len(other))


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reader", default="auto")
    parser.add_argument("--titles", type=int, default=40)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--reserved", action="store_true")
    given = parser.parse_args()
    backend = ReaderBackend(load_reader(given.reader))
    unit = embeddings(backend, given.titles, given.seed, given.reserved)
    alike = unit @ unit.transpose(0, 2, 1)
    who = np.arange(CAST * DRAWINGS) // DRAWINGS
    one, two = np.triu_indices(len(who), 1)
    pairs, kin = alike[:, one, two], who[one] == who[two]
    same, other = pairs[:, kin].ravel(), pairs[:, ~kin].ravel()
    found = np.mean(same > np.quantile(other, 1 - FALSE_SHARE))
    alike[:, np.arange(len(who)), np.arange(len(who))] = -math.inf
    nearest = who[alike.argmax(2)] == who
    print(f"pairs      {same.size} of one character, {other.size} of two")
    print(f"AUROC      {auroc(same, other):.3f}")
    print(f"found      {found:.1%}  where {FALSE_SHARE:.0%} of two characters are")
    print(f"nearest    {nearest.mean():.1%}  is the same character")


if __name__ == "__main__":
    main()
