"""A reader that needs no weights, and faces drawn so that it sees them."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from faces_dataset import FACE, OTHER, PAGE, TITLE, place
from PIL import Image

from webtoon_curate.crops import CropSettings
from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest.stage import IngestSettings, ingest_sources
from webtoon_curate.landmarks.registry import Found
from webtoon_curate.models import ModelCard
from webtoon_curate.reader.readings import Readings

SHAPE = np.zeros((68, 2), np.float32)
"""A face in a square of side 1 around its middle, as the tests draw and find it."""
_angles = np.linspace(np.pi, 0, 17)
SHAPE[:17] = np.stack([0.45 * np.cos(_angles), 0.05 + 0.42 * np.sin(_angles)], axis=1)
for _first, _x in ((17, -0.2), (22, 0.2)):
    SHAPE[_first : _first + 5] = np.stack(
        [_x + np.linspace(-0.12, 0.12, 5), np.full(5, -0.3)], axis=1
    )
SHAPE[27:31] = [(0, -0.15), (0, -0.08), (0, -0.01), (0, 0.06)]
SHAPE[31:36] = np.stack([np.linspace(-0.08, 0.08, 5), np.full(5, 0.1)], axis=1)
_lids = np.radians([180, 240, 300, 0, 60, 120])
for _first, _x in ((36, -0.2), (42, 0.2)):
    SHAPE[_first : _first + 6] = np.stack(
        [_x + 0.09 * np.cos(_lids), -0.12 + 0.05 * np.sin(_lids)], axis=1
    )
_ring = np.radians([180, 216, 252, 270, 288, 324, 0, 36, 72, 90, 108, 144])
SHAPE[48:60] = np.stack([0.12 * np.cos(_ring), 0.25 + 0.05 * np.sin(_ring)], axis=1)
_ring = np.radians([180, 230, 270, 310, 0, 50, 90, 130])
SHAPE[60:68] = np.stack([0.08 * np.cos(_ring), 0.25 + 0.02 * np.sin(_ring)], axis=1)

PAPER, SKIN, RED, BLUE = (250, 250, 250), (240, 200, 170), (255, 0, 0), (0, 0, 255)


def draw_face(picture: np.ndarray, x: float, y: float, size: float) -> np.ndarray:
    """Draws a face that `FindsDots` finds, its middle at x and y; gives its (68, 2) points."""
    points = SHAPE * size + (x, y)
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    cv2.fillConvexPoly(picture, hull, SKIN)
    cv2.polylines(picture, [np.round(points[:17]).astype(np.int32)], False, (20, 20, 20), 2)
    radius = max(2, round(size * 0.04))
    for eye, color in ((points[36:42].mean(0), RED), (points[42:48].mean(0), BLUE)):
        cv2.circle(picture, tuple(np.round(eye - 0.5).astype(int).tolist()), radius, color, -1)
    return points


@dataclass
class FindsDots:
    """Finds a face by its red left and blue right eye; a `Backend` with readings."""

    size: int = 96
    grow: float = 1.0
    broken: bool = False
    name: str = "dots"
    version: str = "1"
    card: ModelCard = field(default_factory=lambda: ModelCard("dots", "reader", "MIT", "here"))

    @property
    def framing(self):
        return CropSettings(self.size, 1.6, 0.0)

    def __call__(self, crops, boxes):
        points = np.stack([self._points(crop) for crop in crops]).astype(np.float32)
        if self.broken:
            points[:] = np.nan
        n = len(crops)
        empty = Readings.none()
        ones = np.ones(n, np.float32)
        skin = np.stack([self._parts(p) for p in points])
        readings = Readings(
            **{
                name: ones * 0.5 if getattr(empty, name).ndim == 1 else None
                for name in empty.__dataclass_fields__
            }
            | {
                "landmarks": points,
                "depth": np.zeros((n, 68), np.float32),
                "confidence": np.full((n, 68), 0.9, np.float32),
                "parsing": skin,
                "face": ones * 0.97,
                "yaw": ones * 3,
                "embedding": np.full((n, 128), 128**-0.5, np.float32),
            }
        )
        return Found(points, readings.depth, readings.confidence, readings)

    def _points(self, crop):
        pixels = crop.astype(int)
        red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(-1) < 90)
        blue = (pixels[..., 2] > 200) & (pixels[..., :2].max(-1) < 90)
        eyes = [np.argwhere(m).mean(0)[::-1] + 0.5 if m.any() else (0, 0) for m in (red, blue)]
        middle, across = np.mean(eyes, axis=0), np.subtract(*eyes[::-1])
        # Skin lies below the eyes; a mirrored face has its blue eye on the left.
        skin = np.argwhere((np.abs(pixels - SKIN) < 20).all(-1)).mean(0)[::-1] - middle
        across = across if across[0] * skin[1] > across[1] * skin[0] else -across
        size = np.linalg.norm(across) / 0.4 * self.grow
        axes = np.array([across, [-across[1], across[0]]]) / 0.4 * self.grow
        return (SHAPE + np.array([0, 0.12])) @ axes + middle if size else SHAPE * 0

    def _parts(self, points):
        """Skin inside the face."""
        mask = np.zeros((self.size, self.size), np.uint8)
        if np.isfinite(points).all():
            cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points).astype(np.int32)), 1)
        return mask[::2, ::2]


def dots_dataset(path, episodes=2):
    """A dataset of pages with two such faces an episode; the faces table has jittered boxes."""
    source = path.with_name(f"{path.name}-source") / TITLE
    for number in range(1, episodes + 1):
        folder = source / f"ep {number}"
        folder.mkdir(parents=True)
        for page, (x, y, width, height) in enumerate((FACE, OTHER), 1):
            picture = np.full((PAGE[1], PAGE[0], 3), PAPER, np.uint8)
            picture[::40] = 200
            draw_face(picture, x + width / 2 + number, y % PAGE[1] + height / 2, 0.95 * width)
            Image.fromarray(picture).save(folder / f"p{page}.png")
    data = Dataset.create(path)
    ingest_sources(data, source, IngestSettings("images"))
    data.record_settings("detect", {"short_edge": 64, "aspect": 1.3, "blank_edge": 0.2})
    for number in range(1, episodes + 1):
        place(data, f"ep {number}", [FACE, OTHER])
    return data
