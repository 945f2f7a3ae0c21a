"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

_CLOCKS_DIFFER = 5
"""Seconds by which the time of boot, in whole seconds, and that of a file may be off."""
_DAY = 86_400
_READ_BYTES = 1 << 20
_PART = re.compile(r"\.(\d{1,9})\.part$")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write a file or folder to, renamed to `path` when the block ends well.

    When it fails what was written is removed, and what was at `path` before is there still. To
    devices and pipes, such as `/dev/null` and `/dev/stdout`, is written as they are.

    Raises:
        OSError: if there is a folder at `path`; it is left alone, whatever is in it.
    """
    if _is_device(path):
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        _remove(part)


def _is_device(path: Path) -> bool:
    """Whether something is at `path` that a renamed file would destroy; `/dev/stdout` is a link."""
    there = path.exists() and not path.is_dir()
    return there and (not path.is_file() or path.parent == Path("/dev"))


@contextlib.contextmanager
def usual_mode(path: Path) -> Iterator[None]:
    """What the block writes to `path` is as readable as any new file: safetensors makes files that
    only their owner may read, whatever the umask."""
    path.touch()
    mode = stat.S_IMODE(path.stat().st_mode)
    yield
    path.chmod(mode)


def is_disk_full(error: BaseException) -> bool:
    """Whether no more can be written: the disk or the person's share of it is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def inside(folder: Path, name: str) -> Path | None:
    """The path of a file in a folder; None where its name leads out, as names in tables that come
    from elsewhere may."""
    path = folder / name
    return path if path.resolve().is_relative_to(folder.resolve()) else None


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    with replacing(path) as part:
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")


def digest(value: Any) -> str:
    """sha256 of a value's canonical JSON, hexadecimal: equal values, equal digests."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def sha256_of(path: Path) -> str:
    """The sha256 of a file, hexadecimal.

    Raises:
        OSError: if it cannot be read.
    """
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            total.update(block)
    return total.hexdigest()


def remove_stale_parts(
    folder: Path, pictures: Collection[str] = (), others: Collection[str] = ()
) -> None:
    """Remove the `.part` files and folders that killed processes left in `folder`.

    Args:
        folder: looked through to its depths.
        pictures: names of folders in it whose `<title>/<episode>` are put there whole, with
            millions of files in a large dataset: they are not looked into.
        others: names of folders in it that are not looked into, for their names are not ours.
    """
    for where, folders, files in os.walk(folder):
        here = Path(where)
        if here == folder:
            folders[:] = [name for name in folders if name not in others]
        for name in (*folders, *files):
            match = _PART.search(name)
            if match and not _writes(int(match[1]), here / name):
                _remove(here / name)
        kind, *title = here.relative_to(folder).parts or ("",)
        whole = kind in pictures and len(title) == 1
        folders[:] = [] if whole else [name for name in folders if not _PART.search(name)]


def _remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing happens where there is none."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _writes(pid: int, part: Path) -> bool:
    """Whether a process of that number may be writing `part`."""
    if os.name == "nt":  # where a signal 0 is Ctrl-C
        return time.time() - part.stat().st_mtime < _DAY
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        started = _started(pid)
        return started is None or started < part.stat().st_mtime + _CLOCKS_DIFFER
    except FileNotFoundError:
        return False


def _started(pid: int) -> float | None:
    """When a process began, Unix time; infinite for one that is dead and not waited for yet.

    None where it cannot be told: only Linux has `/proc`.
    """
    try:
        # After the name, which may hold anything: state, then start in ticks as the 20th (proc(5)).
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text("ascii"), re.MULTILINE)
        if fields[0] in "ZX":
            return math.inf
        return int(boot[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK") if boot else None
    except (OSError, ValueError, IndexError):
        return None
