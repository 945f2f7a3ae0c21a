"""What a reader says of faces: arrays that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

POINTS, EMBEDDING = 68, 128
GROUPS = ("woman", "glasses", "facial_hair", "hat")
"""Fields that are probabilities of groups."""


@dataclass(frozen=True)
class Readings:
    """What is seen in n crops.

    Attributes:
        landmarks: (n, 68, 2) float32, iBUG order, x and y in pixels of the crop; hidden points
            are guessed, and points beyond the crop lie beyond it.
        depth: (n, 68) float32, in face widths, larger nearer to the reader, 0 at the ears.
        confidence: (n, 68) float32, 0-1, chance that the point is off by less than
            `webtoon_curate.reader.network.NEAR` of the crop's side.
        parsing: (n, s, s) uint8, classes of `webtoon_curate.synth.labels.Label`; covers the
            crop.
        face: (n,) float32, probability that the crop's middle shows a face.
        woman: (n,) float32, probability that the face is drawn as a woman's, not as a man's.
        glasses, facial_hair, hat: (n,) float32, probabilities.
        yaw: (n,) float32, degrees, positive to the picture's right.
        pitch: (n,) float32, degrees.
        roll: (n,) float32, degrees, -180 to 180, clockwise.
        embedding: (n, 128) float32 of length 1; the scalar product of two is their likeness.
    """

    landmarks: Floats
    depth: Floats
    confidence: Floats
    parsing: NDArray[np.uint8]
    face: Floats
    woman: Floats
    glasses: Floats
    facial_hair: Floats
    hat: Floats
    yaw: Floats
    pitch: Floats
    roll: Floats
    embedding: Floats

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"readings of different numbers of faces: {lengths}")

    def __len__(self) -> int:
        return len(self.face)

    def __getitem__(self, index: NDArray | slice | list[int]) -> Readings:
        """The readings chosen by a numpy index or mask."""
        return Readings(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def placed(self, squares: NDArray[np.float64], side: int) -> Floats:
        """The landmarks on the page.

        Args:
            squares: (n, 3) x, y, side in page pixels, that the crops were cut from.
            side: of the crops, pixels.

        Returns:
            (n, 68, 2) float32 in page pixels.
        """
        squares = np.asarray(squares, np.float64).reshape(-1, 3)
        scale = squares[:, 2] / side
        return (self.landmarks * scale[:, None, None] + squares[:, None, :2]).astype(np.float32)

    @classmethod
    def concatenate(cls, parts: Sequence[Readings]) -> Readings:
        """All the readings of `parts` in one; none gives none."""
        parts = parts or [cls.none()]
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )

    @classmethod
    def none(cls) -> Readings:
        """The readings of no face."""
        shapes = {"landmarks": (0, POINTS, 2), "depth": (0, POINTS), "confidence": (0, POINTS)}
        shapes |= {"embedding": (0, EMBEDDING)}
        empty = {f.name: np.zeros(shapes.get(f.name, 0), np.float32) for f in fields(cls)}
        return cls(**{**empty, "parsing": np.zeros((0, 0, 0), np.uint8)})
