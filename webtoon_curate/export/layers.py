"""Layers beside the picture: landmarks, colors, parsing, groups, noise. All are uint8 planes.

Where nothing is, a plane is 127, and where something is, up to 255: after the usual x / 127.5 - 1
that is 0 (to 0.004) and 1. Pixel (i, j) covers x in [j, j + 1) and y in [i, i + 1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.landmarks.points import CONTOURS
from webtoon_curate.synth.labels import Label

Plane = NDArray[np.uint8]
NOTHING, FULL = 127, 255
MARKS = ("points", "lines", "blobs")
PARTS = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")
COLOR_CHANNELS = tuple(
    f"{part.removesuffix('_color')}_{channel}"
    for part in PARTS
    for channel in ("red", "green", "blue")
)
"""Names of the planes of `color_planes`."""
REGIONS = {
    "hair_color": (Label.HAIR,),
    "left_eye_color": (Label.LEFT_IRIS,),
    "right_eye_color": (Label.RIGHT_IRIS,),
    "skin_color": (Label.SKIN, Label.NOSE, Label.EARS, Label.NECK),
}
"""The parsing classes that have a face's colors."""
_REACH = 4
"""Standard deviations from a blob's middle beyond which it is nothing: 128 exp(-8) < 0.05."""
_SIGMAS = 3
"""Standard deviations of the noise between 127 and 255."""


def landmark_layer(points: NDArray[np.floating], size: int, marks: str, width: float) -> Plane:
    """The 68 points as a picture.

    Args:
        points: (68, 2) x, y in pixels of the crop; those beyond it or not finite are left out.
        size: side of the crop, pixels.
        marks: `points`: the pixel that holds a point, and those whose middle is nearer to it than
            half of `width`; `lines`: the same along the lines of the face; `blobs`: Gaussians of
            `width` as standard deviation, 255 in the pixel that holds the point.
        width: pixels.

    Returns:
        (size, size) uint8, 127 to 255.
    """
    layer = np.full((size, size), NOTHING, np.uint8)
    points = np.asarray(points, np.float64)
    known = np.isfinite(points).all(axis=1) & (np.abs(points) < 4 * size).all(axis=1)
    if marks == "lines":
        for contour in CONTOURS:
            for first, last in contour.segments():
                if known[first] and known[last]:
                    _stroke(layer, points[first], points[last], width / 2)
    elif marks == "blobs":
        for point in points[known]:
            _blob(layer, point, width)
    elif width > 1:
        for point in points[known]:
            _stroke(layer, point, point, width / 2)
    at = np.floor(points[known]).astype(np.int64)
    at = at[((at >= 0) & (at < size)).all(axis=1)]
    layer[at[:, 1], at[:, 0]] = FULL
    return layer


def _window(
    size: int, first: NDArray[np.float64], last: NDArray[np.float64], reach: float
) -> tuple[tuple[slice, slice], NDArray[np.float64], NDArray[np.float64]]:
    """The pixels around a piece, and the x and y of their middles."""
    low = np.floor(np.minimum(first, last) - reach).astype(int).clip(0, size)
    high = np.ceil(np.maximum(first, last) + reach).astype(int).clip(0, size)
    x = np.arange(low[0], high[0]) + 0.5
    y = np.arange(low[1], high[1]) + 0.5
    return (slice(low[1], high[1]), slice(low[0], high[0])), x, y[:, None]


def _stroke(
    layer: Plane, first: NDArray[np.float64], last: NDArray[np.float64], radius: float
) -> None:
    where, x, y = _window(len(layer), first, last, radius)
    along = last - first
    length = float(along @ along)
    share = 0.0
    if length > 0:
        share = (((x - first[0]) * along[0] + (y - first[1]) * along[1]) / length).clip(0, 1)
    dx, dy = x - first[0] - share * along[0], y - first[1] - share * along[1]
    layer[where][dx * dx + dy * dy <= radius * radius] = FULL


def _blob(layer: Plane, point: NDArray[np.float64], sigma: float) -> None:
    where, x, y = _window(len(layer), point, point, _REACH * sigma)
    squared = (x - point[0]) ** 2 + (y - point[1]) ** 2
    value = NOTHING + (FULL - NOTHING) * np.exp(-squared / (2 * sigma * sigma))
    np.maximum(layer[where], np.rint(value).astype(np.uint8), out=layer[where])


def colors_of(row: dict[str, Any]) -> dict[str, tuple[int, int, int] | None]:
    """The colors of a face as it is drawn, by part; as corrected where only that is known."""
    found = {}
    for part in PARTS:
        color = row.get(f"{part}_raw") or row.get(part)
        found[part] = tuple(color) if color is not None and len(color) == 3 else None
    return found


def jittered(
    colors: dict[str, tuple[int, int, int] | None], amount: float, rng: np.random.Generator
) -> dict[str, tuple[int, int, int] | None]:
    """Colors moved by up to `amount` (0-1 of the range) in each channel, each part by itself."""
    moved: dict[str, tuple[int, int, int] | None] = {}
    for part, color in colors.items():
        step = rng.uniform(-255 * amount, 255 * amount, 3)
        if color is None:
            moved[part] = None
        else:
            red, green, blue = (int(v) for v in np.rint(np.clip(color + step, 0, 255)))
            moved[part] = (red, green, blue)
    return moved


def painted_regions(
    colors: dict[str, tuple[int, int, int] | None], parsing: Plane
) -> NDArray[np.uint8]:
    """The colors in the regions of the parsing map that have them; 127 elsewhere.

    Args:
        colors: of `colors_of`.
        parsing: (h, w) classes of `Label`.

    Returns:
        (h, w, 3) uint8.
    """
    palette = np.full((256, 3), NOTHING, np.uint8)
    for part, color in colors.items():
        if color is not None:
            palette[[int(label) for label in REGIONS[part]]] = color
    return palette[parsing]


def color_planes(colors: dict[str, tuple[int, int, int] | None], size: int) -> NDArray[np.uint8]:
    """(12, size, size) uint8: red, green, blue of each of `PARTS`, even; 127 where unknown."""
    values = [colors.get(part) or (NOTHING,) * 3 for part in PARTS]
    flat = np.array(values, np.uint8).reshape(-1, 1, 1)
    return np.broadcast_to(flat, (3 * len(PARTS), size, size))


def parsing_planes(parsing: Plane) -> NDArray[np.uint8]:
    """(20, h, w) uint8: a plane a class of `Label`, 255 where it is and 127 elsewhere."""
    classes = np.arange(len(Label), dtype=np.uint8).reshape(-1, 1, 1)
    return np.where(parsing[None] == classes, np.uint8(FULL), np.uint8(NOTHING))


def group_planes(group: str | None, groups: Sequence[str], size: int) -> NDArray[np.uint8]:
    """(groups, size, size) uint8: 255 in the plane of the face's group, 127 in the others."""
    flat = np.array([FULL if name == group else NOTHING for name in groups], np.uint8)
    return np.broadcast_to(flat.reshape(-1, 1, 1), (len(groups), size, size))


def noise_plane(rng: np.random.Generator, size: int) -> Plane:
    """(size, size) uint8: Gaussian noise about 127.5, three deviations to either end."""
    half = 255 / 2
    noise = rng.standard_normal((size, size), np.float32) * (half / _SIGMAS) + half
    return np.rint(noise.clip(0, 255)).astype(np.uint8)


def sample_rng(face_id: str, seed: int) -> np.random.Generator:
    """The random numbers of a face: the same for the same face and seed, whatever else is done."""
    key = hashlib.sha256(f"{seed}/{face_id}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(np.frombuffer(key, np.uint32))
