"""From events to labels, and from labels to the faces of today's detector.

Events are first moved to the names that their episodes have today, `webtoon_curate.labels.renames`,
and to where their pages lie in these: `webtoon_curate.labels.pages`. Each face that
somebody spoke about becomes one `Label`. An event belongs to the label with its `face_id` if their
boxes overlap (IoU at least `SAME_FACE`), else to the label that overlaps it most by at least that:
the same face, found by another detector.

Each label then finds its face among today's detections. The pairs that overlap by at least
`SAME_FACE` are joined greedily, one label a face: equal ids first, then labels of faces before
labels of deleted ones, then by falling IoU. A living label that comes too late, because another
one has its face already, adds its words to that one's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from webtoon_curate.files import digest
from webtoon_curate.labels.events import (
    IMPORT,
    Box,
    Event,
    FaceRef,
    box_of,
    read_events,
    standing,
)
from webtoon_curate.labels.overlap import SAME_FACE, Near, iou
from webtoon_curate.labels.pages import PageFinder
from webtoon_curate.labels.renames import followed

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

_DRAWN = "h"

Labels = dict[tuple[str, str], list["Label"]]
"""Labels by (title, episode), in the order in which the faces were first spoken of."""


@dataclass(slots=True)
class Label:
    """What was said about one face; None, empty or False where nothing was.

    Attributes:
        face: the face as it was when first spoken of, in today's episode pixels.
        box: x, y, width, height where a person drew or mended it, episode pixels.
        gender, glasses, character, keep: as said.
        tags: each tag put on (True) or taken off (False).
        points: moved landmarks by iBUG index, (x, y) in episode pixels.
        deleted: it is no face.
        restored: it is a face after all.
        added: a person drew it; the detector had missed it.
        persons: the fields that a person, not an import, spoke of.
        who, time: of the latest event.
        gone: its page is no more in the episode; all is in that page's pixels.
    """

    face: FaceRef
    box: Box | None = None
    gender: str | None = None
    glasses: bool | None = None
    character: str | None = None
    keep: bool | None = None
    tags: dict[str, bool] = field(default_factory=dict)
    points: dict[int, tuple[float, float]] = field(default_factory=dict)
    deleted: bool = False
    restored: bool = False
    added: bool = False
    persons: set[str] = field(default_factory=set)
    who: str = ""
    time: str = ""
    gone: bool = False

    def apply(self, event: Event) -> None:
        """Take in what an event says."""
        value: Any = event.value
        if event.action == "set":
            for name, said in value.items():
                setattr(self, name, said)
                self._note(event, name)
        elif event.action == "tags":
            self.tags |= dict.fromkeys(value.get("add", ()), True)
            self.tags |= dict.fromkeys(value.get("remove", ()), False)
        elif event.action == "points":
            self.points |= {int(name): (point[0], point[1]) for name, point in value.items()}
        elif event.action == "box":
            self.box = box_of(value)
        elif event.action == "delete":
            self.deleted, self.restored = value, not value
        elif event.action == "add":
            self.added, self.deleted = True, False
            self.box = event.face.box if event.face else None
        self.who, self.time = event.who, event.time

    def _note(self, event: Event, name: str) -> None:
        if event.via == IMPORT:
            self.persons.discard(name)
        else:
            self.persons.add(name)

    def says_a_face(self) -> bool:
        """Whether it is a row of the manifest also if no detector finds it.

        Not where its page is gone. A drawn face is, even when it was deleted (as `not_a_face`),
        until drawing it is undone.
        """
        if self.gone:
            return False
        if self.deleted or is_drawn(self.face.face_id):
            return self.added
        said = (self.box, self.gender, self.glasses, self.character, self.keep)
        return any(word is not None for word in said) or any(self.tags.values())

    def means_a_face(self) -> bool:
        """Whether somebody said what only a face has, so that no model's doubt counts."""
        said = (self.box, self.gender, self.glasses, self.character)
        return not self.deleted and (self.restored or any(word is not None for word in said))

    def boxes(self) -> list[Box]:
        """Where the face may be found again: as first detected, and as mended."""
        return [self.face.box] if self.box is None else [self.face.box, self.box]


