"""`coco`: scenes with boxes and 68 keypoints, and the way back to a manifest.

images/<split>/<name>.png
annotations/<split>.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from webtoon_curate.errors import CurateError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import short
from webtoon_curate.export.scenes import POINTS, clipped, keypoints, scenes
from webtoon_curate.export.settings import PictureSettings
from webtoon_curate.landmarks.points import CONTOURS
from webtoon_curate.schema import MANIFEST

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

FACE = "face"
"""Category of faces whose group is not known."""
_AS_TEXT = ("phash", "dhash")
"""Unsigned 64-bit numbers, which many readers of JSON round."""
_APART = 0.01
"""Pixels by which a box or point in the standard fields must differ from the manifest's own to be
taken for changed: programs round."""
_ELSEWHERE = ("landmarks",)
_BOX = ("x", "y", "width", "height")


@register("coco", "Scenes with boxes, 68 keypoints and all else as attributes.", "--image jpeg")
class Coco(Format):
    """A picture a scene, a JSON file a split."""

    Settings = PictureSettings
    crops = False

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A scene with its faces."""
        for each in scenes(episode, faces, self.settings.image):
            if isinstance(each, Refused):
                yield each
                continue
            name = f"images/{each.split}/{each.name}{each.ending}"
            image = {
                "file_name": name,
                **{key: each.row[key] for key in ("width", "height", "x", "y")},
                **{key: each.row[key] for key in ("title", "episode", "scene")},
            }
            annotations = [_annotation(face, each.row) for face in each.faces]
            row = {"image": image, "annotations": annotations}
            yield Made(each.split, row, {name: each.data}, faces=len(each.faces))

    def finish(self, parts: Parts) -> Row:
        """The annotations of each split, written as they are read."""
        names = [FACE, *self.job.groups]
        for split in self.job.sides:
            with (
                parts.writing(f"annotations/{split}.json") as path,
                path.open("w", encoding="utf-8") as file,
            ):
                file.write('{"info": {"description": "faces, by webtoon-curate export coco"},\n')
                file.write(f'"licenses": {_json(_licenses(self.job.licenses))},\n')
                file.write(f'"categories": {_json([_category(n, i) for i, n in _count(names)])},\n')
                images = ({"id": i} | item.row["image"] for i, item in _count(parts.items(split)))
                _write_list(file, "images", images)
                file.write(",\n")
                _write_list(file, "annotations", _annotations(parts, split, names))
                file.write("}\n")
        return {"categories": names}


def read_coco(paths: Iterable[Path]) -> pa.Table:
    """The faces of files of annotations as rows of a manifest.

    What the export put there comes back exactly; a box or a point that another program moved in the
    standard fields (by more than 0.01 px) counts as it is now, and so does a new category.

    Args:
        paths: `annotations/<split>.json`, any of them.

    Returns:
        In `MANIFEST`'s schema, in the order of the files.

    Raises:
        CurateError: if a file is no such export; the message says where.
    """
    rows: list[Row] = []
    for path in paths:
        where = str(path)
        try:
            coco = json.loads(path.read_bytes())
            images = {image["id"]: image for image in coco["images"]}
            names = {category["id"]: category["name"] for category in coco["categories"]}
            for annotation in coco["annotations"]:
                where = f"{path}, annotation {annotation.get('id')}"
                row = _row(annotation, images[annotation["image_id"]])
                name = names[annotation["category_id"]]
                if name != (row["group"] if row["group"] in names.values() else FACE):
                    row["group"] = None if name == FACE else name
                rows.append(row)
        except OSError as error:
            raise CurateError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CurateError(
                f"{where}: no COCO file of webtoon-curate export ({type(error).__name__}: {error})"
            ) from error
    try:
        return pa.Table.from_pylist(rows, MANIFEST)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise CurateError(f"the attributes do not fit the manifest: {error}") from error


def is_moved(box: Sequence[float], told: Row, image: Row) -> bool:
    """Whether a box differs by more than rounding from the one that `told`, a row of the manifest,
    has in the image."""
    then = clipped(told, image)
    return then is None or bool(np.abs(np.subtract(box, then)).max() > _APART)


def _annotation(face: Row, scene: Row) -> Row:
    told = {name: _told(name, face[name]) for name in MANIFEST.names if name not in _ELSEWHERE}
    points = keypoints(face, scene) or [0.0, 0.0, 0] * POINTS
    return {
        "bbox": face["bbox"],
        "area": face["bbox"][2] * face["bbox"][3],
        "iscrowd": 0,
        "segmentation": [],
        "attributes": told,
        "keypoints": points,
        "num_keypoints": sum(v > 0 for v in points[2::3]),
    }


def _told(name: str, value: Any) -> Any:
    if name in _AS_TEXT and value is not None:
        return str(value)
    if isinstance(value, list):
        return [short(item) if isinstance(item, float) else item for item in value]
    return short(value) if isinstance(value, float) else value


def _row(annotation: Row, image: Row) -> Row:
    told = annotation["attributes"]
    row = {name: told.get(name) for name in MANIFEST.names}
    for name in _AS_TEXT:
        row[name] = None if row[name] is None else int(row[name])
    box = [float(value) for value in annotation["bbox"]]
    if is_moved(box, row, image):
        x, y = box[0] + image["x"], box[1] + image["y"]
        row["page_x"] += x - row["x"]
        row["page_y"] += y - row["y"]
        row.update(zip(_BOX, (x, y, *box[2:])))
    points = annotation.get("keypoints")
    if points:
        if len(points) != 3 * POINTS:
            raise ValueError(f"{len(points)} numbers of keypoints, not {3 * POINTS}")
        triples = np.array(points, np.float64).reshape(-1, 3)
        places = triples[:, :2] + [image["x"], image["y"]]
        places[triples[:, 2] == 0] = np.nan
        row["landmarks"] = places.reshape(-1).tolist() if triples[:, 2].any() else None
    return row


def _annotations(parts: Parts, split: str, names: list[str]) -> Iterator[Row]:
    number = 0
    for image, item in _count(parts.items(split)):
        for annotation in item.row["annotations"]:
            number += 1
            group = annotation["attributes"]["group"]
            category = names.index(group) + 1 if group in names else 1
            yield {"id": number, "image_id": image, "category_id": category} | annotation


def _category(name: str, number: int) -> Row:
    points = [f"{contour.name}_{index}" for contour in CONTOURS for index in contour.points]
    lines = [[a + 1, b + 1] for contour in CONTOURS for a, b in contour.segments()]
    about = {"id": number, "name": name, "supercategory": FACE}
    return about | {"keypoints": points, "skeleton": lines}


def _licenses(texts: Sequence[str]) -> list[Row]:
    return [{"id": number, "name": text, "url": ""} for number, text in _count(texts)]


def _count(items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Numbers from 1, as COCO's ids."""
    return enumerate(items, 1)


def _write_list(file: IO[str], name: str, rows: Iterable[Row]) -> None:
    file.write(f'"{name}": [')
    for number, row in enumerate(rows):
        file.write((",\n" if number else "\n") + _json(row))
    file.write("]")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
