"""Numbers of things in words, and paths in commands."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path


def plural(number: int, noun: str) -> str:
    """A number of things.

    Args:
        number: how many.
        noun: one of them; more of them end in s.

    Example:
        >>> plural(1, "kept face"), plural(2000, "page")
        ('1 kept face', '2,000 pages')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def quoted(path: Path | str, windows: bool = os.name == "nt") -> str:
    """A path as it is typed in a shell.

    Args:
        path: of a file or folder.
        windows: for its shells, which know double quotes only.

    Example:
        >>> quoted("my data", windows=False), quoted("my data", windows=True)
        ("'my data'", '"my data"')
    """
    return subprocess.list2cmdline([str(path)]) if windows else shlex.quote(str(path))
