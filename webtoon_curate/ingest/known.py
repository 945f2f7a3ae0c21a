"""What a dataset knows of the episodes that were ingested before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest.sources import EpisodeSource
from webtoon_curate.tables import Note
from webtoon_curate.wording import plural


class Licenses:
    """The licences that people gave episodes: one that was given stays until another one is."""

    def __init__(
        self, dataset: Dataset | None, given: str | None, sources: Sequence[EpisodeSource]
    ) -> None:
        self._dataset, self._given = dataset, given
        self._taken: Counter[str] = Counter()
        self._replaced: Counter[str] = Counter()
        before = {self._before(source) for source in sources} - {None}
        self._common = before.pop() if len(before) == 1 else None

    def of(self, source: EpisodeSource) -> str | None:
        """The licence of an episode."""
        before = self._before(source)
        if self._given is None:
            if not before and self._common:
                self._taken[self._common] += 1
            return before or self._common
        if before and before != self._given:
            self._replaced[before] += 1
        return self._given or None

    def notes(self) -> tuple[str, ...]:
        """What new episodes got, and what is replaced."""
        taken = (
            f"{plural(number, 'new episode')} under the licence of the source's others, "
            f"{license!r}: --license gives another"
            for license, number in sorted(self._taken.items())
        )
        now = f"by {self._given!r}" if self._given else "by none"
        replaced = (
            f"the licence of an earlier run is replaced: {license!r} {now} "
            f"({plural(number, 'episode')})"
            for license, number in sorted(self._replaced.items())
        )
        return (*taken, *replaced)

    def _before(self, source: EpisodeSource) -> str | None:
        if self._dataset is None:
            return None
        note = self._dataset.tables["scenes"].note(source.title, source.episode)
        place = known_place(self._dataset, source.title, source.episode)
        if note is None or place not in (None, recorded_path(self._dataset, source)):
            return None
        return license_of(self._dataset, note)


def license_of(dataset: Dataset, note: Note) -> str | None:
    """What was given for an episode; older notes do not tell."""
    known = note.get("license", dataset.config["stages"].get("ingest", {}).get("license"))
    return known if isinstance(known, str) else None


def known_place(dataset: Dataset | None, title: str, episode: str) -> str | None:
    """The `recorded_path` of an episode that was ingested before; None if nothing is left there."""
    note = dataset.tables["scenes"].note(title, episode) if dataset else None
    if dataset is None or note is None or not (dataset.path / str(note["path"])).exists():
        return None
    return str(note["path"])


def gone_episodes(dataset: Dataset | None) -> dict[tuple[str, str], Path]:
    """Where what was ingested, by title and episode, lay that is no longer there."""
    if dataset is None:
        return {}
    scenes, root = dataset.tables["scenes"], dataset.path.resolve()
    gone = {}
    for names in scenes.episodes():
        path = root / str((scenes.note(*names) or {}).get("path"))
        if not path.exists():
            gone[names] = path
    return gone


def names_of_places(dataset: Dataset | None) -> dict[str, list[tuple[str, str]]]:
    """The titles and names of what was ingested, by its `recorded_path`."""
    found: dict[str, list[tuple[str, str]]] = {}
    if dataset is not None:
        scenes = dataset.tables["scenes"]
        for names in scenes.episodes():
            place = str((scenes.note(*names) or {}).get("path"))
            found.setdefault(place, []).append(names)
    return found


def recorded_path(dataset: Dataset | None, source: EpisodeSource) -> str:
    """Where the source lies: relative to the dataset if it is inside, else absolute."""
    path, root = source.path.resolve(), dataset.path.resolve() if dataset else None
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.as_posix()