def labels_of(dataset: Dataset) -> Labels:
    """All that was said in a dataset.

    Raises:
        DatasetError: if a log is damaged.
    """
    return fold(read_events(dataset.path), PageFinder(dataset))


def _as_said(event: Event) -> tuple[Event, bool]:
    return event, False


def fold(
    events: Iterable[Event], place: Callable[[Event], tuple[Event, bool]] = _as_said
) -> Labels:
    """The labels that the events amount to: undone ones left out, imports first, then people's.

    Args:
        events: in any order.
        place: moves an event to where its page lies; whether the page is gone. See `PageFinder`.
    """
    labels: Labels = {}
    # Boxes can be compared where both are in the episode, or in one page that is gone.
    near: defaultdict[tuple[str, str, str | None], Near[Label]] = defaultdict(Near)
    # Episode by episode: `place` reads the pages of each.
    for said in sorted(standing(followed(list(events))), key=_episode):
        event, gone = place(said)
        face = event.face
        if face is None:
            continue
        there = near[face.title, face.episode, face.page if gone else None]
        label = _label_of(face, there(face.box))
        if label is None:
            label = Label(face, gone=gone)
            labels.setdefault((face.title, face.episode), []).append(label)
            there.add(face.box, label)
        label.apply(event)
    return labels


def _episode(event: Event) -> tuple[str, str]:
    return (event.face.title, event.face.episode) if event.face else ("", "")


def drawn_id(title: str, episode: str, scene: int, box: Box, page: str | None = None) -> str:
    """The face_id of a face that a person drew: from its place, as all ids.

    Args:
        title, episode, scene: where it is.
        box: in the page's pixels; in the episode's where the page is not known.
        page: its file.
    """
    place = digest(box if page is None else [page, *box])
    return f"{title}/{episode}/{scene:04d}/{_DRAWN}{place[:8]}"


def is_drawn(face_id: str) -> bool:
    """Whether the id is one of `drawn_id`; a detector's faces are numbered."""
    return face_id.rpartition("/")[2].startswith(_DRAWN)


def matched(labels: Sequence[Label], ids: Sequence[str], boxes: Sequence[Box]) -> list[list[Label]]:
    """The labels of each face, the one that counts most last; living or deleted, never both.

    Args:
        labels: of one episode.
        ids: (n,) the face_ids of the episode's faces.
        boxes: (n,) their boxes.

    Returns:
        n lists.
    """
    found: list[list[Label]] = [[] for _ in ids]
    if not labels or not len(ids):
        return found
    near: Near[int] = Near()
    for index, box in enumerate(boxes):
        near.add(box, index)
    pairs = []
    for number, label in enumerate(labels):
        overlap: dict[int, float] = {}
        for box in () if label.gone else label.boxes():
            for index in near(box):
                overlap[index] = max(overlap.get(index, 0.0), iou(box, boxes[index]))
        for index, most in overlap.items():
            if most >= SAME_FACE:
                same_id = label.face.face_id == ids[index]
                pairs.append((not same_id, label.deleted, -most, number, index))
    pairs.sort()
    placed: set[int] = set()
    for *_, number, index in pairs:
        if number not in placed and not found[index]:
            found[index].append(labels[number])
            placed.add(number)
    for *_, number, index in pairs:
        late = number not in placed and not labels[number].deleted
        if late and not found[index][-1].deleted:
            found[index].insert(0, labels[number])
            placed.add(number)
    return found


def _label_of(face: FaceRef, labels: list[Label]) -> Label | None:
    """By the places where the faces were first found: a box that a person mended may lie on
    another detection of the same face, which must stay another, for it may be deleted next."""
    best, most = None, SAME_FACE
    for label in labels:
        overlap = iou(face.box, label.face.box)
        if overlap >= SAME_FACE and label.face.face_id == face.face_id:
            return label
        if overlap >= most:
            best, most = label, overlap
    return best
