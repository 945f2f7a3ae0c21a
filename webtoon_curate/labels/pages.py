"""Where the pages that events name lie today: pages come and go above a labelled face."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from webtoon_curate.labels.events import Box, Event, FaceRef

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

_EPISODES_HELD = 64


class PageFinder:
    """Moves events to where their pages lie today.

    Args:
        dataset: with pages; an episode's are read once, so keep a finder for one look only.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._pages = lru_cache(_EPISODES_HELD)(self._read)

    def __call__(self, event: Event) -> tuple[Event, bool]:
        """The event in today's episode pixels, and whether its page is gone.

        A page is known by its content and else by its name. If it is gone, the event is in the
        page's own pixels. Events without a page stay where they were.
        """
        face = event.face
        if face is None or face.page_box is None:
            return event, False
        pages = self._pages(face.title, face.episode)
        if pages is None:
            return event, False
        keys = ((face.page, face.page_sha256), face.page_sha256, face.page)
        top = next((pages[key] for key in keys if key in pages), None)
        then = round(face.box[1] - face.page_box[1])
        return _moved(event, (top or 0) - then), top is None

    def _read(self, title: str, episode: str) -> dict[object, int] | None:
        """First rows of an episode's pages by (name, sha256), by name and by sha256."""
        tables = self._dataset.tables["pages"]
        if tables.note(title, episode) is None:
            return None
        table = tables.read(title, episode)
        names, digests, tops = (table[name].to_pylist() for name in ("page", "sha256", "y"))
        # Of pages with the same content the first counts, unless the name tells which.
        return {
            **dict(zip(reversed(digests), reversed(tops))),
            **dict(zip(names, tops)),
            **dict(zip(zip(names, digests), tops)),
        }


def _moved(event: Event, rows: int) -> Event:
    """The event, so many rows further down."""
    if not rows or event.face is None:
        return event
    value = event.value
    if event.action == "box":
        value = list(_down(value, rows))
    elif event.action == "points":
        value = {name: [x, y + rows] for name, (x, y) in value.items()}
    face: FaceRef = replace(event.face, box=_down(event.face.box, rows))
    return replace(event, face=face, value=value)


def _down(box: Box, rows: int) -> Box:
    x, y, width, height = box
    return (x, y + rows, width, height)
