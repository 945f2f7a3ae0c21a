"""Characters merged and split by hand: what is said of which faces.

Both say a name of every face of the characters that are meant, also of those that keep theirs: so
the next clustering finds all of them named, and cannot take the person's word back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from webtoon_curate.errors import CurateError

if TYPE_CHECKING:
    from webtoon_curate.review.face import Face

Named = dict[str, list["Face"]]
"""Faces by the name that is said of them."""


def merged(faces: Sequence[Face], chosen: Sequence[Face]) -> Named:
    """Make the characters of the chosen faces one.

    It keeps the name that a person gave, the first chosen one's if there are several, else the
    number of the largest.

    Args:
        faces: of the title.
        chosen: some of them, with two characters or more; those without one are joined to them.

    Raises:
        CurateError: if fewer than two characters were chosen.
    """
    names = list(dict.fromkeys(face["character"] for face in chosen if face["character"]))
    if len(names) < 2:
        raise CurateError("choose faces of two characters or more to merge them")
    sizes = Counter(face["character"] for face in faces)
    given = [name for name in names if not _is_number(name)]
    target = given[0] if given else max(names, key=lambda name: (sizes[name], -names.index(name)))
    loose = {face.number for face in chosen}
    return {target: [f for f in faces if f["character"] in names or f.number in loose]}


def parted(faces: Sequence[Face], chosen: Sequence[Face], title: str) -> Named:
    """Make the chosen faces a character of their own.

    Args:
        faces: of the title.
        chosen: some, but not all, of the faces of one character.
        title: its name.

    Raises:
        CurateError: if they are of several characters, of none, or are all it has.
    """
    names = {face["character"] for face in chosen}
    name = names.pop()
    if names or not name:
        raise CurateError("choose faces of one character to split them off")
    mine = {face.number for face in chosen}
    rest = [f for f in faces if f["character"] == name and f.number not in mine]
    if not rest:
        raise CurateError(f"these are all faces of {name}; choose some of them to split them off")
    numbers = [_number(face["character"]) for face in faces if face["character"]]
    fresh = f"{title}/{max(numbers, default=0) + 1:03d}"
    return {fresh: list(chosen), name: rest}


def _is_number(name: str) -> bool:
    return _number(name) > 0


def _number(name: str) -> int:
    """The number of a cluster that `characters` named `title/number`, 0 of other names."""
    found = re.search(r"/(\d{1,9})$", name)
    return int(found[1]) if found else 0
