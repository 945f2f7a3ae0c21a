"""The `detect` stage: the scenes of an episode become rows of the faces table, and crops."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from webtoon_curate.crops import (
    CropSettings,
    blank_edges,
    cut,
    keep_reason,
    page_bounds,
    squares,
)
from webtoon_curate.dataset import Dataset
from webtoon_curate.detect.confirmed import Confirmed
from webtoon_curate.detect.detector import Detector, detector_id
from webtoon_curate.detect.registry import load_detector
from webtoon_curate.detect.tiling import detect_scene
from webtoon_curate.engine import advance
from webtoon_curate.errors import ImageError
from webtoon_curate.faces import Detections, Reject, Scene
from webtoon_curate.files import digest
from webtoon_curate.images import encode
from webtoon_curate.ingest.stage import honour_takedown
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.lock import writing
from webtoon_curate.picture_folder import CROPS, PictureFolder
from webtoon_curate.reader import reader_id
from webtoon_curate.schema import FACES
from webtoon_curate.stages import OnProgress, Summary, finish_run, run_stage
from webtoon_curate.strip import Strip


@dataclass(frozen=True)
class DetectSettings:
    """What decides the faces table.

    Attributes:
        detector: `auto`, a detector's name, or the path of a model file.
        recall: operating point of the model card: `high`, `balanced` or `precise`.
        min_score: 0-1; None for the operating point's.
        flip: look at windows mirrored as well, at twice the time; networks only.
        turned: look at windows lying and upside down as well, at nearly twice the time; networks
            only.
        creatures: keep faces of animals and monsters; networks only.
        device: `auto`, `cpu` or `cuda`.
        short_edge: faces with a shorter edge below this many pixels are not kept.
        aspect: faces with a longer edge above this many shorter ones are not kept.
        blank_edge: faces whose crop lies beyond the page by more than this share are not kept.
        crop: how crops are cut; None for no crops.

    The filters' defaults are those of bryandlee's naver-webtoon-data.
    """

    detector: str = "auto"
    recall: str = "balanced"
    min_score: float | None = None
    flip: bool = False
    turned: bool = False
    creatures: bool = False
    device: str = "auto"
    short_edge: float = 64
    aspect: float = 1.3
    blank_edge: float = 0.075
    crop: CropSettings | None = field(default_factory=CropSettings)


@dataclass(frozen=True)
class DetectTask:
    """One episode to detect in. `key` is what its table will be made from."""

    dataset: Path
    title: str
    episode: str
    pages: int
    input: str
    key: str
    settings: DetectSettings
    domain: str


def detect_faces(
    dataset: Dataset,
    settings: DetectSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Find the faces in every ingested episode of a dataset, then write its manifest.

    Args:
        dataset: with scenes, from `webtoon_curate.ingest.stage.ingest_sources`.
        settings: of detector, filters and crops.
        jobs: episodes done side by side.
        limit: only the first so many episodes.
        force: also episodes that are done with the same settings.
        on_progress: called as pages are done.

    Raises:
        ModelError: if the detector is missing or broken.
    """
    settings = settings or DetectSettings()
    started = datetime.now(timezone.utc)
    with writing(dataset.path, "detect"):
        withdrawn = honour_takedown(dataset)
        detector = _load(settings, dataset.domain)
        tasks, skipped = plan_detect(dataset, settings, limit=limit, force=force)
        dataset.record_settings("detect", _resolved(settings, detector))
        counts = run_stage(dataset, "detect", detect_episode, tasks, jobs, on_progress)
        models = {detector_id(detector): detector.card.sha256}
        if isinstance(detector, Confirmed):
            models[reader_id(detector.reader)] = detector.reader.card.sha256
        finish_run(dataset, "detect", started, counts, models=models)
    covered = list(dataset.tables["scenes"].episodes())[:limit]
    rejects = dataset.refused("detect", covered) + dataset.refused("ingest", withdrawn)
    return Summary(dataset.path, "detect", len(tasks), skipped, counts, rejects)


def check_detector(settings: DetectSettings, domain: str) -> None:
    """Load the detector, so that one that cannot run is told before pages are read.

    Raises:
        ModelError: if the detector is missing or broken.
    """
    _load(settings, domain)


def plan_detect(
    dataset: Dataset, settings: DetectSettings, *, limit: int | None = None, force: bool = False
) -> tuple[list[DetectTask], int]:
    """What `detect_faces` would do: the episodes to do, and the number of those that are done.

    Raises:
        ModelError: if the detector is missing or broken.
    """
    resolved = _resolved(settings, _load(settings, dataset.domain))
    tasks, skipped = [], 0
    scenes = dataset.tables["scenes"]
    for title, episode in list(scenes.episodes())[:limit]:
        note = scenes.note(title, episode) or {}
        key = digest([note["content"], resolved])
        if not force and _done(dataset, title, episode, key):
            skipped += 1
            continue
        where = (dataset.path, title, episode, int(str(note["pages"])))
        tasks.append(DetectTask(*where, str(note["content"]), key, settings, dataset.domain))
    return tasks, skipped


def changed_settings(dataset: Dataset, settings: DetectSettings) -> list[str]:
    """What is not as in the dataset's last run, for which all is done again, in words.

    Raises:
        ModelError: if the detector is missing or broken.
    """
    before = dataset.config["stages"].get("detect")
    if before is None:
        return []
    old, new = map(_flat, (before, _resolved(settings, _load(settings, dataset.domain))))
    both = [name for name in new if name in old]  # an older version may not have had all
    return [f"{name} {old[name]} -> {new[name]}" for name in both if old[name] != new[name]]


