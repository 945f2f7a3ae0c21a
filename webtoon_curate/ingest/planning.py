"""Which episodes of the sources are to be read: those that are new, or have changed.

An episode of a dataset is known by where it is read from. It keeps its title and name when a
folder further up or down is given, from which others would follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError, SourceError
from webtoon_curate.faces import Reject
from webtoon_curate.files import digest
from webtoon_curate.ingest.known import (
    Licenses,
    gone_episodes,
    known_place,
    names_of_places,
    recorded_path,
)
from webtoon_curate.ingest.provenance import Takedown
from webtoon_curate.ingest.seen import Stamps, same_pages, seen
from webtoon_curate.ingest.sources import (
    EMPTY,
    EpisodeSource,
    escape,
    find_episodes,
    open_episode,
)
from webtoon_curate.stages import OnProgress, Progress
from webtoon_curate.wording import plural


@dataclass(frozen=True)
class IngestSettings:
    """What decides the pages and scenes tables.

    Attributes:
        layout: `strip` (files continue each other), `pages` (each is cut by itself), `images`
            (each is one scene), or `auto`.
        license: licence text for pages whose source gives none; None for what an earlier run
            gave their episode, or all known episodes of the source; empty for none.
    """

    layout: str = "auto"
    license: str | None = None


@dataclass(frozen=True)
class IngestTask:
    """One episode to ingest. `key` is what its tables will be made from."""

    dataset: Path
    source: EpisodeSource
    pages: int
    key: str
    settings: IngestSettings

    @property
    def title(self) -> str:
        """The work's name in the tables."""
        return self.source.title

    @property
    def episode(self) -> str:
        """The episode's name in the tables."""
        return self.source.episode


