"""What formats cut from: an episode's strip, with the faces' squares, points and parsing maps."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds, cut, page_bounds
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import ImageError, SourceError
from webtoon_curate.export.parsing import parsing_in, read_parsing
from webtoon_curate.export.settings import KEEP, MAX_SIDE, CropSettings, bad_box, color_of
from webtoon_curate.export.upscaling import enlarged
from webtoon_curate.face_stages import BOX
from webtoon_curate.images import Pixels
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.landmarks.points import five_points
from webtoon_curate.strip import Strip
from webtoon_curate.synth.labels import Label

MIN_EYES = 0.1
"""Eyes nearer to each other than this, in box widths, are those of a profile: their line says
nothing of how the head leans."""
_PARSING = ("parsing", "parsing_x", "parsing_y", "parsing_side")
"""Columns of the readings that place a parsing map."""
_LANCZOS = 4
"""Source pixels that OpenCV's Lanczos kernel looks to either side."""


@dataclass(frozen=True)
class Square:
    """A square of the page: its middle, side and turn, in episode pixels and radians clockwise."""

    x: float
    y: float
    side: float
    turn: float = 0.0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """(2, 3): episode pixels to those of a crop of `size` pixels."""
        scale = size / self.side
        cosine, sine = scale * math.cos(self.turn), scale * math.sin(self.turn)
        turn = np.array([[cosine, sine], [-sine, cosine]])
        middle = np.array([self.x, self.y])
        return np.column_stack([turn, size / 2 - turn @ middle])


@dataclass(frozen=True)
class Crop:
    """A face, cut.

    Attributes:
        image: (size, size, 3) uint8 RGB.
        matrix: (2, 3) float64, episode pixels to crop pixels.
        points: (68, 2) float64 landmarks in crop pixels; None where the manifest has none.
        box: x, y, width, height of the upright rectangle around the face's box, crop pixels.
        parsing: (size, size) uint8 classes of `Label`; None where it was not read.
        parsing_step: pixels of the crop in one of the parsing map that was read.
        side: of the square, pixels of the page.
    """

    image: Pixels
    matrix: NDArray[np.float64]
    points: NDArray[np.float64] | None
    box: tuple[float, float, float, float]
    parsing: NDArray[np.uint8] | None
    parsing_step: float
    side: float


