"""Truth of drawn episodes and crops, as tables in the dataset's schema and as `labels.json`."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from webtoon_curate import __version__
from webtoon_curate.faces import Page, Scene
from webtoon_curate.schema import FACES, MANIFEST, SCHEMA_VERSION
from webtoon_curate.synth.heads.visibility import HeadTruth
from webtoon_curate.synth.pages.layout import Frame
from webtoon_curate.synth.pages.sheet import Sheet
from webtoon_curate.synth.paint import Color
from webtoon_curate.synth.scenes.plan import Shot
from webtoon_curate.synth.scenes.scene import DrawnFace
from webtoon_curate.synth.shapes import Box

DETECTOR = f"synth@{__version__}"
TIME = "1970-01-01T00:00:00+00:00"
"""Of pages in the truth's pages table: drawings have no date, and bytes must not depend on it."""

_FROM_MANIFEST = (
    "view", "landmarks", "landmarks_z", "yaw", "pitch", "roll", "hair_color", "left_eye_color",
    "right_eye_color", "skin_color", "hair_color_raw", "left_eye_color_raw", "right_eye_color_raw",
    "skin_color_raw", "gender", "glasses", "group", "character",
)  # fmt: skip


def _field(name: str, kind: pa.DataType, about: str, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"about": about})


_HEAD = (
    *(MANIFEST.field(name) for name in _FROM_MANIFEST),
    _field("landmark_visible", pa.list_(pa.bool_(), 68), "false: hidden, cut off or turned away"),
    _field("age", pa.string(), "child, teen, adult, middle or old"),
    _field("facial_hair", pa.string(), "kind; null for none", null=True),
    _field("hat", pa.bool_(), "wears a hat, hood or helmet"),
    _field("expression", pa.string(), "a name of synth.people.poses.EXPRESSIONS"),
    _field("hair_style", pa.string(), "a name of synth.people.character.HAIR_STYLES, or bald"),
    _field("painted", pa.bool_(), "false: black and white fill, colors are greys"),
    _field("family", pa.string(), "style family"),
    _field("fill", pa.string(), "how the style fills areas"),
    _field("mask", pa.string(), "PNG of the parsing classes, relative to the truth's folder"),
)
_OF_HEADS = frozenset(field.name for field in dataclasses.fields(HeadTruth))
TRUTH = pa.schema(
    [
        *(FACES.field(name) for name in ("face_id", "title", "episode", "scene")),
        *_HEAD,
        _field("box", pa.list_(pa.float32(), 4), "x, y, width, height of the whole face, also "
               "where the panel cuts it; episode pixels"),
        _field("seen", pa.float32(), "share of the face's pixels that is visible, 0-1"),
        _field("lettered", pa.float32(), "share under lettering"),
        _field("covered", pa.float32(), "share under hands, things and other people"),
        _field("cut", pa.float32(), "share beyond the panel; the four add up to 1"),
        _field("drawing", pa.int32(), "number of the drawing in the episode; copies share it"),
        _field("edit", pa.string(), "how this appearance differs from the drawing: exact, mouth, "
               "colour, mirror, crop or text; null for its first", null=True),
        _field("copy_of", pa.string(), "face_id of the drawing's first face; null if it is that",
               null=True),
        _field("shot", pa.string(), "kind of panel"),
    ],
    metadata={"schema_version": str(SCHEMA_VERSION)},
)  # fmt: skip
"""The table `truth`, a row a face, beside the tables pages, scenes and faces."""

CROP_TRUTH = pa.schema(
    [
        _field("index", pa.int64(), "of the crop"),
        _field("crop", pa.string(), "PNG, relative to the output's folder"),
        _field("box", pa.list_(pa.float32(), 4), "x, y, width, height of the face, crop pixels"),
        _field("mood", pa.string(), "light and finish of the picture", null=True),
        _field("title", pa.string(), "crops of one have one style"),
        *_HEAD,
    ],
    metadata={"schema_version": str(SCHEMA_VERSION)},
)
"""A row a crop of `--faces`; coordinates are crop pixels."""


