"""The log of labels: `labels/<session>.jsonl` in the dataset, an event a line.

Each session (a review, an import) appends to a file of its own, so two reviewers never write to
the same one. A line is on the disk (fsync) before `LabelLog.append` returns; a line without its end
was cut short by a crash, was never acknowledged, and is ignored.

An event names its face by `face_id` and by where the detector found it: by title, episode and box,
so that it outlives the detector, and by page and box in that page, so that it outlives other pages
that come or go. See `webtoon_curate.labels.fold`.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from webtoon_curate.errors import DatasetError

FOLDER = "labels"
Box = tuple[float, float, float, float]
"""x, y, width, height in episode pixels."""

GENDERS = ("woman", "man", "unknown")
UNDO, RENAME = "undo", "rename"
ACTIONS = ("set", "tags", "points", "box", "delete", "add", UNDO, RENAME)
PERSON, IMPORT = "person", "import"
MAX_TEXT = 100
"""Characters of the name of a person or character, or of a tag."""
_SPELLING = re.compile("(?<=.)[\u00a0\u3000\u200c\u200d](?=.)")
"""What names have between their letters, and Python does not count as printable: the spaces of
French and Japanese, and the joiners of Persian, Indian scripts and emoji."""


@dataclass(frozen=True, slots=True)
class FaceRef:
    """The face an event is about: its id, and where the detector (or the person) found it.

    Attributes:
        face_id, title, episode: of the face.
        box: in episode pixels.
        page: the file under the box's middle, relative to the episode's source; None in older
            logs.
        page_box: the box in that page's pixels; it may reach beyond the page.
        page_sha256: of the file, which may be renamed.
    """

    face_id: str
    title: str
    episode: str
    box: Box
    page: str | None = None
    page_box: Box | None = None
    page_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody said about a face.

    Attributes:
        id: `<session>:<number>`, unique in the dataset.
        time: UTC, ISO 8601 with microseconds; equal for the events of one action.
        who: the person, or the name of the imported file.
        via: `person` or `import`; people win.
        action: what `value` means:
            `set`: an object with some of gender (woman, man, unknown), glasses, keep (true,
            false) and character (text); null takes back what was said;
            `tags`: {"add": [...], "remove": [...]};
            `points`: {"<landmark 0-67>": [x, y]} in episode pixels;
            `box`: [x, y, width, height], the right box;
            `delete`: true where there is no face, false takes it back;
            `add`: null; the detector missed the face at `face.box`;
            `undo`: ids of the events that do not count;
            `rename`: {"from": [title, episode], "to": [title, episode]}: what was said before of
            the one is of the other; see `webtoon_curate.labels.renames`.
        face: None for `undo` and `rename`.
    """

    id: str
    time: str
    who: str
    via: str
    action: str
    value: Any
    face: FaceRef | None