class Episode:
    """An episode whose faces and scenes are cut on demand.

    Args:
        dataset: of the episode.
        title, episode: its name.
        strip: its pages.
    """

    def __init__(self, dataset: Dataset, title: str, episode: str, strip: Strip) -> None:
        self.dataset, self.title, self.episode = dataset, title, episode
        self._strip = strip

    @cached_property
    def _bounds(self) -> dict[str, Bounds]:
        layouts = self.dataset.tables["pages"].read(self.title, self.episode)["layout"]
        return page_bounds(self._strip.pages, layouts[0].as_py() if len(layouts) else "images")

    @cached_property
    def scenes(self) -> dict[int, dict[str, Any]]:
        """Rows of the scenes table by index."""
        table = self.dataset.tables["scenes"].read(self.title, self.episode)
        return {row["scene"]: row for row in table.to_pylist()}

    def scene(self, index: int) -> Pixels:
        """(height, width, 3) uint8 RGB.

        Raises:
            ImageError: if there is no such scene, or its pages cannot be decoded.
        """
        if index not in self.scenes:
            raise ImageError(f"there is no scene {index}")
        row = self.scenes[index]
        return self._strip.read(row["x"], row["y"], row["width"], row["height"])

    def readings(self, faces: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
        """Where the parsing maps of exactly these faces' boxes lie; None for those without one."""
        tables = self.dataset.tables["readings"]
        if not self.dataset.current("readings", self.title, self.episode):
            return [None] * len(faces)
        table = tables.read(self.title, self.episode, (*BOX, *_PARSING))
        ids = pa.array([face["face_id"] for face in faces], pa.string())
        rows = table.take(pc.index_in(ids, table["face_id"].combine_chunks())).to_pylist()
        return [
            row if all(row[name] == face[name] for name in BOX) else None
            for row, face in zip(rows, faces)
        ]

    def crop(
        self, face: dict[str, Any], settings: CropSettings, reading: dict[str, Any] | None = None
    ) -> Crop:
        """A face's crop.

        Args:
            face: row of the manifest.
            settings: `expand` and `shift` are numbers.
            reading: of the face, for the parsing map.

        Raises:
            ImageError: if the face cannot be cut with these settings; the message is the reason.
        """
        square = square_of(face, settings)
        bounds = self._bounds.get(face["page"])
        if bounds is None:
            raise ImageError(f"its page {face['page']} is not in the episode")
        left, top, width, height = bounds
        if not (left <= square.x < left + width and top <= square.y < top + height):
            raise ImageError("its square lies beyond the page")
        small = square.side < min_side(settings)
        if small and settings.upscale is None:
            raise ImageError(f"small: {square.side:.0f} px, under --min-side {min_side(settings)}")
        factor = 1
        if small or square.turn:
            window, x, y = self._window(square, bounds)
            if small:
                window, factor = enlarged(window, str(settings.upscale))
            image = turned(window, (x, y), factor, square, settings.size)
        else:
            corner = (square.x - square.side / 2, square.y - square.side / 2, square.side)
            image = cut(self._strip.read, np.array(corner), bounds, settings.size)
        matrix = square.matrix(settings.size)
        parsing, step = None, 1.0
        if reading is not None:
            classes = read_parsing(self.dataset.path, reading)
            parsing = parsing_in(classes, reading, matrix, settings.size)
            step = reading["parsing_side"] / len(classes) * settings.size / square.side
        if settings.background != KEEP:
            if parsing is None:
                raise ImageError("no parsing map")
            color = color_of(settings.background, "--background")
            image = np.where((parsing == Label.BACKGROUND)[..., None], np.uint8(color), image)
        points = _points(face)
        if points is not None:
            points = points @ matrix[:, :2].T + matrix[:, 2]
        return Crop(image, matrix, points, _box(face, matrix), parsing, step, square.side)

    def _window(self, square: Square, bounds: Bounds) -> tuple[Pixels, int, int]:
        """The upright pixels around a turned square, and their corner; reflected at the page's
        edge."""
        reach = square.side / 2 * (abs(math.cos(square.turn)) + abs(math.sin(square.turn)))
        x0, y0 = math.floor(square.x - reach) - _LANCZOS, math.floor(square.y - reach) - _LANCZOS
        x1, y1 = math.ceil(square.x + reach) + _LANCZOS, math.ceil(square.y + reach) + _LANCZOS
        left, top, width, height = bounds
        ix0, iy0 = max(x0, left), max(y0, top)
        ix1, iy1 = min(x1, left + width), min(y1, top + height)
        pixels = self._strip.read(ix0, iy0, ix1 - ix0, iy1 - iy0)
        padding = ((iy0 - y0, y1 - iy1), (ix0 - x0, x1 - ix1), (0, 0))
        if np.any(padding):
            mode = "reflect" if min(pixels.shape[:2]) > 1 else "edge"
            pixels = np.pad(pixels, padding, mode=mode)
        return pixels, x0, y0


@contextlib.contextmanager
def open_pictures(
    dataset: Dataset, title: str, episode: str, pages: bool = True
) -> Iterator[Episode]:
    """An episode to cut from; without its pages it can be named only.

    Raises:
        SourceError: if it was not ingested, or its source is gone.
    """
    if not pages:
        yield Episode(dataset, title, episode, Strip([], _no_page))
        return
    if dataset.tables["pages"].note(title, episode) is None:
        raise SourceError(f"{title}/{episode} has no pages in {dataset.path}: ingest it again")
    with episode_strip(dataset, title, episode) as strip:
        yield Episode(dataset, title, episode, strip)


def _no_page(name: str) -> bytes:
    raise ImageError(f"{name} was not opened")


def min_side(settings: CropSettings) -> int:
    """The smallest square that is cut without an upscaler, pixels of the page."""
    return settings.size // 4 if settings.min_side is None else settings.min_side


def square_of(face: dict[str, Any], settings: CropSettings) -> Square:
    """The square that a face is cut from.

    Raises:
        ImageError: if the face has no landmarks to align by, or numbers that are none.
    """
    if reason := bad_box(face):
        raise ImageError(reason)
    box = [face[name] for name in ("x", "y", "width", "height")]
    expand, shift = float(settings.expand or 1), float(settings.shift or 0)
    if settings.align == "ffhq":
        square = _ffhq(_eyes_and_mouth(face), expand, shift)
    else:
        longer = max(box[2:])
        turn = _eye_turn(face, box[2]) if settings.align == "eyes" else 0.0
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        down = shift * longer
        square = Square(
            middle[0] - down * math.sin(turn),
            middle[1] + down * math.cos(turn),
            longer * expand,
            turn,
        )
    if not 1 <= square.side <= MAX_SIDE:
        raise ImageError(f"its square of {square.side:.0f} px is not within 1 to {MAX_SIDE}")
    return square


def _points(face: dict[str, Any]) -> NDArray[np.float64] | None:
    if face["landmarks"] is None or len(face["landmarks"]) != 136:
        return None
    return np.array(face["landmarks"], np.float64).reshape(68, 2)


def _eyes_and_mouth(face: dict[str, Any]) -> NDArray[np.float64]:
    """(3, 2): middles of the eyes, middle of the mouth's corners."""
    points = _points(face)
    if points is None:
        raise ImageError("no landmarks: there is nothing to align by")
    five = five_points(points)
    if not np.isfinite(five).all():
        raise ImageError("its landmarks are no numbers")
    return np.stack([five[0], five[1], (five[3] + five[4]) / 2])


def _eye_turn(face: dict[str, Any], width: float) -> float:
    left, right, _ = _eyes_and_mouth(face)
    across = right - left
    if math.hypot(*across) < MIN_EYES * width:
        return 0.0
    return math.atan2(across[1], across[0])


def _ffhq(three: NDArray[np.float64], expand: float, shift: float) -> Square:
    """The square of Karras et al. 2019, appendix C; `expand` and `shift` in its sides.

    Its x axis is the mean of the line of the eyes and the one square to eyes and mouth, its side
    4 times the distance of the eyes or 3.6 times that from eyes to mouth, whichever is longer, and
    its middle a tenth of the way from the eyes to the mouth.
    """
    left, right, mouth = three
    eyes = (left + right) / 2
    across, down = right - left, mouth - eyes
    axis = across + np.array([down[1], -down[0]])
    length = math.hypot(*axis)
    side = 2 * max(2.0 * math.hypot(*across), 1.8 * math.hypot(*down))
    if length < 1e-6 * max(side, 1e-6) or side <= 0:
        raise ImageError("eyes and mouth have no direction")
    axis = axis / length
    middle = eyes + 0.1 * down + shift * side * np.array([-axis[1], axis[0]])
    return Square(middle[0], middle[1], side * expand, math.atan2(axis[1], axis[0]))


def _box(face: dict[str, Any], matrix: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y, width, height = (face[name] for name in ("x", "y", "width", "height"))
    corners = np.array([[x, y], [x + width, y], [x, y + height], [x + width, y + height]])
    corners = corners @ matrix[:, :2].T + matrix[:, 2]
    low, high = corners.min(0), corners.max(0)
    return (*map(float, low), *map(float, high - low))


def turned(
    window: Pixels, corner: tuple[int, int], factor: int, square: Square, size: int
) -> Pixels:
    """A square resampled from the pixels around it.

    Args:
        window: (h, w, 3) uint8, enlarged `factor` times.
        corner: of the window before that, episode pixels.
        square: to cut.
        size: side of the result, pixels.

    Returns:
        (size, size, 3) uint8. Lanczos: turned at the window's resolution or the crop's, whichever
        is finer, then made smaller.
    """
    from PIL import Image

    finer = max(1, math.ceil(square.side * factor / size))
    matrix = square.matrix(size * finer)
    # From window pixels to crop pixels; OpenCV's coordinates are those of pixels' middles.
    linear = matrix[:, :2] / factor
    shift = matrix[:, :2] @ np.array(corner) + matrix[:, 2]
    shift = shift + linear @ np.array([0.5, 0.5]) - 0.5
    large = cv2.warpAffine(
        window,
        np.column_stack([linear, shift]),
        (size * finer, size * finer),
        flags=cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if finer == 1:
        return large
    return np.asarray(Image.fromarray(large).resize((size, size), Image.Resampling.LANCZOS))
