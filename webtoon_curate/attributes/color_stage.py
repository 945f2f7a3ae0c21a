"""The `colors` stage: what the parts of each read face are painted in.

The faces of a scene are looked at together, for they are in one light.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colors import PartColor, colors_row, face_colors
from webtoon_curate.attributes.eyes import within_eyes
from webtoon_curate.attributes.light import Word, eyes_word, ground_word, scene_light
from webtoon_curate.attributes.palette import names_of
from webtoon_curate.crops import Bounds, cut, page_bounds
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
from webtoon_curate.files import digest
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.schema import COLORS
from webtoon_curate.stages import OnProgress, Summary
from webtoon_curate.strip import Strip
from webtoon_curate.synth.labels import Label

STAGE = "colors"
AFTER = ("readings", "landmarks")
METHOD = 6
"""Raised when the same pixels would give other colors, so that tables are made again."""
SIDE = 192
"""Pixels a side that a face is looked at in: what readers see."""
DOUBTFUL_GLASSES = 0.3
"""Probability of glasses below which the map of parts is not believed about them."""
LARGEST_SIDE = 50_000
"""Episode pixels; no face is larger."""
BAND, BANDS = 8, 16
"""Rows, and how many times so many, that are looked at for the ground of a scene."""
Row = dict[str, Any]


def read_colors(
    dataset: Dataset,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Read the colors of every face of a dataset that has readings, then write the manifest.

    Args:
        dataset: with readings, from `webtoon_curate.landmarks.stage.read_landmarks`.
        jobs: episodes done side by side.
        limit: only the first so many episodes.
        force: also episodes that are done.
        on_progress: called as faces are done.

    Raises:
        DatasetError: if faces or readings are missing.
    """
    return run_face_stage(
        dataset,
        STAGE,
        None,
        color_episode,
        resolved=_resolved(),
        after=AFTER,
        jobs=jobs,
        limit=limit,
        force=force,
        on_progress=on_progress,
    )


def plan_colors(
    dataset: Dataset, *, limit: int | None = None, force: bool = False
) -> tuple[list[FaceTask], int]:
    """What `read_colors` would do: the episodes to do, and the number of those that are done."""
    return face_tasks(dataset, STAGE, None, _resolved(), AFTER, limit, force)


def _resolved() -> dict[str, Any]:
    names = resources.files("webtoon_curate.attributes") / "data" / "palette.json"
    palette = digest(names.read_text(encoding="utf-8"))
    return {"method": METHOD, "palette": palette, "columns": COLORS.names}


@dataclass(frozen=True)
class _Look:
    """A face and its parsing, both of `SIDE` pixels a side."""

    face: Row
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def color_episode(task: FaceTask) -> dict[str, int]:
    """The unit of work: one episode's table of colors."""
    dataset = Dataset(task.dataset)
    faces = task.faces()
    readings, points = (earlier(task, stage, faces) for stage in AFTER)
    scenes = dataset.tables["scenes"].read(task.title, task.episode).to_pylist()
    places = {scene["scene"]: scene for scene in scenes}
    layouts = dataset.tables["pages"].read(task.title, task.episode)["layout"]
    together: defaultdict[int, list[tuple[Row, Row | None, Row | None]]] = defaultdict(list)
    for face, *read in zip(faces.to_pylist(), readings, points):
        together[face["scene"]].append((face, *read))
    found: dict[str, Row] = {}
    rejects: list[Reject] = []
    with episode_strip(dataset, task.title, task.episode, any(readings)) as strip:
        layout = layouts[0].as_py() if len(layouts) else "images"
        bounds = page_bounds(strip.pages, layout)
        for number in sorted(together):
            looks = []
            for face, reading, placed in together[number]:
                if reading is None:
                    continue
                try:
                    within = bounds[face["page"]]
                    looks.append(_look(dataset.path, strip, within, face, reading, placed))
                except ImageError as error:
                    reason = f"{face['face_id']}: {error}"
                    rejects.append(Reject(task.title, task.episode, STAGE, face["page"], reason))
            ground = _ground(strip, places[number]) if looks and number in places else None
            found |= {row["face_id"]: row for row in _scene_rows(looks, ground)}
            advance(len(together[number]))
    rows = [found[face_id] for face_id in faces["face_id"].to_pylist() if face_id in found]
    write_faces(task, STAGE, rows, rejects)
    painted = sum(row["light"] is not None for row in rows)
    return {"faces": len(rows), "painted": painted, "rejects": len(rejects)}


