"""What another program changed in a COCO file of `export coco`, as labels.

That file shows scenes, and says in each annotation's `attributes` what the dataset had when it was
written. So only what differs from it is taken for somebody's word.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from webtoon_curate.errors import CurateError
from webtoon_curate.export.coco import FACE, is_moved
from webtoon_curate.export.scenes import POINTS
from webtoon_curate.labels.events import Box, box_of
from webtoon_curate.labels.file_label import FileLabel, name_of, tags_of

_SCENE = ("title", "episode", "scene", "x", "y")
_BOX = ("x", "y", "width", "height")


def is_scene(image: dict[str, Any]) -> bool:
    """Whether a COCO image is one of `export coco`: it says where its scene lies."""
    return all(image.get(name) is not None for name in _SCENE)


def scene_label(
    annotation: dict[str, Any], image: dict[str, Any], word: str, words: Collection[str]
) -> FileLabel:
    """The label that an annotation of such a file amounts to.

    Args:
        annotation: with `bbox`, and what it has of `attributes` and `keypoints`.
        image: its image, of `is_scene`.
        word: the name of its category.
        words: of all categories of the file.

    Raises:
        CurateError: if the keypoints are none.
    """
    where = f"annotation {annotation.get('id')}"
    told = annotation.get("attributes") or {}
    x, y = float(image["x"]), float(image["y"])
    try:
        seen = box_of(annotation["bbox"])
    except CurateError as error:
        return FileLabel(where=where, word=word, problem=str(error))
    box: Box = (seen[0] + x, seen[1] + y, *seen[2:])
    keep = told.get("keep")
    if all(told.get(name) is not None for name in _BOX):
        if not is_moved(seen, told, image):
            box = box_of([told[name] for name in _BOX])
        if word == (told.get("group") if told.get("group") in words else FACE):
            word = FACE
        if keep is (told.get("keep_reason") is None):
            keep = None
    return FileLabel(
        where=where,
        word=word,
        face_id=told.get("face_id"),
        title=str(image["title"]),
        episode=str(image["episode"]),
        box=box,
        character=name_of(told.get("character")),
        tags=tags_of(told.get("tags")),
        keep=keep if isinstance(keep, bool) else None,
        points=_points(annotation.get("keypoints"), x, y, where),
        exported=True,
    )


def _points(keypoints: Any, x: float, y: float, where: str) -> dict[int, tuple[float, float]]:
    """Those that are set, by number, in episode pixels."""
    if not keypoints:
        return {}
    try:
        triples = np.array(keypoints, np.float64).reshape(POINTS, 3)
    except (TypeError, ValueError, OverflowError):
        raise CurateError(f"{where}: its keypoints are not {POINTS} of x, y and v") from None
    there = (triples[:, 2] > 0) & np.isfinite(triples).all(1)
    places = triples[:, :2] + [x, y]
    return {int(n): (float(places[n, 0]), float(places[n, 1])) for n in np.flatnonzero(there)}
