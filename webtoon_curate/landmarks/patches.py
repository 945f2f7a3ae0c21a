"""Patches of the page around faces, and the crops that are cut from them.

A face is read several times, a little moved, scaled, turned and mirrored. The page is read once,
into a patch somewhat larger than the crop; all crops are views of the patch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds, CropSettings, Read, cut, rectangles_of, squares
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

    @classmethod
    def on(
        cls, picture: NDArray[np.uint8], boxes: NDArray[np.float64], framing: CropSettings
    ) -> Patches:
        """Those of faces on a page in memory.

        Args:
            picture: (h, w, 3) uint8 RGB.
            boxes: (n, 4) x, y, width, height, at least one.
            framing: of the crops.
        """
        bounds = (0, 0, picture.shape[1], picture.shape[0])
        read = rectangles_of(picture)
        return cls.stacked([cut_patch(read, box, bounds, framing) for box in boxes], framing)

    @classmethod
    def concatenate(cls, parts: Sequence[Patches]) -> Patches:
        """All of `parts`, at least one, of one framing, in one."""
        names = ("pixels", "squares", "boxes")
        values = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return cls(*values, parts[0].framing)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: NDArray[np.intp]) -> Patches:
        """The patches chosen by a numpy index."""
        return Patches(self.pixels[index], self.squares[index], self.boxes[index], self.framing)

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
        turn: degrees clockwise; a face with this roll stands upright in what is seen.
    """

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    mirrored: bool = False
    turn: float = 0.0


PLAIN = Variant()


def crop_of(
    patch: NDArray[np.uint8], framing: CropSettings, variant: Variant = PLAIN
) -> NDArray[np.uint8]:
    """(size, size, 3) uint8: what the variant sees."""
    import cv2

    size, edge = framing.size, margin(framing)
    straight = replace(variant, mirrored=False)
    if straight == PLAIN:
        crop = patch[edge : edge + size, edge : edge + size]
    else:
        affine = _affine(framing, straight)
        affine[:, 2] += affine[:, :2].sum(axis=1) / 2 - 0.5  # OpenCV counts from pixels' middles
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
        points = points[..., MIRRORED, :]
    affine = _affine(framing, variant).astype(np.float32)
    return points @ affine[:, :2].T + affine[:, 2]


def map_from_crop(
    parts: NDArray[np.uint8], framing: CropSettings, variant: Variant
) -> NDArray[np.uint8]:
    """A map of parts seen in a variant's crop, as the plain crop shows the same places.

    Args:
        parts: (s, s) classes of `webtoon_curate.synth.labels.Label`.
        framing: of the crop.
        variant: that it shows.

    Returns:
        (s, s), the nearest pixel's class each; `UNSEEN` where the variant shows nothing.
    """
    if variant == PLAIN:
        return parts
    side = len(parts)
    cell = framing.size / side
    middles = margin(framing) + (np.arange(side) + 0.5) * cell
    affine = _affine(framing, variant)
    inverse = np.linalg.inv(affine[:, :2]) / cell
    x, y = middles - affine[:, 2:]
    columns, rows = (np.floor(a * x + b * y[:, None]).astype(int) for a, b in inverse)
    if variant.mirrored:
        parts = MIRRORED_LABELS[parts]
    there = (columns >= 0) & (columns < side) & (rows >= 0) & (rows < side)
    found = parts[rows.clip(0, side - 1), columns.clip(0, side - 1)]
    return np.where(there, found, np.uint8(UNSEEN))


def _affine(framing: CropSettings, variant: Variant) -> NDArray[np.float64]:
    """(2, 3) the map from a variant's crop to the patch."""
    cos, sin = np.cos(np.radians(variant.turn)), np.sin(np.radians(variant.turn))
    mirror = -1 if variant.mirrored else 1
    turned = variant.scale * np.array([[mirror * cos, -sin], [mirror * sin, cos]])
    half = framing.size / 2
    middle = margin(framing) + half + framing.size * np.array([variant.dx, variant.dy])
    return np.concatenate([turned, (middle - turned @ [half, half])[:, None]], axis=1)
