"""Grey pictures with labelled faces, real and drawn: what windows are cut from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.engine import ordered_pool
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP

LABELS = "labels.json"
LEAST_FACE = 20
"""Longer side of the smallest face that is learned from, pixels: below, a window of 24 pixels
would be an enlargement."""
MOST_YAW, MOST_ROLL = 45.0, 20.0
"""Of drawn heads that are learned from, degrees: upright, both eyes seen."""
CROP_SIZES = (64, 96, 128, 192, 256)
FACELESS = 0.3
"""Share of the drawn crops that show no face; the others serve as faces only, for they may have
a neighbour that is not in their truth."""
EPISODE_PANELS = 8


@dataclass(frozen=True)
class Picture:
    """A scene as the detector sees it.

    Attributes:
        grey: (height, width) uint8, its histogram equalised.
        faces: (n, 4) float32 x, y, width, height of human faces, in pixels.
        upright: (n,) bool, those to learn from.
        ignored: (m, 4) float32, places that are neither face nor background.
        source: the artist, or `drawn`.
        mined: whether windows beside the faces are known to be no faces.
    """

    grey: NDArray[np.uint8]
    faces: NDArray[np.float32]
    upright: NDArray[np.bool_]
    ignored: NDArray[np.float32]
    source: str
    mined: bool = True


DRAWN = "drawn"
"""The `source` of pictures that `webtoon_curate.synth` drew."""


def equalised(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey with a flat histogram, as the cascade backend makes it of each window."""
    import cv2

    return cv2.equalizeHist(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY))


def labelled_pictures(folder: Path, role: str = "train") -> list[Picture]:
    """The panels of the labelled pages in a folder, or in each of its folders with labels.

    Pages without `panels` are one picture each. Creatures are background, `ignore` boxes are
    not; pages without a role count as `train`.

    Raises:
        DatasetError: if there are none, or the labels are damaged.
        ImageError: if a labelled page cannot be read.
    """
    files = [folder / LABELS] if (folder / LABELS).is_file() else sorted(folder.glob(f"*/{LABELS}"))
    found = []
    for file in files:
        try:
            pages = json.loads(file.read_bytes())["pages"]
            for name, record in sorted(pages.items()):
                if record.get("role", "train") == role:
                    found += _page(file.parent, name, record)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DatasetError(f"{file} is no file of labels: {error}") from None
    if not found:
        raise DatasetError(f"{folder} has no labelled pages of the role {role!r} in a {LABELS}")
    return found


def _page(folder: Path, name: str, record: dict[str, Any]) -> Iterator[Picture]:
    rgb = pixels_of(folder / name)
    people = [face for face in record["faces"] if face.get("group") != NEUTRAL_GROUP]
    faces = _sized([face["box"] for face in people])
    upright = np.array([face.get("view") == "frontal" for face in people], bool)
    panels = record.get("panels") or [[0, 0, rgb.shape[1], rgb.shape[0]]]
    ignored = _sized(record.get("ignore", []))
    return _cut(rgb, faces, upright, ignored, _sized(panels), name.split("/")[0])


def _sized(corners: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    boxes = np.array(corners, np.float32).reshape(len(corners), 4)
    boxes[:, 2:] -= boxes[:, :2]
    if not (boxes[:, 2:] >= 0).all():  # nor numbers that are none
        raise ValueError("a box ends before it begins; boxes are [x0, y0, x1, y1]")
    return boxes


def _cut(
    rgb: NDArray[np.uint8],
    faces: NDArray[np.float32],
    upright: NDArray[np.bool_],
    ignored: NDArray[np.float32],
    panels: NDArray[np.float32],
    source: str,
) -> Iterator[Picture]:
    """One picture for each panel; faces belong to the panel that holds their center."""
    large = faces[:, 2:].max(axis=1, initial=0) >= LEAST_FACE
    for x, y, width, height in panels.astype(int):
        left, top = max(x, 0), max(y, 0)
        part = rgb[top : y + height, left : x + width]
        if min(part.shape[:2]) < LEAST_FACE:
            continue
        offset = np.array([left, top, 0, 0], np.float32)
        centers = faces[:, :2] + faces[:, 2:] / 2 - offset[:2]
        inside = ((centers >= 0) & (centers < part.shape[1::-1])).all(axis=1)
        # What hangs over from another panel is masked, but not learned from.
        mine = Picture(
            equalised(part), faces - offset, upright & large & inside, ignored - offset, source
        )
        yield mine


def drawn_crops(count: int, seed: int, jobs: int) -> Iterator[Picture]:
    """Single drawn heads, and pictures without one, in several sizes and all styles."""
    from webtoon_curate.synth.crops import face_crops

    each = -(-count // len(CROP_SIZES))
    for number, size in enumerate(CROP_SIZES):
        crops = face_crops(each, seed + number, size=size, negatives=FACELESS, jobs=jobs)
        for crop in crops:
            truth = crop.truth
            boxes = np.array([truth["box"]] if truth["face"] else [], np.float32).reshape(-1, 4)
            upright = np.array([_is_upright(**_pose(truth))] if truth["face"] else [], bool)
            upright &= boxes[:, 2:].max(axis=1, initial=0) >= LEAST_FACE
            nothing = np.zeros((0, 4), np.float32)
            grey = equalised(crop.rgb)
            yield Picture(grey, boxes, upright, nothing, DRAWN, mined=not truth["face"])


def drawn_episodes(count: int, seed: int, jobs: int) -> Iterator[Picture]:
    """The scenes of drawn episodes: figures in places, lettering, creatures and things."""
    draw = partial(_episode, seed)
    if jobs <= 1:
        for number in range(count):
            yield from draw(number)
        return
    with ordered_pool(jobs) as pool:
        for pictures in pool.map(draw, range(count)):
            yield from pictures


def _episode(seed: int, number: int) -> list[Picture]:
    from webtoon_curate.synth.episode import SynthSettings, draw_sheets, plan_episode

    # Episodes of one title share their people and style: take the first of each.
    plan = plan_episode(SynthSettings(seed=seed, panels=EPISODE_PANELS), 3 * number)
    found = []
    for _, sheet in draw_sheets(plan):
        heads = [face.truth for face, _ in sheet.faces]
        boxes = np.array([head.box for head in heads], np.float32).reshape(-1, 4)
        upright = np.array([_is_upright(h.view, h.yaw, h.roll) for h in heads], bool)
        ignored = np.array(sheet.ignored, np.float32).reshape(-1, 4)
        panels = np.array([(s.x, s.y, s.width, s.height) for s in sheet.scenes], np.float32)
        found += _cut(sheet.rgb, boxes, upright, ignored, panels.reshape(-1, 4), DRAWN)
    return found


def _pose(truth: dict[str, Any]) -> dict[str, Any]:
    return {name: truth[name] for name in ("view", "yaw", "roll")}


def _is_upright(view: str, yaw: float, roll: float) -> bool:
    return view == "frontal" and abs(yaw) <= MOST_YAW and abs(roll) <= MOST_ROLL


def need_synth() -> None:
    """Raises a CurateError that says what to install if drawing is impossible."""
    from importlib.util import find_spec

    if find_spec("skia") is None:
        raise CurateError(
            "drawn faces need skia-python: pip install 'webtoon-curate[synth]', or --drawn 0"
        )
