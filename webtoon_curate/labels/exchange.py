"""Labels into and out of a dataset, by way of the files of `webtoon_curate.labels.formats`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from webtoon_curate.errors import CurateError
from webtoon_curate.export.settings import MAX_SIDE
from webtoon_curate.labels.desk import Desk, Name, Said, open_desk
from webtoon_curate.labels.events import IMPORT, PERSON, Box, FaceRef, check_name
from webtoon_curate.labels.file_label import FileLabel
from webtoon_curate.labels.fold import Label
from webtoon_curate.labels.formats import (
    FACE,
    NOT_A_FACE,
    format_of,
    meaning,
    read_labels,
    word_of,
    write_labels,
)
from webtoon_curate.labels.join import Labelled
from webtoon_curate.labels.overlap import SAME_FACE, Near, iou
from webtoon_curate.labels.place import Row
from webtoon_curate.lock import writing
from webtoon_curate.manifest import write_manifest
from webtoon_curate.wording import quoted

SAME_BOX = 1.0
"""Boxes whose numbers differ by at most this many pixels are the same: programs round."""
SAME_POINT = 0.5
"""The same for each number of a landmark."""
_BATCH = 1000
"""Events written at once."""


@dataclass
class ImportSummary:
    """What an import did.

    Attributes:
        read: labels in the file.
        faces: faces of which something new was said.
        added: faces among them that the detector had missed.
        same: labels that said nothing new.
        refused: why labels were not taken, with where they stand in the file.
    """

    read: int = 0
    faces: int = 0
    added: int = 0
    same: int = 0
    refused: list[str] = field(default_factory=list)


def import_labels(
    dataset: Path,
    file: Path,
    format: str | None = None,
    *,
    who: str | None = None,
    dry_run: bool = False,
) -> ImportSummary:
    """Take in the labels of a file, then write the manifest.

    A label is for the face whose box overlaps its own by an IoU of at least `SAME_FACE`; without
    such a face it is one that the detector missed, and is added. Boxes are mended to the file's.

    Args:
        dataset: with faces.
        file: CSV, COCO or Label Studio JSON.
        format: one of `formats.FORMATS`; None to tell by the file.
        who: the person whose words these are; None for an import, over which people's words win.
        dry_run: change nothing.

    Raises:
        CurateError: if the file or the dataset cannot be read.
    """
    desk = open_desk(dataset, *((file.name, IMPORT) if who is None else (who, PERSON)))
    summary = ImportSummary()
    by_episode: dict[Name, list[FileLabel]] = {}
    for label in sorted(read_labels(file, format_of(file, format)), key=_whose):
        summary.read += 1
        try:
            label = _placed(desk, label)
            by_episode.setdefault((label.title or "", label.episode or ""), []).append(label)
        except CurateError as error:
            summary.refused.append(f"{label.where}: {error}")
    lock = nullcontext() if dry_run else writing(desk.dataset.path, "label import")
    with closing(desk.log), lock:
        waiting: list[Said] = []
        for name, labels in by_episode.items():
            waiting += _said(desk, name, labels, summary)
            if len(waiting) >= _BATCH and not dry_run:
                desk.say(waiting)
                waiting = []
        if waiting and not dry_run:
            desk.say(waiting)
        if not dry_run:
            write_manifest(desk.dataset)
    return summary


def export_labels(
    dataset: Path, file: Path, format: str | None = None, *, everything: bool = False
) -> int:
    """Write what was said of faces to a file; the number of faces.

    Args:
        dataset: with faces.
        file: to write.
        format: one of `formats.FORMATS`; None to tell by the file's name.
        everything: also faces that nobody spoke of, with the groups that models say, as such.

    Raises:
        CurateError: if there is nothing to write.
    """
    desk = open_desk(dataset, "export", IMPORT)
    labels = list(_exported(desk, everything))
    if not labels:
        raise CurateError(
            f"nobody has labelled a face of {dataset}; begin with: "
            f"webtoon-curate review {quoted(dataset)}"
            + ("" if everything else ", or export all faces with --all")
        )
    return write_labels(file, format_of(file, format), labels)


def _exported(desk: Desk, everything: bool) -> Iterator[FileLabel]:
    faces = desk.dataset.tables["faces"]
    names = faces.episodes() if everything else desk.labelled_episodes()
    for title, episode in names:
        if faces.note(title, episode) is None:
            continue
        sizes = {p.name: (p.width, p.height) for p in desk.place(title, episode).pages}
        for row, _, label in desk.faces(title, episode):
            if label is None and not everything:
                continue
            if row["page"] not in sizes or not np.isfinite(_box(row)).all():
                continue  # no program could show it
            word = _word(label)
            guess = row["group"] if everything and word == FACE else None
            corner = (row["page_x"], row["page_y"])
            yield FileLabel(
                where="",
                word=guess or word,
                guess=guess,
                face_id=row["face_id"],
                title=title,
                episode=episode,
                picture=f"{title}/{episode}/{row['page']}",
                box=_box(row),
                page_box=(*corner, row["width"], row["height"]),
                size=sizes[row["page"]],
                character=label.character if label else None,
                tags=_tags(row, label),
                keep=label.keep if label else None,
                who=label.who if label else "",
                time=label.time if label else "",
            )


def _word(label: Label | None) -> str:
    """What somebody said that a face is."""
    if label is None:
        return FACE
    return NOT_A_FACE if label.deleted else word_of(label.gender, label.glasses)


def _tags(row: Row, label: Label | None) -> tuple[str, ...]:
    """A face's tags; `-hat` for one that it was said to lack."""
    lacking = [f"-{tag}" for tag, on in label.tags.items() if not on] if label else []
    return (*(row["tags"] or ()), *lacking)


