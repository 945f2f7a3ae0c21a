"""Duplicates against `imagehash`, a numpy pigeonhole and `faiss`, in one run; and a million faces.

    python benchmarks/dedup.py hash                 # against imagehash, on one core
    python benchmarks/dedup.py pairs --count 10     # all pairs at d <= 3 of 10 million hashes
    python benchmarks/dedup.py faiss --count 1      # d <= 8 of 1 million against IndexBinaryFlat
    python benchmarks/dedup.py faces --count 1      # clusters of 1 million faces

Hashes are skewed as real ones are: cosine coefficients are drawn with the means and covariances of
those of squares of the example pages, a fifth are copies, and a tenth differ in up to 3 bits.
Seconds are of the processor and of the clock; on a busy machine only the first say much.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa

from webtoon_curate.dataset import Dataset
from webtoon_curate.dedup import hashes as hashing
from webtoon_curate.dedup.neighbours import near_pairs, popcount
from webtoon_curate.dedup.stage import DedupSettings, cluster_faces
from webtoon_curate.images import decode
from webtoon_curate.schema import HASHES, SCENES

PAGES = Path(__file__).parents[1] / "examples" / "episodes"
SIDE = 256
QUERIES = 1000
ROUNDS = 3
PIGEONHOLE = 1_000_000
EPISODES, TITLES = 10, 100


def squares(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 256, 256, 3) squares of the example pages."""
    files = sorted(path for path in PAGES.rglob("*") if path.suffix in (".jpg", ".png", ".webp"))
    pages = [page for page in map(decode, files) if min(page.shape[:2]) > SIDE]
    out = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for number in range(count):
        page = pages[rng.integers(len(pages))]
        y, x = (rng.integers(0, size - SIDE) for size in page.shape[:2])
        out[number] = page[y : y + SIDE, x : x + SIDE]
    return out


def skewed(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) uint64 hashes, some of them equal."""
    grey = hashing.hashes(squares(1500, rng))[3].astype(float)
    low = hashing._low_dct(hashing._low_dct(grey.swapaxes(1, 2)).swapaxes(1, 2))
    low = low.reshape(len(grey), 64)
    root = np.linalg.cholesky(np.cov(low.T) + np.eye(64)).T.astype(np.float32)
    mean, out = low.mean(0).astype(np.float32), np.empty(count, np.uint64)
    for start in range(0, count, 100_000):
        part = out[start : start + 100_000]
        drawn = rng.standard_normal((len(part), 64), np.float32) @ root + mean
        bits = drawn > np.partition(drawn, 32, axis=1)[:, 31:33].mean(1)[:, None]
        part[:] = np.packbits(bits, axis=1).view(">u8")[:, 0]
    copies = rng.integers(0, count, (2, count // 5))
    out[copies[0]] = out[copies[1]]
    near = rng.integers(0, count, (2, count // 10))
    flips = np.zeros(near.shape[1], np.uint64)
    for _ in range(3):
        flips |= np.uint64(1) << rng.integers(0, 64, len(flips)).astype(np.uint64)
    out[near[0]] = out[near[1]] ^ flips
    return out


def timed(what: str, call: Callable[[], Any]) -> tuple[Any, float]:
    """The call's result, and the seconds of the processor."""
    wall, own = time.perf_counter(), time.process_time()
    result = call()
    own = time.process_time() - own
    print(f"{what:<44} {own:9.2f} s of processor {time.perf_counter() - wall:9.2f} s of clock")
    return result, own


