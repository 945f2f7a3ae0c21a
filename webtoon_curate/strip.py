"""The pages of an episode as one long strip, of which any window can be read.

A strip is never decoded as one picture. Pages of ordinary size are decoded whole, longer ones in
bands while the reading goes down; the latest of both stay in memory up to a number of bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from webtoon_curate.errors import ImageError
from webtoon_curate.faces import Page
from webtoon_curate.images import WHOLE_PIXELS, ImageReader, Pixels, open_image

CACHE_BYTES = 128 << 20
"""Decoded pages and bands that a strip keeps; one of `WHOLE_PIXELS` is 69 MiB."""
_BAND_BYTES = 16 << 20
"""Of a page too large to be decoded at once."""


class Strip:
    """The pages of an episode under each other, left edges aligned, white to the right of them.

    Reading downwards decodes each page once, also a huge one. Going back by more than the cache
    holds decodes the page again from its top.

    Example:
        >>> with Strip(pages, episode.open) as strip:        # doctest: +SKIP
        ...     window = strip.read(0, 1200, strip.width, 640)

    Args:
        pages: in reading order, each below the one before.
        opener: gives a page's file by its name.
        cache_bytes: how much decoded picture to keep.

    Attributes:
        width, height: of the whole strip, pixels.
    """

    def __init__(
        self,
        pages: Sequence[Page],
        opener: Callable[[str], bytes | Path],
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.pages = tuple(pages)
        self.width = max((page.width for page in pages), default=0)
        self.height = max((page.y + page.height for page in pages), default=0)
        self._tops = [page.y for page in pages]
        self._opener = opener
        self._cache: OrderedDict[tuple[int, int], Pixels] = OrderedDict()
        self._cache_bytes = cache_bytes
        self._reader: tuple[int, ImageReader] | None = None

    def page_at(self, y: float) -> Page:
        """The page at row `y`; rows beyond the strip belong to its first or last page."""
        return self.pages[self._index_at(y)]

    def read(self, x: int, y: int, width: int, height: int) -> Pixels:
        """A window in episode pixels; white where there is no page.

        Returns:
            (height, width, 3) uint8 RGB, the caller's own.

        Raises:
            ImageError: if a page under the window cannot be decoded; the message names it.
        """
        out = np.full((height, width, 3), 255, np.uint8)
        left = max(x, 0)
        for index in range(self._index_at(y), len(self.pages)):
            page = self.pages[index]
            if page.y >= y + height:
                break
            right = min(x + width, page.width)
            first, last = max(y - page.y, 0), min(y + height - page.y, page.height)
            if right <= left or last <= first:
                continue
            rows = self._band_rows(page)
            for band in range(first // rows, -(-last // rows)):
                top, bottom = max(first, band * rows), min(last, (band + 1) * rows)
                pixels = self._band(index, band)[top - band * rows : bottom - band * rows]
                start = page.y + top - y
                out[start : start + bottom - top, left - x : right - x] = pixels[:, left:right]
        return out

    def close(self) -> None:
        """Frees the cache and the open page."""
        self._cache.clear()
        self._close_reader()

    def __enter__(self) -> Strip:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _index_at(self, y: float) -> int:
        return max(0, bisect_right(self._tops, y) - 1)

    @staticmethod
    def _band_rows(page: Page) -> int:
        if page.width * page.height <= WHOLE_PIXELS:
            return page.height
        return max(1, _BAND_BYTES // (3 * page.width))

    def _band(self, index: int, band: int) -> Pixels:
        key = (index, band)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        page = self.pages[index]
        rows = self._band_rows(page)
        top = band * rows
        size = 3 * page.width * min(rows, page.height - top)
        held = sum(pixels.nbytes for pixels in self._cache.values())
        while self._cache and held + size > self._cache_bytes:
            held -= self._cache.popitem(last=False)[1].nbytes
        try:
            reader = self._open(index)
            pixels = reader.read(top, min(rows, page.height - top))
        except ImageError as error:
            self._close_reader()
            raise ImageError(f"{page.name}: {error}") from error
        if rows >= page.height:
            self._close_reader()
        self._cache[key] = pixels
        return pixels

    def _open(self, index: int) -> ImageReader:
        if self._reader is None or self._reader[0] != index:
            self._close_reader()
            page = self.pages[index]
            reader = open_image(self._opener(page.name))
            self._reader = (index, reader)
            if (reader.width, reader.height) != (page.width, page.height):
                raise ImageError(
                    f"has {reader.width} x {reader.height} pixels, no longer the "
                    f"{page.width} x {page.height} of the pages table; ingest it again"
                )
        return self._reader[1]

    def _close_reader(self) -> None:
        if self._reader:
            self._reader[1].close()
        self._reader = None
