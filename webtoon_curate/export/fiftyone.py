"""`fiftyone`: scenes and boxes as FiftyOne imports them (FiftyOneImageDetectionDataset).

<split>/data/<name>.png
<split>/labels.json        boxes as shares of the picture, with attributes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import short
from webtoon_curate.export.scenes import scenes
from webtoon_curate.export.settings import PictureSettings

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

FACE = "face"
_ATTRIBUTES = (
    *("face_id", "title", "episode", "scene", "character", "gender", "glasses", "view", "quality"),
    *("yaw", "pitch", "roll", "hair_name", "eye_name", "skin_name", "keep", "keep_reason"),
    *("duplicate_cluster", "source", "license"),
)


@register("fiftyone", "Scenes and boxes for FiftyOne's importer.", "--image jpeg")
class FiftyOne(Format):
    """A folder a split."""

    Settings = PictureSettings
    crops = False

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A scene with its faces."""
        for each in scenes(episode, faces, self.settings.image):
            if isinstance(each, Refused):
                yield each
                continue
            width, height = each.row["width"], each.row["height"]
            boxes = [
                {
                    "label": face["group"] or FACE,
                    "bounding_box": [
                        face["bbox"][0] / width,
                        face["bbox"][1] / height,
                        face["bbox"][2] / width,
                        face["bbox"][3] / height,
                    ],
                    "confidence": short(face["score"]),
                    "attributes": _attributes(face),
                }
                for face in each.faces
            ]
            name = f"{each.split}/data/{each.name}{each.ending}"
            row = {"name": each.name, "boxes": boxes}
            yield Made(each.split, row, {name: each.data}, faces=len(boxes))

    def finish(self, parts: Parts) -> Row:
        """The labels of each split, written as they are read."""
        for split in self.job.sides:
            labels = {box["label"] for item in parts.items(split) for box in item.row["boxes"]}
            with (
                parts.writing(f"{split}/labels.json") as path,
                path.open("w", encoding="utf-8") as file,
            ):
                file.write(f'{{"classes": {json.dumps(sorted(labels))},\n"labels": {{')
                for number, item in enumerate(parts.items(split)):
                    key = json.dumps(item.row["name"], ensure_ascii=False)
                    boxes = json.dumps(item.row["boxes"], ensure_ascii=False, allow_nan=False)
                    file.write((",\n" if number else "\n") + f"{key}: {boxes}")
                file.write("}}\n")
        return {}


def _attributes(face: Row) -> Row:
    told = {name: face[name] for name in _ATTRIBUTES if face[name] is not None}
    return {name: short(v) if isinstance(v, float) else v for name, v in told.items()}