def _box(row: Row) -> Box:
    return row["x"], row["y"], row["width"], row["height"]


def _whose(label: FileLabel) -> tuple[str, ...]:
    """What the labels of an episode have in common: together, they read its pages once."""
    face_id = "" if label.title else label.face_id or ""
    return label.title or "", label.episode or "", label.picture or "", face_id.rpartition("/")[0]


def _placed(desk: Desk, label: FileLabel) -> FileLabel:
    """The label with title, episode and box in episode pixels.

    Raises:
        CurateError: if there is no such place in the dataset, the word is no group, or a name none.
    """
    if label.problem:
        raise CurateError(label.problem)
    meaning(label.word)
    for text in (label.character, *label.tags):
        if text is not None:
            check_name(text)
    values = dict(vars(label))
    if label.picture is not None and label.box is not None:
        title, episode, page = _page_of(desk, label.picture, label.place)
        top = desk.place(title, episode).tops[page]
        x, y, width, height = label.box
        values.update(title=title, episode=episode, box=(x, y + top, width, height))
    elif label.title is None or label.episode is None:
        parts = (label.face_id or "").split("/")
        if len(parts) < 4:
            raise CurateError("needs a face_id, or title and episode")
        values.update(title=parts[0], episode=parts[1])
    placed = FileLabel(**values)
    name = (placed.title or "", placed.episode or "")
    if desk.dataset.tables["faces"].note(*name) is None:
        raise CurateError(f"no episode {name[0]}/{name[1]} with faces in {desk.dataset.path}")
    if placed.box is not None and not _on_strip(desk, name, placed.box):
        raise CurateError("the box lies beyond the page")
    if placed.box is not None and max(placed.box[2:]) > MAX_SIDE:
        raise CurateError(f"the box is longer than {MAX_SIDE:,} px")
    return placed


def _page_of(desk: Desk, picture: str, place: str | None) -> tuple[str, str, str]:
    """Title, episode and page of `title/episode/page`, whatever folders stand before it.

    What is written comes first: names may hold `#`, `%`, `&` and `?`, which addresses give a sense.
    """
    for name in (picture.partition("?d=")[2] or picture, picture, place or ""):
        parts = name.strip("/").split("/")
        for start in range(len(parts) - 2):
            title, episode, page = parts[start], parts[start + 1], "/".join(parts[start + 2 :])
            known = desk.dataset.tables["faces"].note(title, episode) is not None
            if known and page in desk.place(title, episode).tops:
                return title, episode, page
    raise CurateError(f"{picture!r} is no page of {desk.dataset.path}; name it title/episode/page")


def _on_strip(desk: Desk, name: Name, box: Box) -> bool:
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    place = desk.place(*name)
    if not place.pages:
        return False
    page = place.page_at(box)
    return 0 <= x < page.width and page.y <= y < page.y + page.height


