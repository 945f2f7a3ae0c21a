"""Parsing maps of faces, in the pixels of their crops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ImageError
from webtoon_curate.export.settings import finite
from webtoon_curate.files import inside
from webtoon_curate.synth.labels import Label


def parsing_in(
    classes: NDArray[np.uint8], reading: dict[str, Any], matrix: NDArray[np.float64], size: int
) -> NDArray[np.uint8]:
    """A face's parsing map in the pixels of its crop.

    Each class is resampled linearly by itself and the strongest one wins, so that the edges of a
    coarse map are smooth in a fine crop; where a pixel's middle is one of the map's it is exact.

    Args:
        classes: of `read_parsing`.
        reading: row of the readings table, with the square that it maps.
        matrix: (2, 3), episode pixels to crop pixels.
        size: of the crop, pixels.

    Returns:
        (size, size) uint8 classes of `Label`; background where the map does not reach.
    """
    cell = reading["parsing_side"] / len(classes)
    corner = np.array([reading["parsing_x"], reading["parsing_y"]], np.float64)
    linear = matrix[:, :2] * cell
    # OpenCV's coordinates are those of pixels' middles.
    shift = matrix[:, :2] @ (corner + cell / 2) + matrix[:, 2] - 0.5
    forward = np.column_stack([linear, shift])
    found = np.full((size, size), Label.BACKGROUND, np.uint8)
    strongest = np.zeros((size, size), np.uint8)
    for label in sorted({int(Label.BACKGROUND), *np.unique(classes).tolist()}):
        share = cv2.warpAffine(
            np.where(classes == label, np.uint8(255), np.uint8(0)),
            forward,
            (size, size),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=255 if label == Label.BACKGROUND else 0,
        )
        stronger = share > strongest
        found[stronger], strongest[stronger] = label, share[stronger]
    return found


def read_parsing(dataset: Path, reading: dict[str, Any]) -> NDArray[np.uint8]:
    """(n, n) uint8 classes of a face's parsing map.

    Raises:
        ImageError: if it is missing or damaged.
    """
    path = inside(dataset, reading["parsing"])
    if path is None:
        raise ImageError("its parsing map lies outside the dataset")
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ImageError(f"its parsing map {reading['parsing']} cannot be read") from error
    classes = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    side = reading["parsing_side"]
    damaged = ImageError(f"its parsing map {reading['parsing']} is damaged")
    if classes is None or classes.ndim != 2 or classes.dtype != np.uint8:
        raise damaged
    if classes.shape[0] != classes.shape[1] or classes.max() >= len(Label):
        raise damaged
    if not finite([side, reading["parsing_x"], reading["parsing_y"]]) or side <= 0:
        raise ImageError("its parsing map has no place")
    return classes
