"""An export: episodes side by side, then what is about all of them, then `export.json`."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from webtoon_curate import __version__
from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import (
    FOLDER,
    SUMS,
    Parts,
    part_folder,
    write_part,
    written_files,
)
from webtoon_curate.export.pictures import open_pictures
from webtoon_curate.export.registry import Format, Job, find_format
from webtoon_curate.export.selection import (
    NO_SPLIT,
    SIDES,
    Run,
    Selection,
    manifest_digest,
    match_groups,
    read_rows,
    select,
)
from webtoon_curate.export.settings import FFHQ, KEEP, CropSettings, checked, color_of
from webtoon_curate.export.upscaling import enlarged
from webtoon_curate.faces import Reject
from webtoon_curate.files import digest, sha256_of, write_json
from webtoon_curate.lock import LOCK_FILE, writing
from webtoon_curate.stages import OnProgress, run_stage
from webtoon_curate.wording import plural

RECORD = "export.json"
STAGE = "export"
_PLAN = "plan.json"
PHOTO, DRAWN = "photo", "drawn"
_PORTION = 1000
"""Faces of an episode that are in memory at once, and those of the last one's scene."""


@dataclass(frozen=True)
class ExportSettings:
    """What is exported, and how.

    Attributes:
        form: settings of the format, an instance of its `Settings`; None for the defaults.
        crop: of formats that cut crops.
        everything: also faces that filters, people or `split` leave out.
        photos: a dataset of photographs, for formats that take one.
        seed: of everything random.
    """

    form: Any = None
    crop: CropSettings = field(default_factory=CropSettings)
    everything: bool = False
    photos: Path | None = None
    seed: int = 0


@dataclass(frozen=True)
class ExportTask:
    """One run of an episode to export."""

    dataset: Path
    domain: str
    out: Path
    number: int
    run: Run
    job: Job

    @property
    def title(self) -> str:
        """The work's name."""
        return self.run.title

    @property
    def episode(self) -> str:
        """The episode's name."""
        return self.run.episode

    @property
    def pages(self) -> int:
        """Number of faces."""
        return len(self.run.rows)


@dataclass(frozen=True)
class ExportSummary:
    """What an export did.

    Attributes:
        out: its folder.
        format: its name.
        record: what is in `export.json`.
        done: whether it was there already, with these settings and this manifest.
    """

    out: Path
    format: str
    record: Row
    done: bool = False


@dataclass
class Plan:
    """An export that is decided: `tasks`, what they are made from, and what is to be said."""

    format: type[Format]
    job: Job
    tasks: list[ExportTask]
    key: str
    record: Row


def plan_export(
    dataset: Dataset,
    format: str,
    out: Path,
    settings: ExportSettings | None = None,
    *,
    limit: int | None = None,
) -> Plan:
    """Which faces an export will take, without reading a page.

    Raises:
        CurateError: if the settings do not go together, or there is nothing to export.
    """
    settings = settings or ExportSettings()
    kind = find_format(format)
    job = _job(kind, settings)
    sources = [(dataset, DRAWN)]
    if kind.photos:
        if settings.photos is None:
            raise CurateError(f"{format} needs photographs too: --photos DATASET")
        sources = [(Dataset(settings.photos), PHOTO), (dataset, DRAWN)]
    chosen = [
        select(source.path, everything=settings.everything, seed=settings.seed, limit=limit)
        for source, _ in sources
    ]
    if kind.photos and getattr(job.settings, "match_groups", False):
        match_groups(chosen)
    for (source, _), selection in zip(sources, chosen):
        if not selection.runs:
            raise CurateError(_nothing(source, selection))
    sides = {side for selection in chosen for side in selection.known_sides()}
    job = replace(
        job,
        groups=tuple(sorted({name for each in chosen for name in each.known_groups()})),
        sides=tuple(side for side in SIDES if side in sides),
        licenses=tuple(sorted({text for each in chosen for text in each.licenses})),
    )
    tasks: list[ExportTask] = []
    for (source, domain), selection in zip(sources, chosen):
        for run in selection.runs:
            tasks.append(ExportTask(source.path, domain, out, len(tasks), run, job))
    made_from = [_made_from(source, selection) for (source, _), selection in zip(sources, chosen)]
    record = _record(kind, settings, job, sources, chosen, made_from, limit)
    return Plan(kind, job, tasks, digest(record), record)


