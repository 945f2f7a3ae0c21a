"""What the picture says for or against points: drawn edges, and the parsed parts of the face.

Sizes of the eyes are in none of it: parts are compared by their middles, so that a drawing may
make its eyes as large as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.points import CONTOURS, JAW, NOSE_TIP
from webtoon_curate.synth.labels import FACE_LABELS, Label

Floats = NDArray[np.float32]

SAMPLES = 4
"""Places of each piece of a contour at which an edge is looked for."""
REACH = 0.015
"""How far from the contour a drawn edge may be, in face sizes: a line's width."""
STEPS = 5
"""Places across the contour that are looked at."""
STRONG, FAINTEST = 0.25, 24.0
"""An edge is stronger than this share of the face's strong ones (their 98th percentile), and than
this gradient (Scharr's, grey levels a pixel): paper grain and JPEG noise stay below it."""
FEWEST = 12
"""Pixels of the map that a part must have to be compared."""
FARTHEST = 0.3
"""Distances above this say no more than it, face sizes."""
NEAR = 0.15
"""How far outside the jaw's hull the face is looked for, face sizes: two and a half times the error
of good points. Beyond may lie other faces, of the panel or of the crop's reflection at its page."""


def _among(labels: Iterable[int]) -> NDArray[np.bool_]:
    """(256,) which classes are among these."""
    among = np.zeros(256, bool)
    among[list(labels)] = True
    return among


_FACE = _among({*FACE_LABELS, Label.FACIAL_HAIR})
_OVER = _among((Label.OCCLUDER, Label.LETTERING))
_UNTOLD = _OVER | _among((Label.HAIR, Label.GLASSES, Label.HAT, Label.EARS))
"""What may hang over a face where its points are right."""

_PARTS: tuple[tuple[tuple[Label, ...], NDArray[np.intp]], ...] = (
    ((Label.LEFT_EYE, Label.LEFT_IRIS), np.arange(36, 42)),
    ((Label.RIGHT_EYE, Label.RIGHT_IRIS), np.arange(42, 48)),
    ((Label.LEFT_BROW,), np.arange(17, 22)),
    ((Label.RIGHT_BROW,), np.arange(22, 27)),
    ((Label.NOSE,), np.array([NOSE_TIP])),
    ((Label.MOUTH, Label.INNER_MOUTH), np.arange(48, 60)),
)
"""Classes of the map, and the points whose middle is theirs."""


