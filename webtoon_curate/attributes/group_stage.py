"""The `label groups` stage: the group of each face, by a model. People's words win in the join."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.groups import QUESTIONS, Backend, Row, decide, load_backend
from webtoon_curate.crops import CropSettings, cut, page_bounds, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.errors import ImageError
from webtoon_curate.face_stages import (
    BOX,
    FaceTask,
    earlier,
    face_tasks,
    run_face_stage,
    write_faces,
)
from webtoon_curate.faces import Reject
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.schema import GROUPS
from webtoon_curate.stages import OnProgress, Summary

STAGE = "groups"
AT_ONCE = 32
"""Faces that a backend is asked for at once; bounds the memory."""


@dataclass(frozen=True)
class GroupSettings:
    """What decides the table.

    Attributes:
        backend: `reader`, or the path of an ONNX file.
        min_probability: answers that are less sure are unknown, 0.5-1; None for the model's own.
        device: `auto`, `cpu` or `cuda`.
    """

    backend: str = "reader"
    min_probability: float | None = None
    device: str = "auto"


def label_groups(
    dataset: Dataset,
    settings: GroupSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Tell gender and glasses of every face of a dataset, then write the manifest.

    Args:
        dataset: with faces, and for the backend `reader` with readings.
        settings: of backend and threshold.
        jobs: episodes done side by side.
        limit: only the first so many episodes.
        force: also episodes that are done with the same settings.
        on_progress: called as faces are done.

    Raises:
        DatasetError: if faces or readings are missing.
        ModelError: if the backend is missing or broken.
    """
    settings = settings or GroupSettings()
    backend = _load(settings.backend, settings.device)
    return run_face_stage(
        dataset,
        STAGE,
        settings,
        group_episode,
        resolved=_resolved(settings, backend),
        after=backend.after,
        models=dict(backend.models),
        jobs=jobs,
        limit=limit,
        force=force,
        on_progress=on_progress,
    )


def plan_groups(
    dataset: Dataset, settings: GroupSettings, *, limit: int | None = None, force: bool = False
) -> tuple[list[FaceTask], int]:
    """What `label_groups` would do: the episodes to do, and the number of those that are done."""
    backend = _load(settings.backend, settings.device)
    resolved = _resolved(settings, backend)
    return face_tasks(dataset, STAGE, settings, resolved, backend.after, limit, force)


def _resolved(settings: GroupSettings, backend: Backend) -> dict[str, Any]:
    models = sorted(backend.models) or [settings.backend]
    return {"models": models, "thresholds": _thresholds(settings, backend), "columns": GROUPS.names}


def _thresholds(settings: GroupSettings, backend: Backend) -> dict[str, float]:
    if settings.min_probability is None:
        return dict(backend.thresholds)
    return dict.fromkeys(QUESTIONS, settings.min_probability)


@lru_cache(maxsize=1)
def _load(name: str, device: str) -> Backend:
    return load_backend(name, device=device)


def group_episode(task: FaceTask) -> dict[str, int]:
    """The unit of work: one episode's table of groups."""
    settings: GroupSettings = task.settings
    backend = _load(settings.backend, settings.device)
    thresholds = _thresholds(settings, backend)
    faces = task.faces()
    readings: list[Row | None] = [{}] * len(faces)
    for stage in backend.after:
        found = earlier(task, stage, faces)
        readings = [None if a is None or b is None else {**a, **b} for a, b in zip(readings, found)]
    known = [(face, row) for face, row in zip(faces.to_pylist(), readings) if row is not None]
    rows: list[Row] = []
    rejects: list[Reject] = []
    with _crops(task, backend.framing if known else None) as crop_of:
        for first in range(0, len(known), AT_ONCE):
            batch, crops = [], []
            for face, row in known[first : first + AT_ONCE]:
                try:
                    crops += crop_of(face)
                except ImageError as error:
                    rejects.append(_reject(task, face, str(error)))
                else:
                    batch.append((face, row))
            rows += _rows(backend, thresholds, batch, crops)
            advance(len(known[first : first + AT_ONCE]))
    advance(task.pages - len(known))
    write_faces(task, STAGE, rows, rejects)
    told = sum(row["group"] != "unknown" for row in rows)
    return {"faces": len(rows), "told": told, "rejects": len(rejects)}


def _rows(
    backend: Backend,
    thresholds: dict[str, float],
    batch: Sequence[tuple[Row, Row]],
    crops: Sequence[NDArray[np.uint8]],
) -> list[Row]:
    if not batch:
        return []
    chances, sources = backend([row for _, row in batch], crops)
    rows = []
    for (face, _), (woman, glasses), source in zip(batch, chances.tolist(), sources):
        answer = decide(woman, glasses, thresholds)
        own = {name: face[name] for name in BOX}
        rows.append(own | asdict(answer) | {"group_source": source})
    return rows


@contextlib.contextmanager
def _crops(task: FaceTask, framing: CropSettings | None) -> Iterator[Any]:
    """A function that gives the crop of a face in a list, or an empty list without `framing`."""
    if framing is None:
        yield lambda face: []
        return
    dataset = Dataset(task.dataset)
    layouts = dataset.tables["pages"].read(task.title, task.episode)["layout"]
    with episode_strip(dataset, task.title, task.episode) as strip:
        bounds = page_bounds(strip.pages, layouts[0].as_py() if len(layouts) else "images")

        def crop_of(face: Row) -> list[NDArray[np.uint8]]:
            box = np.array([face[name] for name in ("x", "y", "width", "height")])
            square = squares(box, framing)[0]
            return [cut(strip.read, square, bounds[face["page"]], framing.size)]

        yield crop_of


def _reject(task: FaceTask, face: Row, reason: str) -> Reject:
    reason = f"{face['face_id']}: {reason}"
    return Reject(task.title, task.episode, STAGE, face["page"], reason)
