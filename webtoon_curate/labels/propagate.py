"""From a few labels to suggestions for all faces: `tables/suggestions.parquet`.

Suggestions are a model's words. They stay in their own table, for `review` to show; what is in the
manifest is what people said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import DatasetError
from webtoon_curate.files import digest, replacing
from webtoon_curate.labels.classifier import FOLDS, Checked, most_doubtful, most_useful, trained
from webtoon_curate.labels.embeddings import LENGTH, Embedded, embedded_faces
from webtoon_curate.labels.fold import Label, labels_of, matched
from webtoon_curate.schema import SUGGESTIONS
from webtoon_curate.tables import whole_table
from webtoon_curate.wording import plural, quoted

KINDS = ("tag", "character")
LIKELY = 0.5
"""Faces with this probability or more are suggested."""
_BATCH = 65_536


@dataclass(frozen=True)
class Propagation:
    """What a propagation found.

    Attributes:
        kind, word: what it is of.
        checked: how well the classifier does.
        faces: of which nobody said it.
        likely: of these, with a probability of `LIKELY` or more.
        next: face_ids to look at next, the most useful first.
        unread: episodes that were left out, for their faces were not read yet.
        unusable: faces that were left out, for their embedding is no vector of length 1.
    """

    kind: str
    word: str
    checked: Checked
    faces: int
    likely: int
    next: list[str]
    unread: int
    unusable: int


@dataclass(frozen=True)
class _Known:
    """Labelled faces: embeddings, answers, scenes and ids; how many more have no embedding."""

    embeddings: NDArray[np.float32]
    yes: NDArray[np.bool_]
    scenes: list[str]
    ids: list[str]
    unusable: int


def propagate(
    dataset: Dataset, kind: str, word: str, *, count: int = 50, seed: int = 0, dry_run: bool = False
) -> Propagation:
    """Learn a word from the faces that people said it of, and suggest it for others.

    Yes are the faces with the word; no are, for a tag, those that it was taken off or that got
    other tags, and for a character those with other names.

    Args:
        dataset: with readings, of `landmarks`, and labels.
        kind: one of `KINDS`.
        word: the tag or the name.
        count: how many faces to look at next.
        seed: of the folds of the cross-validation.
        dry_run: write nothing.

    Raises:
        DatasetError: if there are too few labels, or no face was read yet.
    """
    labels = labels_of(dataset)
    found = [name for name in dataset.tables["faces"].episodes() if dataset.current("faces", *name)]
    names = [name for name in found if dataset.current("readings", *name)]
    if not names:
        raise DatasetError(
            f"no face of {dataset.path} was read yet; first run: "
            f"webtoon-curate landmarks {quoted(dataset.path)}"
        )
    unread = len(found) - len(names)
    known = _known(dataset, [name for name in names if name in labels], labels, kind, word)
    _check(known, kind, word)
    classifier, checked = trained(known.embeddings, known.yes, known.scenes, seed)
    others = _Others(set(known.ids), count)
    unusable = 0
    for name in names:
        part = embedded_faces(dataset, *name, labels.get(name, []))
        others.add(part, classifier(part.embeddings))
        unusable += len(part.unusable)
    table, chances, chosen = others.chosen(known.embeddings)
    order = np.zeros(len(table), np.int32)
    order[chosen] = np.arange(1, len(chosen) + 1)
    source = f"propagated@{digest([kind, word, known.ids, known.yes.tolist()])[:12]}"
    if not dry_run:
        _write(dataset, kind, word, _suggested(table, kind, word, chances, order, source))
    next_ids = table["face_id"].take(pa.array(chosen)).to_pylist()
    likely = int((chances >= LIKELY).sum())
    return Propagation(kind, word, checked, others.count, likely, next_ids, unread, unusable)


class _Others:
    """The faces of which nobody said it: names and probabilities of all, and the embeddings of
    those that may be looked at next, so that memory does not grow with all embeddings.

    Args:
        said: face_ids of those of which somebody did.
        wanted: how many are to be looked at next.

    Attributes:
        count: of faces that were added.
    """

    def __init__(self, said: set[str], wanted: int) -> None:
        self.count = 0
        self._said, self._wanted = said, wanted
        self._rows: list[pa.Table] = []
        self._chances: list[NDArray[np.float64]] = []
        self._pool = np.zeros(0, np.int64), np.zeros((0, LENGTH), np.float32), np.zeros(0)
        """Numbers, ascending, embeddings and probabilities."""

    def add(self, part: Embedded, chances: NDArray[np.float64]) -> None:
        """Look at an episode's faces with their probabilities."""
        ids = part.rows["face_id"].to_pylist()
        free = np.array([face_id not in self._said for face_id in ids], bool)
        rows = part.rows.select(["face_id", "title", "episode"]).filter(pa.array(free, pa.bool_()))
        self._rows.append(rows)
        self._chances.append(chances[free])
        fresh = self.count + np.arange(len(rows)), part.embeddings[free], chances[free]
        joined = [np.concatenate(pair) for pair in zip(self._pool, fresh)]
        best = np.sort(most_doubtful(joined[2], self._wanted))
        self._pool = joined[0][best], joined[1][best], joined[2][best]
        self.count += len(rows)

    def chosen(
        self, known: NDArray[np.float32]
    ) -> tuple[pa.Table, NDArray[np.float64], NDArray[np.int64]]:
        """All rows, their probabilities, and the numbers of those to look at next, the most useful
        first; `known` are embeddings of labelled faces."""
        numbers, vectors, chances = self._pool
        useful = numbers[most_useful(vectors, chances, known, self._wanted)]
        return pa.concat_tables(self._rows), np.concatenate(self._chances), useful


