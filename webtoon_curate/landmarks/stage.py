"""The `landmarks` stage: every kept face of an episode is read, once for all.

Two tables are written. `landmarks` holds the points, by the chosen backend, and what speaks for or
against them. `readings` holds all else that the reader network sees: groups, view, likeness and
the map of parts; later stages take it from there. Without an installed reader, another backend
gives points alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds, page_bounds
from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.errors import ImageError, ModelError
from webtoon_curate.face_stages import BOX, FaceTask, face_tasks, run_face_stage, write_faces
from webtoon_curate.faces import Reject
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.landmarks.align import to_canonical
from webtoon_curate.landmarks.boxes import problem_of, problem_of_patch
from webtoon_curate.landmarks.maps import MapFolder
from webtoon_curate.landmarks.measures import crop_squares, evidence
from webtoon_curate.landmarks.passes import (
    LEANING,
    LYING,
    VARIANTS,
    Passes,
    joined_readings,
    looks,
    read_passes,
)
from webtoon_curate.landmarks.patches import Patches, cut_patch
from webtoon_curate.landmarks.pose import pose_of, view_of
from webtoon_curate.landmarks.quality import calibration
from webtoon_curate.landmarks.registry import Backend, backend_id, load_backend
from webtoon_curate.landmarks.scoring import UNSCORED, Filters, score
from webtoon_curate.reader.groups import group_fit
from webtoon_curate.reader.readings import GROUPS, Readings
from webtoon_curate.schema import LANDMARKS, READINGS
from webtoon_curate.stages import OnProgress, Summary
from webtoon_curate.strip import Strip

STAGE = "landmarks"
READER = "reader"
AT_ONCE = 32
"""Faces that are in memory: their patches, at 256 pixels a crop, are 12 MB."""


@dataclass(frozen=True)
class LandmarkSettings:
    """What decides the tables.

    Attributes:
        backend: `reader`, `face-alignment`, `dlib`, `prnet`, the name of a model, or the path of
            its file.
        reader: the reader beside another backend: a name, a path, `auto` for the installed one
            if there is one, or `none`.
        device: `auto`, `cpu` or `cuda`.
        min_quality: faces whose points are worse are not kept, 0-1.
        max_covered: faces of which more is covered are not kept, 0-1.
        min_face: faces that are less likely faces are not kept, 0-1.
    """

    backend: str = READER
    reader: str = "auto"
    device: str = "auto"
    min_quality: float = 0.3
    max_covered: float = 0.35
    min_face: float = 0.5


def read_landmarks(
    dataset: Dataset,
    settings: LandmarkSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Read every kept face of a dataset, judge the points, then write the manifest.

    What faces are left out is decided anew for the whole dataset at the end of each run, from the
    tables: another `min_quality` reads no face again.

    Args:
        dataset: with faces, from `webtoon_curate.detect.stage.detect_faces`.
        settings: of backend and filters.
        jobs: episodes done side by side.
        limit: only the first so many episodes.
        force: also episodes that are done with the same settings.
        on_progress: called as faces are done.

    Raises:
        DatasetError: if no face was looked for yet.
        ModelError: if the backend is missing or broken.
    """
    settings = settings or LandmarkSettings()
    filters = Filters(settings.min_quality, settings.max_covered, settings.min_face)
    models = {backend_id(one): one.card.sha256 or None for one in _load(settings) if one}
    resolved = _resolved(settings)

    def finish() -> dict[str, int]:
        score(dataset, filters)
        dataset.record_settings(STAGE, {**resolved, **asdict(filters)})
        return {}

    return run_face_stage(
        dataset,
        STAGE,
        settings,
        read_episode,
        resolved=resolved,
        beside=_beside(settings),
        models=models,
        jobs=jobs,
        limit=limit,
        force=force,
        on_progress=on_progress,
        finish=finish,
        finish_by=calibration().version,
    )


def plan_landmarks(
    dataset: Dataset, settings: LandmarkSettings, *, limit: int | None = None, force: bool = False
) -> tuple[list[FaceTask], int]:
    """What `read_landmarks` would do: the episodes to read, and the number of those that are."""
    resolved, beside = _resolved(settings), _beside(settings)
    return face_tasks(dataset, STAGE, settings, resolved, (), limit, force, beside)


def _beside(settings: LandmarkSettings) -> tuple[str, ...]:
    """The other table that is written."""
    return () if _load(settings)[1] is None else ("readings",)


