"""Time and memory of finding the characters of one large title, from made-up embeddings.

    python benchmarks/characters.py --faces 100000

Two faces of different people stand side by side; a few people are drawn often and many seldom, and
each face is off its person's direction by `--noise` of its length. One face in ten is of nobody
else: such as readers misread.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from webtoon_curate.characters.clustering import Faces, characters
from webtoon_curate.evaluate.characters import figures

LENGTH = 128
STRANGERS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--noise", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    faces, who = title(args.faces, args.people, args.noise, np.random.default_rng(args.seed))
    before = peak()
    wall, cpu = time.perf_counter(), time.process_time()
    found, _ = characters(faces)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = figures([found], [who])
    print(f"{args.faces:,} faces: {cpu:.0f} s of processor time ({wall:.0f} s), "
          f"{peak() - before:,} MiB more memory at the most")  # fmt: skip
    print(f"{len(np.unique(who)):,} people, {found.max() + 1:,} clusters; {told}")


def title(
    count: int, people: int, noise: float, rng: np.random.Generator
) -> tuple[Faces, np.ndarray]:
    """The faces, and who they are."""
    often = 1 / np.arange(1, people + 1)
    who = rng.choice(people, (count // 2, 2), p=often / often.sum())
    who[:, 1] = np.where(who[:, 0] == who[:, 1], (who[:, 1] + 1) % people, who[:, 1])
    who = who.ravel()
    strange = rng.random(len(who)) < STRANGERS
    who[strange] = people + np.arange(strange.sum())
    directions = rng.standard_normal((who.max() + 1, LENGTH), np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    vectors = directions[who]
    vectors += noise / LENGTH**0.5 * rng.standard_normal(vectors.shape, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nothing = np.full((len(who), 2, 3), np.nan)
    places = np.arange(len(who)) // 2
    return Faces(vectors, nothing, places, np.full(len(who), -1)), who


def peak() -> int:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