class LabelLog:
    """Appends the events of one session; safe to use from several threads.

    Args:
        dataset: the dataset's folder.
        who: a person's name, or an imported file's.
        via: `PERSON` or `IMPORT`.
    """

    def __init__(self, dataset: Path, who: str, via: str = PERSON) -> None:
        self.who, self.via = who, via
        self._folder = dataset / FOLDER
        self._lock = threading.Lock()
        self._file: int | None = None
        self._last = datetime.min.replace(tzinfo=timezone.utc)
        self._count = 0
        safe = re.sub(r"[^\w.-]+", "_", who)[:40].lstrip(".") or "somebody"
        now = datetime.now(timezone.utc)
        self._session = f"{now:%Y%m%dT%H%M%S}-{safe}-{secrets.token_hex(4)}"

    def append(self, said: Sequence[tuple[str, FaceRef | None, Any]]) -> list[Event]:
        """Write the events of one action, all or none, and wait until they are on the disk.

        Args:
            said: (action, face, value) of each event.

        Raises:
            DatasetError: if an event makes no sense, or the disk does not take it.
        """
        with self._lock:
            now = max(datetime.now(timezone.utc), self._last + timedelta(microseconds=1))
            stamp = now.isoformat(timespec="microseconds")
            events = []
            for number, (action, face, value) in enumerate(said, self._count):
                name = f"{self._session}:{number}"
                events.append(Event(name, stamp, self.who, self.via, action, value, face))
            lines = [json.dumps(asdict(event), ensure_ascii=False) for event in events]
            for line in lines:
                _event(json.loads(line))
            try:
                self._write("".join(f"{line}\n" for line in lines).encode())
            except OSError as error:
                self.close()  # the next action begins a new file, not after half a line
                raise DatasetError(
                    f"{self._folder} does not take the label ({error.strerror}); nothing was "
                    "changed: free some space or check who may write there"
                ) from error
            self._last, self._count = now, self._count + len(events)
            return events

    def follow(self, events: Iterable[Event]) -> None:
        """Have what is appended come after these events, also where the clock was set back."""
        latest = max((event.time for event in events), default="")
        try:
            with self._lock:
                self._last = max(self._last, datetime.fromisoformat(latest))
        except (ValueError, TypeError):  # none, or no time of ours
            return

    def close(self) -> None:
        """Close the file; a later `append` begins another."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._session = f"{self._session[:-8]}{secrets.token_hex(4)}"
            self._count = 0

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(exist_ok=True)
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
            self._file = os.open(self._folder / f"{self._session}.jsonl", flags, 0o644)
            _sync_folder(self._folder)
        before = os.fstat(self._file).st_size
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, before)
            raise


class LogReader:
    """Reads all sessions' logs; each `new()` gives the events since the one before."""

    def __init__(self, dataset: Path) -> None:
        self._folder = dataset / FOLDER
        self._offsets: dict[str, tuple[int, int]] = {}

    def new(self) -> list[Event]:
        """Events that were not given yet, file by file; lines still being written come later.

        Raises:
            DatasetError: if a line is damaged; the message names file and line. All that is new
                is given when the line was taken out.
        """
        events, offsets = [], dict(self._offsets)
        for path in sorted(self._folder.glob("*.jsonl")):
            offset, number = offsets.get(path.name, (0, 0))
            if path.stat().st_size <= offset:
                continue
            with path.open("rb") as file:
                file.seek(offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    offset, number = offset + len(line), number + 1
                    try:
                        events.append(_event(json.loads(line)))
                    except (ValueError, RecursionError, DatasetError) as error:
                        raise DatasetError(
                            f"{path}, line {number} is damaged ({error}); take the line out"
                        ) from error
            offsets[path.name] = (offset, number)
        self._offsets = offsets
        return events


def read_events(dataset: Path) -> list[Event]:
    """All events in a dataset's logs.

    Raises:
        DatasetError: if a line is damaged.
    """
    return LogReader(dataset).new()


def check_name(text: Any) -> None:
    """Names and tags are one short line each.

    Raises:
        DatasetError: if `text` is none.
    """
    short = isinstance(text, str) and 0 < len(text) <= MAX_TEXT
    if not short or text != text.strip() or not _SPELLING.sub("", text).isprintable():
        raise DatasetError(f"{text!r} is no name: 1 to {MAX_TEXT} characters on one line")


def box_of(value: Any) -> Box:
    """A checked box.

    Raises:
        DatasetError: unless `value` is x, y, width, height in finite numbers with an area.
    """
    try:
        box = tuple(float(number) for number in value)
        fine = len(box) == 4 and all(map(math.isfinite, box)) and min(box[2:]) > 0
    except (TypeError, ValueError, OverflowError):
        fine = False
    if not fine:
        raise DatasetError(f"{value!r} is no box: x, y, width, height, with an area")
    return box  # type: ignore[return-value]


def _event(record: Any) -> Event:
    try:
        face = record["face"]
        texts = [record[name] for name in ("id", "time", "who", "via", "action")]
        ref = None
        if face is not None:
            names = [face[name] for name in ("face_id", "title", "episode")]
            page = [face[name] for name in ("page", "page_sha256") if face.get(name) is not None]
            texts += names + page
            ref = FaceRef(*names, box_of(face["box"]), *_page_of(face))
        value = record["value"]
    except (KeyError, TypeError) as error:
        raise DatasetError(f"no event of a label: {error}") from error
    if not all(isinstance(text, str) for text in texts):
        raise DatasetError("no event of a label: a name is no text")
    event = Event(*texts[:5], value, ref)
    if event.action not in ACTIONS:
        raise DatasetError(f"unknown action {event.action!r}; a newer version may know it")
    if (ref is None) != (event.action in (UNDO, RENAME)) or not _CHECKS[event.action](value):
        raise DatasetError(f"{event.action} with {value!r}")
    return event


def _page_of(face: dict[str, Any]) -> tuple[str | None, Box | None, str | None]:
    page, box = face.get("page"), face.get("page_box")
    if page is None or box is None:
        return None, None, None
    return page, box_of(box), face.get("page_sha256")


def _texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(text, str) for text in values)


def _is_set(value: Any) -> bool:
    kinds = {
        "gender": lambda v: v in GENDERS,
        "glasses": lambda v: isinstance(v, bool),
        "keep": lambda v: isinstance(v, bool),
        "character": lambda v: isinstance(v, str) and bool(v),
    }
    return isinstance(value, dict) and all(
        name in kinds and (v is None or kinds[name](v)) for name, v in value.items()
    )


def _is_tags(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= {"add", "remove"}
        and all(_texts(texts) for texts in value.values())
    )


def _is_points(value: Any) -> bool:
    return isinstance(value, dict) and all(
        re.fullmatch(r"[0-9]{1,2}", name) and int(name) < 68 and _is_point(point)
        for name, point in value.items()
    )


def _is_point(point: Any) -> bool:
    try:
        return (
            isinstance(point, list)
            and len(point) == 2
            and all(isinstance(number, int | float) and math.isfinite(number) for number in point)
        )
    except OverflowError:  # a whole number beyond all floats
        return False


def _is_rename(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"from", "to"}
        and all(_texts(name) and len(name) == 2 for name in value.values())
    )


def _is_box(value: Any) -> bool:
    return isinstance(value, list) and box_of(value) is not None


_CHECKS = {
    "set": _is_set,
    "tags": _is_tags,
    "points": _is_points,
    "box": _is_box,
    "delete": lambda value: isinstance(value, bool),
    "add": lambda value: value is None,
    UNDO: _texts,
    RENAME: _is_rename,
}


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last through a power cut too; folders cannot be synced on Windows."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def by_time(events: Iterable[Event]) -> list[Event]:
    """In the order in which they count: imports, then people's words, each by time."""

    def order(event: Event) -> tuple[bool, str, str]:
        return event.via != IMPORT, event.time, event.id.rpartition(":")[0]

    return sorted(events, key=order)


def standing(events: Iterable[Event]) -> list[Event]:
    """The events that were not undone, in the order in which they count."""
    ordered = by_time(events)
    undone: set[str] = set()
    for event in sorted(ordered, key=lambda event: event.time, reverse=True):
        if event.action == "undo" and event.id not in undone:
            undone.update(event.value)
    return [event for event in ordered if event.action != "undo" and event.id not in undone]
