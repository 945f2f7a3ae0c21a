"""How fast `LandmarkTensors` gives batches, against copying as many bytes in memory.

    python benchmarks/tensors.py [--samples 2000] [--size 256] [--channels 4] [--batch 64]

Prints MB/s of both and their ratio, best of several rounds that take turns. Both run on one thread,
and its CPU time counts, so that other load on the machine does not. The shards are in the page
cache: what is measured is the loader, not the disk. Samples are drawn in random order.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

from webtoon_curate.data import LandmarkTensors

SHARD = 1000


def write_shards(folder: Path, samples: int, channels: int, size: int) -> None:
    """Random shards in the layout of `webtoon-curate export tensors`."""
    rng = np.random.default_rng(0)
    shards = []
    for first in range(0, samples, SHARD):
        count = min(SHARD, samples - first)
        name = f"train-{len(shards):05d}.npy"
        np.save(folder / name, rng.integers(0, 256, (count, channels, size, size), np.uint8))
        shards.append({"file": name, "samples": count})
    names = [f"channel_{number}" for number in range(channels)]
    about = {"channels": names, "shape": [channels, size, size], "shards": {"train": shards}}
    (folder / "export.json").write_text(json.dumps({"tensors": about}))


def copied(source: torch.Tensor, batches: int) -> float:
    """Seconds that as many copies of a batch take, each to memory of its own."""
    start = time.process_time()
    for _ in range(batches):
        source.clone()
    return time.process_time() - start


def loaded(data: LandmarkTensors, batch: int) -> float:
    """Seconds that an epoch in random order takes, in this process."""
    start = time.process_time()
    for _ in DataLoader(data, batch, shuffle=True, drop_last=True):
        pass
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        write_shards(Path(folder), given.samples, given.channels, given.size)
        data = LandmarkTensors(folder)
        batches = len(data) // given.batch
        source = torch.randint(0, 256, (given.batch, *data.shape), dtype=torch.uint8)
        megabytes = batches * source.numel() / 1e6
        loaded(data, given.batch)  # into the page cache
        times = [(copied(source, batches), loaded(data, given.batch)) for _ in range(given.rounds)]
    copy, load = (megabytes / min(column) for column in zip(*times))
    shape = f"{given.batch} x {tuple(data.shape)}"
    print(f"{megabytes:,.0f} MB in batches of {shape}, best of {given.rounds} rounds")
    print(f"memory copy     {copy:10,.0f} MB/s")
    print(f"LandmarkTensors {load:10,.0f} MB/s  {load / copy:.2f} of it")


if __name__ == "__main__":
    main()
