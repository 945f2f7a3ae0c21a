"""What a detector takes for faces on labelled pictures, to train on it more often.

    python benchmarks/false_alarms.py labelled-pages -o false-alarms.json
    webtoon-curate train detector --init bundled --data labelled-pages --labels false-alarms.json …

Without -o the mistakes go into the `labels.json` of the pictures. Look at them before you train: a
face that was not labelled is a mistake to this program.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from webtoon_curate.detect import Detector, detect_scene, load_detector
from webtoon_curate.faces import Scene
from webtoon_curate.files import write_json
from webtoon_curate.images import decode
from webtoon_curate.trainer.pictures import LABELS, Picture, load_pictures

TOUCHING = 0.05
"""Share of the smaller box in the other from which on a box is near a label, and no mistake."""


def mistakes(detector: Detector, picture: Picture) -> list[list[float]]:
    """Corners, in the picture's pixels, of what the detector finds away from all labels."""
    pixels = decode(picture.path)
    height, width = pixels.shape[:2]

    def read(x: int, y: int, w: int, h: int) -> np.ndarray:
        return pixels[y : y + h, x : x + w]

    found = detect_scene(detector, read, Scene(0, 0, width, height)).boxes
    corners = np.concatenate([found[:, :2], found[:, :2] + found[:, 2:]], axis=1)
    taken = np.concatenate([picture.boxes, picture.ignored])
    low = np.maximum(corners[:, None, :2], taken[None, :, :2])
    high = np.minimum(corners[:, None, 2:], taken[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    smaller = np.minimum(_area(corners)[:, None], _area(taken)[None])
    near = (shared > TOUCHING * smaller).any(axis=1)
    return [[round(float(v), 1) for v in box] for box in corners[~near]]


def _area(corners: np.ndarray) -> np.ndarray:
    return np.prod(corners[:, 2:] - corners[:, :2], axis=1)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of labelled pictures, role train")
    parser.add_argument("-o", "--output", type=Path, help="file to write [default: labels.json]")
    parser.add_argument("--detector", default="webtoon_faces", help="name or .onnx file")
    parser.add_argument("--min-score", type=float, default=0.1)
    parser.add_argument("--every", type=int, default=1, help="look at each n-th picture only")
    given = parser.parse_args()
    detector = load_detector(given.detector, domain="drawn", min_score=given.min_score)
    made: dict[Path, list[list[float]]] = {}
    for picture in tqdm(load_pictures(given.folder)[:: given.every], unit="picture"):
        if boxes := mistakes(detector, picture):
            made[picture.path] = boxes
    print(f"{sum(map(len, made.values()))} mistakes on {len(made)} pictures")
    if given.output:
        names = {path.relative_to(given.folder).as_posix(): boxes for path, boxes in made.items()}
        write_json(given.output, {"pages": {n: {"mistakes": b} for n, b in names.items()}})
        return
    for file in sorted({*given.folder.glob(LABELS), *given.folder.glob(f"*/{LABELS}")}):
        labels = json.loads(file.read_bytes())
        for name, record in labels["pages"].items():
            if boxes := made.get(file.parent / name):
                record["mistakes"] = boxes
        write_json(file, labels)


if __name__ == "__main__":
    main()