def _resolved(settings: LandmarkSettings) -> dict[str, Any]:
    """What decides the tables before they are scored."""
    backend, reader = _load(settings)
    return {
        "backend": backend_id(backend),
        "reader": backend_id(reader) if reader else None,
        "groups": group_fit().version if reader else None,
        # A table of an older version lacks a column: it is made again.
        "columns": [LANDMARKS.names, READINGS.names],
        "looks": [LEANING, LYING, *(list(astuple(variant)) for variant in VARIANTS)],
    }


@lru_cache(maxsize=1)
def _load(settings: LandmarkSettings) -> tuple[Backend, Backend | None]:
    """The backend of the points, and the reader; they may be one."""
    backend = load_backend(settings.backend, device=settings.device)
    if backend.card.backend == READER:
        if settings.reader not in ("auto", "none", settings.backend):
            raise ModelError(
                f"{settings.backend} reads all itself, and needs no reader beside it: give "
                f"--backend {settings.reader} for --reader {settings.reader}"
            )
        return backend, backend
    if settings.reader == "none":
        return backend, None
    if settings.reader != "auto":
        return backend, load_backend(settings.reader, device=settings.device)
    try:
        return backend, load_backend(READER, device=settings.device)
    except ModelError:
        return backend, None


def read_episode(task: FaceTask) -> dict[str, int]:
    """The unit of work: one episode's points, readings and maps of parts."""
    dataset = Dataset(task.dataset)
    backend, reader = _load(task.settings)
    work = _Episode(task, dataset, backend, reader)
    faces = task.faces().to_pylist()
    # Down the strip, so that no page is decoded twice.
    faces.sort(key=lambda face: (_down(face), face["face_id"]))
    with episode_strip(dataset, task.title, task.episode, bool(faces)) as strip:
        layouts = dataset.tables["pages"].read(task.title, task.episode)["layout"].to_pylist()
        bounds = page_bounds(strip.pages, layouts[0] if layouts else "images")
        for some in _chunks(faces, AT_ONCE):
            work.read([face for face in some if work.accepts(face, bounds)], strip, bounds)
            advance(len(some))
    work.write()
    return {"faces": len(work.points), "rejects": len(work.rejects)}


def _down(face: dict[str, Any]) -> float:
    middle = face["y"] + face["height"] / 2
    return middle if np.isfinite(middle) else 0.0


def _chunks(faces: Iterable[dict], size: int) -> Iterator[list[dict]]:
    faces = iter(faces)
    while some := list(islice(faces, size)):
        yield some


@dataclass(frozen=True)
class _Seen:
    """What the reader sees of the faces.

    Attributes:
        reader: name@version.
        readings: of its crops.
        squares: (n, 3) x, y, side of the crops, episode pixels.
        points: (n, 68, 2) its points, episode pixels; None where they are the table's own.
    """

    reader: str
    readings: Readings
    squares: NDArray[np.float64]
    points: NDArray[np.float32] | None


