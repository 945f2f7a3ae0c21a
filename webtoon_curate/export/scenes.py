"""What the formats for detectors share: a scene is a picture, with all exported faces in it.

Scenes, and not pages, because a strip's pages cut faces in two, can be too long for JPEG, and hold
scenes of several splits; a scene never does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webtoon_curate.errors import ImageError
from webtoon_curate.export.made import Refused, Row
from webtoon_curate.export.samples import flat_name, picture
from webtoon_curate.export.settings import bad_box, finite

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

POINTS = 68
SEEN = 0.5
"""Confidence from which a landmark counts as visible."""


@dataclass(frozen=True)
class Shown:
    """A scene that is shown.

    Attributes:
        name: unique, without ending.
        split: of its faces.
        row: of the scenes table.
        ending, data: of its picture file.
        faces: rows of the manifest, each with `bbox`, its box as far as it lies in the scene.
    """

    name: str
    split: str
    row: Row
    ending: str
    data: bytes
    faces: list[Row]


def scenes(episode: Episode, faces: Sequence[Row], image: str) -> Iterator[Shown | Refused]:
    """The scenes with faces, and the faces that cannot be shown.

    Args:
        episode, faces: of `Format.make`.
        image: of `PictureSettings`.
    """
    by_scene: dict[int, list[Row]] = {}
    for face in faces:
        by_scene.setdefault(face["scene"], []).append(face)
    for index, members in by_scene.items():
        split, shown = None, []
        for face in members:
            reason = bad_box(face)
            split = split or (None if reason else face["side"])
            if reason:
                pass
            elif face["side"] != split:
                reason = f"its scene is in {split}"
            elif index not in episode.scenes:
                reason = "its scene is not in the episode"
            else:
                face["bbox"] = clipped(face, episode.scenes[index])
                if face["bbox"] is None:
                    reason = "its box lies beyond its scene"
            if reason:
                yield Refused(face["face_id"], reason)
            else:
                shown.append(face)
        if not split or not shown:
            continue
        try:
            ending, data = picture(episode.scene(index), image)
        except ImageError as error:
            for face in shown:
                yield Refused(face["face_id"], str(error))
            continue
        name = flat_name(f"{episode.title}/{episode.episode}/{index:04d}")
        yield Shown(name, split, episode.scenes[index], ending, data, shown)


def clipped(face: Row, scene: Row) -> list[float] | None:
    """x, y, width, height of a box's part in its scene, scene pixels; None below a pixel."""
    box = [face[name] for name in ("x", "y", "width", "height")]
    if not finite(box):
        return None
    left, top = max(box[0] - scene["x"], 0.0), max(box[1] - scene["y"], 0.0)
    right = min(box[0] - scene["x"] + box[2], float(scene["width"]))
    bottom = min(box[1] - scene["y"] + box[3], float(scene["height"]))
    if right - left < 1 or bottom - top < 1:
        return None
    return [left, top, right - left, bottom - top]


def keypoints(face: Row, scene: Row) -> list[float] | None:
    """68 times x, y in scene pixels and COCO's v: 2 seen, 1 hidden, 0 unknown; None without."""
    points = face["landmarks"]
    if points is None or len(points) != 2 * POINTS:
        return None
    sure = face["landmark_confidence"]
    if sure is None or len(sure) != POINTS:
        sure = [1.0] * POINTS
    found: list[Any] = []
    for index in range(POINTS):
        x, y = points[2 * index : 2 * index + 2]
        if finite((x, y)):
            found += [x - scene["x"], y - scene["y"], 2 if (sure[index] or 0) >= SEEN else 1]
        else:
            found += [0.0, 0.0, 0]
    return found
