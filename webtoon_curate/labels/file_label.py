"""What a file of another program says of a face."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from webtoon_curate.labels.events import Box

_TAG = re.compile(r'\s*(?:"((?:[^"]|"")*)"(?=\s*(?:,|$))|([^,]*))')
"""In a text: in quotes, which are doubled inside, or up to the next comma."""


@dataclass(frozen=True)
class FileLabel:
    """What a file says of one face.

    Attributes:
        where: the row or annotation, for messages.
        word: the group, or `not_a_face`, or `face` where the file says no more.
        guess: the group that a model said when the file was written; None where somebody spoke.
        face_id, title, episode: None or empty where the file does not tell.
        picture: `title/episode/page`, or an address that ends so; then `box` is in its pixels.
        place: the file that `picture` names if it is an address; None where it is none.
        box: x, y, width, height; in episode pixels without `picture`.
        size: width and height of the picture, pixels; for writing.
        character, tags, keep, who, time: None or empty where nothing is said.
        points: landmarks by iBUG index, (x, y) in episode pixels.
        exported: `export coco` has written the file: names that the dataset has are no news.
        problem: why it cannot be taken; None where it can.
    """

    where: str
    word: str
    guess: str | None = None
    face_id: str | None = None
    title: str | None = None
    episode: str | None = None
    picture: str | None = None
    place: str | None = None
    box: Box | None = None
    page_box: Box | None = None
    size: tuple[int, int] = (0, 0)
    character: str | None = None
    tags: tuple[str, ...] = ()
    keep: bool | None = None
    who: str = ""
    time: str = ""
    points: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    exported: bool = False
    problem: str | None = None


def tags_of(told: Any) -> tuple[str, ...]:
    """Tags as programs write them: a list, or a text as of `tags_text`; `-hat` where there is
    none."""
    if not isinstance(told, list):
        told = [quoted.replace('""', '"') or plain for quoted, plain in _TAG.findall(told or "")]
    return tuple(dict.fromkeys(tag for text in told if (tag := str(text).strip())))


def tags_text(tags: Iterable[str]) -> str:
    """Tags in one text, parted by commas; those with commas of their own are quoted as in CSV.

    Example:
        >>> tags_text(["hat", "glad, almost"])
        'hat, "glad, almost"'
    """
    return ", ".join(
        '"' + tag.replace('"', '""') + '"' if "," in tag or tag.startswith('"') else tag
        for tag in tags
    )


def name_of(told: Any) -> str | None:
    """A name, None where there is none."""
    return str(told).strip() or None if told else None
