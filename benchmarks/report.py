"""Time and memory of the report's data, at a small and a large number of faces.

    python benchmarks/report.py [--rows 50000 1000000] [--folder DIR]

Writes a dataset of made-up faces of each size (landmarks, colors, duplicates, splits; 1000 faces an
episode, 10 episodes a title), and reads it in a process of its own. Prints rows, MB of the
manifest, seconds, and the largest memory of that process beside that of one which only imports the
program: what grows with the rows is what the report holds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.dataset import Dataset
from webtoon_curate.schema import CLUSTERS, FACES, MANIFEST, SCENES, SPLITS

EPISODE, TITLE = 1000, 10
"""Faces of an episode, episodes of a title."""
BATCH = 50_000
_READ = """
import resource, sys, time
from webtoon_curate.dataset import Dataset
from webtoon_curate.report.data import report_data
start, path = time.perf_counter(), sys.argv[1]
if path:
    report_data(Dataset(path))
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def columns(rng: np.random.Generator, first: int, count: int) -> pa.Table:
    """Rows `first` to `first + count` of a manifest."""
    numbers = np.arange(first, first + count)
    episodes = numbers // EPISODE
    titles = [f"title-{n:05d}" for n in episodes // TITLE]
    names = [f"ep-{n % TITLE:02d}" for n in episodes]
    scenes = (numbers % EPISODE) // 2
    ids = [f"{t}/{e}/{s:04d}/{n % 2:02d}" for t, e, s, n in zip(titles, names, scenes, numbers)]
    side = rng.uniform(30, 500, count).astype(np.float32)
    group = rng.choice(["woman_no_glasses", "man_no_glasses", "woman_glasses"], count)
    points = rng.normal(size=(count, 136)).astype(np.float32).reshape(-1)
    known = {
        "face_id": ids,
        "title": titles,
        "episode": names,
        "scene": scenes.astype(np.int32),
        "width": side,
        "height": side,
        "page": ["1.png"] * count,
        "detector": ["made@1"] * count,
        "landmarks": pa.ListArray.from_arrays(
            pa.array(np.arange(count + 1, dtype=np.int32) * 136), pa.array(points)
        ),
        **{name: rng.uniform(0, 1, count).astype(np.float32) for name in ("score", "quality")},
        **{name: rng.normal(0, 20, count).astype(np.float32) for name in ("yaw", "pitch", "roll")},
        "hair_name": rng.choice(["black", "brown", "blond", "red"], count),
        "eye_name": rng.choice(["brown", "blue", "green"], count),
        "group": group,
        "group_source": ["made@1"] * count,
        "pixel_sha256": [f"{n:064x}" for n in numbers],
        "phash": rng.integers(0, 2**63, count).astype(np.uint64),
        "duplicate_cluster": [ids[n - n % 2] for n in range(count)],
        "keep": numbers % 10 > 0,
        "split": np.where(episodes % 10 < 8, "train", np.where(episodes % 2, "val", "test")),
        "weight": np.ones(count, np.float32),
        "source": ["https://example.org/1.png"] * count,
        "license": ["CC0-1.0"] * count,
    }
    zeros = np.zeros(count, np.float32)
    arrays = [
        pa.array(known[field.name], field.type)
        if field.name in known
        else pa.nulls(count, field.type)
        if field.nullable
        else pa.array(zeros, field.type)
        for field in MANIFEST
    ]
    return pa.table(arrays, schema=MANIFEST)


def write_episode(dataset: Dataset, title: str, episode: str) -> None:
    """Its scenes, a fifth of them without faces, and the note of `detect`."""
    count = EPISODE // 2 * 5 // 4
    number = np.arange(count, dtype=np.int32)
    known = {"title": [title] * count, "episode": [episode] * count, "scene": number}
    known |= {"kind": ["panel"] * count, "page": ["1.png"] * count}
    arrays = [pa.array(known.get(field.name, number), field.type) for field in SCENES]
    note = {"key": "k", "content": "c", "input": "c"}
    dataset.tables["scenes"].write(title, episode, pa.table(arrays, schema=SCENES), note)
    dataset.tables["faces"].write(title, episode, FACES.empty_table(), note)


def make(path: Path, rows: int) -> None:
    """A dataset of so many faces."""
    dataset, rng = Dataset.create(path), np.random.default_rng(1)
    for episode in range(-(-rows // EPISODE)):
        write_episode(dataset, f"title-{episode // TITLE:05d}", f"ep-{episode % TITLE:02d}")
    for tables in dataset.tables.values():
        tables.merge()
    folder = path / "tables"
    with (
        pq.ParquetWriter(path / "manifest.parquet", MANIFEST, compression="zstd") as manifest,
        pq.ParquetWriter(folder / "splits.parquet", SPLITS) as splits,
        pq.ParquetWriter(folder / "clusters.parquet", CLUSTERS) as clusters,
    ):
        for first in range(0, rows, BATCH):
            table = columns(rng, first, min(BATCH, rows - first))
            manifest.write_table(table)
            splits.write_table(whole(SPLITS, table, component=table["face_id"]))
            kind = pa.array(["representative", "near"] * (len(table) // 2 + 1))[: len(table)]
            clusters.write_table(whole(CLUSTERS, table, kind=kind))


def whole(schema: pa.Schema, table: pa.Table, **more: pa.Array) -> pa.Table:
    """The columns of a table of the whole dataset: of the manifest, given, or null."""
    known = {name: table[name] for name in table.column_names} | more
    arrays = [known.get(field.name, pa.nulls(len(table), field.type)) for field in schema]
    return pa.table([array.cast(field.type) for array, field in zip(arrays, schema)], schema=schema)


def read(path: str) -> tuple[float, float]:
    """Seconds and MB of a process that makes the report's data; none for an empty path."""
    command = [sys.executable, "-c", _READ, path]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, memory = map(float, said.split())
    return seconds, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 1_000_000])
    parser.add_argument("--folder", help="where datasets are written for the while")
    options = parser.parse_args()
    _, idle = read("")
    print(f"imports alone: {idle:.0f} MB")
    for rows in options.rows:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = Path(folder) / "data"
            make(path, rows)
            size = (path / "manifest.parquet").stat().st_size / 1e6
            seconds, memory = read(str(path))
            print(f"{rows:>10,} rows, {size:,.0f} MB: {seconds:.1f} s, {memory:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
