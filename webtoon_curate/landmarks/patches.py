"""Patches of the page around faces, and the crops that are cut from them.

A face is read several times, a little moved, scaled and mirrored. The page is read once, into a
patch somewhat larger than the crop; all crops are views of the patch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds, CropSettings, Read, cut, squares
from webtoon_curate.landmarks.points import MIRRORED
from webtoon_curate.synth.labels import MIRRORED_LABELS

ROOM = 1.35
"""Side of the patch in sides of the crop: the crops that are read again reach this far."""
UNSEEN = 255
"""In maps of parts: no class."""
Floats = NDArray[np.float32]
Cut = tuple[NDArray[np.uint8], NDArray[np.float64], Floats]
"""Of `cut_patch`."""


@dataclass(frozen=True)
class Patches:
    """Pictures around n faces.

    Attributes:
        pixels: (n, side, side, 3) uint8 RGB.
        squares: (n, 3) float64 x, y, side of what they show, episode pixels.
        boxes: (n, 4) float32 the face boxes in the patches, patch pixels.
        framing: of the crops; a crop's pixel is as large as the patch's.
    """

    pixels: NDArray[np.uint8]
    squares: NDArray[np.float64]
    boxes: Floats
    framing: CropSettings

    @classmethod
    def stacked(cls, cuts: Iterable[Cut], framing: CropSettings) -> Patches:
        """Those that `cut_patch` gave, at least one."""
        return cls(*(np.stack(values) for values in zip(*cuts)), framing)

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def side(self) -> int:
        """Of the patches, pixels."""
        return self.framing.size + 2 * margin(self.framing)

    @property
    def sizes(self) -> Floats:
        """(n,) float32: roots of the boxes' areas, the measure of distances in faces."""
        return np.sqrt(self.boxes[:, 2] * self.boxes[:, 3])

    def placed(self, points: Floats) -> Floats:
        """(n, 68, 2) patch pixels in episode pixels."""
        scale = self.squares[:, 2] / self.side
        return (points * scale[:, None, None] + self.squares[:, None, :2]).astype(np.float32)

    def taken(self, points: Floats) -> Floats:
        """(n, 68, 2) episode pixels in patch pixels: undoes `placed`."""
        scale = self.squares[:, 2] / self.side
        return ((points - self.squares[:, None, :2]) / scale[:, None, None]).astype(np.float32)

    def crop_boxes(self) -> Floats:
        """(n, 4) float32: the boxes in crops that are centered as the framing says, pixels."""
        return self.boxes - np.float32([margin(self.framing)] * 2 + [0, 0])


def margin(framing: CropSettings) -> int:
    """Pixels of the patch on each side of the crop."""
    return round(framing.size * (ROOM - 1) / 2)


def cut_patch(read: Read, box: Sequence[float], bounds: Bounds, framing: CropSettings) -> Cut:
    """A face's patch, its square and the box in it; see `Patches`.

    Args:
        read: `Strip.read`.
        box: x, y, width, height of the face, episode pixels.
        bounds: of the page, or of the strip; what lies beyond is its reflection.
        framing: of the crops that the patch is for.
    """
    wanted = np.asarray(box, np.float64)
    x, y, side = squares(wanted, framing)[0]
    pixel, edge = side / framing.size, margin(framing)
    whole = framing.size + 2 * edge
    square = np.array([x - edge * pixel, y - edge * pixel, whole * pixel])
    pixels = cut(read, square, bounds, whole)
    place = np.concatenate([wanted[:2] - square[:2], wanted[2:]]) / pixel
    return pixels, square, place.astype(np.float32)


@dataclass(frozen=True)
class Variant:
    """A way to look at a patch.

    Attributes:
        scale: side of what is seen, in sides of the crop.
        dx, dy: how far its middle is moved, in sides of the crop.
        mirrored: left and right changed.
    """

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    mirrored: bool = False


PLAIN = Variant()


def crop_of(
    patch: NDArray[np.uint8], framing: CropSettings, variant: Variant = PLAIN
) -> NDArray[np.uint8]:
    """(size, size, 3) uint8: what the variant sees."""
    import cv2

    size, edge = framing.size, margin(framing)
    if variant.scale == 1 and variant.dx == 0 and variant.dy == 0:
        crop = patch[edge : edge + size, edge : edge + size]
    else:
        left, top = _corner(framing, variant)
        scale, half = variant.scale, (variant.scale - 1) / 2  # OpenCV counts from pixels' middles
        affine = np.array([[scale, 0, left + half], [0, scale, top + half]])
        how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        border = cv2.BORDER_REFLECT_101
        crop = cv2.warpAffine(patch, affine, (size, size), flags=how, borderMode=border)
    return np.ascontiguousarray(crop[:, ::-1] if variant.mirrored else crop)


def from_crop(points: Floats, framing: CropSettings, variant: Variant = PLAIN) -> Floats:
    """Points seen in a variant's crop, in pixels of the patch.

    Args:
        points: (..., 68, 2) pixels of the crop.
        framing: of the crop.
        variant: that it shows.
    """
    points = np.asarray(points, np.float32)
    if variant.mirrored:
        points = unmirrored(points, framing.size)
    return points * np.float32(variant.scale) + np.float32(_corner(framing, variant))


def maps_from_crop(
    maps: NDArray[np.uint8], framing: CropSettings, variant: Variant
) -> NDArray[np.uint8]:
    """Maps of parts seen in a variant's crops, as the plain crops show the same places.

    Args:
        maps: (n, s, s) classes of `webtoon_curate.synth.labels.Label`.
        framing: of the crops.
        variant: that they show.

    Returns:
        (n, s, s), the nearest pixel's class each; `UNSEEN` where the variant shows nothing.
    """
    side = maps.shape[1]
    cell = framing.size / side
    plain = margin(framing) + (np.arange(side) + 0.5) * cell
    left, top = _corner(framing, variant)
    columns, rows = (
        np.floor((plain - edge) / variant.scale / cell).astype(int) for edge in (left, top)
    )
    if variant.mirrored:
        maps = MIRRORED_LABELS[maps[:, :, ::-1]]
    inside = np.arange(side)
    there = np.isin(rows, inside)[:, None] & np.isin(columns, inside)
    clipped = np.ix_(range(len(maps)), rows.clip(0, side - 1), columns.clip(0, side - 1))
    return np.where(there, maps[clipped], np.uint8(UNSEEN))


def unmirrored(points: Floats, width: float) -> Floats:
    """(..., 68, 2) points seen in a mirrored picture of that width, in the picture."""
    points = points[..., MIRRORED, :].copy()
    points[..., 0] = width - points[..., 0]
    return points


def _corner(framing: CropSettings, variant: Variant) -> tuple[float, float]:
    middle = margin(framing) + framing.size / 2
    half = framing.size * variant.scale / 2
    return (
        middle + variant.dx * framing.size - half,
        middle + variant.dy * framing.size - half,
    )
