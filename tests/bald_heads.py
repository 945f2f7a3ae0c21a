"""Heads of which nothing hides a part, and how far their eyes' points lie from the paint."""

from __future__ import annotations

import numpy as np

from webtoon_curate.synth.labels import Label

BARE = {"glasses": None, "hat": None, "facial_hair": None, "marks": (), "hair_style": "bald"}
"""What `sample_character` takes for a bald head with nothing on it."""


def gap_of_eyes(labels: np.ndarray, landmarks: np.ndarray) -> float:
    """The most pixels between a point of an eye and the nearest pixel labelled as that eye."""
    most = 0.0
    for points, parts in (
        (slice(36, 42), (Label.LEFT_EYE, Label.LEFT_IRIS)),
        (slice(42, 48), (Label.RIGHT_EYE, Label.RIGHT_IRIS)),
    ):
        rows, columns = np.nonzero(np.isin(labels, parts))
        spots = np.stack([columns, rows], axis=1) + 0.5
        gaps = np.linalg.norm(landmarks[points, None] - spots[None], axis=2).min(1)
        most = max(most, float(gaps.max()))
    return most
