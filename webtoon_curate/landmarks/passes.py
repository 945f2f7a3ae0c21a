"""A face read four times: as it is, twice moved, scaled and mirrored, and on its own points; if it
leans, each time upright.

What the passes agree on are the points; how far they differ tells how well they are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings
from webtoon_curate.landmarks.patches import (
    PLAIN,
    UNSEEN,
    Patches,
    Variant,
    crop_of,
    from_crop,
    map_from_crop,
    margin,
)
from webtoon_curate.landmarks.points import MIRRORED
from webtoon_curate.landmarks.registry import Backend, Found
from webtoon_curate.reader.groups import mean_groups
from webtoon_curate.reader.readings import Readings

Floats = NDArray[np.float32]

VARIANTS = (
    PLAIN,
    Variant(scale=1.08, dx=0.03, dy=-0.03, mirrored=True),
    Variant(scale=0.93, dx=-0.03, dy=0.03),
)
"""As much as detectors' boxes differ: the jitter that readers are trained with is 8%."""
LEANING, LYING = 8.0, 45.0
"""Degrees by which a face is turned at least that is read upright: readers are trained with faces
at any angle, and place the points of upright ones best. And by which one is not any more that
seems to be turned in its upright crop."""
BOX_SCALE, BOX_RISE = 1.04, 0.05
"""A face's box in sizes of the box around its 68 points, and how far its middle lies above theirs
in roots of that box's area: medians of 160 drawn faces (25% and 75%: 1.02 and 1.06, 0.02 and
0.07)."""
SMALLEST_SCALE, LARGEST_SCALE, LARGEST_SHIFT = 0.6, 1.5, 0.3
"""Limits of the crop around a face's own points; the patch ends there."""


@dataclass(frozen=True)
class Passes:
    """What several passes say of n faces.

    Attributes:
        points: (n, 68, 2) float32, the mean of the passes on the box, patch pixels; NaN where a
            pass gave none.
        depth, confidence: (n, 68) float32, or None; see `webtoon_curate.landmarks.registry.Found`.
        dispersion: (n,) float32, mean distance of a pass's points from their mean, face sizes.
        recrop: (n,) float32, how much larger the face is when read on the box around its points:
            0.1 is 10%, and the mark of a reader that overshoots.
        readings: see `joined_readings`; None of a backend that reads points alone.
    """

    points: Floats
    depth: Floats | None
    confidence: Floats | None
    dispersion: Floats
    recrop: Floats
    readings: Readings | None


@dataclass(frozen=True)
class Look:
    """What was found in one crop of each face.

    Attributes:
        found: in pixels of the crops.
        variants: that the crops show, one a face; all are mirrored, or none.
    """

    found: Found
    variants: Sequence[Variant]

    def placed(self, framing: CropSettings) -> Floats:
        """(n, 68, 2) the points in patch pixels."""
        pairs = zip(self.found.points, self.variants)
        return np.stack([from_crop(points, framing, variant) for points, variant in pairs])

    def ordered(self, values: Floats | None) -> Floats | None:
        """(n, 68) values of the points, left and right as in the picture."""
        return values[:, MIRRORED] if values is not None and self.variants[0].mirrored else values


def read_passes(backend: Backend, patches: Patches) -> Passes:
    """Reads each face four times, and one that leans once more."""
    framing, several = patches.framing, looks(backend, patches)
    placed = np.stack([look.placed(framing) for look in several])
    points = placed.mean(axis=0)
    away = np.linalg.norm(placed - points, axis=3)
    return Passes(
        points=points,
        depth=_mean([look.ordered(look.found.depth) for look in several]),
        confidence=_mean([look.ordered(look.found.confidence) for look in several]),
        dispersion=away.mean(axis=(0, 2)) / patches.sizes,
        recrop=_recrop(backend, patches, points, several[-1].variants),
        readings=joined_readings(several, framing) if several[0].found.readings else None,
    )


def looks(backend: Backend, patches: Patches) -> list[Look]:
    """What is found in the crop of each of `VARIANTS`, in which faces that lean stand upright."""
    first, turns = _first_look(backend, patches)
    others = ([replace(v, turn=float(turn)) for turn in turns] for v in VARIANTS[1:])
    return [first, *(_look(backend, patches, variants) for variants in others)]


def _look(backend: Backend, patches: Patches, variants: Sequence[Variant]) -> Look:
    crops = [crop_of(p, patches.framing, v) for p, v in zip(patches.pixels, variants)]
    return Look(backend(np.stack(crops), patches.crop_boxes()), variants)