def export(
    dataset: Dataset,
    format: str,
    out: Path,
    settings: ExportSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> ExportSummary:
    """Write the faces of a dataset as a trainer reads them. Goes on where a run was cut short.

    Args:
        dataset: with a manifest.
        format: a name of `registry.formats()`.
        out: a new folder, or that of an earlier export, whose files are replaced.
        settings: of crops and format.
        jobs: episodes done side by side; the bytes do not depend on it.
        limit: only the first so many episodes.
        force: do it again although it is done.
        on_progress: called as faces are done.

    Raises:
        CurateError: if the settings do not go together, or there is nothing to export.
        DatasetError: if `out` holds other things, or another run writes there.
    """
    plan = plan_export(dataset, format, out, settings, limit=limit)
    record = _read(out / RECORD)
    if record and record.get("key") == plan.key and not record.get("failed") and not force:
        return ExportSummary(out, format, record, done=True)
    if _holds_other_things(out):
        raise DatasetError(f"{out} holds other things than an export; choose a new folder")
    out.mkdir(parents=True, exist_ok=True)
    with writing(out, f"{STAGE} {format}"):
        _make_ready(out, plan, force)
        by_source: dict[Path, list[ExportTask]] = {}
        for task in plan.tasks:
            if not part_folder(out, task.number).is_dir():
                by_source.setdefault(task.dataset, []).append(task)
        for path, tasks in by_source.items():
            source = Dataset(path)
            run_stage(source, STAGE, export_run, tasks, jobs, on_progress, out)
            source.join_rejects()
        return ExportSummary(out, format, _finish(out, plan))


def export_run(task: ExportTask) -> dict[str, int]:
    """The unit of work: one run's part."""
    dataset = Dataset(task.dataset)
    kind = find_format(task.job.format)(task.job)
    with open_pictures(dataset, task.title, task.episode, kind.pages) as episode:
        made = (each for faces in _portions(task) for each in kind.make(episode, faces))
        refused = write_part(task.out, task.number, _advancing(made))
    rejects = [
        Reject(task.title, task.episode, STAGE, each.face_id, each.reason) for each in refused
    ]
    dataset.write_rejects(STAGE, task.title, task.episode, rejects)
    return {"faces": task.pages - len(refused), "refused": len(refused)}


def _portions(task: ExportTask) -> Iterator[list[Row]]:
    """The faces of a run, some at a time: a row takes 20 kB of memory, and a folder of photographs
    is one episode. Those of a scene come together, for some formats make one picture of them."""
    rows, scenes = task.run.rows, read_rows(task.dataset, task.run.rows, ["scene"])
    last = {row["scene"]: number for number, row in enumerate(scenes)}
    first = until = 0
    for number, row in enumerate(scenes, 1):
        until = max(until, last[row["scene"]] + 1)
        if until == number and (number - first >= _PORTION or number == len(rows)):
            faces = read_rows(task.dataset, rows[first:number])
            for face, side in zip(faces, task.run.sides[first:number]):
                face["side"], face["domain"] = SIDES[side], task.domain
            yield faces
            first = number


def _advancing(made: Iterator[Made | Refused]) -> Iterator[Made | Refused]:
    for each in made:
        yield each
        advance(each.faces if isinstance(each, Made) else 1)


def _job(kind: type[Format], settings: ExportSettings) -> Job:
    form = checked(settings.form if settings.form is not None else kind.Settings())
    if not isinstance(form, kind.Settings):
        raise CurateError(f"{kind.name} takes {kind.Settings.__name__}, not {type(form).__name__}")
    crop = checked(settings.crop)
    own = FFHQ if crop.align == "ffhq" else kind.default_crop
    crop = replace(
        crop,
        expand=own["expand"] if crop.expand is None else crop.expand,
        shift=own["shift"] if crop.shift is None else crop.shift,
    )
    if crop.background != KEEP:
        color_of(crop.background, "--background")
    if kind.crops and crop.upscale is not None:
        enlarged(np.zeros((16, 16, 3), np.uint8), str(crop.upscale))
    job = Job(kind.name, form, crop, settings.seed)
    kind(job).check()
    return job


def _made_from(dataset: Dataset, selection: Selection) -> list[Any]:
    """What an export depends on beyond its settings: the manifest, the pages, the readings."""
    episodes = []
    for name in sorted({(run.title, run.episode) for run in selection.runs}):
        scenes = dataset.tables["scenes"].note(*name) or {}
        readings = dataset.tables["readings"].note(*name) or {}
        episodes.append([*name, scenes.get("content"), readings.get("key")])
    return [manifest_digest(dataset.path), digest(episodes)]


def _record(
    kind: type[Format],
    settings: ExportSettings,
    job: Job,
    sources: list[tuple[Dataset, str]],
    chosen: list[Selection],
    made_from: list[list[Any]],
    limit: int | None,
) -> Row:
    """What `export.json` says before anything is cut: the same for the same export."""
    resolved: Row = {"seed": settings.seed, "everything": settings.everything, "limit": limit}
    resolved[kind.name] = asdict(job.settings)
    if kind.crops:
        crop = asdict(job.crop)
        if job.crop.upscale is not None:
            crop["upscale"] = sha256_of(job.crop.upscale)
        resolved["crop"] = crop
    left_out: Counter[str] = sum((each.left_out for each in chosen), start=Counter())
    warnings = [text for each, (source, _) in zip(chosen, sources) for text in _warn(source, each)]
    return {
        "format": kind.name,
        "version": __version__,
        "settings": resolved,
        "made_from": [
            {"domain": domain, "manifest_sha256": manifest, "pages_and_readings": rest}
            for (_, domain), (manifest, rest) in zip(sources, made_from)
        ],
        "groups": list(job.groups),
        "splits": list(job.sides),
        "licenses": list(job.licenses),
        "left_out": dict(sorted(left_out.items())),
        "warnings": warnings,
    }


def _warn(dataset: Dataset, selection: Selection) -> list[str]:
    name = dataset.path.name
    if not selection.is_split:
        return [f"{name} has no splits: everything is train. Make some with: webtoon-curate split"]
    if missing := selection.left_out[NO_SPLIT]:
        return [
            f"left out {plural(missing, 'face')} of {name} without a split: run webtoon-curate "
            "split again"
        ]
    return []


def _nothing(dataset: Dataset, selection: Selection) -> str:
    reasons = ", ".join(f"{reason}: {count}" for reason, count in selection.left_out.items())
    if not reasons:
        return dataset.why_no_faces()
    return f"{dataset.path} has no faces to export ({reasons})"


def _holds_other_things(out: Path) -> bool:
    if not out.exists() or _read(out / RECORD) or _read(out / FOLDER / _PLAN):
        return False
    return any(path.name != LOCK_FILE for path in out.iterdir())


def _make_ready(out: Path, plan: Plan, force: bool) -> None:
    """Take away what lies in the folder, but for what a run of this very export did before it was
    cut short."""
    unfinished = _read(out / FOLDER / _PLAN)
    if _read(out / RECORD) or force or not unfinished or unfinished.get("key") != plan.key:
        for path in written_files(out):
            path.unlink(missing_ok=True)
        for name in (RECORD, SUMS):
            (out / name).unlink(missing_ok=True)
        shutil.rmtree(out / FOLDER, ignore_errors=True)
        _remove_empty(out)
    write_json(out / FOLDER / _PLAN, {"key": plan.key})


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _read(path: Path) -> Row | None:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _finish(out: Path, plan: Plan) -> Row:
    numbers = [task.number for task in plan.tasks]
    parts = Parts(out, numbers, plan.format.packed)
    about = plan.format(plan.job).finish(parts)
    parts.place_files()
    faces = parts.counts("faces")
    record = plan.record | {
        "key": plan.key,
        "faces": {side: faces[side] for side in plan.job.sides},
        "refused": dict(sorted(parts.counts("refused").items())),
        "failed": parts.failed(),
        plan.format.name: about,
        "checksums": parts.write_sums(),
    }
    write_json(out / RECORD, record)
    shutil.rmtree(out / FOLDER)
    return record
