"""A face read four times: as it is, twice moved, scaled and mirrored, and on its own points.

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
    maps_from_crop,
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


def read_passes(backend: Backend, patches: Patches) -> Passes:
    """Reads each face four times."""
    framing, founds = patches.framing, looks(backend, patches)
    several = np.stack([from_crop(f.points, framing, v) for f, v in zip(founds, VARIANTS)])
    points = several.mean(axis=0)
    away = np.linalg.norm(several - points, axis=3)
    return Passes(
        points=points,
        depth=_mean([_unmirrored(found.depth, v) for found, v in zip(founds, VARIANTS)]),
        confidence=_mean([_unmirrored(f.confidence, v) for f, v in zip(founds, VARIANTS)]),
        dispersion=away.mean(axis=(0, 2)) / patches.sizes,
        recrop=_recrop(backend, patches, points),
        readings=joined_readings(founds, framing) if founds[0].readings else None,
    )


def looks(backend: Backend, patches: Patches) -> list[Found]:
    """What is found in the crop of each of `VARIANTS`, in pixels of that crop."""
    framing, boxes = patches.framing, patches.crop_boxes()
    return [
        backend(np.stack([crop_of(patch, framing, v) for patch in patches.pixels]), boxes)
        for v in VARIANTS
    ]


def readings_of(backend: Backend, patches: Patches) -> Readings:
    """What a backend with readings says of faces: see `joined_readings`."""
    return joined_readings(looks(backend, patches), patches.framing)


def joined_readings(founds: Sequence[Found], framing: CropSettings) -> Readings:
    """The readings of the first look, but the groups and the embedding are means of all looks, and
    the map of parts shows what two of the three say."""
    several = [found.readings for found in founds if found.readings is not None]
    first, second, third = (
        maps_from_crop(one.parsing, framing, v) for one, v in zip(several, VARIANTS)
    )
    agreed = (second == third) & (second != UNSEEN)
    embedding = np.mean([one.embedding for one in several], axis=0)
    embedding /= np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-6)
    parsing = np.where(agreed, second, first)
    return replace(mean_groups(several), parsing=parsing, embedding=embedding)


def _unmirrored(values: Floats | None, variant: Variant) -> Floats | None:
    return values if values is None or not variant.mirrored else values[:, MIRRORED]


def _mean(several: list[Floats | None]) -> Floats | None:
    known = [values for values in several if values is not None]
    return np.mean(known, axis=0) if known else None


def _recrop(backend: Backend, patches: Patches, points: Floats) -> Floats:
    framing = patches.framing
    variants = [_around(p, framing.size, framing.expand, framing.shift, patches.side)
                for p in points]  # fmt: skip
    crops = np.stack([crop_of(p, framing, v) for p, v in zip(patches.pixels, variants)])
    found: Found = backend(crops, patches.crop_boxes())
    again = np.stack([from_crop(p, framing, v) for p, v in zip(found.points, variants)])
    return _extent(again) / np.maximum(_extent(points), 1e-6) - 1


def _around(points: Floats, size: int, expand: float, shift: float, side: int) -> Variant:
    """The crop that the box around the points would have."""
    low, high = points.min(axis=0), points.max(axis=0)
    if not np.isfinite([low, high]).all():
        return PLAIN
    width, height = (high - low) * BOX_SCALE
    longer = max(width, height, 1.0)
    middle = (low + high) / 2
    rise = BOX_RISE * np.sqrt(width * height) - shift * longer
    scale = np.clip(longer * expand / size, SMALLEST_SCALE, LARGEST_SCALE)
    dx, dy = (middle - [0, rise] - side / 2) / size
    dx, dy = np.clip([dx, dy], -LARGEST_SHIFT, LARGEST_SHIFT)
    return Variant(float(scale), float(dx), float(dy))


def _extent(points: Floats) -> Floats:
    """(n,) roots of the areas around the points."""
    return np.sqrt(np.prod(points.max(axis=1) - points.min(axis=1), axis=1))