def _first_look(backend: Backend, patches: Patches) -> tuple[Look, NDArray[np.float32]]:
    """The plain crops, and (n,) degrees by which the faces are to be turned.

    Faces that lean by what is read in them are read again upright, and that is told as the plain
    crops would show it; unless then they seem to lie, for of these it is not known how they lie.
    """
    first, framing = _look(backend, patches, [PLAIN] * len(patches)), patches.framing
    turns = np.zeros(len(patches), np.float32)
    lying = first.found.readings
    if lying is None or not len(lean := np.flatnonzero(np.abs(lying.roll) >= LEANING)):
        return first, turns
    turned = [Variant(turn=float(turn)) for turn in lying.roll[lean]]
    upright = _look(backend, patches[lean], turned)
    stood = upright.found.readings
    maps = np.stack([map_from_crop(m, framing, v) for m, v in zip(stood.parsing, turned)])
    plain = replace(
        stood,
        landmarks=upright.placed(framing) - np.float32(margin(framing)),
        roll=(stood.roll + lying.roll[lean] + 180) % 360 - 180,
        parsing=np.where(maps == UNSEEN, lying.parsing[lean], maps),
    )
    sure = np.abs(stood.roll) < LYING
    order = np.arange(len(patches))
    order[lean[sure]] = len(patches) + np.flatnonzero(sure)
    both = Readings.concatenate([lying, plain])[order]
    turns[lean[sure]] = plain.roll[sure]
    return replace(first, found=Found(both.landmarks, both.depth, both.confidence, both)), turns


def readings_of(backend: Backend, patches: Patches) -> Readings:
    """What a backend with readings says of faces: see `joined_readings`."""
    return joined_readings(looks(backend, patches), patches.framing)


def joined_readings(several: Sequence[Look], framing: CropSettings) -> Readings:
    """The readings of the first look, but the groups and the embedding are means of all looks, and
    the map of parts shows what two of the three say."""
    readings = [look.found.readings for look in several if look.found.readings is not None]
    first, second, third = (
        np.stack([map_from_crop(m, framing, v) for m, v in zip(one.parsing, look.variants)])
        for one, look in zip(readings, several)
    )
    agreed = (second == third) & (second != UNSEEN)
    embedding = np.mean([one.embedding for one in readings], axis=0)
    embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-6)
    parsing = np.where(agreed, second, first)
    return replace(mean_groups(readings), parsing=parsing, embedding=embedding)


def _mean(several: list[Floats | None]) -> Floats | None:
    known = [values for values in several if values is not None]
    return np.mean(known, axis=0) if known else None


def _recrop(
    backend: Backend, patches: Patches, points: Floats, upright: Sequence[Variant]
) -> Floats:
    framing = patches.framing
    turns = np.array([variant.turn for variant in upright])
    standing = _turned(points, -turns)
    around = [_around(p, turn, framing, patches.side) for p, turn in zip(standing, turns)]
    again = _turned(_look(backend, patches, around).placed(framing), -turns)
    return _extent(again) / np.maximum(_extent(standing), 1e-6) - 1


def _turned(points: Floats, degrees: NDArray[np.float64]) -> Floats:
    """(n, 68, 2) points turned around the origin, clockwise; or one, by one angle."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    return (points @ turn).astype(np.float32)


def _around(standing: Floats, turn: float, framing: CropSettings, side: int) -> Variant:
    """The crop that the box around the points of an upright face would have.

    Args:
        standing: (68, 2) points, turned back.
        turn: of the face in the patch.
        framing: of the crop.
        side: of the patch, pixels.
    """
    low, high = standing.min(axis=0), standing.max(axis=0)
    if not np.isfinite([low, high]).all():
        return PLAIN
    width, height = (high - low) * BOX_SCALE
    longer = max(width, height, 1.0)
    rise = BOX_RISE * np.sqrt(width * height) - framing.shift * longer
    middle = _turned((low + high) / 2 - [0, rise], np.array(turn))
    scale = np.clip(longer * framing.expand / framing.size, SMALLEST_SCALE, LARGEST_SCALE)
    dx, dy = np.clip((middle - side / 2) / framing.size, -LARGEST_SHIFT, LARGEST_SHIFT)
    return Variant(float(scale), float(dx), float(dy), turn=turn)


def _extent(points: Floats) -> Floats:
    """(n,) roots of the areas around the points."""
    return np.sqrt(np.prod(points.max(axis=1) - points.min(axis=1), axis=1))