def peak() -> str:
    """The most memory that the process has held."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB at most"


def all_pairs(values: np.ndarray, distance: int, jobs: int) -> np.ndarray:
    """(k, 2) of `near_pairs`."""
    parts = [pairs for pairs, _ in near_pairs(values, distance, jobs)]
    return np.concatenate([np.empty((0, 2), np.int64), *parts])


def pigeonhole(values: np.ndarray, distance: int) -> int:
    """Pairs within 3 bits, as one writes it first: four sorts by 16 bits, all lags of each run."""
    found = []
    for chunk in range(4):
        rolled = (values << np.uint64(16 * chunk)) | (values >> np.uint64((64 - 16 * chunk) % 64))
        rolled = np.sort(rolled) if chunk else values.copy()
        keys, at, lag = rolled >> np.uint64(48), np.arange(len(values)), 1
        while len(at):
            at = at[at + lag < len(rolled)]
            at = at[keys[at] == keys[at + lag]]
            near = at[popcount(rolled[at] ^ rolled[at + lag]) <= distance]
            pairs = np.sort(np.stack([rolled[near], rolled[near + lag]]), axis=0)
            back = np.uint64(16 * chunk)
            pairs = (pairs >> back) | (pairs << np.uint64((64 - 16 * chunk) % 64))
            found.append(np.sort(pairs, axis=0) if len(near) else pairs)
            lag += 1
    return np.unique(np.concatenate(found, axis=1), axis=1).shape[1]


def bench_hash(args: argparse.Namespace) -> None:
    """Hashes of each crop, by turns with imagehash; of each the quickest time."""
    import imagehash
    from PIL import Image, ImageOps

    crops = squares(1000, np.random.default_rng(0))
    images = [Image.fromarray(crop) for crop in crops]

    def number(found: imagehash.ImageHash) -> int:
        return int.from_bytes(np.packbits(found.hash).tobytes(), "big")

    def both(images: Iterable[Image.Image]) -> list[tuple[int, int]]:
        return [(number(imagehash.phash(i)), number(imagehash.dhash(i))) for i in images]

    calls: dict[str, Callable[[], Any]] = {
        "ours: phash, dhash, mirrored phash": lambda: hashing.hashes(crops),
        "imagehash of Pillow images: phash, dhash": lambda: both(images),
        "the same of arrays": lambda: both(map(Image.fromarray, crops)),
        "of Pillow images: mirrored phash": lambda: [
            number(imagehash.phash(ImageOps.mirror(image))) for image in images
        ],
    }
    results: dict[str, Any] = {}
    seconds = dict.fromkeys(calls, np.inf)
    for _ in range(ROUNDS):
        for name, call in calls.items():
            results[name], own = timed(name, call)
            seconds[name] = min(seconds[name], own)
    ours, images_both, arrays_both, mirrored = seconds.values()
    found, theirs, _, turned = results.values()
    print(f"ours {ours * 1000:.0f} microseconds a crop")
    print(f"{images_both / ours:.1f} times imagehash of images, {arrays_both / ours:.1f} of arrays")
    print(f"{(images_both + mirrored) / ours:.1f} times imagehash of images for all three hashes")
    equal = theirs == list(zip(found[0].tolist(), found[1].tolist()))
    print(
        f"equal: {equal}; of mirrored ones {np.mean(found[2] == np.array(turned, np.uint64)):.3f}"
    )


def bench_pairs(args: argparse.Namespace) -> None:
    """All pairs at d <= 3, on two threads; a pigeonhole on fewer, for the ratio."""
    every = skewed(int(args.count * 1e6), np.random.default_rng(1))
    values, _ = timed("collapse of equal hashes", lambda: np.unique(every))
    print(f"{len(every):,} hashes, {len(values):,} different")
    found, _ = timed("ours, d <= 3", lambda: all_pairs(values, 3, args.jobs))
    print(f"{len(found):,} pairs, {peak()}")
    some = values[np.sort(np.random.default_rng(2).permutation(len(values))[:PIGEONHOLE])]
    ours, quick = timed(f"ours, {len(some):,} of them", lambda: all_pairs(some, 3, 1))
    theirs, slow = timed("numpy pigeonhole, the same", lambda: pigeonhole(some, 3))
    print(f"{slow / quick:.1f} times the pigeonhole; equal: {theirs == len(ours)}")


def bench_faiss(args: argparse.Namespace) -> None:
    """d <= 8 against the exact flat index, which is asked for a sample of rows."""
    import faiss

    faiss.omp_set_num_threads(1)
    values = np.unique(skewed(int(args.count * 1e6), np.random.default_rng(1)))
    ours, quick = timed(f"ours, {len(values):,}, d <= 8", lambda: all_pairs(values, 8, args.jobs))
    octets = values.astype("<u8").view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(octets)
    asked = np.sort(np.random.default_rng(3).permutation(len(values))[:QUERIES])
    # faiss's range search gives what is nearer than its radius.
    (ends, _, near), slow = timed(
        f"faiss flat, {QUERIES} of them", lambda: index.range_search(octets[asked], 9)
    )
    theirs = {
        (int(asked[row]), int(other))
        for row in range(QUERIES)
        for other in near[int(ends[row]) : int(ends[row + 1])]
        if other != asked[row]
    }
    both = np.concatenate([ours, ours[:, ::-1]])
    mine = {tuple(pair) for pair in both[np.isin(both[:, 0], asked)].tolist()}
    slow *= len(values) / QUERIES
    print(f"{len(ours):,} pairs; faiss for all: {slow:.0f} s; {slow / quick:.1f} times faiss flat")
    print(f"equal: {mine == theirs}")


def bench_faces(args: argparse.Namespace) -> None:
    """Clusters of faces in 100 titles; pictures are noise, with the copies' among them equal."""
    rng = np.random.default_rng(1)
    count = int(args.count * 1e6)
    every = skewed(count, rng)
    rows = count // (TITLES * EPISODES)
    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset.create(Path(folder, "data"))
        for number in range(TITLES * EPISODES):
            _write_episode(dataset, number, every[number * rows : (number + 1) * rows], rng)
        print(f"{rows * TITLES * EPISODES:,} faces written")
        before = peak()
        settings = DedupSettings(redrawn=args.redrawn)
        found, _ = timed("clusters", lambda: cluster_faces(dataset, settings, args.jobs))
    print(f"{found}, {peak()} ({before} before)")


