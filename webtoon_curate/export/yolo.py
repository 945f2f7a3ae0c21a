"""`yolo`: scenes with boxes, or boxes and 68 keypoints, as Ultralytics' trainers read them.

images/<split>/<name>.png
labels/<split>/<name>.txt      class, middle and size of the box (and points), shares of the picture
data.yaml
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.scenes import POINTS, Shown, keypoints, scenes
from webtoon_curate.export.settings import PictureSettings, setting
from webtoon_curate.reader.points import MIRRORED

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

FACE = "face"
_DIGITS = 6


@dataclass(frozen=True)
class YoloSettings(PictureSettings):
    """Settings of `yolo`.

    Attributes:
        task: `detect`, or `pose` with keypoints: trainers take one or the other.
        classes: `face` for one class, or `groups`.
    """

    task: str = setting("detect", "pose: with the 68 keypoints.", choices=("detect", "pose"))
    classes: str = setting(FACE, "One class, or one a group.", choices=(FACE, "groups"))


@register("yolo", "Scenes with boxes (and keypoints) for Ultralytics' trainers.", "--task pose")
class Yolo(Format):
    """A picture and a text file a scene."""

    Settings = YoloSettings
    crops = False

    def names(self) -> list[str]:
        """Names of the classes."""
        return [FACE, *(self.job.groups if self.settings.classes == "groups" else ())]

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A scene with its faces."""
        for each in scenes(episode, faces, self.settings.image):
            if isinstance(each, Refused):
                yield each
                continue
            name = f"{each.split}/{each.name}"
            lines = [self._line(face, each) for face in each.faces]
            files = {
                f"images/{name}{each.ending}": each.data,
                f"labels/{name}.txt": "".join(lines).encode(),
            }
            row = {"name": name, "faces": [face["face_id"] for face in each.faces]}
            yield Made(each.split, row, files, faces=len(each.faces))

    def finish(self, parts: Parts) -> Row:
        """`data.yaml`."""
        counts, lines = parts.counts(), []
        sides = [side for side in self.job.sides if counts[side]]
        for side in ("train", "val", "test"):
            if side in sides:
                lines.append(f"{side}: images/{side}")
            elif side == "val" and sides:
                lines.append(f"val: images/{sides[-1]}  # there is no val split")
        lines.append("names:")
        lines += [f"  {number}: {json.dumps(name)}" for number, name in enumerate(self.names())]
        if self.settings.task == "pose":
            lines += [f"kpt_shape: [{POINTS}, 3]", f"flip_idx: {MIRRORED.tolist()}"]
        parts.write("data.yaml", ("\n".join(lines) + "\n").encode())
        return {"names": self.names()}

    def _line(self, face: Row, shown: Shown) -> str:
        width, height = shown.row["width"], shown.row["height"]
        x, y, w, h = face["bbox"]
        names = self.names()
        values = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
        words = [str(names.index(face["group"]) if face["group"] in names else 0)]
        words += [f"{value:.{_DIGITS}f}" for value in values]
        if self.settings.task == "pose":
            points = keypoints(face, shown.row) or [0.0, 0.0, 0] * POINTS
            for px, py, seen in zip(points[::3], points[1::3], points[2::3]):
                if not (0 <= px <= width and 0 <= py <= height):
                    px = py = seen = 0
                words += [f"{px / width:.{_DIGITS}f}", f"{py / height:.{_DIGITS}f}", str(seen)]
        return " ".join(words) + "\n"
