"""Whether the pages of an episode are those that were read: by their files' times, else by content.

The file `runs/pages.json` in the dataset holds, of each episode, a digest of its files' states:
when they were modified, and when they changed in any way. Where these are others, or it is not
there, pages are compared by sha256: a copy of a source has new times and the same pages, a page
that was drawn anew may have the same size, and the same time of modification.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, ImageError
from webtoon_curate.files import sha256_of, write_json
from webtoon_curate.ingest.sources import EpisodeSource, open_episode

SEEN = "runs/pages.json"
Stamps = dict[tuple[str, str], str]
"""`EpisodeReader.stamp` by title and episode."""


def seen(dataset: Dataset | None) -> Stamps:
    """The stamps that were kept; none where nothing fits to be read."""
    try:
        titles = json.loads((dataset.path / SEEN).read_bytes()) if dataset else {}
        return {(title, name): str(s) for title, own in titles.items() for name, s in own.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def keep(dataset: Dataset, stamps: Mapping[tuple[str, str], str]) -> None:
    """Keep stamps beside those of the dataset's other episodes."""
    before = seen(dataset)
    after = {**before, **stamps}
    if after == before:
        return
    titles: dict[str, dict[str, str]] = {}
    for title, episode in dataset.tables["scenes"].episodes():
        if stamp := after.get((title, episode)):
            titles.setdefault(title, {})[episode] = stamp
    write_json(dataset.path / SEEN, titles)


def same_pages(dataset: Dataset, source: EpisodeSource) -> bool:
    """Whether the dataset has exactly these pages, by sha256.

    False, too, where a page cannot be read: that it was refused before tells nothing of today.
    """
    pages = dataset.tables["pages"].read(source.title, source.episode, ("page", "sha256"))
    known = dict(zip(pages["page"].to_pylist(), pages["sha256"].to_pylist()))
    try:
        with open_episode(source) as reader:
            return list(known) == reader.names() and all(
                page_sha256(reader.open(name))[0] == known[name] for name in reader.names()
            )
    except CurateError:
        return False


def page_sha256(data: bytes | Path) -> tuple[str, int]:
    """Digest and size of a page's bytes.

    Raises:
        ImageError: if its file cannot be read.
    """
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest(), len(data)
    try:
        return sha256_of(data), data.stat().st_size
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror}") from error
