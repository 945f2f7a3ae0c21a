"""All faces of a dataset in memory, numbered, for the review page to filter and to change.

A face keeps its number for the life of the server, also when its labels change. Two to three
kilobytes a face.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.labels.desk import Desk, Name, Said
from webtoon_curate.labels.events import Box, box_of, check_name
from webtoon_curate.labels.join import Labelled
from webtoon_curate.labels.propagate import read_suggestions
from webtoon_curate.review.face import VALUES, Face
from webtoon_curate.review.merging import merged, parted

GROUPS = ("woman_no_glasses", "man_no_glasses", "woman_glasses", "man_glasses")
MAX_FACES = 10_000
"""In one action: a slip of the hand on "all" stays small."""
MAX_NAMED = 50_000
"""Of the characters that are merged or split in one action."""


class ReviewError(CurateError):
    """A request that makes no sense: no such face, a box without area …"""


class FaceIndex:
    """The faces behind the page.

    Args:
        desk: the dataset and this person's log.

    Attributes:
        episodes: (title, episode) in natural order; the page names them by index.
        faces: by number.
        changes: numbers of faces in the order in which they changed; its length is the version.
        boxless: face_ids of rows without a box of finite numbers, which no picture can show.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.episodes = list(desk.dataset.tables["faces"].episodes())
        self.faces: list[Face] = []
        self.changes: list[int] = []
        self.boxless: set[str] = set()
        self._of_episode: list[dict[str, int]] = [{} for _ in self.episodes]
        self._number_of = {name: number for number, name in enumerate(self.episodes)}
        self._lock = threading.RLock()
        self._suggested = _suggested(desk)
        for name in self.episodes:
            self._update(name)
        self.changes.clear()

    def face(self, number: Any) -> Face:
        """The face of that number.

        Raises:
            ReviewError: if there is none.
        """
        if not isinstance(number, int) or not 0 <= number < len(self.faces):
            raise ReviewError(f"no face {number!r}")
        return self.faces[number]

    def numbers(self, query: Mapping[str, str]) -> list[int]:
        """The numbers of the faces that a query asks for, in its order.

        Args:
            query: group (a group, `unknown` or `none`), keep (`yes`, `no`), reason, episode (an
                index), character, source (`human`, `import`, `model`, `none`), low and high
                (scores), quality (of the landmarks, at most), duplicates (`yes`, cluster by
                cluster), suggested (a word of `summary`, the most useful first), text (a part of
                id, name or tag), order (`place`, `score`, `quality`, `character`, `size`).

        Raises:
            ReviewError: if a number is none.
        """
        tests = _tests(query)
        suggested = self._suggested.get(query.get("suggested", ""), {})
        if query.get("suggested"):
            tests.append(lambda face: face["face_id"] in suggested)
        with self._lock:
            chosen = [f for f in self.faces if not f.gone and all(test(f) for test in tests)]
        chosen.sort(key=lambda face: (face.episode, face["scene"], face["y"], face["x"]))
        if query.get("duplicates"):
            chosen.sort(key=lambda face: face["duplicate_cluster"])
        if suggested:
            chosen.sort(key=lambda face: suggested[face["face_id"]])
        if order := _ORDERS.get(query.get("order", "")):
            chosen.sort(key=order)
        return [face.number for face in chosen]

    def summary(self) -> dict[str, Any]:
        """What the page's filters offer: counts by group and reason, episodes, names, tags."""
        with self._lock:
            faces = [face for face in self.faces if not face.gone]
        here = Counter(face.episode for face in faces)
        return {
            "faces": len(faces),
            "groups": Counter(face["group"] or "none" for face in faces),
            "reasons": Counter(face["keep_reason"] for face in faces if face["keep_reason"]),
            "characters": sorted({face["character"] for face in faces if face["character"]}),
            "duplicates": sum(face["duplicate_cluster"] is not None for face in faces),
            "suggested": [[word, len(found)] for word, found in sorted(self._suggested.items())],
            "tags": sorted({tag for face in faces for tag in face["tags"] or ()}),
            "episodes": [[*name, here[index]] for index, name in enumerate(self.episodes)],
            "version": len(self.changes),
        }

    def since(self, version: int) -> list[Face]:
        """The faces that changed after a version, by other reviewers too."""
        with self._lock:
            self._take(self.desk.refresh())
            return [self.faces[number] for number in sorted(set(self.changes[version:]))]

    def in_scene(self, episode: int, scene: int) -> list[Face]:
        """The faces of a scene."""
        with self._lock:
            here = [self.faces[number] for number in self._of_episode[episode].values()]
        return [face for face in here if face["scene"] == scene and not face.gone]

    def say(self, action: str, numbers: Sequence[Any], value: Any) -> list[Face]:
        """Record an action on faces; when this returns it is on the disk.

        Args:
            action: `set`, `tags`, `points`, `box` or `delete`, as in `labels.events.Event`.
            numbers: of the faces.
            value: the same for all of them.

        Returns:
            The faces that changed.

        Raises:
            ReviewError, DatasetError: if it makes no sense, or could not be written.
        """
        if not isinstance(numbers, list) or not 0 < len(numbers) <= MAX_FACES:
            raise ReviewError(f"an action is on 1 to {MAX_FACES:,} faces")
        if action == "box":
            value = list(self._inside(self.face(numbers[0]).episode, value))
        if action in ("undo", "add") or (action == "box" and len(numbers) > 1):
            raise ReviewError(f"{action} is not for many faces")
        _check_texts(action, value)
        said: list[Said] = [(action, self.face(number).ref, value) for number in numbers]
        return self._record(said)

    def add(self, episode: Any, box: Any) -> list[Face]:
        """Record a face that the detector missed; it is first in the answer."""
        if not isinstance(episode, int) or not 0 <= episode < len(self.episodes):
            raise ReviewError(f"no episode {episode!r}")
        box = self._inside(episode, box)
        ref = self.desk.place(*self.episodes[episode]).ref(None, box)
        changed = self._record([("add", ref, None)])
        return sorted(changed, key=lambda face: face.box != box)

    def merge(self, numbers: Any) -> list[Face]:
        """Make the characters of these faces, of one title, one; the faces that changed."""
        return self._rename(numbers, lambda faces, chosen, _: merged(faces, chosen))

    def split(self, numbers: Any) -> list[Face]:
        """Make these faces, of one character, another one; the faces that changed."""
        return self._rename(numbers, parted)

    def _rename(self, numbers: Any, find: Callable[..., dict[str, list[Face]]]) -> list[Face]:
        if not isinstance(numbers, list) or not 0 < len(numbers) <= MAX_FACES:
            raise ReviewError(f"an action is on 1 to {MAX_FACES:,} faces")
        with self._lock:
            chosen = [self.face(number) for number in numbers]
            titles = {self.episodes[face.episode][0] for face in chosen}
            if len(titles) > 1:
                raise ReviewError(
                    "these faces are of several titles, and so are their characters; "
                    "choose an episode in the filter to see one title"
                )
            title = titles.pop()
            mine = {n for n, (name, _) in enumerate(self.episodes) if name == title}
            faces = [face for face in self.faces if face.episode in mine and not face.gone]
            said: list[Said] = [
                ("set", face.ref, {"character": name})
                for name, renamed in find(faces, chosen, title).items()
                for face in renamed
            ]
            if len(said) > MAX_NAMED:
                raise ReviewError(f"these characters have more than {MAX_NAMED:,} faces")
            return self._record(said)

    def undo(self) -> list[Face]:
        """Undo this person's latest action; the faces that changed."""
        with self._lock:
            _, changed = self.desk.undo()
            return self._take(changed)

    def _record(self, said: list[Said]) -> list[Face]:
        with self._lock:
            _, changed = self.desk.say(said)
            return self._take(changed)

    def _take(self, names: Iterable[Name]) -> list[Face]:
        return [face for name in sorted(names) for face in self._update(name)]

    def _update(self, name: Name) -> list[Face]:
        """Read an episode's faces anew; those that changed."""
        episode = self._number_of.get(name)
        if episode is None:
            return []
        known = self._of_episode[episode]
        changed = []
        seen = set()
        for found in self.desk.faces(*name):
            values = _values(found)
            face_id = values[0]
            if not _is_box(values[1:5]):
                self.boxless.add(face_id)
                continue
            seen.add(face_id)
            if face_id not in known:
                known[face_id] = len(self.faces)
                self.faces.append(Face(known[face_id], episode, found.face, ()))
            face = self.faces[known[face_id]]
            face.ref = found.face
            points = _points(found.row)
            if face.values != values or face.points != points or face.gone:
                face.values, face.points, face.gone = values, points, False
                changed.append(face)
        for face_id, number in known.items():
            if face_id not in seen and not self.faces[number].gone:
                self.faces[number].gone = True
                changed.append(self.faces[number])
        self.changes += [face.number for face in changed]
        return changed

    def _inside(self, episode: int, box: Any) -> Box:
        """The part of a box that lies on the strip."""
        x, y, width, height = box_of(box)
        place = self.desk.place(*self.episodes[episode])
        right = max((page.width for page in place.pages), default=0)
        bottom = max((page.y + page.height for page in place.pages), default=0)
        x0, y0 = max(x, 0.0), max(y, 0.0)
        x1, y1 = min(x + width, right), min(y + height, bottom)
        if min(x1 - x0, y1 - y0) < _MIN_SIDE:
            raise ReviewError(f"a face has at least {_MIN_SIDE} pixels a side, on the page")
        return (round(x0, 1), round(y0, 1), round(x1 - x0, 1), round(y1 - y0, 1))


