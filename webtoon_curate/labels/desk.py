"""The faces of a dataset as they are with all that was said, and the place to say more."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from webtoon_curate.dataset import Dataset
from webtoon_curate.joined import Joined
from webtoon_curate.labels.events import (
    PERSON,
    RENAME,
    Event,
    FaceRef,
    LabelLog,
    LogReader,
    check_name,
    standing,
)
from webtoon_curate.labels.fold import fold
from webtoon_curate.labels.join import Labelled, labelled
from webtoon_curate.labels.pages import PageFinder
from webtoon_curate.labels.place import EpisodePlace, Row
from webtoon_curate.labels.renames import followed
from webtoon_curate.manifest import face_rows, reader_of

Name = tuple[str, str]
"""(title, episode)."""
Said = tuple[str, FaceRef | None, Any]

_EPISODES_HELD = 16


class Desk:
    """Reads faces with their labels, episode by episode, and takes new words; thread-safe.

    Args:
        dataset: with faces.
        log: where new words go.

    Raises:
        DatasetError: if a log is damaged.
    """

    def __init__(self, dataset: Dataset, log: LabelLog) -> None:
        self.dataset, self.log = dataset, log
        self._reader = LogReader(dataset.path)
        self._all: list[Event] = []
        self._events: defaultdict[Name, list[Event]] = defaultdict(list)
        self._names_of: dict[str, set[Name]] = {}
        self._lock = threading.RLock()
        self._find = PageFinder(dataset)
        self._joined = Joined(dataset)
        self._base = lru_cache(_EPISODES_HELD)(self._read_base)
        self.place = lru_cache(_EPISODES_HELD)(self._read_place)
        self.refresh()

    def faces(self, title: str, episode: str) -> list[Labelled]:
        """The faces of an episode, with what was said of each; none if it was not detected."""
        with self._lock:
            base = self._base(title, episode)
            events = self._events.get((title, episode))
            if base is None:
                return []
            labels = fold(events, self._find).get((title, episode), []) if events else []
            read = reader_of(self._joined, title, episode)
            return labelled(base, labels, self.place(title, episode), read)

    def labelled_episodes(self) -> list[Name]:
        """The episodes of which something was said."""
        return sorted(self._events)

    def say(self, said: Sequence[Said]) -> tuple[list[Event], set[Name]]:
        """Append one action's events to the log; on return they are on the disk.

        Returns:
            The events, and the episodes whose faces changed (others' words are read too).

        Raises:
            DatasetError: if they make no sense or the disk does not take them; none counts then.
        """
        with self._lock:
            events = self.log.append(said)
            return events, self.refresh()

    def undo(self) -> tuple[list[Event], set[Name]]:
        """Undo this person's latest action that stands, also one of an earlier session.

        Returns:
            The events that no longer count, and the episodes whose faces changed.
        """
        with self._lock:
            changed = self.refresh()
            mine = {
                event.id: event
                for events in self._events.values()
                for event in events
                if event.who == self.log.who and event.via == self.log.via
            }
            kept = [event for event in standing(mine.values()) if event.action != "undo"]
            if not kept:
                return [], changed
            latest = max(event.time for event in kept)
            undone = [event for event in kept if event.time == latest]
            _, more = self.say([("undo", None, [event.id for event in undone])])
            return undone, changed | more

    def refresh(self) -> set[Name]:
        """Take in what was appended to the logs by anybody; the episodes that changed."""
        with self._lock:
            changed: set[Name] = set()
            fresh = self._reader.new()
            self.log.follow(fresh)
            self._all += fresh
            if any(event.action == RENAME for event in fresh):
                changed |= self._events.keys()
                self._events.clear()
                self._names_of.clear()
                fresh = self._all
            fresh = sorted(followed(fresh, self._all), key=lambda event: event.time)
            for event in sorted(fresh, key=lambda event: event.action == "undo"):
                names = self._names(event)
                self._names_of[event.id] = names
                for name in names:
                    self._events[name].append(event)
                changed |= names
            return changed

    def _names(self, event: Event) -> set[Name]:
        if event.face is not None:
            return {(event.face.title, event.face.episode)}
        targets: Iterable[str] = event.value
        return set().union(*(self._names_of.get(target, set()) for target in targets))

    def _read_base(self, title: str, episode: str) -> list[Row] | None:
        table = face_rows(self.dataset, title, episode)
        return None if table is None else table.to_pylist()

    def _read_place(self, title: str, episode: str) -> EpisodePlace:
        return EpisodePlace(self.dataset, title, episode)


def open_desk(path: Path, who: str, via: str) -> Desk:
    """A desk for one session of a person or an import.

    Raises:
        DatasetError: if there is no dataset, or the person's name is none.
    """
    if via == PERSON:
        check_name(who)
    dataset = Dataset(path)
    return Desk(dataset, LabelLog(dataset.path, who, via))
