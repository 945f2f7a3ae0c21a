"""Boosted cascades in OpenCV's XML format (Viola and Jones 2001; LBP: Liao et al. 2007).

Three steps make more of a cascade than one run over the whole picture. The picture is halved
octave by octave, so that each is searched at the coarse step OpenCV uses below twice the window
(and what is halved by area has no aliasing). The search stops a few stages early, which finds
more faces at no cost. Each candidate is then looked at closely by the whole cascade, at every
pixel and mirrored as well; how many of those windows are faces, and how clearly, is the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.detect.cascade_xml import CascadeFile
from webtoon_curate.detect.detector import Tiling
from webtoon_curate.detect.merging import overlaps
from webtoon_curate.detect.registry import register
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard

if TYPE_CHECKING:
    import cv2

SCALE_FACTOR = 1.1
"""Between pyramid levels; OpenCV's default."""
EARLY = 0.15
"""Share of the stages that the search leaves to the close look: 3 of lbpcascade_animeface's 20
(tried 0 to 6 on the train pages: 3 find a third more faces, more only add candidates)."""
SAME = 0.4
"""IoU of windows that are one candidate."""
EDGE = 8
"""Pixels by which each octave's borders are repeated: a cascade's box has more hair and chin than
the face, and panels are often cut close to it."""
MAX_CANDIDATES = 2000
"""Of a window that are looked at closely, those with most support: bounds the time on noise."""
FEATURES = ("windows", "close_windows", "weight")
"""What the score is made of: log(1 + windows of the search), log(1 + windows of the close look),
and the last stage's largest sum over them."""

CLOSE = 2.5
"""Size of a candidate in the close look, in search windows; above 2 OpenCV takes every pixel."""
_CLOSE_SIZES = (0.7, 1.45)
_CLOSE_MARGIN = 0.35
_DEFAULT_CALIBRATION = {"bias": -5.5, "windows": 1.38, "close_windows": 1.362, "weight": 0.0}
"""Of what a card does not tell: as fitted for lbpcascade_animeface without `weight`, whose scale
is each cascade's own."""

Boxes = NDArray[np.float64]
"""(n, 4): x, y, width, height."""


