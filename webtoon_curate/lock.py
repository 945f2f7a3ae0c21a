"""One writing run at a time in a dataset: a lock that the system takes back when its holder dies.

The file `.lock` in the dataset is locked while a run writes, and tells which. It is empty after
runs that ended; what stands in a file that nobody holds is a run that was stopped.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.files import remove_stale_parts
from webtoon_curate.picture_folder import CROPS, PARSING

LOCK_FILE = ".lock"
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems without locks say; there runs are not kept apart."""
_PATIENCE, _POLL = 1.0, 0.02
"""Seconds: those who only look whether a run goes on hold the lock for a moment."""
_PAGES = "pages"
"""Folder in a dataset where fetched pages lie, under names that sites gave them."""
_held: set[Path] = set()
"""Datasets that this process writes to."""


@contextlib.contextmanager
def writing(dataset: Path, command: str) -> Iterator[None]:
    """Hold a dataset while a run writes to it, and take away what a stopped one had half written.

    Within a run of this process nothing happens.

    Two runs at once would merge each other's tables away.

    Args:
        dataset: its folder.
        command: that runs, for those who have to wait.

    Raises:
        DatasetError: if another run holds it.
    """
    path = dataset.resolve() / LOCK_FILE
    if path in _held:
        yield
        return
    with path.open("a+b") as file:
        deadline = time.monotonic() + _PATIENCE
        while not (locked := _locked(file)) and time.monotonic() < deadline:
            time.sleep(_POLL)
        if not locked:
            raise DatasetError(
                f"{dataset} is being written to by {_told(path)}; wait for its end, or stop it, "
                "and run the same command again"
            )
        _held.add(path)
        before = _content(path)
        try:
            if before:
                _tidy(path.parent)
            since = datetime.now(timezone.utc).astimezone().isoformat(" ", timespec="seconds")
            run = {"command": command, "pid": os.getpid(), "host": socket.gethostname()}
            _replace(file, json.dumps({**run, "since": since}).encode())
            yield
            _replace(file, b"")
        except CurateError:
            _tidy(path.parent)  # where the disk is full workers were ended that were writing
            _replace(file, before)  # such a run wrote nothing, or what it wrote is not merged
            raise
        finally:
            _held.discard(path)


def _tidy(dataset: Path) -> None:
    remove_stale_parts(dataset, (CROPS, PARSING), (_PAGES,))


def other_run(dataset: Path) -> str | None:
    """The run of another process that writes to a dataset now, in words; None if there is none."""
    path = dataset.resolve() / LOCK_FILE
    if path in _held:
        return None
    try:
        with path.open("rb") as file:
            free = _locked(file, shared=True)
        return _told(path) if not free and _run(path) else None
    except OSError:
        return None


def stopped_run(dataset: Path) -> str | None:
    """The command that was stopped in a dataset, after which none ended; None if there is none.

    Args:
        dataset: its folder, in which no run goes on.
    """
    path = dataset.resolve() / LOCK_FILE
    if path in _held:
        return None
    return _run(path).get("command")


def _locked(file: BinaryIO, shared: bool = False) -> bool:
    """Lock an open file until it is closed; False if another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 30)  # beyond its content, which others may read meanwhile
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def _told(path: Path) -> str:
    run = _run(path)
    if not run:
        return "another run"
    return f"`{run['command']}` (process {run['pid']} on {run['host']}, since {run['since']})"


def _run(path: Path) -> dict[str, str]:
    """What stands in a lock file; nothing where that is not whole."""
    try:
        run = json.loads(_content(path))
        return {name: str(run[name]) for name in ("command", "pid", "host", "since")}
    except (ValueError, KeyError, TypeError):
        return {}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _replace(file: BinaryIO, content: bytes) -> None:
    file.truncate(0)
    file.write(content)  # at the end, for the file is open for appending
    file.flush()