@dataclasses.dataclass
class EpisodeTruth:
    """What is true of an episode, gathered block by block.

    Attributes:
        title, episode: names.
        role: for `labels.json`: train, or heldout for reserved style families.
        scenes: in strip pixels.
        faces: number of the scene, the face in block pixels, its panel, and the row of the strip
            that the block begins in.
        ignored: boxes where a detection counts neither way, strip pixels.
    """

    title: str
    episode: str
    role: str
    scenes: list[Scene] = dataclasses.field(default_factory=list)
    faces: list[tuple[int, DrawnFace, Frame, int]] = dataclasses.field(default_factory=list)
    ignored: list[Box] = dataclasses.field(default_factory=list)

    def add(self, sheet: Sheet, y: int) -> None:
        """Add a block whose first row is row `y` of the strip."""
        first = len(self.scenes)
        self.scenes += [dataclasses.replace(s, y=s.y + y) for s in sheet.scenes]
        for face, frame in sheet.faces:
            scene = first + _scene_of(_shown_box(face, frame), sheet.scenes)
            self.faces.append((scene, face, frame, y))
        self.ignored += [(x, top + y, w, h) for x, top, w, h in sheet.ignored]

    def scene_rows(self, pages: Sequence[Page]) -> list[dict[str, Any]]:
        """Rows of the table `scenes`."""
        rows = []
        for index, scene in enumerate(self.scenes):
            touched = _touched(pages, scene.y, scene.y + scene.height)
            rows.append(
                self._names()
                | dataclasses.asdict(scene)
                | {"scene": index, "page": touched[0].name, "pages": len(touched)}
            )
        return rows

    def face_rows(self, pages: Sequence[Page]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Rows of the tables `faces` and `truth`."""
        plain, full = [], []
        counts: dict[int, int] = {}
        originals: dict[tuple[int, int], str] = {}
        for scene, face, frame, y in self._in_order():
            number = counts[scene] = counts.get(scene, -1) + 1
            face_id = f"{self.title}/{self.episode}/{scene:04d}/{number:02d}"
            names = {"face_id": face_id, **self._names(), "scene": scene}
            key = (frame.drawing, face.actor.seed)
            first = originals.setdefault(key, face_id)
            box = _shown_box(face, frame)
            page = _page_at(pages, y + box[1] + box[3] / 2)
            plain.append(names | self._place(scene, box, y, page))
            full.append(
                names
                | head_row(face.truth, (0, y), partial(lit_colour, face.shot))
                | {name: getattr(face, name) for name in ("seen", "lettered", "covered", "cut")}
                | {
                    "box": [face.truth.box[0], face.truth.box[1] + y, *face.truth.box[2:]],
                    "character": f"{self.title}/{face.actor.name}",
                    "mask": f"masks/{self.title}/{self.episode}/{Path(page.name).stem}.png",
                    "drawing": frame.drawing,
                    "edit": frame.edit,
                    "copy_of": None if first == face_id else first,
                    "shot": face.shot.kind,
                }
            )
        return plain, full

    def labels(self, pages: Sequence[Page]) -> dict[str, dict[str, Any]]:
        """Entries of `labels.json` by `<title>/<episode>/<file>`; boxes in page pixels.

        A face belongs to the page of its middle; where a page cuts it, the box reaches beyond
        that page, and its part on the other page is to be ignored.
        """
        entries: dict[str, dict[str, Any]] = {
            page.name: {
                "size": [page.width, page.height],
                "role": self.role,
                "faces": [],
                "ignore": [],
            }
            for page in pages
        }
        for box in self.ignored:
            _ignore(box, _touched(pages, box[1], box[1] + box[3]), entries)
        for _, face, frame, y in self._in_order():
            x, top, width, height = _shown_box(face, frame)
            box = (x, top + y, width, height)
            page = _page_at(pages, box[1] + height / 2)
            corners = [x, box[1] - page.y, x + width, box[1] - page.y + height]
            entries[page.name]["faces"].append(
                {
                    "box": [round(v, 1) for v in corners],
                    "view": face.truth.view,
                    "group": group(face.truth),
                }
            )
            others = [p for p in _touched(pages, box[1], box[1] + height) if p is not page]
            _ignore(box, others, entries)
        return {f"{self.title}/{self.episode}/{name}": entries[name] for name in entries}

    def _names(self) -> dict[str, str]:
        return {"title": self.title, "episode": self.episode}

    def _in_order(self) -> list[tuple[int, DrawnFace, Frame, int]]:
        """Faces by scene, then from top to bottom."""
        return sorted(
            self.faces, key=lambda row: (row[0], row[1].truth.box[1], row[1].truth.box[0])
        )

    def _place(self, scene: int, box: Box, y: int, page: Page) -> dict[str, Any]:
        where = self.scenes[scene]
        return {
            "scene_x": where.x,
            "scene_y": where.y,
            "x": box[0],
            "y": box[1] + y,
            "width": box[2],
            "height": box[3],
            "page": page.name,
            "page_x": box[0],
            "page_y": box[1] + y - page.y,
            "score": 1.0,
            "detector": DETECTOR,
            "blank_edge": 0.0,
            "keep": True,
        }


def group(truth: HeadTruth) -> str:
    """Presented gender and glasses, e.g. `woman_no_glasses`."""
    if truth.gender not in ("woman", "man"):
        return "unknown"
    return f"{truth.gender}_{'glasses' if truth.glasses else 'no_glasses'}"


def head_row(
    truth: HeadTruth, shift: tuple[float, float], lit: Callable[[Color], Color] = lambda c: c
) -> dict[str, Any]:
    """What is true of a head, as columns of `TRUTH`.

    Args:
        truth: in pixels of a page.
        shift: added to the landmarks.
        lit: what the drawing's light makes of a colour; it gives the `_raw` colours.
    """
    row: dict[str, Any] = {
        field.name: getattr(truth, field.name) for field in _HEAD if field.name in _OF_HEADS
    }
    points = np.asarray(truth.landmarks, np.float32) + np.float32(shift)
    row["landmarks"] = points.reshape(-1).tolist()
    row["landmarks_z"] = np.asarray(truth.landmarks_z, np.float32).tolist()
    row["landmark_visible"] = [bool(v) for v in truth.visible]
    row["group"] = group(truth)
    for part in ("hair_color", "left_eye_color", "right_eye_color", "skin_color"):
        color = getattr(truth, part)
        row[part] = list(color)
        row[f"{part}_raw"] = list(lit(color))
    return row


def crop_row(truth: dict[str, Any], folder: str) -> dict[str, Any]:
    """A row of `CROP_TRUTH` from the truth of a `FaceCrop`; files lie in the given shard."""
    head = HeadTruth(**{name: value for name, value in truth.items() if name in _OF_HEADS})
    name = f"{truth['index']:09d}.png"
    return head_row(head, (0, 0)) | {
        "index": truth["index"],
        "crop": f"crops/{folder}/{name}",
        "box": list(head.box),
        "mood": truth.get("mood"),
        "title": str(truth["title"]),
        "mask": f"masks/{folder}/{name}",
        "character": str(head.character_seed),
    }


def lit_colour(shot: Shot, color: Color) -> Color:
    """A colour in a shot's light: multiplied by its colours, greyed in between where it fades."""
    a, b, c = (p * q / 255 for p, q in zip(color, shot.backlight))
    if shot.faded:
        a = b = c = 0.3 * a + 0.59 * b + 0.11 * c  # the luminosity of the W3C's blend modes
    r, g, b = (round(p * q / 255) for p, q in zip((a, b, c), shot.tint))
    return (r, g, b)


def _shown_box(face: DrawnFace, frame: Frame) -> Box:
    """The face box as far as it lies in the panel."""
    x, y, width, height = face.truth.box
    x0, y0, x1, y1 = frame.box()
    left, top = max(x, x0), max(y, y0)
    return left, top, min(x + width, x1) - left, min(y + height, y1) - top


def _scene_of(box: Box, scenes: Iterable[Scene]) -> int:
    """The smallest scene under a box's middle, or else the nearest one."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2

    def away(scene: Scene) -> tuple[float, int]:
        dx = max(scene.x - x, 0, x - scene.x - scene.width)
        dy = max(scene.y - y, 0, y - scene.y - scene.height)
        return dx + dy, scene.width * scene.height

    return min(enumerate(scenes), key=lambda item: away(item[1]))[0]


def _page_at(pages: Sequence[Page], y: float) -> Page:
    return pages[min(bisect_right(pages, y, key=_bottom), len(pages) - 1)]


def _touched(pages: Sequence[Page], top: float, bottom: float) -> Sequence[Page]:
    """The pages that have rows between two of the strip; pages lie in order."""
    first = bisect_right(pages, top, key=_bottom)
    return pages[first : bisect_left(pages, bottom, key=lambda page: page.y)]


def _bottom(page: Page) -> int:
    return page.y + page.height


def _ignore(box: Box, pages: Sequence[Page], entries: dict[str, dict[str, Any]]) -> None:
    """Have a box's parts on some pages ignored there."""
    for page in pages:
        if corners := _on(box, page):
            entries[page.name]["ignore"].append(corners)


def _on(box: Box, page: Page) -> list[float] | None:
    """Corners of a box's part on a page, in page pixels; None where there is less than 1 px."""
    x, y, width, height = box
    left, right = max(x, 0), min(x + width, page.width)
    top, bottom = max(y, page.y), min(y + height, page.y + page.height)
    if right - left < 1 or bottom - top < 1:
        return None
    return [round(v, 1) for v in (left, top - page.y, right, bottom - page.y)]
