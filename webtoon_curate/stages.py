"""What every stage shares: run episodes, count, keep the rejects, report progress."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol, TypeVar

from webtoon_curate import __version__
from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import run_episodes
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import is_disk_full, write_json
from webtoon_curate.manifest import write_manifest
from webtoon_curate.picture_folder import remove_half_written
from webtoon_curate.unchanged import joined, joined_from, recall, remember


class Task(Protocol):
    """An episode's work: picklable, named, and with its number of pages, for the progress bar."""

    @property
    def title(self) -> str:
        """The work's name in the tables."""

    @property
    def episode(self) -> str:
        """The episode's name in the tables."""

    @property
    def pages(self) -> int:
        """How many pages it has; the work calls `engine.advance` for each."""


AnyTask = TypeVar("AnyTask", bound=Task)


@dataclass(frozen=True)
class Progress:
    """How far a stage is: pages done of `total`, and what was counted so far."""

    stage: str
    done: int
    total: int
    counts: dict[str, int]


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Summary:
    """What a stage did.

    Attributes:
        dataset: the dataset's folder.
        stage: `ingest`, `detect` …
        episodes: how many were done in this run.
        skipped: how many were done before and are unchanged.
        counts: of this run: pages, scenes, faces, kept …
        rejects: how many inputs the stage refuses in what the run covered: those that were refused
            before and are unchanged, too, but not those of other stages or episodes.
        notes: what a person should know of the run.
    """

    dataset: Path
    stage: str
    episodes: int
    skipped: int
    counts: dict[str, int] = field(default_factory=dict)
    rejects: int = 0
    notes: tuple[str, ...] = ()


def run_stage(
    dataset: Dataset,
    stage: str,
    work: Callable[[AnyTask], dict[str, int]],
    tasks: Sequence[AnyTask],
    jobs: int,
    on_progress: OnProgress | None = None,
    into: Path | None = None,
) -> dict[str, int]:
    """Do the episodes, `jobs` at a time; an episode that fails is a reject and the run goes on.

    Args:
        dataset: that keeps the rejects.
        stage: the command's name.
        work: does an episode, and gives its counts.
        tasks: the episodes.
        jobs: how many are done side by side.
        on_progress: called as pages are done.
        into: where the work writes; None for the dataset.

    Raises:
        DatasetError: if the disk is full, for then nothing can go on.
    """
    counts: Counter[str] = Counter()
    total, done, ended = sum(task.pages for task in tasks), 0, 0

    def advance(pages: int) -> None:
        nonlocal done
        done = min(done + pages, total)  # a worker that died has its pages told again
        if on_progress is not None:
            on_progress(Progress(stage, done, total, dict(counts)))

    advance(0)
    for task, outcome in run_episodes(work, tasks, jobs, advance):
        if isinstance(outcome, BaseException):
            if into is None:
                remove_half_written(dataset.path, task.title, task.episode)
            if is_disk_full(outcome):
                raise DatasetError(
                    f"no space left for {into or dataset.path}; free some and run the same "
                    "command again"
                ) from outcome
            _reject_episode(dataset, stage, task, outcome)
            counts["failed"] += 1
        else:
            counts.update(outcome)
        ended += task.pages
        # Its pages were told before its counts were known; of a failed one not all of them were.
        advance(max(0, ended - done))
    return dict(counts)


def finish_run(
    dataset: Dataset,
    stage: str,
    started: datetime,
    counts: dict[str, int],
    models: Mapping[str, str | None] | None = None,
) -> None:
    """Merge the tables, join the manifest and the rejects if any has changed, and record the run.

    Args:
        dataset: that the stage wrote to.
        stage: the command's name.
        started: when the run began, UTC.
        counts: of this run: pages, scenes, faces …
        models: sha256 of each model that ran, by name@version.
    """
    for tables in dataset.tables.values():
        tables.merge()
    made_from = joined_from(dataset)
    if recall(dataset, "manifest", made_from) != joined(dataset):
        dataset.join_rejects()
        write_manifest(dataset)
        remember(dataset, "manifest", made_from, joined(dataset))
    seconds = (datetime.now(timezone.utc) - started).total_seconds()
    record = {
        "stage": stage,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "counts": counts,
        "settings": dataset.config["stages"].get(stage, {}),
        "models": dict(models or {}),
        "versions": {"webtoon_curate": __version__, "python": platform.python_version()},
    }
    write_json(dataset.path / "runs" / f"{started:%Y%m%dT%H%M%S.%f}-{stage}.json", record)


def _reject_episode(dataset: Dataset, stage: str, task: Task, error: BaseException) -> None:
    reason = str(error) if isinstance(error, CurateError) else f"{type(error).__name__}: {error}"
    name = f"{task.title}/{task.episode}"
    reject = Reject(task.title, task.episode, stage, name, reason)
    dataset.write_rejects(stage, task.title, task.episode, [reject])
