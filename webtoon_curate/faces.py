"""The records that every stage passes on: pages, scenes and detections.

Coordinates are pixels from the top-left corner, x to the right, y down. *Episode* coordinates
are those of the strip: the pages of an episode under each other, left edges aligned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Page:
    """One picture file of an episode, placed in the strip.

    `name` is relative to the episode's source; `y` is its first row in episode pixels.
    """

    name: str
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Scene:
    """A rectangle of the episode between gutters, in episode pixels.

    `kind` is `panel`, `text` (lettering on an even ground) or `blank`.
    """

    x: int
    y: int
    width: int
    height: int
    kind: str = "panel"


@dataclass(frozen=True)
class Reject:
    """An input that was refused: what, at which stage, and why."""

    title: str
    episode: str
    stage: str
    path: str
    reason: str


@dataclass(frozen=True)
class Detections:
    """Boxes with scores, the answer of every detector.

    Attributes:
        boxes: (n, 4) float32: x, y, width, height in pixels.
        scores: (n,) float32 in 0-1, calibrated: of the boxes scored 0.8, about 80% are faces.
    """

    boxes: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        boxes = np.asarray(self.boxes, np.float32).reshape(-1, 4)
        scores = np.asarray(self.scores, np.float32).reshape(-1)
        if len(boxes) != len(scores):
            raise ValueError(f"{len(boxes)} boxes but {len(scores)} scores")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: NDArray | slice | list[int]) -> Detections:
        """The detections chosen by a numpy index or mask."""
        return Detections(self.boxes[index], self.scores[index])

    def mapped(self, scale: float, dx: float, dy: float) -> Detections:
        """The same faces in other coordinates: boxes times `scale`, then moved by (dx, dy)."""
        offset = np.array([dx, dy, 0, 0], np.float32)
        return Detections(self.boxes * np.float32(scale) + offset, self.scores)

    @classmethod
    def concatenate(cls, parts: Iterable[Detections]) -> Detections:
        """All the detections of `parts` in one."""
        parts = [cls(), *parts]
        return cls(
            np.concatenate([p.boxes for p in parts]), np.concatenate([p.scores for p in parts])
        )
