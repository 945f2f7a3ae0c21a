"""Pictures by path, whose errors tell which one it was."""

from __future__ import annotations

from pathlib import Path

from webtoon_curate.errors import ImageError
from webtoon_curate.images import Pixels, decode


def pixels_of(path: Path) -> Pixels:
    """All of a picture file, (h, w, 3) uint8 RGB.

    Raises:
        ImageError: with the path, if it is missing, damaged or too large.
    """
    try:
        return decode(path)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