_MIN_SIDE = 4
"""Pixels; less is a slip of the hand."""


def _values(found: Labelled) -> tuple[Any, ...]:
    who = {"who": found.label.who, "time": found.label.time} if found.label else {}
    row = {**found.row, **who}
    return tuple(None if _is_no_number(row.get(name)) else row.get(name) for name in VALUES)


def _is_no_number(value: Any) -> bool:
    """NaN or infinite, which JSON has not."""
    return isinstance(value, float) and not math.isfinite(value)


def _is_box(values: Sequence[float | None]) -> bool:
    return None not in values and min(values[2:]) > 0  # type: ignore[type-var]


def _points(row: dict[str, Any]) -> bytes | None:
    """A row's landmarks, 544 bytes instead of 136 objects; None where they cannot be drawn."""
    points = np.array(row.get("landmarks") or (), np.float32)
    return points.tobytes() if points.size == 136 and np.isfinite(points).all() else None


def points_of(face: Face) -> NDArray[np.float32]:
    """(68, 2) a face's landmarks in episode pixels, (0, 2) where there are none."""
    return np.frombuffer(face.points or b"", np.float32).reshape(-1, 2)


def _suggested(desk: Desk) -> dict[str, dict[str, tuple[float, float]]]:
    """What faces are sorted by, by the suggested word and by face_id: the most useful first."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    names = ("kind", "word", "face_id", "order", "probability")
    table = read_suggestions(desk.dataset)
    for kind, word, face_id, order, chance in zip(*(table[name].to_pylist() for name in names)):
        key = (float("inf") if order is None else order, -chance)
        found.setdefault(f"{kind}: {word}", {})[face_id] = key
    return found


def _check_texts(action: str, value: Any) -> None:
    """Names and tags are typed by people: one short line each."""
    texts = []
    if action == "set" and isinstance(value, dict) and isinstance(value.get("character"), str):
        texts.append(value["character"])
    if action == "tags" and isinstance(value, dict):
        texts += [text for part in value.values() if isinstance(part, list) for text in part]
    for text in texts:
        try:
            check_name(text)
        except DatasetError as error:
            raise ReviewError(str(error)) from None


def _tests(query: Mapping[str, str]) -> list[Callable[[Face], bool]]:
    """The conditions of a query, cheapest first."""
    tests: list[Callable[[Face], bool]] = []
    asked = {name: value for name, value in query.items() if value}
    try:
        if "episode" in asked:
            episode = int(asked["episode"])
            tests.append(lambda face: face.episode == episode)
        if "low" in asked:
            low = float(asked["low"])
            tests.append(lambda face: _score(face) >= low)
        if "high" in asked:
            high = float(asked["high"])
            tests.append(lambda face: _score(face) <= high)
        if "quality" in asked:
            most = float(asked["quality"])
            tests.append(lambda face: face["quality"] is not None and face["quality"] <= most)
    except ValueError as error:
        raise ReviewError(f"not a number: {error}") from error
    if "keep" in asked:
        keep = asked["keep"] == "yes"
        tests.append(lambda face: face["keep"] == keep)
    if "group" in asked:
        tests.append(lambda face: (face["group"] or "none") == asked["group"])
    if "source" in asked:
        tests.append(lambda face: _source(face) == asked["source"])
    if "reason" in asked:
        tests.append(lambda face: face["keep_reason"] == asked["reason"])
    if "character" in asked:
        tests.append(lambda face: face["character"] == asked["character"])
    if "duplicates" in asked:
        tests.append(lambda face: face["duplicate_cluster"] is not None)
    if "text" in asked:
        text = asked["text"].casefold()
        tests.append(lambda face: any(text in t.casefold() for t in _texts(face)))
    return tests


def _score(face: Face) -> float:
    return 0.0 if face["score"] is None else face["score"]


_ORDERS: dict[str, Callable[[Face], Any]] = {
    "score": _score,
    "quality": lambda face: 2.0 if face["quality"] is None else face["quality"],
    "character": lambda face: (face["character"] is None, face["character"] or ""),
    "size": lambda face: -face["width"] * face["height"],
}


def _source(face: Face) -> str:
    source = face["group_source"]
    return source if source in ("human", "import") else "model" if source else "none"


def _texts(face: Face) -> list[str]:
    return [face["face_id"], face["character"] or "", *(face["tags"] or ())]
