"""Labels put into the rows of the manifest: people win."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.crops import (
    Bounds,
    CropSettings,
    blank_edges,
    keep_reason,
    page_bounds,
    squares,
)
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Page
from webtoon_curate.files import replacing
from webtoon_curate.labels.events import Box, FaceRef
from webtoon_curate.labels.fold import Label, Labels, drawn_id, is_drawn, matched
from webtoon_curate.schema import LABELS, MANIFEST

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

NOT_A_FACE = "not_a_face"
LEFT_OUT = "left_out"
"""`keep_reason` of false faces, and of faces that a person leaves out."""
HUMAN = "human"
_FILTERS = (None, "short_edge", "aspect", "blank_edge")
"""The `keep_reason`s that depend on the box alone, and are found anew when it is mended."""

Row = dict[str, Any]


class Labelled(NamedTuple):
    """A face's row with people's words, how events are to name it, and its label if it has one."""

    row: Row
    face: FaceRef
    label: Label | None


def group_of(gender: str | None, glasses: bool | None) -> str | None:
    """The group of a face, None where gender or glasses are not known.

    Example:
        >>> group_of("woman", False), group_of("unknown", True), group_of("man", None)
        ('woman_no_glasses', 'unknown', None)
    """
    if gender == "unknown":
        return "unknown"
    if gender is None or glasses is None:
        return None
    return f"{gender}_{'glasses' if glasses else 'no_glasses'}"


class EpisodePlace:
    """An episode's pages, scenes and filters: what a new box needs to become a row."""

    def __init__(self, dataset: Dataset, title: str, episode: str) -> None:
        pages = dataset.tables["pages"].read(title, episode)
        names = ("page", "y", "width", "height")
        columns = [pages[name].to_pylist() for name in names]
        self.title, self.episode = title, episode
        self.pages = [Page(*values) for values in zip(*columns)]
        self.sha256 = dict(zip(columns[0], pages["sha256"].to_pylist()))
        self.origins = dict(
            zip(columns[0], zip(pages["source"].to_pylist(), pages["license"].to_pylist()))
        )
        self.scenes: list[Row] = dataset.tables["scenes"].read(title, episode).to_pylist()
        layouts = pages["layout"]
        layout = layouts[0].as_py() if len(layouts) else "images"
        self.bounds: dict[str, Bounds] = page_bounds(self.pages, layout)
        settings: Row = dataset.config["stages"].get("detect", {})
        self.filters = {name: settings[name] for name in _FILTERS if name and name in settings}
        try:
            self.crop = CropSettings(**settings["crop"]) if settings.get("crop") else None
        except TypeError as error:
            raise DatasetError(
                f"the settings of detect in {dataset.path / 'dataset.json'} are not this "
                f"version's ({error}): run detect --force"
            ) from error

    def scene_at(self, box: Box) -> int:
        """The index of the smallest scene under the box's center, else of the nearest."""
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2

        def far(scene: Row) -> tuple[float, float]:
            dx = max(scene["x"] - x, 0, x - scene["x"] - scene["width"])
            dy = max(scene["y"] - y, 0, y - scene["y"] - scene["height"])
            return dx * dx + dy * dy, scene["width"] * scene["height"]

        return min(self.scenes, key=far)["scene"] if self.scenes else 0

    def page_at(self, box: Box) -> Page:
        """The page under the box's middle, else the first."""
        middle = box[1] + box[3] / 2
        page = max((p for p in self.pages if p.y <= middle), key=lambda p: p.y, default=None)
        return page or self.pages[0]

    def ref(self, face_id: str | None, box: Box) -> FaceRef:
        """How an event names the face with this box.

        Args:
            face_id: None for a face that no detector found.
            box: in episode pixels.
        """
        page = self.page_at(box)
        page_box = (box[0], box[1] - page.y, box[2], box[3])
        if face_id is None:
            scene = self.scene_at(box)
            face_id = drawn_id(self.title, self.episode, scene, page_box, page.name)
        sha256 = self.sha256[page.name]
        return FaceRef(face_id, self.title, self.episode, box, page.name, page_box, sha256)

    def placed(self, box: Box) -> Row:
        """The columns of a row that follow from its box."""
        x, y, width, height = box
        page = self.page_at(box)
        square = squares(np.array(box), self.crop or CropSettings())[0]
        blank = float(blank_edges(square, self.bounds[page.name])[0])
        reason = keep_reason(width, height, blank, **self.filters)
        source, license = self.origins[page.name]
        return {
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "page": page.name,
            "page_x": x,
            "page_y": y - page.y,
            "source": source,
            "license": license,
            "keep": reason is None,
            "keep_reason": reason,
        }


def labelled(
    rows: Sequence[Row],
    labels: Sequence[Label],
    place: EpisodePlace,
    read: Callable[[list[Row]], list[Row]] = list,
) -> list[Labelled]:
    """An episode's manifest rows with people's words in them; faces that they added come last.

    Args:
        rows: the manifest rows by the detector alone; they are not changed.
        labels: of the episode.
        place: the episode's pages and scenes.
        read: gives the rows with what later stages read in their boxes: it is called when people's
            boxes are in the rows, and before their words on what is in the boxes.

    Returns:
        As many faces in the same order, and one for each that no detector found.
    """
    boxes = np.array([_box(row) for row in rows])
    found = matched(labels, [row["face_id"] for row in rows], boxes)
    known = {id(label) for several in found for label in several}
    mended: list[Row] = []
    words: list[tuple[FaceRef, list[Label]]] = []
    for row, several in zip(rows, found):
        face = place.ref(row["face_id"], _box(row))
        words.append((several[-1].face if several else face, several))
        for label in several:
            row = _mended(row, label, place)
        mended.append(row)
    taken = {row["face_id"] for row in mended}
    for label in labels:
        if id(label) in known or not label.says_a_face() or not place.pages:
            continue
        row = _drawn(label, place)
        if row["face_id"] not in taken:
            taken.add(row["face_id"])
            mended.append(row)
            words.append((label.face, [label]))
    done = []
    for row, (face, several) in zip(read(mended), words):
        for label in several:
            row = _said(row, label)
        done.append(Labelled(row, face, several[-1] if several else None))
    return done


