"""Split and check a million made-up faces: seconds, memory, and how near the targets.

    python benchmarks/split.py                         # 1,000,000 faces in 2,000 episodes
    python benchmarks/split.py --faces 100000 --folder made

Faces lie in scenes of one to five, in groups as uneven as 55 to 2; one in twelve has duplicates
anywhere in its title. Each phase runs in a process of its own, whose peak memory is printed. The
division is compared with scikit-learn's StratifiedGroupKFold, if it is installed, on 20,000 faces:
that takes time by groups times folds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import datetime, timezone
from multiprocessing import Queue
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.dataset import Dataset
from webtoon_curate.schema import CLUSTERS, FACES, GROUPS, PAGES, SCENES
from webtoon_curate.stages import finish_run

KINDS = ("woman", "woman", "man", "man", "unknown")
GLASSES = (False, True, False, True, None)
SHARES = (0.55, 0.05, 0.28, 0.02, 0.10)
EPISODES_A_TITLE = 50
TIED = 1 / 12
PEER_FACES = 20_000


def make(folder: Path, faces: int, episodes: int) -> None:
    """A dataset of `faces` rows in every table that split reads."""
    rng = np.random.default_rng(0)
    dataset = Dataset.create(folder)
    ids: dict[str, list[str]] = {}
    for number in range(episodes):
        title, episode = f"title {number // EPISODES_A_TITLE}", f"ep {number % EPISODES_A_TITLE}"
        ids.setdefault(title, []).extend(_episode(dataset, rng, title, episode, faces // episodes))
    _clusters(folder, rng, ids)
    finish_run(dataset, "detect", datetime.now(timezone.utc), {})


def _episode(
    dataset: Dataset, rng: np.random.Generator, title: str, episode: str, number: int
) -> list[str]:
    scenes = np.repeat(np.arange(number), rng.integers(1, 6, number))[:number]
    names = {"title": [title] * number, "episode": [episode] * number}
    ids = [f"{title}/{episode}/{scene:04d}/{at:02d}" for at, scene in enumerate(scenes)]
    kinds = rng.choice(5, number, p=SHARES)
    box = {name: np.arange(number, dtype=np.float32) for name in ("x", "y", "width", "height")}
    face = {"face_id": ids, **names, "scene": scenes, **box}
    place = {"scene_x": 0, "scene_y": 0, "page": "1.png", "page_x": 0.0, "page_y": 0.0}
    place |= {"score": 0.9, "detector": "made@1", "blank_edge": 0.0, "keep_reason": None}
    place["crop"] = None
    said = {
        "gender": [KINDS[kind] for kind in kinds],
        "glasses": [GLASSES[kind] for kind in kinds],
        "group": ["made"] * number,
        "group_probability": [1.0] * number,
        "group_source": ["made@1"] * number,
    }
    many = {name: [value] * number for name, value in place.items()}
    many["keep"] = rng.random(number) > 0.1
    page = {"title": title, "episode": episode, "index": 0, "page": "1.png", "y": 0, "width": 1}
    page |= {"height": 1, "layout": "strip", "format": "PNG", "bytes": 1, "sha256": "0"}
    page |= {"source": "made", "time": "now", "license": None}
    note = {"key": "made", "content": f"{title}/{episode}", "path": "x", "kind": "x", "pages": 1}
    known = {"key": "made", "input": note["content"], "crops": 0}
    for stage, table, about in (
        ("pages", pa.Table.from_pylist([page], PAGES), note),
        ("scenes", SCENES.empty_table(), note),
        ("faces", pa.table({**face, **many}, FACES), known),
        ("groups", pa.table({**face, **said}, GROUPS), known),
    ):
        dataset.tables[stage].write(title, episode, table, about)
    return ids


def _clusters(folder: Path, rng: np.random.Generator, ids: dict[str, list[str]]) -> None:
    rows = []
    for title, faces in ids.items():
        tied = rng.choice(faces, int(len(faces) * TIED), replace=False).tolist()
        for at in range(0, len(tied) - 2, 3):
            for face_id in tied[at : at + 3]:
                episode = face_id.split("/")[1]
                known = {"face_id": face_id, "title": title, "episode": episode}
                rows.append({**known, "duplicate_cluster": tied[at], "kind": "near", "distance": 3})
    pq.write_table(pa.Table.from_pylist(rows, CLUSTERS), folder / "tables" / "clusters.parquet")


def plan(folder: Path) -> str:
    """The division alone."""
    from webtoon_curate.splits import plan_split

    report = plan_split(Dataset(folder)).report
    worst = max(
        abs(row["sides"][side] - row["targets"][side])
        for row in report["groups"]
        for side in row["sides"]
    )
    tied = sum(tie["crossing"] for tie in report["ties"].values())
    return f"{report['components']:,} components; {worst:.1f} faces off at worst; {tied} cross"


def split(folder: Path) -> str:
    """The command: the division, its table, and the manifest joined anew."""
    from webtoon_curate.splits import split_faces

    return f"{len(split_faces(Dataset(folder)).table):,} rows"


def check(folder: Path) -> str:
    """`split --check`."""
    from webtoon_curate.splits import check_split

    return "holds" if check_split(Dataset(folder)).holds else "does not hold"


PHASES = {"divide": plan, "split and join": split, "check": check}


def _measured(name: str, folder: Path, answers: Queue) -> None:
    began = time.perf_counter()
    said = PHASES[name](folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes on Linux
    answers.put((seconds, peak / 1e3, said))


def compare() -> None:
    """The same faces divided by scikit-learn and by us: seconds, and cost of the division."""
    try:
        from sklearn.model_selection import StratifiedGroupKFold
    except ImportError:
        print("scikit-learn is not installed: no comparison")
        return
    from webtoon_curate.splits.balance import cost, divide

    rng = np.random.default_rng(1)
    component = np.repeat(np.arange(PEER_FACES), rng.integers(1, 6, PEER_FACES))[:PEER_FACES]
    group = rng.choice(5, PEER_FACES, p=SHARES)
    began = time.perf_counter()
    folds = StratifiedGroupKFold(10).split(group, group, component)
    parts = [part for _, part in folds]
    counts = [np.bincount(group[part], minlength=5) for part in parts]
    theirs = np.stack([sum(counts[2:]), counts[0], counts[1]])
    their_seconds = time.perf_counter() - began
    began = time.perf_counter()
    rows = np.zeros((component[-1] + 1, 5), np.int64)
    np.add.at(rows, (component, group), 1)
    types, numbers = np.unique(rows, axis=0, return_counts=True)
    targets = np.array([0.8, 0.1, 0.1])[:, None] * rows.sum(0)
    ours = divide(types, numbers, targets, np.zeros((3, 5), np.int64)).numbers.T @ types
    our_seconds = time.perf_counter() - began
    print(
        f"{PEER_FACES:,} faces 80/10/10: StratifiedGroupKFold {their_seconds:.1f} s, chi-square "
        f"{cost(theirs, targets):.4f}; webtoon-curate {our_seconds:.2f} s "
        f"({their_seconds / our_seconds:.0f} times faster), {cost(ours, targets):.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--episodes", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="keep the dataset here, or use the one there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch) / "set"
        if not Dataset.exists(folder):
            began = time.perf_counter()
            make(folder, options.faces, options.episodes)
            print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
        context = multiprocessing.get_context("spawn")
        for name in PHASES:
            answers = context.Queue()
            process = context.Process(target=_measured, args=(name, folder, answers))
            process.start()
            seconds, peak, said = answers.get()
            process.join()
            print(f"{name:<15} {seconds:7.1f} s {peak:7.0f} MB  {said}", flush=True)
    compare()


if __name__ == "__main__":
    sys.exit(main())
