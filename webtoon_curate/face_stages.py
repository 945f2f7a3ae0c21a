"""What the stages that read faces share: one task an episode, done once for each set of boxes.

Such a stage starts from the faces that the detector and people found, and writes a row for each it
could read. The manifest takes a row only while its face still has the box that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from webtoon_curate import __version__
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Reject
from webtoon_curate.files import digest
from webtoon_curate.labels.fold import Label, labels_of
from webtoon_curate.lock import writing
from webtoon_curate.manifest import face_rows
from webtoon_curate.stages import OnProgress, Summary, finish_run, run_stage
from webtoon_curate.tables import MADE_BY
from webtoon_curate.unchanged import labels_state, recall, remember, tables_state
from webtoon_curate.wording import quoted

BOX = ("face_id", "title", "episode", "scene", "x", "y", "width", "height")
"""Columns that begin the tables of these stages."""
_READ = ("pages", "scenes", "faces")
"""Tables that all of them read."""


@dataclass(frozen=True)
class FaceTask:
    """The faces of one episode.

    Attributes:
        dataset, title, episode: where they are.
        pages: number of faces; the work calls `engine.advance` for each.
        input, key: of the note of the table that is made.
        settings: of the stage.
        labels: what people said of the episode.
    """

    dataset: Path
    title: str
    episode: str
    pages: int
    input: str
    key: str
    settings: Any
    labels: Sequence[Label] = field(default=(), repr=False)

    def faces(self) -> pa.Table:
        """The kept faces, in `MANIFEST`'s schema, in the order of the manifest.

        Raises:
            DatasetError: if the scenes were cut anew meanwhile.
        """
        rows = face_rows(Dataset(self.dataset), self.title, self.episode, self.labels)
        if rows is None:
            raise DatasetError(
                f"the faces are older than the scenes; run: webtoon-curate detect "
                f"{quoted(self.dataset)}"
            )
        return rows.filter(rows["keep"])


def run_face_stage(
    dataset: Dataset,
    stage: str,
    settings: Any,
    work: Callable[[FaceTask], dict[str, int]],
    *,
    resolved: dict[str, Any] | None = None,
    after: Sequence[str] = (),
    beside: Sequence[str] = (),
    models: dict[str, str | None] | None = None,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
    finish: Callable[[], dict[str, int]] = dict,
    finish_reads: Sequence[str] = (),
    finish_by: str = "",
) -> Summary:
    """Do a stage for every episode whose faces, settings or earlier stages have changed.

    Args:
        dataset: with faces, from `detect`.
        stage: name of its table, and of the command.
        settings: a dataclass, given to `work`.
        work: writes an episode's table with `write_faces`; a function of a module.
        resolved: what decides the table, instead of the settings: with models' checksums, without
            devices.
        after: stages whose tables `work` reads.
        beside: tables that `work` writes before the stage's own, with the same key.
        models: sha256 by name@version, for the record of the run.
        jobs: episodes done side by side.
        limit: only the first so many episodes.
        force: also episodes that are done.
        on_progress: called as faces are done.
        finish: called when all episodes are done, before their tables are joined; what it counts is
            told beside what `work` counts.
        finish_reads: tables that it reads or writes, beside those of the stage.
        finish_by: version of what it judges by.

    An episode of which a stage in `after` has nothing is a reject, and the run goes on. Where all
    that a stage reads and writes is as a run of all episodes left it, no table is read.

    Raises:
        DatasetError: if `detect`, or a stage in `after`, has not run.
    """
    started = datetime.now(timezone.utc)
    resolved = asdict(settings) if resolved is None else resolved
    given = digest(
        [__version__, resolved, models, finish_by, None if settings is None else asdict(settings)]
    )
    concerns = sorted({*_READ, *after, *beside, *finish_reads, stage, f"rejects/{stage}"})
    with writing(dataset.path, MADE_BY.get(stage, stage)):
        said = labels_state(dataset)
        known = recall(dataset, stage, digest([given, said, tables_state(dataset, concerns)]))
        if known is not None and not force and limit is None:
            finish_run(dataset, stage, started, known["counts"], models)
            rejects = dataset.refused(stage, dataset.tables["faces"].episodes())
            return Summary(dataset.path, stage, 0, known["episodes"], known["counts"], rejects)
        tasks, waiting, skipped = _planned(
            dataset, stage, settings, resolved, after, beside, limit, force
        )
        dataset.record_settings(stage, resolved)
        for reject in waiting:
            dataset.write_rejects(stage, reject.title, reject.episode, [reject])
        counts = run_stage(dataset, stage, work, tasks, jobs, on_progress)
        if waiting:
            counts["failed"] = counts.get("failed", 0) + len(waiting)
        finished = finish()
        finish_run(dataset, stage, started, {**counts, **finished}, models)
        if limit is None and not counts.get("failed"):
            what = {"episodes": len(tasks) + skipped, "counts": finished}
            made_from = digest([given, said, tables_state(dataset, concerns)])
            remember(dataset, stage, made_from, what)
    rejects = dataset.refused(stage, list(dataset.tables["faces"].episodes())[:limit])
    done = len(tasks) + len(waiting)
    return Summary(dataset.path, stage, done, skipped, {**counts, **finished}, rejects)


def face_tasks(
    dataset: Dataset,
    stage: str,
    settings: Any,
    resolved: dict[str, Any],
    after: Sequence[str] = (),
    limit: int | None = None,
    force: bool = False,
    beside: Sequence[str] = (),
) -> tuple[list[FaceTask], int]:
    """What `run_face_stage` would do: the episodes to do, and the number of those that are done.

    Raises:
        DatasetError: if `detect`, or a stage in `after`, has not run.
    """
    tasks, _, skipped = _planned(dataset, stage, settings, resolved, after, beside, limit, force)
    return tasks, skipped


def _planned(
    dataset: Dataset,
    stage: str,
    settings: Any,
    resolved: dict[str, Any],
    after: Sequence[str],
    beside: Sequence[str],
    limit: int | None,
    force: bool,
) -> tuple[list[FaceTask], list[Reject], int]:
    """The episodes to do, those that lack an earlier stage, and the number of those done."""
    said = labels_of(dataset)
    tasks, waiting, skipped = [], [], 0
    for title, episode in list(dataset.tables["faces"].episodes())[:limit]:
        labels = said.get((title, episode), [])
        rows = face_rows(dataset, title, episode, labels)
        if rows is None:
            continue
        scenes = dataset.tables["scenes"].note(title, episode) or {}
        try:
            read = [_key(dataset, name, title, episode) for name in after]
        except DatasetError as error:
            waiting.append(Reject(title, episode, stage, f"{title}/{episode}", str(error)))
            continue
        rows = rows.filter(rows["keep"])
        boxes = digest([rows[name].to_pylist() for name in BOX])
        key = digest([scenes["content"], boxes, read, resolved])
        made = (stage, *beside)
        done = all(dataset.done(name, title, episode, key) for name in made)
        if done and not force and not dataset.failed(stage, title, episode):
            skipped += 1
            continue
        where = (dataset.path, title, episode, len(rows))
        tasks.append(FaceTask(*where, str(scenes["content"]), key, settings, labels))
    if not tasks and not skipped:
        raise DatasetError(waiting[0].reason if waiting else dataset.why_no_faces())
    return tasks, waiting, skipped


def write_faces(
    task: FaceTask, stage: str, rows: Sequence[dict[str, Any]], rejects: Sequence[Reject] = ()
) -> None:
    """Write an episode's table of a stage, and what it refused."""
    dataset = Dataset(task.dataset)
    tables = dataset.tables[stage]
    dataset.write_rejects(stage, task.title, task.episode, rejects)
    table = pa.Table.from_pylist(list(rows), tables.schema)
    tables.write(task.title, task.episode, table, {"key": task.key, "input": task.input})


def earlier(task: FaceTask, stage: str, faces: pa.Table) -> list[dict[str, Any] | None]:
    """The rows of an earlier stage for exactly these boxes, None where there is none."""
    dataset = Dataset(task.dataset)
    if not dataset.current(stage, task.title, task.episode):
        return [None] * len(faces)
    table = dataset.tables[stage].read(task.title, task.episode)
    where = pc.index_in(faces["face_id"], table["face_id"].combine_chunks()).to_pylist()
    rows = table.to_pylist()
    found = [None if at is None else rows[at] for at in where]
    boxes = faces.select(BOX).to_pylist()
    return [
        row if row and all(row[name] == box[name] for name in BOX) else None
        for row, box in zip(found, boxes)
    ]


def _key(dataset: Dataset, stage: str, title: str, episode: str) -> object:
    note = dataset.tables[stage].note(title, episode)
    if note is None:
        command = {"readings": "landmarks"}.get(stage, stage)
        raise DatasetError(
            f"{title}/{episode} has no {stage} yet; first run: "
            f"webtoon-curate {command} {quoted(dataset.path)}"
        )
    return note["key"]