def scene_colors(
    looks: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]], ground: Word | None = None
) -> tuple[NDArray[np.float32], list[dict[str, PartColor]]]:
    """The light of a scene and the colors of its faces.

    Args:
        looks: (height, width, 3) uint8 RGB and (height, width) labels of each face.
        ground: what the rest of the scene says of the light.

    Returns:
        The light of `scene_light`, and what `face_colors` finds in it.
    """
    said = [eyes_word(pixels, labels) for pixels, labels in looks] + [ground]
    light = scene_light([word for word in said if word is not None])
    return light, [face_colors(pixels, labels, light) for pixels, labels in looks]


def without_doubtful_glasses(labels: NDArray[np.uint8], glasses: float) -> NDArray[np.uint8]:
    """A map of parts without glasses if the reader thinks that there are none.

    Lines around eyes are taken for rims; what they are instead has no say.

    Args:
        labels: (height, width) of `Label`.
        glasses: probability that the face wears any, 0-1.
    """
    if glasses >= DOUBTFUL_GLASSES:
        return labels
    return np.where(labels == Label.GLASSES, np.uint8(Label.OCCLUDER), labels)


def _scene_rows(looks: Sequence[_Look], ground: Word | None) -> list[Row]:
    """The rows of the faces of one scene."""
    light, found = scene_colors([(look.pixels, look.labels) for look in looks], ground)
    rows = []
    for look, colors in zip(looks, found):
        row = {name: look.face[name] for name in BOX} | colors_row(colors) | names_of(colors)
        rows.append(row | {"light": light.tolist() if colors else None})
    return rows


def _look(
    root: Path, strip: Strip, bounds: Bounds, face: Row, reading: Row, points: Row | None
) -> _Look:
    """The pixels and the parsing of a face, with eyes between the reader's points.

    Raises:
        ImageError: if the page or the parsing cannot be read, or its square is nowhere.
    """
    import cv2

    square = np.array([reading[f"parsing_{name}"] for name in ("x", "y", "side")], np.float64)
    x, y, side = square
    left, top, width, height = bounds
    if not np.isfinite(square).all() or not 1 <= side <= LARGEST_SIDE:
        raise ImageError("its parsing has no place: run landmarks --force")
    if x >= left + width or y >= top + height or x + side <= left or y + side <= top:
        raise ImageError("its parsing lies beyond the page: run landmarks --force")
    labels = _parsing(root / reading["parsing"])
    labels = cv2.resize(labels, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST_EXACT)
    labels = without_doubtful_glasses(labels, reading["glasses"])
    # Other backends' points are of photographs, and of another confidence.
    if points is not None and points["backend"] == reading["reader"]:
        labels = within_eyes(labels, *_placed(points, square))
    return _Look(face, cut(strip.read, square, bounds, SIDE), labels)


def _placed(points: Row, square: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """(68, 2) points in pixels of a look at a square, and (68,) their confidence."""
    places = np.array(points["landmarks"], np.float64).reshape(-1, 2)
    confidence = points["landmark_confidence"] or [0.0] * len(places)
    return (places - square[:2]) * (SIDE / square[2]), np.array(confidence)


def _parsing(path: Path) -> NDArray[np.uint8]:
    import cv2

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ImageError(
            f"no parsing at {path.name} ({error.strerror}): run landmarks --force"
        ) from error
    labels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if labels is None or labels.ndim != 2 or labels.dtype != np.uint8:
        raise ImageError(f"{path.name} is no map of parts: run landmarks --force")
    return np.where(labels < len(Label), labels, np.uint8(Label.BACKGROUND))


def _ground(strip: Strip, scene: Row) -> Word | None:
    """What the scene's lightest places say of its light, from bands of rows."""
    height = scene["height"]
    rows = min(BAND, height)
    starts = np.unique(np.linspace(0, height - rows, BANDS).astype(int))
    try:
        bands = [
            strip.read(scene["x"], scene["y"] + int(start), scene["width"], rows)[::2, ::2]
            for start in starts
        ]
    except ImageError:
        return None  # the faces' own pages could be read
    return ground_word(np.concatenate(bands))
