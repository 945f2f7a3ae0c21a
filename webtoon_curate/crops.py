"""Square crops of faces, cut from the strip."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ImageError
from webtoon_curate.faces import Page

BAD_BOX = "bad_box"
"""`keep_reason` of a face whose box has no area, or numbers that are none."""
Bounds = tuple[int, int, int, int]
"""x, y, width, height in whole episode pixels."""
MOST_PIXELS = 64_000_000
"""Of a square that is resampled at once; a larger one, such as that of a box drawn by hand down a
whole strip, is reduced before."""
Read = Callable[[int, int, int, int], NDArray[np.uint8]]
"""`read(x, y, width, height)`: RGB of a rectangle in whole episode pixels, as `Strip.read`."""


def rectangles_of(picture: NDArray[np.uint8]) -> Read:
    """`Read` of a picture in memory, (h, w, 3) uint8 RGB."""
    return lambda x, y, width, height: picture[y : y + height, x : x + width]


@dataclass(frozen=True)
class CropSettings:
    """How a face box becomes a square crop.

    Attributes:
        size: side of the crop, pixels.
        expand: the square's side in units of the box's longer side.
        shift: how far the square's center lies below the box's, in units of the longer side.

    The defaults are those of bryandlee's naver-webtoon-data, which trained StyleGAN2 on 453,846
    webtoon faces.
    """

    size: int = 256
    expand: float = 1.8
    shift: float = 0.2


def squares(boxes: NDArray[np.float32], settings: CropSettings) -> NDArray[np.float64]:
    """The crops' squares.

    Args:
        boxes: (n, 4) x, y, width, height in pixels.
        settings: expansion and shift.

    Returns:
        (n, 3): x, y, side in pixels; the squares may reach beyond the page.
    """
    x, y, width, height = np.asarray(boxes, np.float64).reshape(-1, 4).T
    longer = np.maximum(width, height)
    side = longer * settings.expand
    center_x, center_y = x + width / 2, y + height / 2 + longer * settings.shift
    return np.stack([center_x - side / 2, center_y - side / 2, side], axis=1)


class PageBounds(dict[str, Bounds]):
    """Rectangles by page name; a name that a damaged table tells is an `ImageError`."""

    def __missing__(self, page: str) -> Bounds:
        raise ImageError(f"{page} is no page of its episode: run detect --force")


def page_bounds(pages: Sequence[Page], layout: str) -> PageBounds:
    """The rectangle that crops of a page may be cut from, by page name.

    In a strip that is the run of pages of one width, which continue each other; else the page.
    """
    bounds = PageBounds()
    run: list[Page] = []
    for page, following in zip(pages, [*pages[1:], None]):
        run.append(page)
        if following is not None and layout == "strip" and following.width == page.width:
            continue
        height = sum(member.height for member in run)
        bounds |= {member.name: (0, run[0].y, page.width, height) for member in run}
        run = []
    return bounds


def blank_edges(squares: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float32]:
    """The largest share of a square's side that lies beyond one edge of the page.

    Args:
        squares: (n, 3) of `squares`.
        bounds: x, y, width, height of the page, or of the whole strip.

    Returns:
        (n,) float32, 0-1.
    """
    x, y, side = np.asarray(squares, np.float64).reshape(-1, 3).T
    left, top, width, height = bounds
    beyond = [left - x, top - y, x + side - left - width, y + side - top - height]
    share = np.max(beyond, axis=0) / np.maximum(side, 1e-9)
    return np.clip(share, 0, 1).astype(np.float32)


def keep_reason(
    width: float,
    height: float,
    blank: float,
    short_edge: float = 64,
    aspect: float = 1.3,
    blank_edge: float = 0.075,
) -> str | None:
    """Why exports leave a face out; None to keep it.

    Args:
        width, height: of its box, pixels.
        blank: share of its crop beyond the page, of `blank_edges`.
        short_edge, aspect, blank_edge: the limits, as in `detect.stage.DetectSettings`.

    Returns:
        `bad_box`, `short_edge`, `aspect` or `blank_edge`, in this order.
    """
    short, long = min(width, height), max(width, height)
    if not math.isfinite(short + long + blank) or short <= 0:
        return BAD_BOX
    if short < short_edge:
        return "short_edge"
    if long > aspect * short:
        return "aspect"
    if blank > blank_edge:
        return "blank_edge"
    return None


def cut(
    read: Read,
    square: NDArray[np.float64],
    bounds: Bounds,
    size: int,
) -> NDArray[np.uint8]:
    """One crop, resampled with Lanczos; what lies beyond the page is its reflection.

    Args:
        read: `Strip.read` or the like.
        square: (3,) x, y, side in pixels.
        bounds: x, y, width, height of the page, or of the whole strip.
        size: side of the crop, pixels.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    from PIL import Image

    x, y, side = (float(value) for value in square)
    margin = 3 * max(1.0, side / size)  # Lanczos looks three target pixels around
    x0, y0 = int(np.floor(x - margin)), int(np.floor(y - margin))
    x1, y1 = int(np.ceil(x + side + margin)), int(np.ceil(y + side + margin))
    left, top, width, height = bounds
    inner_x0, inner_y0 = max(x0, left), max(y0, top)
    inner_x1, inner_y1 = min(x1, left + width), min(y1, top + height)
    pixels = read(inner_x0, inner_y0, inner_x1 - inner_x0, inner_y1 - inner_y0)
    times = math.ceil(((x1 - x0) * (y1 - y0) / MOST_PIXELS) ** 0.5)
    if times > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(times))
    before = (inner_y0 - y0) // times, (inner_x0 - x0) // times
    wanted = -(-(y1 - y0) // times), -(-(x1 - x0) // times)
    after = (max(w - b - n, 0) for w, b, n in zip(wanted, before, pixels.shape))
    padding = (*zip(before, after), (0, 0))
    if np.any(padding):
        pixels = np.pad(pixels, padding, mode="reflect" if min(pixels.shape[:2]) > 1 else "edge")
    left, top, side = (x - x0) / times, (y - y0) / times, side / times
    box = (left, top, left + side, top + side)
    image = Image.fromarray(pixels).resize((size, size), Image.Resampling.LANCZOS, box)
    return np.asarray(image)
