"""What a detector is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard


@dataclass(frozen=True)
class Tiling:
    """The windows a detector wants, in pixels.

    Attributes:
        width: of a window, at most.
        height: of a window, at most.
        overlap: of neighbouring windows; faces up to this size are found whole in one of them.
        smallest: scenes with a shorter edge have no face.
        pixels: of a window, at most, where that is less than `width` times `height`.
    """

    width: int = 1024
    height: int = 2048
    overlap: int = 320
    smallest: int = 16
    pixels: int | None = None


class Detector(Protocol):
    """What finds faces in windows.

    Attributes:
        name: of the model, e.g. `lbpcascade_animeface`.
        version: tells this model's boxes from another version's, e.g. the head of its sha256.
        card: licence, source, operating points.
        tiling: the windows it wants.
        min_score: the chosen operating point; `detect_scene` drops faces that score less.
    """

    name: str
    version: str
    card: ModelCard
    tiling: Tiling
    min_score: float

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of each window.

        Args:
            windows: RGB, uint8, each (height, width, 3) and of any size.

        Returns:
            As many `Detections`, boxes in pixels of their window.
        """
        ...


def detector_id(detector: Detector) -> str:
    """`name@version`, as in the tables."""
    return f"{detector.name}@{detector.version}"