def _flat(resolved: dict[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in resolved.items() if name != "card"}
    if "crop" in flat:
        crop = flat.pop("crop") or {}
        flat |= {"crops": bool(crop), **{f"crop_{name}": crop[name] for name in crop}}
    return flat


def _resolved(settings: DetectSettings, detector: Detector) -> dict[str, Any]:
    """What decides the rows: the same on any device."""
    made = {
        "detector": detector_id(detector),
        "min_score": detector.min_score,
        "card": {name: getattr(detector.card, name) for name in ("calibration", "input", "box")},
    }
    resolved = {**asdict(settings), **made}
    del resolved["device"], resolved["recall"]
    return resolved


def _done(dataset: Dataset, title: str, episode: str, key: str) -> bool:
    """Whether the episode's table was made from `key`, and its crops are there."""
    note = dataset.tables["faces"].note(title, episode)
    if note is None or note["key"] != key or dataset.failed("detect", title, episode):
        return False
    return not note["crops"] or dataset.crops_folder(title, episode).is_dir()


def detect_episode(task: DetectTask) -> dict[str, int]:
    """The unit of work: one episode's faces table and crops."""
    dataset = Dataset(task.dataset)
    detector = _load(task.settings, task.domain)
    layouts = dataset.tables["pages"].read(task.title, task.episode)["layout"]
    layout = layouts[0].as_py() if len(layouts) else "images"
    scenes = dataset.tables["scenes"].read(task.title, task.episode).to_pylist()
    rows: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    told = 0
    with episode_strip(dataset, task.title, task.episode) as strip:
        crops = _Crops(dataset, task, strip, layout)
        numbers = {page.name: number for number, page in enumerate(strip.pages)}
        for row in scenes:
            advance(numbers[row["page"]] - told)
            told = numbers[row["page"]]
            if row["kind"] != "panel":
                continue
            scene = Scene(row["x"], row["y"], row["width"], row["height"])
            try:
                found = detect_scene(detector, strip.read, scene)
                faces = _rows(task, detector, strip, crops, row["scene"], scene, found)
                for face in faces:
                    crops.cut(face)
            except ImageError as error:
                rejects.append(Reject(task.title, task.episode, "detect", row["page"], str(error)))
            else:
                rows += faces
        crops.commit()
    advance(task.pages - told)
    table = pa.Table.from_pylist(rows, FACES)
    note = {"key": task.key, "input": task.input, "crops": crops.count}
    dataset.write_rejects("detect", task.title, task.episode, rejects)
    dataset.tables["faces"].write(task.title, task.episode, table, note)
    return {"faces": len(rows), "kept": sum(row["keep"] for row in rows), "rejects": len(rejects)}


@lru_cache(maxsize=1)
def _load(settings: DetectSettings, domain: str) -> Detector:
    return load_detector(
        settings.detector,
        domain=domain,
        device=settings.device,
        recall=settings.recall,
        min_score=settings.min_score,
        flip=settings.flip,
        turned=settings.turned,
        creatures=settings.creatures,
    )


def _rows(
    task: DetectTask,
    detector: Detector,
    strip: Strip,
    crops: _Crops,
    index: int,
    scene: Scene,
    found: Detections,
) -> list[dict[str, Any]]:
    """The faces of a scene as table rows, from top to bottom and left to right."""
    found = found[np.lexsort((found.boxes[:, 0], found.boxes[:, 1]))]
    rows = []
    for number, (box, score) in enumerate(zip(found.boxes, found.scores)):
        x, y, width, height = (float(value) for value in box)
        page = strip.page_at(y + height / 2)
        blank = crops.blank_edge(page.name, box)
        filters = task.settings
        reason = keep_reason(
            width, height, blank, filters.short_edge, filters.aspect, filters.blank_edge
        )
        rows.append(
            {
                "face_id": f"{task.title}/{task.episode}/{index:04d}/{number:02d}",
                "title": task.title,
                "episode": task.episode,
                "scene": index,
                "scene_x": scene.x,
                "scene_y": scene.y,
                "x": x,
                "y": y,
                "width": width,
                "height": height,
                "page": page.name,
                "page_x": x,
                "page_y": y - page.y,
                "score": float(score),
                "detector": detector_id(detector),
                "blank_edge": blank,
                "keep": reason is None,
                "keep_reason": reason,
            }
        )
    return rows


class _Crops(PictureFolder):
    """The crops of an episode's kept faces."""

    def __init__(self, dataset: Dataset, task: DetectTask, strip: Strip, layout: str) -> None:
        super().__init__(dataset.path, CROPS, task.title, task.episode)
        self.settings, self._strip = task.settings.crop, strip
        self._bounds = page_bounds(strip.pages, layout)

    def blank_edge(self, page: str, box: NDArray[np.float32]) -> float:
        """The share of the box's crop that lies beyond its page or strip, 0-1."""
        square = squares(box, self.settings or CropSettings())[0]
        return float(blank_edges(square, self._bounds[page])[0])

    def cut(self, row: dict[str, Any]) -> None:
        """Cut the crop of a kept face and name it in its row."""
        if self.settings is None or not row["keep"]:
            return
        box = np.array([row["x"], row["y"], row["width"], row["height"]])
        square = squares(box, self.settings)[0]
        pixels = cut(self._strip.read, square, self._bounds[row["page"]], self.settings.size)
        row["crop"] = self.add(row["face_id"], encode(pixels))
