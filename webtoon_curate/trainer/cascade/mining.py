"""Windows without a face: at random first, then those that the cascade so far takes for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.merging import overlaps
from webtoon_curate.trainer.cascade.features import WINDOW
from webtoon_curate.trainer.cascade.pictures import Picture
from webtoon_curate.trainer.cascade.windows import place_of

SCALE_FACTOR = 1.1
"""Between levels, as in the search."""
NEAR_FACE = 0.3
"""A window that overlaps a face's own window by this IoU is not background; parts of faces are."""
IGNORED = 0.3
"""Nor is one of which this share lies in an ignored place."""
STEP = 2
"""Pixels between windows in OpenCV's search of small scales; its density is what is counted."""


LEVELS = 6
"""Least number of levels that the windows of one picture come from, if there are so many."""
RANDOM = 20
"""Windows drawn from a level while there is no cascade yet."""


@dataclass(frozen=True)
class Mined:
    """What a round of mining gave.

    Attributes:
        pixels: (n, 24, 24) uint8 windows.
        found: windows that passed the cascade, also those that were not kept.
        searched: windows that were looked at.
    """

    pixels: NDArray[np.uint8]
    found: int
    searched: int


def mine(
    pictures: Sequence[Picture],
    cascade: Path | None,
    wanted: int,
    per_picture: int,
    rng: np.random.Generator,
) -> Mined:
    """Windows without a face that pass a cascade, searched by OpenCV.

    Pictures are taken in random order, each mirrored or not and slightly reduced, until there
    are enough windows or no pictures.

    Args:
        pictures: those with `mined` false are passed over.
        cascade: file; None for windows at random.
        wanted: most windows.
        per_picture: most of one picture, so that no page is all there is.
        rng: of order, changes and choice.
    """
    import cv2

    classifier = cv2.CascadeClassifier(str(cascade)) if cascade else None
    kept: list[NDArray[np.uint8]] = []
    found = searched = count = 0
    for number in rng.permutation(len(pictures)):
        picture = pictures[number]
        if not picture.mined or count >= wanted:
            continue
        mine_here: list[NDArray[np.uint8]] = []
        for level, scale, mirrored in _levels(picture.grey, rng):
            corners = _passing(level, classifier, rng)
            searched += _searched(level)
            boxes = np.column_stack([corners, np.full((len(corners), 2), WINDOW)]) * 1.0
            if mirrored:
                boxes[:, 0] = level.shape[1] - boxes[:, 0] - WINDOW
            corners = corners[_background(boxes * scale, picture)]
            found += len(corners)
            chosen = np.sort(rng.permutation(len(corners))[: -(-per_picture // LEVELS)])
            mine_here += [level[y : y + WINDOW, x : x + WINDOW].copy() for x, y in corners[chosen]]
            if len(mine_here) >= per_picture:
                break
        kept += mine_here[: wanted - count]
        count += len(mine_here[: wanted - count])
    stack = np.array(kept, np.uint8).reshape(-1, WINDOW, WINDOW)
    return Mined(stack, found, searched)


def _searched(level: NDArray[np.uint8]) -> int:
    """How many windows OpenCV looks at."""
    rows, columns = (-(-(length - WINDOW + 1) // STEP) for length in level.shape)
    return rows * columns


def _levels(
    grey: NDArray[np.uint8], rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.uint8], float, bool]]:
    """The picture in all sizes of a search, in random order: pixels, the size of a pixel in the
    picture's own, and whether it is mirrored.

    Half of the pictures are halved by area first, octave by octave, as the backend does it; the
    other half is reduced straight, as OpenCV does it.
    """
    import cv2

    mirrored = bool(rng.random() < 0.5)
    octaves = [np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey]
    while rng.random() < 0.5 or len(octaves) > 1:
        height, width = octaves[-1].shape
        if min(height, width) < 2 * WINDOW:
            break
        half = (width // 2, height // 2)
        octaves.append(cv2.resize(octaves[-1], half, interpolation=cv2.INTER_AREA))
    steps = np.log(min(grey.shape) / WINDOW) / np.log(SCALE_FACTOR)
    scales = SCALE_FACTOR ** (np.arange(int(steps)) + rng.random())
    for scale in rng.permutation(scales):
        octave = min(int(np.log2(scale)), len(octaves) - 1)
        size = tuple(max(WINDOW, round(length / scale)) for length in grey.shape[::-1])
        level = cv2.resize(octaves[octave], size, interpolation=cv2.INTER_LINEAR_EXACT)
        yield level, float(scale), mirrored


def _passing(
    level: NDArray[np.uint8], classifier: object | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Corners (n, 2) of the level's windows that pass, in a fixed order."""
    if classifier is None:
        high = (level.shape[1] - WINDOW + 1, level.shape[0] - WINDOW + 1)
        return rng.integers(0, high, (RANDOM, 2))
    # Smallest and largest size are one: only this level is searched, and not reduced.
    size = (WINDOW, WINDOW)
    found = classifier.detectMultiScale(level, SCALE_FACTOR, 0, minSize=size, maxSize=size)
    corners = np.array(found, np.int64).reshape(-1, 4)[:, :2]
    return corners[np.lexsort(corners.T)]


def _background(boxes: NDArray[np.float64], picture: Picture) -> NDArray[np.bool_]:
    """Which windows (n, 4), in the picture's pixels, show neither face nor ignored place."""
    keep = np.ones(len(boxes), bool)
    for face in place_of(picture.faces):
        keep &= overlaps(face, boxes)[0] < NEAR_FACE
    area = np.prod(boxes[:, 2:], axis=1)
    for box in picture.ignored:
        low = np.maximum(boxes[:, :2], box[:2])
        high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
        keep &= np.prod(np.clip(high - low, 0, None), axis=1) < IGNORED * area
    return keep