def _said(
    desk: Desk, name: Name, labels: Iterable[FileLabel], summary: ImportSummary
) -> list[Said]:
    """The events that an episode's labels amount to."""
    free = _Free(desk.faces(*name))
    events: list[Said] = []
    for label in labels:
        face = free.take(label)
        if face is not None:
            said = _changes(label, face, desk.log.via == IMPORT)
        elif label.word == NOT_A_FACE:
            said = []
        elif label.box is None:
            summary.refused.append(f"{label.where}: no face {label.face_id}")
            continue
        else:
            ref = desk.place(*name).ref(None, label.box)
            said = [("add", ref, None), *_words(label, ref)]
            if label.points:
                points = {str(number): list(point) for number, point in label.points.items()}
                said.append(("points", ref, points))
            summary.added += 1
        events += said
        summary.faces += bool(said)
        summary.same += not said
    return events


class _Free:
    """The faces of an episode that no label of a file was for yet."""

    def __init__(self, faces: list[Labelled]) -> None:
        self._faces = dict(enumerate(faces))
        self._ids = {face.row["face_id"]: index for index, face in self._faces.items()}
        self._near: Near[int] = Near()
        for index, face in self._faces.items():
            self._near.add(_box(face.row), index)

    def take(self, label: FileLabel) -> Labelled | None:
        """The label's face, which is free no more: the one that overlaps it most, or the named
        one."""
        if label.box is None:
            return self._faces.pop(self._ids.get(label.face_id or "", -1), None)
        best, most = -1, 0.0
        for index in self._near(label.box):
            overlap = iou(label.box, _box(self._faces[index].row)) if index in self._faces else 0
            if overlap >= SAME_FACE and overlap > most:
                best, most = index, overlap
        return self._faces.pop(best, None)


def _changes(label: FileLabel, face: Labelled, weak: bool) -> list[Said]:
    """The events for a face of the dataset; `weak` ones leave out what a person said already."""
    row, ref, known = face
    if label.word == NOT_A_FACE:
        return [] if known and known.deleted else [("delete", ref, True)]
    said: list[Said] = []
    if known and known.deleted:
        said.append(("delete", ref, False))
    box = _box(row)
    moved = label.box and max(abs(a - b) for a, b in zip(label.box, box)) > SAME_BOX
    if moved and label.box and not (weak and known and known.box):
        said.append(("box", ref, list(label.box)))
    if points := _moved_points(label, face, weak):
        said.append(("points", ref, points))
    for action, _, value in _words(label, ref):
        if label.exported and value.get("character") == row["character"]:
            value = {name: new for name, new in value.items() if name != "character"}
        if action == "set":
            value = {
                name: new
                for name, new in value.items()
                if not known
                or (getattr(known, name) != new and not (weak and name in known.persons))
            }
        else:
            off = {tag for tag, on in known.tags.items() if not on} if known else set()
            value = {
                "add": [tag for tag in value["add"] if tag not in (row["tags"] or ())],
                "remove": [tag for tag in value["remove"] if tag not in off],
            }
        if any(value.values()) or (action == "set" and value):
            said.append((action, ref, value))
    return said


def _moved_points(label: FileLabel, face: Labelled, weak: bool) -> dict[str, list[float]]:
    """The label's landmarks that lie elsewhere; weak ones leave what was moved already.

    Empty where the face's box was mended and not yet read again.
    """
    known = dict(face.label.points) if face.label else {}
    flat = face.row["landmarks"]
    if not flat:
        return {}
    now = dict(enumerate(zip(flat[::2], flat[1::2]))) | known
    return {
        str(number): list(point)
        for number, point in label.points.items()
        if not (weak and number in known) and max(abs(np.subtract(point, now[number]))) > SAME_POINT
    }


def _words(label: FileLabel, ref: FaceRef) -> list[Said]:
    gender, glasses = meaning(label.word)
    values = {
        "gender": gender,
        "glasses": glasses,
        "character": label.character,
        "keep": label.keep,
    }
    told = {name: value for name, value in values.items() if value is not None}
    said: list[Said] = [("set", ref, told)] if told else []
    if label.tags:
        lacking = [tag[1:].strip() for tag in label.tags if tag.startswith("-")]
        tags = {
            "add": [tag for tag in label.tags if not tag.startswith("-")],
            "remove": [tag for tag in lacking if tag],
        }
        said.append(("tags", ref, tags))
    return said
