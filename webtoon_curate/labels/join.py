"""Labels put into the rows of the manifest: people win."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from webtoon_curate.files import replacing
from webtoon_curate.labels.crops import cut_crops
from webtoon_curate.labels.events import Box, FaceRef
from webtoon_curate.labels.fold import Label, Labels, drawn_id, is_drawn, matched
from webtoon_curate.labels.place import FILTERS, EpisodePlace, Row
from webtoon_curate.schema import LABELS, MANIFEST

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

NOT_A_FACE = "not_a_face"
LEFT_OUT = "left_out"
POOR = "quality"
"""`keep_reason` of false faces, of faces that a person leaves out, and of bad landmarks."""
HUMAN = "human"


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
    found = matched(labels, [row["face_id"] for row in rows], [_box(row) for row in rows])
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
            row = _said(row, label, place.min_quality)
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
    if row["keep_reason"] not in FILTERS:
        del new["keep"], new["keep_reason"]
    return row | new | {"crop": None}


def _said(row: Row, label: Label, min_quality: float) -> Row:
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
    if row["keep_reason"] == NOT_A_FACE and label.means_a_face():
        poor = row["quality"] is not None and row["quality"] < min_quality
        row.update(keep=not poor, keep_reason=POOR if poor else None)
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
