"""Face networks in ONNX files, run by onnxruntime.

A network takes RGB pixels, uint8 (n, height, width, 3) with sides divisible by `MULTIPLE`, and
gives a map for each of its strides, named `stride8` and so on: (n, channels, height / stride,
width / stride). Channel 0 is the logit of a face in the cell, the last four are the logarithms
of the distances from the cell's center to the box's left, top, right and bottom side, in units of
`REACH` strides (anchor-free detection: FCOS, Tian et al. 2019). `webtoon_curate.trainer` makes
such files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.detector import Tiling
from webtoon_curate.detect.merging import IOU, merge, overlaps
from webtoon_curate.detect.registry import register
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard
from webtoon_curate.models.runtime import open_session

MULTIPLE = 32
REACH = 2.0
LARGEST_EXPONENT = 4.0
"""As in `webtoon_curate.trainer.nets.detector`."""

TILING = Tiling(width=4096, height=4096, overlap=320, smallest=16, pixels=1024 * 1408)
"""A page of 992 x 1,401 px is one window, and so is a scene of 720 x 2,000."""
ENLARGED, REDUCTIONS, SMALLEST = 1.25, (1, 2, 4, 8), 56
"""Windows are searched enlarged, for small faces, then at parts of that size, down to this longer
side, for large ones: the network was trained on faces of 11 to 240 px."""
SEEN = (20.0, 200.0)
"""Longer side of the faces, as they are looked at, that a search answers for: most faces are seen
by two searches or three."""
TURNED, LESS = (2, 4, 8), 2.0
"""Parts of the enlarged window's size at which it is searched turned, for faces from 32 px on; and
what the logits of what is found then lose, for fewer faces lie than look as if they did."""
LOWEST_CELL, LOWEST_SCORE = 0.1, 0.01
"""Cells below either, the one before and the other after calibration, are not looked at."""
HIGHEST_SCORE = 1 - 1e-6
"""Scores are of 32 bits, where those of large logits are 1."""


class NetworkDetector:
    """An ONNX network; a `Detector`.

    Attributes:
        flip: look at each window mirrored as well, at twice the time, and take the means.
        creatures: keep faces of animals and monsters, which the second channel tells.
        reductions: the sizes at which windows are searched, parts of the enlarged window's.
        turned: search windows lying on either side and upside down as well.
    """

    flip, creatures, turned, reductions = False, False, False, REDUCTIONS

    def __init__(self, card: ModelCard, path: Path, device: str) -> None:
        self.name, self.version = card.name, card.sha256[:8]
        self.card, self.tiling, self.min_score = card, TILING, 0.0
        self._slope = card.calibration.get("slope", 1.0)
        self._bias = card.calibration.get("bias", 0.0)
        if self._slope <= 0:
            raise ModelError(f"the card of {card.name} has a slope that is not above 0")
        told = (_logit(LOWEST_SCORE) - self._bias) / self._slope
        self._lowest = np.float32(max(_logit(LOWEST_CELL), told))
        self._session, self._input, self._outputs = _session(path, device)

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """See `Detector`; windows of one size in a row run together."""
        found: list[Detections] = []
        for _, group in groupby(windows, key=np.shape):
            found += self._batch(list(group))
        return found

    def _batch(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of windows of one size."""
        height, width = windows[0].shape[:2]
        pixels = _padded([_enlarged(window) for window in windows])
        longer = max(pixels.shape[1:3])
        sizes = [r for r in self.reductions if r == 1 or longer >= r * SMALLEST]
        reduced = {reduction: _reduced(pixels, reduction) for reduction in sizes}
        found = self._looked(reduced)
        if lying := {r: reduced[r] for r in sizes if self.turned and r in TURNED}:
            looks = [found, *(self._looked(lying, quarters) for quarters in (1, 2, 3))]
            found = [merge(Detections.concatenate(parts)) for parts in zip(*looks)]
        return [_clipped(part, width, height) for part in found]

    def _looked(
        self, reduced: Mapping[int, NDArray[np.uint8]], quarters: int = 0
    ) -> list[Detections]:
        """The faces of windows, each searched at some sizes and turned by so many quarters.

        Args:
            reduced: by how much they were, and the windows of `_reduced`.
            quarters: counterclockwise; the boxes are those of the windows as they are.
        """
        scales, finds = [ENLARGED / reduction for reduction in reduced], []
        for part in reduced.values():
            turned = np.ascontiguousarray(np.rot90(part, quarters, (1, 2)))
            finds.append([_turned_back(f, quarters, turned.shape) for f in self._search(turned)])
        found = [_agreed(list(zip(scales, parts))) for parts in zip(*finds)]
        return [_doubted(part, LESS) for part in found] if quarters else found

    def _search(self, windows: NDArray[np.uint8]) -> list[Detections]:
        """Every cell of each window that may be a face's, with its box; several a face.

        Args:
            windows: of `_padded`.
        """
        maps = self._run(windows)
        if self.flip:
            mirrored = self._run(np.ascontiguousarray(windows[:, :, ::-1]))
            maps = [(there + _mirrored(back)) / 2 for there, back in zip(maps, mirrored)]
        strides = self._outputs.values()
        return [
            Detections.concatenate(self._cells(found[n], s) for found, s in zip(maps, strides))
            for n in range(len(windows))
        ]

    def _run(self, windows: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The maps of windows, (n, channels, rows, columns) each."""
        return self._session.run(list(self._outputs), {self._input: windows})

    def _cells(self, found: NDArray[np.float32], stride: int) -> Detections:
        """The boxes of the cells that score more than the cells around them."""
        import cv2

        told = found[:-4].max(axis=0) if self.creatures else found[0]
        peaks = told >= cv2.dilate(told, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero(peaks & (told > self._lowest))
        logits = told[rows, columns] * self._slope + self._bias
        raw = found[-4:, rows, columns].clip(-LARGEST_EXPONENT, LARGEST_EXPONENT)
        left, top, right, bottom = np.exp(raw) * np.float32(stride * REACH)
        x, y = (columns + 0.5) * stride - left, (rows + 0.5) * stride - top
        boxes = np.stack([x, y, left + right, top + bottom], axis=1)
        return Detections(boxes, 1 / (1 + np.exp(-logits)))


def _padded(windows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Windows of one size as the network takes them, their last rows and columns repeated."""
    import cv2

    height, width = windows[0].shape[:2]
    bottom, right = -height % MULTIPLE, -width % MULTIPLE
    if bottom or right:
        border = (0, bottom, 0, right, cv2.BORDER_REPLICATE)
        windows = [cv2.copyMakeBorder(window, *border) for window in windows]
    return windows[0][None] if len(windows) == 1 else np.stack(windows)


def _enlarged(window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return cv2.resize(window, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LINEAR)


def _reduced(windows: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """Windows of `_padded` whose pixels are the means of `times` x `times`, which divides their
    sides; by other factors it would take OpenCV five times as long."""
    import cv2

    if times == 1:
        return windows
    height, width = windows.shape[1:3]
    size = (width // times, height // times)
    return _padded([cv2.resize(w, size, interpolation=cv2.INTER_AREA) for w in windows])


def _agreed(searches: Sequence[tuple[float, Detections]]) -> Detections:
    """The faces of a window, searched at some sizes.

    The logit of each is the mean of those of the searches that answer for its size; one that
    did not find it tells the lowest. If none answers, it is that of its own search.

    Args:
        searches: how many times as large the window was, and what was found, in pixels there.
    """
    places = [part.mapped(1 / scale, 0, 0) for scale, part in searches]
    found = merge(Detections.concatenate(places))
    sides = found.boxes[:, 2:].max(axis=1, initial=0)
    logits, answers = np.zeros(len(found)), np.zeros(len(found))
    for (scale, _), part in zip(searches, places):
        answering = (sides * scale >= SEEN[0]) & (sides * scale <= SEEN[1])
        logits[answering] += [_told(box, part) for box in found.boxes[answering]]
        answers += answering
    means = 1 / (1 + np.exp(-logits / np.maximum(answers, 1)))
    return Detections(found.boxes, np.where(answers, means, found.scores))


def _told(box: NDArray[np.float32], search: Detections) -> float:
    """The best logit that a search found for a face."""
    same = overlaps(box, search.boxes)[0] > IOU
    return _logit(min(search.scores[same].max(initial=LOWEST_SCORE), HIGHEST_SCORE))


def _mirrored(found: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps of mirrored windows, as those of the windows: left and right are exchanged."""
    turned = found[..., ::-1].copy()
    turned[:, [-4, -2]] = turned[:, [-2, -4]]
    return turned


def _logit(score: float) -> float:
    return math.log(score / (1 - score))


def _turned_back(found: Detections, quarters: int, shape: tuple[int, ...]) -> Detections:
    """Finds in windows of this shape, (n, height, width, …), as those in the windows before they
    were turned by quarters counterclockwise."""
    (height, width), boxes = shape[1:3], found.boxes
    for _ in range(quarters):
        x, y, w, h = boxes.T
        boxes = np.stack([height - y - h, x, h, w], axis=1)
        width, height = height, width
    return Detections(boxes, found.scores)


def _doubted(found: Detections, less: float) -> Detections:
    """The same faces, with this much less of a logit."""
    odds = (1 - found.scores) / found.scores * math.exp(less)
    return Detections(found.boxes, 1 / (1 + odds))


def _clipped(found: Detections, width: int, height: int) -> Detections:
    """The parts of the boxes that lie in the window."""
    limit = np.array([width, height], np.float32)
    low = np.clip(found.boxes[:, :2], 0, limit)
    high = np.clip(found.boxes[:, :2] + found.boxes[:, 2:], 0, limit)
    boxes = np.concatenate([low, high - low], axis=1)
    return Detections(boxes, found.scores)[(boxes[:, 2:] >= 1).all(axis=1)]


def _session(path: Path, device: str) -> tuple:
    """The loaded network, its input's name, and its outputs' strides by name.

    Raises:
        ModelError: if the file is no such network, or the device is not there.
    """
    session = open_session(path, device)
    names = {node.name: re.fullmatch(r"stride(\d+)", node.name) for node in session.get_outputs()}
    inputs = session.get_inputs()
    pixels = len(inputs) == 1 and inputs[0].type == "tensor(uint8)"
    fixed = pixels and any(isinstance(side, int) for side in inputs[0].shape[:3])
    if not pixels or fixed or None in names.values():
        raise ModelError(
            f"{path} is no face network: it should take one tensor of uint8 pixels, windows of any "
            "number and size, and give maps named stride8, stride16 …; webtoon-curate train "
            "detector makes such files"
        )
    strides = {name: int(match[1]) for name, match in names.items() if match}
    return session, inputs[0].name, strides


@register("network", rank=20, suffixes=(".onnx",))
def load(card: ModelCard, path: Path | None, device: str) -> NetworkDetector:
    """The network of a file."""
    if path is None:
        raise ModelError(f"the network {card.name} has no file")
    return NetworkDetector(card, path, device)