def _known(dataset: Dataset, names: list, labels: dict, kind: str, word: str) -> _Known:
    vectors, yes, scenes, ids = [np.zeros((0, LENGTH), np.float32)], [], [], []
    unusable = 0
    for name in names:
        found = embedded_faces(dataset, *name, labels[name])
        unusable += len(found.unusable)
        rows = found.rows
        boxes = list(zip(*(rows[n].to_pylist() for n in ("x", "y", "width", "height"))))
        face_ids = rows["face_id"].to_pylist()
        for index, several in enumerate(matched(labels[name], face_ids, boxes)):
            answer = _answer(several, kind, word)
            if answer is not None:
                vectors.append(found.embeddings[index : index + 1])
                yes.append(answer)
                scenes.append("/".join((*name, str(rows["scene"][index]))))
                ids.append(face_ids[index])
    return _Known(np.concatenate(vectors), np.array(yes, bool), scenes, ids, unusable)


def _answer(labels: list[Label], kind: str, word: str) -> bool | None:
    """Whether people said the word of a face, None where they said nothing of the kind."""
    answer = None
    for label in labels:
        if kind == "character" and label.character is not None:
            answer = label.character == word
        elif kind == "tag" and label.tags:
            answer = label.tags.get(word, False)
    return answer


def _check(known: _Known, kind: str, word: str) -> None:
    for yes in (True, False):
        scenes = {scene for scene, said in zip(known.scenes, known.yes) if said == yes}
        if len(scenes) < FOLDS:
            what = f"the {kind} {word!r}" if yes else f"another {kind} than {word!r}"
            minus = f" (or -{word}: it lacks the tag)" if kind == "tag" and not yes else ""
            refused = ""
            if known.unusable:
                refused = f" ({known.unusable:,} faces there have no embedding: landmarks --force)"
            raise DatasetError(
                f"people gave {what} to read faces of {plural(len(scenes), 'scene')} only"
                f"{refused}; give it{minus} in {FOLDS} scenes or more with webtoon-curate review"
            )


def _suggested(
    table: pa.Table, kind: str, word: str, chances: NDArray, order: NDArray, source: str
) -> pa.Table:
    """The rows of the likely faces and of those to look at next."""
    columns = {
        "kind": pa.repeat(kind, len(table)),
        "word": pa.repeat(word, len(table)),
        "probability": pa.array(chances, pa.float32()),
        "order": pa.array(order, pa.int32(), mask=order == 0),
        "source": pa.repeat(source, len(table)),
    }
    rows = pa.table([*table.columns, *columns.values()], schema=SUGGESTIONS)
    return rows.filter(pa.array((chances >= LIKELY) | (order > 0)))


def read_suggestions(dataset: Dataset) -> pa.Table:
    """All suggestions, in the schema `SUGGESTIONS`.

    Raises:
        DatasetError: if the table is damaged.
    """
    return whole_table(dataset.path / "tables" / "suggestions.parquet", SUGGESTIONS)


def _write(dataset: Dataset, kind: str, word: str, rows: pa.Table) -> None:
    """Put the rows in the place of an earlier propagation's of the same word."""
    old = read_suggestions(dataset)
    same = pc.and_(pc.equal(old["kind"], kind), pc.equal(old["word"], word))
    table = pa.concat_tables([old.filter(pc.invert(same)), rows])
    with replacing(dataset.path / "tables" / "suggestions.parquet") as part:
        pq.write_table(table, part, compression="zstd", row_group_size=_BATCH)
