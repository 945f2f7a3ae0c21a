"""The pages of an ingested episode, opened again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import SourceError
from webtoon_curate.faces import Page
from webtoon_curate.ingest.sources import EpisodeSource, open_episode
from webtoon_curate.strip import Strip
from webtoon_curate.wording import quoted


@contextlib.contextmanager
def episode_strip(
    dataset: Dataset, title: str, episode: str, is_read: bool = True
) -> Iterator[Strip]:
    """The pages of an ingested episode as a strip to read from.

    Args:
        dataset: of the episode.
        title, episode: its names.
        is_read: whether anything of it will be read; else its source may be gone.

    Raises:
        SourceError: if the source is no longer where it was ingested from.
    """
    note = dataset.tables["pages"].note(title, episode) or {}
    table = dataset.tables["pages"].read(title, episode)
    columns = (table[name].to_pylist() for name in ("page", "y", "width", "height"))
    pages = [Page(*values) for values in zip(*columns)]
    if not (pages and is_read):  # where ingest refused all pages, that is told once
        with Strip(pages, Path) as strip:
            yield strip
        return
    path = dataset.path / str(note["path"])
    if not path.exists():
        raise SourceError(
            "its source is gone: put it back, or read it from its new place: webtoon-curate "
            f"ingest NEW-PLACE -o {quoted(dataset.path)}"
        )
    source = EpisodeSource(title, episode, path, str(note["kind"]))
    with open_episode(source) as reader, Strip(pages, reader.open) as strip:
        yield strip
