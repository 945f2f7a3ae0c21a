"""Reader networks in ONNX files, run by onnxruntime.

A network takes square crops, RGB uint8 (n, size, size, 3), and gives for each of them

    points      (n, 68, 2) float32, x and y as shares of the crop's side
    spread      (n, 68) float32, logarithm of each point's expected error, shares of the side
    depth       (n, 68) float32, in face widths
    parsing     (n, size / 2, size / 2) uint8, classes of `webtoon_curate.synth.labels`
    face        (n,) float32, logit
    groups      (n, 4) float32, logits of woman, glasses, facial hair, hat
    view        (n, 4) float32, yaw and pitch in units of 90 degrees, sine and cosine of the roll
    embedding   (n, 128) float32 of length 1

`webtoon_curate.trainer` makes such files.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ModelError
from webtoon_curate.models import ModelCard
from webtoon_curate.models.runtime import open_session
from webtoon_curate.reader.groups import areas, chance, group_fit
from webtoon_curate.reader.readings import Readings

INPUT = "pixels"
OUTPUTS = ("points", "spread", "depth", "parsing", "face", "groups", "view", "embedding")
BATCH = 32
"""Crops that are read at once; bounds the memory at about 100 MB."""
NEAR = 0.02
"""A point's confidence is the chance that it lies within this share of the crop's side."""
SMALLEST_SPREAD, LARGEST_SPREAD = -9.0, 1.0


class FaceReader:
    """An ONNX network.

    Attributes:
        name: of the model.
        version: tells this model's readings from another version's: the head of its sha256.
        card: licence, source, calibration.
        size: side of the crops that it sees; others are resized.
    """

    def __init__(self, card: ModelCard, path: Path, device: str = "auto") -> None:
        self.name, self.version, self.card = card.name, card.sha256[:8], card
        self._opened = path, device
        self._session = _session(path, device)
        self.size = int(self._session.get_inputs()[0].shape[1])

    def __call__(self, crops: Sequence[NDArray[np.uint8]]) -> Readings:
        """What is seen in square crops; see `webtoon_curate.reader.read_faces`."""
        parts = [self._batch(crops[first : first + BATCH]) for first in range(0, len(crops), BATCH)]
        return Readings.concatenate(parts)

    def faces(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Only whether crops are faces, which takes a third of the time.

        Returns:
            (n,) chances in 0-1, as `Readings.face`.
        """
        told = [np.zeros(0, np.float32)]
        for first in range(0, len(crops), BATCH):
            told += self._only_face.run(["face"], {INPUT: self._pixels(crops[first:][:BATCH])})
        return self._face(np.concatenate(told))

    @cached_property
    def _only_face(self) -> Any:
        path, device = self._opened
        return open_session(path, device, outputs=["face"])

    def _pixels(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        return np.stack([_resized(crop, self.size) for crop in crops])

    def outputs(self, crops: Sequence[NDArray[np.uint8]]) -> dict[str, NDArray[Any]]:
        """What the network gives for up to `BATCH` crops, by name of `OUTPUTS`."""
        found = self._session.run(list(OUTPUTS), {INPUT: self._pixels(crops)})
        return dict(zip(OUTPUTS, found))

    def _batch(self, crops: Sequence[NDArray[np.uint8]]) -> Readings:
        found = self.outputs(crops)
        sides = np.array([crop.shape[0] for crop in crops], np.float32)
        view = found["view"]
        groups = group_fit()(found["groups"], areas(found["parsing"], found["points"]))
        return Readings(
            landmarks=found["points"] * sides[:, None, None],
            depth=found["depth"],
            confidence=_confidence(found["spread"]),
            parsing=found["parsing"],
            face=self._face(found["face"]),
            yaw=view[:, 0] * 90,
            pitch=view[:, 1] * 90,
            roll=np.degrees(np.arctan2(view[:, 2], view[:, 3])),
            embedding=found["embedding"],
            **groups,
        )

    def _face(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated by Platt's two numbers (Platt 1999) where the card has them."""
        slope = self.card.calibration.get("face_slope", 1.0)
        return chance(logits * slope + self.card.calibration.get("face_bias", 0.0)).astype("f4")


def _confidence(spread: NDArray[np.float32]) -> NDArray[np.float32]:
    """Chance of an error below `NEAR` where errors r have the density r exp(-r / b) / b²."""
    ratio = NEAR / np.exp(np.clip(spread, SMALLEST_SPREAD, LARGEST_SPREAD))
    return (1 - (1 + ratio) * np.exp(-ratio)).astype(np.float32)


def _resized(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    import cv2

    crop = np.asarray(crop)
    if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3:
        raise ValueError(f"a crop is RGB uint8 (side, side, 3), not {crop.dtype} {crop.shape}")
    if crop.shape[0] != crop.shape[1] or not crop.shape[0]:
        raise ValueError(f"a crop is square, not {crop.shape[1]} x {crop.shape[0]}")
    if crop.shape[0] == size:
        return crop
    how = cv2.INTER_AREA if crop.shape[0] > size else cv2.INTER_CUBIC
    return cv2.resize(crop, (size, size), interpolation=how)


def _session(path: Path, device: str) -> Any:
    """The loaded network.

    Raises:
        ModelError: if the file is no reader, or the device is not there.
    """
    session = open_session(path, device)
    inputs, outputs = session.get_inputs(), {node.name for node in session.get_outputs()}
    shape = inputs[0].shape if [node.name for node in inputs] == [INPUT] else []
    sized = len(shape) == 4 and isinstance(shape[1], int)
    if not sized or not outputs.issuperset(OUTPUTS):
        raise ModelError(
            f"{path} is no face reader: it should take {INPUT} of one size and give "
            f"{', '.join(OUTPUTS)}; webtoon-curate train reader makes such files"
        )
    return session