class CascadeDetector:
    """A cascade, run on equalised grey windows; a `Detector`."""

    def __init__(self, card: ModelCard, path: Path) -> None:
        file = CascadeFile(path)
        self.name, self.version = card.name, card.sha256[:8]
        self.card, self.tiling, self.min_score = card, Tiling(), 0.0
        self._size = (file.width, file.height)
        self._whole = file.classifier()
        self._early = file.classifier(file.stages - round(EARLY * file.stages))

    def __call__(self, windows: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """See `Detector`."""
        return [self._window(window) for window in windows]

    def _window(self, window: NDArray[np.uint8]) -> Detections:
        boxes, features = self.candidates(window)
        calibration = _DEFAULT_CALIBRATION | self.card.calibration
        logit = calibration["bias"] + features @ [calibration[name] for name in FEATURES]
        return Detections(self._faces(boxes, window.shape), 1 / (1 + np.exp(-logit)))

    def candidates(self, window: NDArray[np.uint8]) -> tuple[Boxes, NDArray[np.float64]]:
        """What the search found, before scoring.

        Args:
            window: RGB uint8 (height, width, 3).

        Returns:
            (n, 4) boxes of the cascade's own convention, and (n, 3) `FEATURES` of each.
        """
        import cv2

        grey = cv2.equalizeHist(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY))
        boxes, support = _grouped(self._search(grey))
        boxes, support = boxes[:MAX_CANDIDATES], support[:MAX_CANDIDATES]
        close = np.array([self._close_look(grey, box) for box in boxes]).reshape(-1, 2)
        counts = np.log1p(np.column_stack([support, close[:, 0]]))
        return boxes, np.column_stack([counts, close[:, 1]])

    def _search(self, grey: NDArray[np.uint8]) -> Boxes:
        """All windows of all octaves that pass the early stages."""
        import cv2

        width, height = self._size
        found, scale = [np.zeros((0, 4))], 1
        while grey.shape[1] >= width and grey.shape[0] >= height:
            limits = (width, height), (2 * width - 1, 2 * height - 1)
            edged = cv2.copyMakeBorder(grey, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_REPLICATE)
            found.append((_windows(self._early, edged, *limits)[0] - (EDGE, EDGE, 0, 0)) * scale)
            if grey.shape[1] < 2 * width or grey.shape[0] < 2 * height:
                break
            half = (grey.shape[1] // 2, grey.shape[0] // 2)
            grey, scale = cv2.resize(grey, half, interpolation=cv2.INTER_AREA), scale * 2
        return np.concatenate(found)

    def _close_look(self, grey: NDArray[np.uint8], box: NDArray) -> tuple[int, float]:
        """How many windows about `box` the whole cascade takes, and the largest weight."""
        import cv2

        margin = box[2:] * _CLOSE_MARGIN
        low = np.rint(box[:2] - margin).astype(int)
        high = np.rint(box[:2] + box[2:] + margin).astype(int)
        part = _part(grey, *low, *high)
        zoom = CLOSE * self._size[0] / box[2]
        size = [max(w, round(n * zoom)) for w, n in zip(self._size, part.shape[::-1])]
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
        part = cv2.resize(part, size, interpolation=method)
        place = np.concatenate([(box[:2] - low) * zoom, box[2:] * zoom])
        limits = [tuple(int(CLOSE * s * w) for w in self._size) for s in _CLOSE_SIZES]
        count, weight = 0, 0.0
        for mirrored in (False, True):
            image = np.ascontiguousarray(part[:, ::-1]) if mirrored else part
            boxes, weights = _windows(self._whole, image, *limits)
            if mirrored:
                boxes[:, 0] = size[0] - boxes[:, 0] - boxes[:, 2]
            same = overlaps(place, boxes)[0] >= SAME
            count += int(same.sum())
            weight = max(weight, float(weights[same].max(initial=0)))
        return count, weight

    def _faces(self, boxes: Boxes, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The faces in the cascade's boxes by the card's `box`, cut at the window's borders."""
        x, y, width, height = self.card.box
        low = boxes[:, :2] + boxes[:, 2:] * (x, y)
        high = np.minimum(low + boxes[:, 2:] * (width, height), (shape[1], shape[0]))
        low = np.maximum(low, 0)
        return np.concatenate([low, high - low], axis=1).astype(np.float32)


def _part(grey: NDArray, left: int, top: int, right: int, bottom: int) -> NDArray[np.uint8]:
    """A rectangle of a picture; beyond its borders they are repeated."""
    import cv2

    height, width = grey.shape
    inside = grey[max(top, 0) : bottom, max(left, 0) : right]
    beyond = max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)
    return cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE)


def _windows(
    cascade: cv2.CascadeClassifier,
    grey: NDArray,
    smallest: tuple[int, int],
    largest: tuple[int, int],
) -> tuple[Boxes, NDArray[np.float64]]:
    """Boxes and last stage's sums of the windows that pass, ungrouped, in a fixed order."""
    if grey.shape[1] < smallest[0] or grey.shape[0] < smallest[1]:
        return np.zeros((0, 4)), np.zeros(0)
    found, _, sums = cascade.detectMultiScale3(
        grey, SCALE_FACTOR, 0, 0, smallest, largest, outputRejectLevels=True
    )
    boxes = np.array(found, float).reshape(-1, 4)
    weights = np.array(sums, float).reshape(-1)
    # OpenCV's threads deliver in the order in which they finish.
    order = np.lexsort((*boxes.T, weights))
    return boxes[order], weights[order]


def _grouped(windows: Boxes) -> tuple[Boxes, NDArray[np.float64]]:
    """Windows of one face as one mean box, and how many they are; best supported first."""
    if not len(windows):
        return np.zeros((0, 4)), np.zeros(0)
    support = np.array([(overlaps(w, windows)[0] >= SAME).sum() for w in windows])
    order = np.argsort(-support, kind="stable")
    boxes, counts = [], []
    while len(order):
        same = overlaps(windows[order[0]], windows[order])[0] >= SAME
        boxes.append(windows[order[same]].mean(axis=0))
        counts.append(same.sum())
        order = order[~same]
    return np.array(boxes), np.array(counts, float)


@register("cascade", rank=10, suffixes=(".xml",))
def load(card: ModelCard, path: Path | None, device: str) -> CascadeDetector:
    """A cascade of a file; cascades know the CPU only."""
    if path is None:
        raise ModelError(f"the cascade {card.name} has no file")
    return CascadeDetector(card, path)
