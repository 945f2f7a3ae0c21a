"""Our cascade against another one, in one run, on labelled pages.

First as OpenCV's users run them: whole pages, equalised, scale factor 1.1, minSize 24, boxes as
they come. The other cascade's recall and false alarms at `minNeighbors` 1, 3 and 5, and ours at
the lowest `minNeighbors` that gives no more false alarms. Then both through the `cascade`
backend.

    python benchmarks/cascades.py ours.xml other.xml pepper/labels.json --role heldout
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from webtoon_curate.detect import detect_scene, load_detector
from webtoon_curate.evaluate import Evaluation, evaluate_detections, load_truth
from webtoon_curate.evaluate.truth import Truth
from webtoon_curate.faces import Detections, Scene
from webtoon_curate.images import decode

NEIGHBORS = (1, 3, 5)
TRIED = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100)
"""Values of `minNeighbors` that ours may take."""
Pages = dict[str, tuple[np.ndarray, Truth]]


def grouped(cascade: cv2.CascadeClassifier, pages: Pages) -> dict[int, dict[str, Detections]]:
    """What `detectMultiScale` gives on each page, by page name, for each `minNeighbors`."""
    found: dict[int, dict[str, Detections]] = {neighbors: {} for neighbors in TRIED}
    for name, (rgb, _) in pages.items():
        grey = cv2.equalizeHist(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
        windows = cascade.detectMultiScale(grey, 1.1, 0, minSize=(24, 24))
        # OpenCV's threads deliver in the order in which they finish.
        boxes = sorted(list(map(int, box)) for box in windows)
        for neighbors in TRIED:
            # The same grouping as in `detectMultiScale`; the search is the longer part.
            kept, weights = cv2.groupRectangles(list(boxes), neighbors, 0.2)
            scores = np.asarray(weights, np.float32).reshape(-1)
            found[neighbors][name] = Detections(np.array(kept, np.float32), scores)
    return found


def figures(found: dict[str, Detections], pages: Pages) -> Evaluation:
    """Recall, false alarms and the rest over all detections."""
    return evaluate_detections({name: (found[name], pages[name][1]) for name in pages}, 0.0)


def as_users_run_them(ours: Path, other: Path, pages: Pages) -> None:
    """The first comparison."""
    mine, theirs = (
        {n: figures(found, pages) for n, found in grouped(classifier, pages).items()}
        for classifier in (cv2.CascadeClassifier(str(ours)), cv2.CascadeClassifier(str(other)))
    )
    for neighbors in NEIGHBORS:
        peer = theirs[neighbors]
        equal = next((n for n in TRIED if mine[n].false_alarms <= peer.false_alarms), TRIED[-1])
        print(
            f"minNeighbors {neighbors}: recall {peer.recall:.3f}, {peer.false_alarms} false alarms;"
            f" ours at minNeighbors {equal}: recall {mine[equal].recall:.3f},"
            f" {mine[equal].false_alarms} false alarms ({mine[equal].recall / peer.recall:.2f} x)"
        )


def through_the_backend(path: Path, pages: Pages) -> None:
    """The second: average precision as `webtoon-curate evaluate` counts it, pages not cut."""
    detector = load_detector(str(path), min_score=0.0)
    found = {}
    for name, (rgb, _) in pages.items():
        height, width = rgb.shape[:2]
        scene = Scene(0, 0, width, height)
        read = lambda x, y, w, h, rgb=rgb: rgb[y : y + h, x : x + w]  # noqa: E731
        found[name] = detect_scene(detector, read, scene)
    e = figures(found, pages)
    print(f"{path.name}: average precision {e.average_precision:.3f}")
    for name, counts in {**e.by_view, **e.by_size}.items():
        if counts["faces"]:
            print(f"  found at any score, {name}: {counts['found']} of {counts['faces']}")


def main() -> None:
    """Reads the arguments and prints both comparisons for each file of labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--role", default="heldout")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for labels in arguments.labels:
        truths = load_truth(labels, arguments.role)
        pages = {name: (decode(labels.parent / name), truth) for name, truth in truths.items()}
        faces = sum(len(truth.boxes) for truth in truths.values())
        print(f"{labels.parent.name}, {arguments.role}: {len(pages)} pages, {faces} faces")
        as_users_run_them(arguments.ours, arguments.other, pages)
        for path in (arguments.ours, arguments.other):
            through_the_backend(path, pages)


if __name__ == "__main__":
    main()