def _samples() -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Ends and places of all samples; the ends of the jaw, under hair and ears, have none."""
    pieces = []
    for contour in CONTOURS:
        kept = contour.segments()
        pieces += kept[2:-2] if contour.name == "jaw" else kept
    start, end = np.array(pieces).T
    places = (np.arange(SAMPLES, dtype=np.float32) + 0.5) / SAMPLES
    return start, end, places


_START, _END, _PLACES = _samples()


def edge_support(patch: NDArray[np.uint8], points: Floats, size: float) -> float:
    """The share of the contours' length that lies on drawn edges.

    Args:
        patch: (h, w, 3) uint8 RGB.
        points: (68, 2) in its pixels.
        size: of the face, pixels.

    Returns:
        0-1; 0 for a picture without edges.
    """
    import cv2

    start, way = points[_START], points[_END] - points[_START]
    length = np.linalg.norm(way, axis=1)
    if not np.isfinite(length).all() or length.sum() <= 0:
        return 0.0
    grey = cv2.GaussianBlur(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY), (3, 3), 0)
    across = [cv2.Scharr(grey, cv2.CV_32F, dx, 1 - dx, scale=1 / 32) for dx in (1, 0)]
    strength = np.hypot(*across)
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int)
    left, top = np.clip(low, 0, [patch.shape[1] - 1, patch.shape[0] - 1])
    right, bottom = np.maximum(high, [left + 1, top + 1])
    enough = max(FAINTEST, STRONG * float(np.percentile(strength[top:bottom, left:right], 98)))
    normal = np.stack([-way[:, 1], way[:, 0]], axis=1) / np.maximum(length, 1e-6)[:, None]
    at = start[:, None] + way[:, None] * _PLACES[:, None]
    reach = max(REACH * size, 1.0) * np.linspace(-1, 1, STEPS, dtype=np.float32)
    spots = at[:, :, None] + normal[:, None, None] * reach[:, None]
    x, y = (np.ascontiguousarray(spots[..., i].reshape(len(start), -1) - 0.5) for i in (0, 1))
    found = [cv2.remap(g, x, y, cv2.INTER_LINEAR, borderValue=0) for g in across]
    along = np.abs(found[0] * normal[:, :1] + found[1] * normal[:, 1:])
    on = along.reshape(len(start), SAMPLES, STEPS).max(axis=2) >= enough
    return float((on.mean(axis=1) * length).sum() / length.sum())


@dataclass(frozen=True)
class Parsed:
    """What the map of parts says of points; None where the map shows too little to tell.

    Attributes:
        skin: share of the face's own pixels inside the jaw's hull, hair and things apart.
        spill: share of the face's pixels below the ears, in and near that hull, that lie outside.
        parts: mean distance of eyes, brows, nose and mouth from the parsed ones, face sizes.
        covered: share of the hull of all points under lettering, balloons or things.
    """

    skin: float | None
    spill: float | None
    parts: float | None
    covered: float | None


def parsed_evidence(parsing: NDArray[np.uint8], points: Floats, size: float) -> Parsed:
    """Compares points with the map of parts.

    Args:
        parsing: (s, s) uint8, classes of `webtoon_curate.synth.labels.Label`.
        points: (68, 2) in its pixels.
        size: of the face, its pixels.
    """
    if not np.isfinite(points).all():
        return Parsed(None, None, None, None)
    jaw, whole = _hull(points[JAW], parsing.shape), _hull(points, parsing.shape)
    face = _FACE[parsing]
    told = jaw & ~_UNTOLD[parsing]
    below = face & _below(points, parsing.shape)
    return Parsed(
        skin=_share(face & told, told),
        spill=_spill(below, jaw, size),
        parts=_distance_of_parts(parsing, points, size),
        covered=_share(_OVER[parsing] & whole, whole),
    )


def _hull(points: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    import cv2

    mask = np.zeros(shape, np.uint8)
    bound = 4 * max(shape)  # points may lie anywhere; OpenCV counts in 32-bit fixed point
    hull = cv2.convexHull(np.clip(points, -bound, bound).astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull - 0.5).astype(np.int32), 1)
    return mask.astype(bool)


def _below(points: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels on the chin's side of the line between the jaw's ends."""
    (x0, y0), (x1, y1), chin = points[[0, 16, 8]].astype(np.float64)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5

    def side(px: NDArray, py: NDArray) -> NDArray:
        return (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0)

    return side(x, y) * np.sign(side(*chin)) > 0


def _share(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> float | None:
    total = int(of.sum())
    return float(some.sum() / total) if total >= FEWEST else None


def _spill(face: NDArray[np.bool_], jaw: NDArray[np.bool_], size: float) -> float | None:
    """The share of the face outside the hull; pieces that do not touch it are other faces'."""
    import cv2

    if not (face & jaw).any():
        return _share(face, face)
    count, pieces = cv2.connectedComponents(face.astype(np.uint8), connectivity=4)
    touching = np.bincount(pieces[face & jaw], minlength=count) > 0
    away = cv2.distanceTransform((~jaw).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    own = touching[pieces] & (away <= NEAR * size)
    return _share(own & ~jaw, own)


def _distance_of_parts(parsing: NDArray[np.uint8], points: Floats, size: float) -> float | None:
    """A part that is seen, but nowhere near its points, is as far as can be."""
    away = []
    for labels, own in _PARTS:
        y, x = np.nonzero(_among(labels)[parsing])
        if len(x) < FEWEST:
            continue
        gaps = np.stack([x, y], axis=1) + 0.5 - points[own].mean(axis=0)
        near = gaps[np.hypot(*gaps.T) < FARTHEST * size]
        told = len(near) >= FEWEST
        away.append(np.linalg.norm(near.mean(axis=0)) / size if told else FARTHEST)
    return float(np.mean(away)) if away else None
