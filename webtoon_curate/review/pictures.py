"""Pictures for the review page, cut when they are asked for: thumbnails and panels."""

from __future__ import annotations

import contextlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from webtoon_curate.crops import CropSettings, cut, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import ImageError
from webtoon_curate.files import inside
from webtoon_curate.images import decode
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.labels.desk import Name
from webtoon_curate.labels.events import Box
from webtoon_curate.labels.place import EpisodePlace
from webtoon_curate.strip import Strip

THUMB = 160
"""Side of a thumbnail, pixels: sharp on dense screens, and about 6 kB."""
PANEL_PIXELS = 8_000_000
"""Of a panel's picture; larger scenes are reduced. A long scene of a webtoon is shown as it is."""
_LONGEST = 16_384
"""Side of a picture that browsers draw without fail."""
MAX_WINDOW = 24_000_000
"""Pixels of the strip that are read for one panel (69 MiB); longer scenes are shown in part."""
_CACHE_BYTES = 96 << 20
_STRIPS = 3
"""Episodes held open, with up to `strip.CACHE_BYTES` of decoded pages each."""
_JPEG = {"quality": 88}


class Pictures:
    """Cuts and keeps pictures; safe to use from many threads."""

    def __init__(self, dataset: Dataset, place: Callable[[str, str], EpisodePlace]) -> None:
        self._dataset, self._place = dataset, place
        self._cache = ByteCache(_CACHE_BYTES)
        self._strips: OrderedDict[Name, _OpenStrip] = OrderedDict()
        self._lock = threading.Lock()

    def thumb(self, name: Name, box: Box, page: str, crop: str | None) -> bytes:
        """A face's crop as a JPEG of `THUMB` pixels a side.

        Raises:
            CurateError: if the page cannot be read.
        """
        return self._cache.get(
            ("thumb", name, box, crop), lambda: self._cut_thumb(name, box, page, crop)
        )

    def panel(self, name: Name, window: tuple[int, int, int, int]) -> bytes:
        """A window of the strip as a JPEG of at most `PANEL_PIXELS`.

        Raises:
            CurateError: if the page cannot be read.
        """
        return self._cache.get(("panel", name, window), lambda: self._cut_panel(name, window))

    def close(self) -> None:
        """Close the open episodes."""
        with self._lock:
            for strip in self._strips.values():
                strip.close()
            self._strips.clear()

    def _cut_thumb(self, name: Name, box: Box, page: str, crop: str | None) -> bytes:
        from PIL import Image

        if crop is not None and (path := inside(self._dataset.path, crop)):
            with contextlib.suppress(ImageError, OSError):  # then it is cut from the page
                image = Image.fromarray(decode(path))
                return _jpeg(image.resize((THUMB, THUMB), Image.Resampling.BOX))
        place = self._place(*name)
        square = squares(np.array(box), place.crop or CropSettings())[0]
        with self._strip(name) as strip:
            return _jpeg(Image.fromarray(cut(strip.read, square, place.bounds[page], THUMB)))

    def _cut_panel(self, name: Name, window: tuple[int, int, int, int]) -> bytes:
        from PIL import Image

        with self._strip(name) as strip:
            image = Image.fromarray(strip.read(*window))
        _, _, width, height = window
        scale = min(1, (PANEL_PIXELS / (width * height)) ** 0.5, _LONGEST / max(width, height))
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            image = image.resize(size, Image.Resampling.LANCZOS)
        return _jpeg(image)

    @contextlib.contextmanager
    def _strip(self, name: Name) -> Iterator[Strip]:
        """The strip of an episode, this thread's alone for the while."""
        with self._lock:
            opened = self._strips.get(name)
            if opened is None:
                opened = self._strips[name] = _OpenStrip(self._dataset, name)
            self._strips.move_to_end(name)
            opened.users += 1
            idle = [other for other, strip in self._strips.items() if not strip.users]
            closing = [self._strips.pop(other) for other in idle[:-_STRIPS]]
        for strip in closing:
            strip.close()
        try:
            with opened.lock:
                yield opened.strip()
        finally:
            with self._lock:
                opened.users -= 1


class _OpenStrip:
    """A strip that is opened when it is first read."""

    def __init__(self, dataset: Dataset, name: Name) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self._dataset, self._name = dataset, name
        self._stack = contextlib.ExitStack()
        self._strip: Strip | None = None

    def strip(self) -> Strip:
        """The open strip; call with the lock held."""
        if self._strip is None:
            opened = episode_strip(self._dataset, *self._name)
            self._strip = self._stack.enter_context(opened)
        return self._strip

    def close(self) -> None:
        """Close it, if it was opened."""
        with self.lock:
            self._stack.close()


class ByteCache:
    """Keeps the latest used values up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._values: OrderedDict[Any, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], bytes]) -> bytes:
        """The value of `key`, made if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._held += len(value) - len(self._values.pop(key, b""))
            self._values[key] = value
            while self._held > self._limit:
                self._held -= len(self._values.popitem(last=False)[1])
        return value


def _jpeg(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **_JPEG)
    return buffer.getvalue()