@dataclass(frozen=True)
class Plan:
    """What an ingest would do: `tasks` to run, episodes that are `unchanged`, `rejects` so far.

    `notes` are what a person should know of it; `gone` the (title, episode) of what was ingested
    from the source and is no longer there; `stamps` those of the pages as they are now. The
    `doubtful` are tasks whose pages' files have changed and are to be compared.
    """

    tasks: list[IngestTask]
    unchanged: list[tuple[str, str]]
    rejects: list[Reject]
    notes: tuple[str, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    stamps: Stamps = field(default_factory=dict)
    doubtful: list[IngestTask] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        """How many episodes are unchanged."""
        return len(self.unchanged)


@dataclass(frozen=True)
class _Known:
    """What is known of episodes, from earlier runs and from the sources before in this one.

    Attributes:
        gone: where episodes lay that are no longer there.
        stamps: of their pages when these were read.
        names: their titles and names, by the places that they are read from.
        takedown: key of the lists that hold now.
        taken: the places of this run's episodes.
    """

    gone: dict[tuple[str, str], Path]
    stamps: Stamps
    names: dict[str, list[tuple[str, str]]]
    takedown: str
    taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def called(self, episode: EpisodeSource, place: str) -> EpisodeSource:
        """An episode by the names that it has, whatever folder above it was given this time."""
        before = self.names.get(place, [])
        if not before or (episode.title, episode.episode) in before:
            return episode
        return replace(episode, title=before[0][0], episode=before[0][1])


def required_episodes(source: Path) -> tuple[list[EpisodeSource], list[Reject]]:
    """The episodes of a source, and what was refused on the way.

    Raises:
        SourceError: if there is nothing to ingest.
    """
    sources, rejects = find_episodes(source)
    if not sources and all(reject.reason == EMPTY for reject in rejects):
        raise SourceError(
            f"no comic pages in {source}: it should hold pictures, folders of pictures, or "
            ".cbz, .zip, .cbr or .pdf files"
        )
    return sources, rejects


def plan_ingest(
    dataset: Dataset | None,
    source: Path,
    settings: IngestSettings,
    *,
    limit: int | None = None,
    force: bool = False,
) -> Plan:
    """Find the episodes of a source, and which of them are new or changed in a dataset.

    Raises:
        SourceError: if there is nothing to ingest.
    """
    return plan_sources(dataset, [source], settings, limit=limit, force=force)[0]


def plan_sources(
    dataset: Dataset | None,
    sources: Sequence[Path],
    settings: IngestSettings,
    *,
    limit: int | None = None,
    force: bool = False,
    prune: bool = False,
    on_progress: OnProgress | None = None,
) -> list[Plan]:
    """`plan_ingest` of several sources; an episode's name belongs to the first that has it.

    `on_progress` is told of the pages that are compared, where files have new times.
    """
    takedown = Takedown.load(dataset.path if dataset else None).key()
    known = _Known(gone_episodes(dataset), seen(dataset), names_of_places(dataset), takedown)
    plans = [_plan(dataset, source, settings, limit, force, prune, known) for source in sources]
    if dataset is not None:
        _compare(dataset, plans, on_progress)
    return plans


def _compare(dataset: Dataset, plans: Sequence[Plan], on_progress: OnProgress | None) -> None:
    """Take out of the tasks what is the same, for all its files' new times."""
    total, done = sum(task.pages for plan in plans for task in plan.doubtful), 0
    for plan in plans:
        same = set()
        for task in plan.doubtful:
            if same_pages(dataset, task.source):
                same.add((task.title, task.episode))
            done += task.pages
            if on_progress is not None:
                on_progress(Progress("compare", done, total, {}))
        plan.tasks[:] = [task for task in plan.tasks if (task.title, task.episode) not in same]
        plan.unchanged.extend(sorted(same))


def _plan(
    dataset: Dataset | None,
    source: Path,
    settings: IngestSettings,
    limit: int | None,
    force: bool,
    prune: bool,
    known: _Known,
) -> Plan:
    """The plan of a source; what it takes is added to what is known."""
    found, rejects = required_episodes(source)
    places = [recorded_path(dataset, episode) for episode in found]
    sources = [known.called(*pair) for pair in zip(found, places)]
    renamed = [pair for pair in zip(sources[:limit], found) if pair[0] != pair[1]]
    tasks, unchanged, moved, doubtful = [], [], [], []
    stamps: Stamps = {}
    licenses = Licenses(dataset, settings.license, sources)
    for episode, place in zip(sources[:limit], places):
        names = (episode.title, episode.episode)
        before = known.taken.get(names) or known_place(dataset, *names)
        if before not in (None, place):
            rejects.append(_clash(episode, str(before)))
            continue
        license = licenses.of(episode)
        fingerprint, pages, stamp = _looked_at(episode)
        if stamp is not None:
            stamps[names] = stamp
        key = digest([fingerprint, settings.layout, license])
        done = dataset is not None and dataset.done("scenes", *names, key)
        done = done and not _relisted(dataset, names, known.takedown)
        same = done and before == place and not force
        new_times = stamps.get(names) != known.stamps.get(names)
        if names in known.taken or (same and not new_times):
            unchanged.append(names)
            continue
        if before is None and dataset and dataset.tables["scenes"].note(*names):
            moved.append(names)
        known.taken[names] = place
        known.names.setdefault(place, []).append(names)
        path = dataset.path if dataset else Path()
        task = IngestTask(path, episode, pages, key, replace(settings, license=license))
        tasks.append(task)
        if same:
            doubtful.append(task)
    root = source.resolve()
    below = (names for names, path in known.gone.items() if path.is_relative_to(root))
    gone = [names for names in below if names not in moved] if source.is_dir() else []
    notes = (*licenses.notes(), *_notes(source, renamed, moved, gone, prune))
    return Plan(tasks, unchanged, rejects, notes, tuple(gone), stamps, doubtful)


def _relisted(dataset: Dataset | None, names: tuple[str, str], takedown: str) -> bool:
    """Whether an episode has pages that were withheld by takedown lists with other entries."""
    note = dataset.tables["scenes"].note(*names) if dataset else None
    return (note or {}).get("takedown", takedown) != takedown


def _looked_at(episode: EpisodeSource) -> tuple[str, int, str | None]:
    """Fingerprint, number of pages and stamp of an episode; no stamp if it cannot be read."""
    try:
        with open_episode(episode) as reader:
            return reader.fingerprint(), len(reader.names()), reader.stamp()
    except CurateError as error:
        return f"unreadable: {error}", 0, None


def _notes(
    source: Path,
    renamed: list[tuple[EpisodeSource, EpisodeSource]],
    moved: list[tuple[str, str]],
    gone: list[tuple[str, str]],
    prune: bool,
) -> Iterator[str]:
    """What became of episodes that go by other names, or are not where they were ingested from."""
    if renamed:
        have, would = ("/".join((one.title, one.episode)) for one in renamed[0])
        yield (
            f"{plural(len(renamed), 'episode')} known by the names of an earlier source, which "
            f"stay: such as {have}, not {would}"
        )
    if moved:
        yield (
            f"{plural(len(moved), 'episode')} moved since the last run, such as "
            f"{'/'.join(moved[0])}: read from {escape(str(source))} now"
        )
    if gone:
        advice = (
            "; --prune takes out what is gone, and gives what people said of it to the episode "
        )
        yield (
            f"{plural(len(gone), 'episode')} of the dataset no longer in {escape(str(source))}, "
            f"such as {'/'.join(gone[0])}"
            + (": taken out" if prune else f"{advice}that has its pages now")
        )


def _clash(source: EpisodeSource, before: str) -> Reject:
    """The reject of an episode whose name belongs to the one at `before`."""
    name = f"{source.title}/{source.episode}"
    reason = f"{name} was ingested from {before} before; rename one of the two"
    return source.reject(escape(str(source.path)), reason)
