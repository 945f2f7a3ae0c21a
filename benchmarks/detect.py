"""Pages a second and peak memory of `webtoon-curate detect` against the plain OpenCV loop.

The plain loop is cv2.imread, cvtColor, equalizeHist and detectMultiScale(minSize=(24, 24),
minNeighbors=5, 3 or 1) on whole pages. Both use the same cascade on the same pages in the same
run, each in a process of its own; ours writes the whole dataset (scenes, faces, crops, manifest).
The plain loop runs with one thread, as one job does, and again with OpenCV's default.

    python benchmarks/detect.py pepper/ --truth pepper/labels.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
NEIGHBOURS = (5, 3, 1)
POLL_SECONDS = 0.02


def plain_loop(folder: str, cascade: str, threads: str, out: str) -> None:
    """The peer: what a person would write."""
    import cv2

    if int(threads):
        cv2.setNumThreads(int(threads))
    classifier = cv2.CascadeClassifier(cascade)
    found = {}
    for path in pages(Path(folder)):
        grey = cv2.equalizeHist(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2GRAY))
        windows = classifier.detectMultiScale(grey, minNeighbors=0, minSize=(24, 24))
        for neighbours in NEIGHBOURS:
            # What detectMultiScale does at its end; once a page is searched, it costs nothing.
            boxes, counts = cv2.groupRectangles([[*map(int, w)] for w in windows], neighbours, 0.2)
            rows = [[*map(int, box), int(n)] for box, n in zip(boxes, counts)]
            found.setdefault(str(neighbours), {})[str(path)] = rows
    Path(out).write_text(json.dumps(found))


def pages(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds, and peak resident megabytes of the process with its children."""
    peak = 0.0
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def watch() -> None:
        nonlocal peak
        root = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                family = [root, *root.children(recursive=True)]
                peak = max(peak, sum(p.memory_info().rss for p in family) / 2**20)
            except psutil.Error:
                pass
            time.sleep(POLL_SECONDS)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    watcher.join()
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} failed with {code}")
    return time.perf_counter() - started, peak


def told(name: str, count: int, seconds: float, peak: float, reference: float) -> None:
    rate = count / seconds
    print(f"{name:<34} {rate:6.2f} pages/s  x{reference / seconds:.2f}  peak {peak:5.0f} MB")


def quality(truth_file: Path, plain: Path, dataset: Path) -> None:
    """Recall and precision of both at each of the plain loop's operating points."""
    import numpy as np

    from webtoon_curate.dataset import Dataset
    from webtoon_curate.evaluate import evaluate_detections, load_truth
    from webtoon_curate.evaluate.detect import label_of, labelled_pages
    from webtoon_curate.faces import Detections

    truth = load_truth(truth_file)
    ours = {
        name: (page.found, page.truth)
        for name, page in labelled_pages(Dataset(dataset), truth).items()
    }
    scores = np.unique(np.concatenate([found.scores for found, _ in ours.values()]))
    for neighbours, by_page in json.loads(plain.read_text()).items():
        pairs = {}
        for path, rows in by_page.items():
            if (name := label_of(path, truth)) is not None:
                rows = np.array(rows, float).reshape(-1, 5)
                pairs[name] = Detections(rows[:, :4], rows[:, 4]), truth[name]
        peer = evaluate_detections(pairs)
        # Our highest score that has at least the peer's recall.
        low, high = 0, len(scores) - 1
        while low < high:
            middle = (low + high + 1) // 2
            enough = evaluate_detections(ours, float(scores[middle])).recall >= peer.recall
            low, high = (middle, high) if enough else (low, middle - 1)
        mine = evaluate_detections(ours, float(scores[low]))
        for name, result in (
            (f"plain loop, {neighbours} neighbours", peer),
            (f"detect, score {mine.score:.2f}", mine),
        ):
            print(f"{name:<34} recall {result.recall:.3f}  precision {result.precision:.3f}")


def _commands(folder: Path, cascade: str, plain: Path, output: Path) -> dict[str, list[str]]:
    """What is measured: OpenCV in a plain loop, and the program with one process and two."""
    loop = [sys.executable, __file__, "--plain", str(folder), cascade]
    detect = [sys.executable, "-m", "webtoon_curate", "detect", str(folder)]
    detect += ["--detector", "lbpcascade_animeface", "--recall", "high"]
    return {
        "plain loop, one thread": [*loop, "1", str(plain)],
        "plain loop, default threads": [*loop, "0", str(plain)],
        **{
            f"webtoon-curate detect --jobs {jobs}": [
                *detect, "-o", str(output / str(jobs)), "--jobs", str(jobs)
            ]
            for jobs in (1, 2)
        },
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--truth", type=Path, help="labels.json: also compare recall and precision")
    parser.add_argument("--repeat", type=int, default=2, help="the best of so many runs counts")
    options = parser.parse_args()
    from webtoon_curate.models import require_model

    cascade = str(require_model("lbpcascade_animeface"))
    count = len(pages(options.folder))
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.json"
        best: dict[str, tuple[float, float]] = {}
        for turn in range(options.repeat):
            commands = _commands(options.folder, cascade, plain, Path(scratch) / str(turn))
            for name, command in commands.items():
                figures = measured(command)
                best[name] = min(best.get(name, figures), figures)
        reference = best["plain loop, one thread"][0]
        print(f"{count} pages, best of {options.repeat}")
        for name, (seconds, peak) in best.items():
            told(name, count, seconds, peak, reference)
        if options.truth:
            quality(options.truth, plain, Path(scratch) / "0" / "1")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        plain_loop(*sys.argv[2:])
    else:
        main()