class _Episode:
    """What has been read of an episode so far."""

    def __init__(
        self, task: FaceTask, dataset: Dataset, backend: Backend, reader: Backend | None
    ) -> None:
        self.points: list[dict[str, Any]] = []
        self.readings: list[dict[str, Any]] = []
        self.rejects: list[Reject] = []
        self._task, self._backend, self._reader = task, backend, reader
        self._maps = MapFolder(dataset, task.title, task.episode)

    def accepts(self, face: dict[str, Any], bounds: dict[str, Bounds]) -> bool:
        """Whether a face's box can be read; what cannot is a reject."""
        problem = problem_of(_box(face), bounds.get(face["page"]))
        if problem:
            self._refuse(face, problem)
        return problem is None

    def read(self, faces: list[dict[str, Any]], strip: Strip, bounds: dict[str, Bounds]) -> None:
        """Read faces that are near each other in the strip."""
        framings = [self._backend.framing]
        if self._reader not in (None, self._backend):
            framings.append(self._reader.framing)
        cut, left = [], []
        for face in faces:
            within = bounds[face["page"]]
            try:
                several = [cut_patch(strip.read, _box(face), within, f) for f in framings]
            except ImageError as error:
                self._refuse(face, str(error))
                continue
            if problem := problem_of_patch(several[0][0]):
                self._refuse(face, problem)
                continue
            cut.append(several)
            left.append(face)
        if not left:
            return
        patches = [Patches.stacked(cuts, framing) for cuts, framing in zip(zip(*cut), framings)]
        passes = read_passes(self._backend, patches[0])
        seen = self._seen(patches, passes)
        rows = _rows(left, patches[0], passes, seen)
        for index, face in enumerate(left):
            if not np.isfinite(rows["landmarks"][index]).all():
                self._refuse(face, f"{backend_id(self._backend)} gave no numbers for its points")
                continue
            self.points.append(
                _plain(face, {name: values[index] for name, values in rows.items()})
                | {"backend": backend_id(self._backend), "quality": 0.0, "keep_reason": UNSCORED}
            )
            if seen is not None:
                self.readings.append(self._reading(face, seen, index))

    def _seen(self, patches: Sequence[Patches], passes: Passes) -> _Seen | None:
        """What the reader sees; None without one."""
        if self._reader is None:
            return None
        name, own = backend_id(self._reader), patches[-1]
        squares = crop_squares(own)
        if self._reader is self._backend and passes.readings is not None:
            return _Seen(name, passes.readings, squares, None)
        several = looks(self._reader, own)
        placed = own.placed(several[0].placed(own.framing))
        return _Seen(name, joined_readings(several, own.framing), squares, placed)

    def _reading(self, face: dict[str, Any], seen: _Seen, index: int) -> dict[str, Any]:
        x, y, side = seen.squares[index].tolist()
        one = seen.readings
        chances = {name: getattr(one, name)[index] for name in (*GROUPS, "yaw", "pitch", "roll")}
        return _plain(
            face,
            {
                **chances,
                "reader": seen.reader,
                "face_probability": one.face[index],
                "embedding": one.embedding[index],
                "parsing": self._maps.add(face["face_id"], one.parsing[index]),
                "parsing_x": x,
                "parsing_y": y,
                "parsing_side": side,
            },
        )

    def write(self) -> None:
        """Write the tables, the points last: they are what makes an episode done."""
        for rows in (self.points, self.readings):
            rows.sort(key=lambda row: row["face_id"])
        self._maps.commit()
        if self._reader is not None:
            write_faces(self._task, "readings", self.readings)
        write_faces(self._task, STAGE, self.points, self.rejects)

    def _refuse(self, face: dict[str, Any], reason: str) -> None:
        task = self._task
        self.rejects.append(Reject(task.title, task.episode, STAGE, face["face_id"], reason))


def _box(face: dict[str, Any]) -> tuple[float, float, float, float]:
    return face["x"], face["y"], face["width"], face["height"]


def _plain(face: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A row: the face's own columns, and values as Python's, NaN as null."""
    row = {name: face[name] for name in BOX}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            value = value.astype(np.float32).ravel().tolist()
        elif isinstance(value, (float, np.floating)):
            value = float(value) if np.isfinite(value) else None
        row[name] = value
    return row


def _rows(
    faces: Sequence[dict[str, Any]], patches: Patches, passes: Passes, seen: _Seen | None
) -> dict[str, Any]:
    """Columns of the table of points, as many values in each as there are faces."""
    placed = patches.placed(passes.points)
    nothing, agreement = [None] * len(faces), np.full(len(faces), np.nan)
    if seen is None:
        found = evidence(patches, passes.points)
        angles = pose_of(placed, calibration().solid)
    else:
        one = seen.readings
        found = evidence(patches, passes.points, one.parsing, seen.squares)
        angles = np.stack([one.yaw, one.pitch, one.roll], axis=1).astype(np.float64)
        if seen.points is not None:
            sizes = np.array([np.sqrt(face["width"] * face["height"]) for face in faces])
            agreement = np.linalg.norm(placed - seen.points, axis=2).mean(axis=1) / sizes
    pairs = zip(angles[:, 0], found["covered"])
    return {
        **found,
        "landmarks": placed,
        "landmarks_z": nothing if passes.depth is None else passes.depth,
        "landmark_confidence": nothing if passes.confidence is None else passes.confidence,
        "yaw": angles[:, 0],
        "pitch": angles[:, 1],
        "roll": angles[:, 2],
        "view": [view_of(float(yaw), float(covered)) for yaw, covered in pairs],
        "dispersion": passes.dispersion,
        "recrop": passes.recrop,
        "agreement": agreement,
        "align": to_canonical(placed),
    }
