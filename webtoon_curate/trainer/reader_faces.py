"""Where a reader's faces come from: drawn on demand, drawn before, or labelled on real pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP
from webtoon_curate.synth.labels import Label
from webtoon_curate.trainer.pictures import (
    LABELS,
    Record,
    face_corners,
    labelled,
    pyramid_of,
)

CROP_TRUTH = "truth/faces"
"""Where `webtoon-curate synth --faces` writes its tables."""
KEPT = 2000
"""Drawn crops that each process keeps decoded, 130 kB each."""
DRAWN_MARGIN = (0.3, 0.7)
"""Room around drawn faces, as a share of their box, so that a turned crop stays inside."""
FACE_SIDE = 128
"""Pixels of a face from which on a reduced page will do."""
PEERS = 8
"""Characters in a row that are of one title, so that style does not tell them apart."""
POINTS = 68
CLEAR = 0.02
"""Share of a crop without a face that may overlap one."""
TRIES = 20
"""Windows that are tried to find one without a face."""
WINDOW = (16.0, 400.0)
"""Sides of windows without faces, page pixels."""


@dataclass(frozen=True)
class Sample:
    """A face in a picture, or a place without one.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        box: x, y, width, height in its pixels.
        truth: what is known: names of `HeadTruth` for drawn faces; `group`, `view` and, where
            somebody placed them, `points` (iBUG index: x, y), `hidden` (indices of guessed ones),
            `parts` (name of a `Label`: places in it), `hat` and `facial_hair` for labelled ones;
            None for a place without a face.
        labels: (height, width) uint8 of `webtoon_curate.synth.labels.Label`; None if unknown.
        drawn: False for real pages.
    """

    pixels: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    truth: Mapping[str, Any] | None
    labels: NDArray[np.uint8] | None = None
    drawn: bool = True


class Source(Protocol):
    """Faces, and places without; the same states of generators give the same sample."""

    def face(
        self, rng: np.random.Generator, drawing: int, title: np.random.Generator, member: int
    ) -> Sample:
        """Drawing 0 or 1 of one character; the same picture twice where there is one only.

        `title` chooses the title and `member` the character in it: with other members people of
        one style are to be told apart. Where nobody knows who is who, `rng` chooses alone.
        """
        ...

    def place(self, rng: np.random.Generator) -> Sample:
        """One without."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Faces drawn when they are asked for, each a new one.

    Attributes:
        size: side of the drawings, pixels.
    """

    size: int

    def face(
        self, rng: np.random.Generator, drawing: int, title: np.random.Generator, member: int
    ) -> Sample:
        """See `Source`."""
        return self._drawing(title, 0.0, 2 * member + drawing)

    def place(self, rng: np.random.Generator) -> Sample:
        """See `Source`: animals, backs of heads, things, patterns."""
        return self._drawing(rng, 1.0)

    def _drawing(self, rng: np.random.Generator, negatives: float, drawing: int = 0) -> Sample:
        from webtoon_curate.synth.crops import face_crops

        seed = int(rng.integers(1 << 32))
        (crop,) = face_crops(
            1, seed, self.size, margin=DRAWN_MARGIN, negatives=negatives, start=drawing, drawings=2
        )
        if crop.truth["face"]:
            return Sample(crop.rgb, tuple(crop.truth["box"]), crop.truth, crop.labels)
        box = crop.truth.get("box") or _somewhere(rng, self.size, self.size)
        return Sample(crop.rgb, box, None, crop.labels)


@dataclass(frozen=True)
class Stored:
    """Crops that `webtoon-curate synth --faces` wrote.

    Attributes:
        folder: its output.
        size: side of drawings without faces, which such folders lack, pixels.
        rows: of the table of truth, those of each character.
        titles: indices of their characters.
    """

    folder: Path
    size: int
    rows: list[list[dict[str, Any]]] = field(default_factory=list, repr=False)
    titles: list[list[int]] = field(default_factory=list, repr=False)

    def face(
        self, rng: np.random.Generator, drawing: int, title: np.random.Generator, member: int
    ) -> Sample:
        """See `Source`."""
        cast = title.permutation(self.titles[title.integers(len(self.titles))])
        character = int(cast[member] if member < len(cast) else rng.integers(len(self.rows)))
        drawings = rng.permutation(len(self.rows[character]))
        return _stored(self, character, int(drawings[drawing % len(drawings)]))

    def place(self, rng: np.random.Generator) -> Sample:
        """See `Source`."""
        return Drawn(self.size).place(rng)

    def __hash__(self) -> int:
        return hash(self.folder)


def load_stored(folder: Path, size: int) -> Stored:
    """The crops of a folder.

    Raises:
        DatasetError: if it has none.
    """
    import pyarrow.parquet as pq

    rows: dict[str, list[dict[str, Any]]] = {}
    titles: dict[str, dict[str, int]] = {}
    for file in sorted((folder / CROP_TRUTH).glob("*.parquet")):
        for row in pq.read_table(file).to_pylist():
            who = row["character"]
            rows.setdefault(who, []).append(row)
            titles.setdefault(row.get("title", who), {}).setdefault(who, len(rows) - 1)
    if not rows:
        raise DatasetError(
            f"{folder} holds no drawn faces: webtoon-curate synth --faces makes them"
        )
    casts = [list(cast.values()) for cast in titles.values()]
    return Stored(folder, size, list(rows.values()), casts)


@lru_cache(maxsize=KEPT)
def _stored(source: Stored, character: int, drawing: int) -> Sample:
    from webtoon_curate.images import decode

    row = source.rows[character][drawing]
    pixels = decode(source.folder / row["crop"])
    labels = decode(source.folder / "truth" / row["mask"])[:, :, 0]
    truth = row | {"landmarks": np.array(row["landmarks"], np.float32).reshape(-1, 2)}
    truth["visible"] = row["landmark_visible"]
    return Sample(pixels, tuple(row["box"]), truth, labels)


@dataclass(frozen=True)
class _Page:
    path: Path
    size: tuple[int, int]
    people: tuple[dict[str, Any], ...]
    taken: NDArray[np.float32]


@dataclass(frozen=True)
class Pages:
    """Faces on labelled pictures.

    Attributes:
        pages: with their labels.
        chances: (n,) how likely a page's faces are: an artist's weigh the root of their number.
        lookalikes: boxes with their pages: animals' faces, and what detectors took for faces.
    """

    pages: Sequence[_Page]
    chances: NDArray[np.float64]
    lookalikes: Sequence[tuple[_Page, tuple[float, float, float, float]]]

    def face(
        self, rng: np.random.Generator, drawing: int, title: np.random.Generator, member: int
    ) -> Sample:
        """See `Source`."""
        page = self.pages[rng.choice(len(self.pages), p=self.chances)]
        face = page.people[rng.integers(len(page.people))]
        return _on(page, _box(face["box"]), face)

    def place(self, rng: np.random.Generator) -> Sample:
        """See `Source`: what looks like a face, and windows away from all faces, in equal parts."""
        if self.lookalikes and rng.random() < 0.5:
            page, box = self.lookalikes[rng.integers(len(self.lookalikes))]
            return _on(page, box, None)
        page = self.pages[rng.integers(len(self.pages))]
        return _on(page, _window(rng, page), None)


def load_pages(folder: Path, role: str = "train", more: Path | None = None) -> Pages:
    """The labelled pages of one role; see `webtoon_curate.trainer.pictures.labelled`.

    Raises:
        DatasetError: if there is no labelled face, or a file of labels cannot be read.
    """
    made = labelled(folder, role, _page, more)
    pages = [page for page, _ in made]
    if not any(page.people for page in pages):
        raise DatasetError(f"{folder} has no labelled faces of the role {role!r} in a {LABELS}")
    counts = {page.path.parent: 0 for page in pages}
    for page in pages:
        counts[page.path.parent] += len(page.people)
    chances = np.array([len(p.people) / max(counts[p.path.parent], 1) ** 0.5 for p in pages])
    lookalikes = [(page, _box(corners)) for page, boxes in made for corners in boxes]
    return Pages(pages, chances / chances.sum(), lookalikes)


def _page(folder: Path, name: str, record: Record) -> tuple[_Page, list[Sequence[float]]]:
    """A page, and the corners on it of what looks like a face."""
    faces = [_checked(face) for face in record["faces"]]
    face_corners(faces)
    boxes = [face["box"] for face in faces] + list(record.get("ignore", []))
    page = _Page(
        path=folder / name,
        size=(int(record["size"][0]), int(record["size"][1])),
        people=tuple(face for face in faces if face.get("group") != NEUTRAL_GROUP),
        taken=np.array(boxes, np.float32).reshape(len(boxes), 4),
    )
    creatures = [face["box"] for face in faces if face.get("group") == NEUTRAL_GROUP]
    return page, creatures + list(record.get("mistakes", []))


def _checked(face: dict[str, Any]) -> dict[str, Any]:
    """The face, if its points are points and its parts are parts.

    Raises:
        ValueError: if not.
    """
    points = face.get("points", {})
    where = np.array(list(points.values()), float).reshape(-1, 2)
    named = all(0 <= int(index) < POINTS for index in (*points, *face.get("hidden", [])))
    if len(where) != len(points) or not named or not np.isfinite(where).all():
        raise ValueError(f"points are {{'0-{POINTS - 1}': [x, y]}}, not {points}")
    for name, places in face.get("parts", {}).items():
        known = name.upper() in Label.__members__
        if not known or not np.isfinite(np.array(places, float).reshape(-1, 2)).all():
            raise ValueError(f"parts are {{'hair': [[x, y]]}}, not {{{name!r}: {places}}}")
    return face


def _box(corners: Sequence[float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(v) for v in corners)
    return x0, y0, x1 - x0, y1 - y0


def _on(
    page: _Page, box: tuple[float, float, float, float], truth: Mapping[str, Any] | None
) -> Sample:
    """A box of a page, on the smallest level of its pyramid that shows it large enough."""
    levels = pyramid_of(page.path)
    scales = [level.shape[1] / page.size[0] for level in levels]
    level = next((i for i in (2, 1) if scales[i] * max(box[2:]) >= FACE_SIDE), 0)
    scale = scales[level]
    moved = tuple(v * scale for v in box)
    if truth:
        points = {i: (x * scale, y * scale) for i, (x, y) in truth.get("points", {}).items()}
        parts = {n: np.multiply(places, scale) for n, places in truth.get("parts", {}).items()}
        truth = {**truth, "points": points, "parts": parts}
    return Sample(levels[level], moved, truth, None, drawn=False)


def _window(rng: np.random.Generator, page: _Page) -> tuple[float, float, float, float]:
    for _ in range(TRIES):
        side = float(np.exp(rng.uniform(*np.log(WINDOW))))
        x, y = (float(rng.uniform(0, max(limit - side, 1))) for limit in page.size)
        low = np.maximum(page.taken[:, :2], (x, y))
        high = np.minimum(page.taken[:, 2:], (x + side, y + side))
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        if not (shared > CLEAR * side * side).any():
            return x, y, side, side
    return 0.0, 0.0, WINDOW[0], WINDOW[0]


def _somewhere(
    rng: np.random.Generator, width: int, height: int
) -> tuple[float, float, float, float]:
    side = float(rng.uniform(0.35, 0.7)) * min(width, height)
    return float(rng.uniform(0, width - side)), float(rng.uniform(0, height - side)), side, side