def _write_episode(
    dataset: Dataset, number: int, values: np.ndarray, rng: np.random.Generator
) -> None:
    title, episode = f"title-{number // EPISODES:03d}", f"episode-{number % EPISODES}"
    names = {"title": [title] * len(values), "episode": [episode] * len(values)}
    columns: dict[str, Any] = {
        "face_id": [f"{title}/{episode}/0000/{n:05d}" for n in range(len(values))],
        **names,
        "scene": np.zeros(len(values), np.int32),
        **{name: rng.uniform(64, 300, len(values)) for name in ("x", "y", "width", "height")},
        "pixel_sha256": [f"{value:016x}{number:048x}" for value in values.tolist()],
        "place_sha256": [f"{value:016x}{number:048x}" for value in values.tolist()],
        "phash": values,
        "dhash": values,
        "phash_mirrored": values ^ np.uint64(0x5555555555555555),
        "other_hash": pa.nulls(len(values)),
        "face": [np.random.default_rng(v).bytes(48) * 48 for v in values.tolist()],
        "grey": [np.random.default_rng(v).bytes(32) * 32 for v in values.tolist()],
    }
    note = {"key": "drawn", "input": "1", "content": "1"}
    dataset.tables["scenes"].write(title, episode, SCENES.empty_table(), note)
    fields = [pa.array(columns[field.name]).cast(field.type) for field in HASHES]
    dataset.tables["hashes"].write(title, episode, pa.table(fields, schema=HASHES), note)


def main() -> None:
    """One of the parts."""
    parts = {"hash": bench_hash, "pairs": bench_pairs, "faiss": bench_faiss, "faces": bench_faces}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--count", type=float, default=1, help="millions")
    parser.add_argument("--jobs", type=int, default=2, help="threads; of faces, processes, too")
    parser.add_argument(
        "--redrawn",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="of faces, look close",
    )
    args = parser.parse_args()
    print(f"{os.cpu_count()} cores, numpy {np.__version__}")
    parts[args.part](args)


if __name__ == "__main__":
    main()