def label_table(
    dataset: Dataset,
    title: str,
    episode: str,
    table: pa.Table,
    labels: Sequence[Label],
    read: Callable[[list[Row]], list[Row]] = list,
) -> pa.Table:
    """An episode's manifest rows with its labels, and the crops that mended boxes need cut.

    Args:
        table: the rows by the detector alone, in `MANIFEST`'s schema.
        labels: of the episode.
        read: see `labelled`.
    """
    from webtoon_curate.labels.crops import cut_crops

    place = EpisodePlace(dataset, title, episode)
    rows = [face.row for face in labelled(table.to_pylist(), labels, place, read)]
    cut_crops(dataset, place, rows)
    return pa.Table.from_pylist(rows, MANIFEST)


def write_labels(dataset: Dataset, labels: Labels) -> None:
    """Write the folded labels to `tables/labels.parquet`; without any there is no such file."""
    path = dataset.path / "tables" / "labels.parquet"
    if not labels:
        path.unlink(missing_ok=True)
        return
    with (
        replacing(path) as part,
        pq.ParquetWriter(part, LABELS, compression="zstd") as writer,
    ):
        waiting: list[Row] = []
        for names in sorted(labels):
            waiting += [_label_row(label) for label in labels[names]]
            if len(waiting) >= _GROUP_ROWS:
                writer.write_table(pa.Table.from_pylist(waiting, LABELS))
                waiting = []
        writer.write_table(pa.Table.from_pylist(waiting, LABELS))


_GROUP_ROWS = 65_536


def _mended(row: Row, label: Label, place: EpisodePlace) -> Row:
    """The row with one label's box."""
    if label.box is None or label.box == _box(row):
        return row
    new = place.placed(label.box)
    if row["keep_reason"] not in _FILTERS:
        del new["keep"], new["keep_reason"]
    return row | new | {"crop": None}


def _said(row: Row, label: Label) -> Row:
    """The row with one label's words on what is in its box."""
    row = dict(row)
    if label.gender is not None or label.glasses is not None:
        _say_group(row, label)
    if label.character is not None:
        row["character"] = label.character
    if label.tags:
        tags = [tag for tag in row["tags"] or () if label.tags.get(tag, True)]
        tags += [tag for tag, on in label.tags.items() if on and tag not in tags]
        row["tags"] = tags or None
    if label.points and row.get("landmarks"):
        points = list(row["landmarks"])
        for index, point in label.points.items():
            points[2 * index : 2 * index + 2] = point
        row["landmarks"] = points
    if label.keep is not None:
        row.update(keep=label.keep, keep_reason=None if label.keep else LEFT_OUT)
    if label.deleted:
        row.update(keep=False, keep_reason=NOT_A_FACE)
    return row


def _box(row: Row) -> Box:
    return row["x"], row["y"], row["width"], row["height"]


def _say_group(row: Row, label: Label) -> None:
    if label.gender is not None:
        row["gender"] = label.gender
    if label.glasses is not None:
        row["glasses"] = label.glasses
    elif label.gender == "unknown":
        row["glasses"] = None
    row["group"] = group_of(row["gender"], row["glasses"])
    by_person = label.persons & {"gender", "glasses"}
    row["group_source"] = HUMAN if by_person else "import"
    row["group_probability"] = 1.0


def _drawn(label: Label, place: EpisodePlace) -> Row:
    """The row of a face that no detector found."""
    box = label.box or label.face.box
    scene = place.scene_at(box)
    face_id = label.face.face_id
    if not is_drawn(face_id):
        face = label.face
        where = face.page_box or face.box
        face_id = drawn_id(place.title, place.episode, scene, where, face.page)
    row = dict.fromkeys(MANIFEST.names)
    row.update(face_id=face_id, title=place.title, episode=place.episode, scene=scene)
    row.update(place.placed(box), score=1.0, detector=HUMAN)
    return row


def _label_row(label: Label) -> Row:
    box = label.box or (None,) * 4
    return {
        "face_id": label.face.face_id,
        "title": label.face.title,
        "episode": label.face.episode,
        "page": label.face.page,
        "page_gone": label.gone,
        **dict(zip(("x", "y", "width", "height"), label.face.box)),
        **dict(zip(("new_x", "new_y", "new_width", "new_height"), box)),
        "gender": label.gender,
        "glasses": label.glasses,
        "group": group_of(label.gender, label.glasses),
        "character": label.character,
        "tags": [tag for tag, on in label.tags.items() if on],
        "tags_off": [tag for tag, on in label.tags.items() if not on],
        "keep": label.keep,
        "deleted": label.deleted,
        "added": label.added,
        "points": [{"point": i, "x": x, "y": y} for i, (x, y) in sorted(label.points.items())],
        "by_person": sorted(label.persons),
        "who": label.who,
        "time": label.time,
    }
