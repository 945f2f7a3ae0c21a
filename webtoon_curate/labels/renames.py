"""What was said of an episode follows its pages when the episode has another name.

A log names episodes as they were called. When an episode is gone from the dataset and its labelled
pages lie in another one, by sha256, an event `rename` is appended to the log: what was said of the
one until then is of the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from webtoon_curate.labels.events import IMPORT, RENAME, Event, LabelLog, read_events, standing

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

Name = tuple[str, str]
"""(title, episode)."""
_WHO = "ingest"
_ENOUGH = 0.5
"""Share of an episode's labelled pages above which the episode that holds them is the same: a page
of credits alone, which several may have, is not."""


def followed(events: Sequence[Event], known: Iterable[Event] | None = None) -> Sequence[Event]:
    """The events under the names that their episodes have now, without those of renames.

    Args:
        events: in any order.
        known: events that have the renames; None for `events` themselves.
    """
    renames: defaultdict[Name, list[tuple[str, Name]]] = defaultdict(list)
    for event in events if known is None else known:
        if event.action == RENAME:
            renames[tuple(event.value["from"])].append((event.time, tuple(event.value["to"])))
    if not renames:
        return events
    for several in renames.values():
        several.sort()
    return [_renamed(event, renames) for event in events if event.action != RENAME]


def _renamed(event: Event, renames: dict[Name, list[tuple[str, Name]]]) -> Event:
    face = event.face
    if face is None:
        return event
    time, name = event.time, (face.title, face.episode)
    while later := [rename for rename in renames.get(name, ()) if rename[0] > time]:
        time, name = later[0]
    if name == (face.title, face.episode):
        return event
    place = face.face_id.removeprefix(f"{face.title}/{face.episode}")
    title, episode = name
    ref = replace(face, title=title, episode=episode, face_id=f"{title}/{episode}{place}")
    return replace(event, face=ref)


def follow(
    dataset: Dataset, among: Iterable[Name] | None = None
) -> tuple[list[tuple[Name, Name]], list[Name]]:
    """Find where the labelled pages of episodes lie that are gone from a dataset; log the renames.

    Args:
        dataset: that a run of this process writes to.
        among: look only in these episodes; None for all.

    Returns:
        the old and the new name of each episode that was found, and the episodes that were not.
    """
    tables = dataset.tables["pages"]
    there = set(tables.episodes())
    gone: defaultdict[Name, set[str]] = defaultdict(set)
    events = read_events(dataset.path)
    for event in standing(followed(events)):
        face = event.face
        if face and face.page_sha256 and (face.title, face.episode) not in there:
            gone[face.title, face.episode].add(face.page_sha256)
    if not gone:
        return [], []
    wanted = set().union(*gone.values())
    holders: defaultdict[str, list[Name]] = defaultdict(list)
    for name in sorted(there if among is None else there.intersection(among)):
        for sha256 in wanted.intersection(tables.read(*name, ("sha256",))["sha256"].to_pylist()):
            holders[sha256].append(name)
    found = [(name, to) for name in sorted(gone) if (to := _holder(name, gone[name], holders))]
    if found:
        log = LabelLog(dataset.path, _WHO, IMPORT)
        log.follow(events)
        log.append([(RENAME, None, {"from": list(old), "to": list(new)}) for old, new in found])
        log.close()
    return found, sorted(gone.keys() - {old for old, _ in found})


def _holder(name: Name, pages: set[str], holders: dict[str, list[Name]]) -> Name | None:
    """The episode that holds the most of some pages, if these are enough."""
    shares = Counter(holder for page in pages for holder in holders.get(page, ()))
    # Of several the one that has a part of the old name, then the first.
    order = sorted(shares, key=lambda to: (-shares[to], to[1] != name[1], to[0] != name[0], to))
    return order[0] if order and shares[order[0]] > _ENOUGH * len(pages) else None
