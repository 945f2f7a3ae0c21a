"""Names of titles, episodes and pages: their order, and their form in tables and on disk."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Set
from functools import cache
from typing import Any

NAME_BYTES = 100
"""UTF-8 bytes of a title's or episode's name; file systems end at 255, with our own endings."""

_FORBIDDEN = set('/\\<>:"|?*\x7f')
_BIDI = set(map(chr, (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Marks that turn the direction of writing: they make a name look like another."""
_MARKS = {ord(mark): f"\\u{ord(mark):04x}" for mark in sorted(_BIDI)}
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")
_RESERVED = {
    "CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))
}  # fmt: skip
"""File names that Windows keeps for devices, with any extension."""
_DIGITS = re.compile(r"\d{19,}")
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")
_ENDING = re.compile(r"(?<=[^/])\.[A-Za-z][A-Za-z0-9]{1,4}$")
"""Of a file; in a folder's name such as `Volume 1.5` there is none."""
_ESCAPES = re.compile(r"%(25|[89A-F][0-9A-F])")
_SURROGATES = re.compile("[\udc80-\udcff]")
"""What Python makes of the bytes of a file's name that are not UTF-8 (PEP 383)."""
_JUNK = {"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}


def safe_name(name: str, used: Set[str] = frozenset()) -> str:
    """`name` as one component of a path, on every file system.

    NFC; without control characters, separators, `<>:"|?*\\` and direction marks; not hidden, not
    reserved, at most 100 bytes of UTF-8. A name that had to be cut, or that differs from one of
    those in use in case only, ends in `~` and six digits of its sha256, so it is the same in every
    run.

    Args:
        name: any text.
        used: names in use, as `str.casefold` gives them.

    Example:
        >>> safe_name("What?: a/b")
        'What__ a_b'
    """
    safe = unicodedata.normalize("NFC", _without_surrogates(name))
    safe = "".join("_" if _is_forbidden(character) else character for character in safe)
    safe = _EDGES.sub("", safe) or "_"
    if safe.partition(".")[0].strip().upper() in _RESERVED:
        safe = f"_{safe}"
    suffix = "~" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    if len(safe.encode()) > NAME_BYTES or safe.casefold() in used:
        base = _cut(safe, NAME_BYTES - len(suffix))
        safe = base + suffix
        count = 2
        while safe.casefold() in used:
            safe = f"{_cut(base, NAME_BYTES - len(suffix) - 4)}{suffix}-{count}"
            count += 1
    return safe


def _is_forbidden(character: str) -> bool:
    category = unicodedata.category(character)
    return category in _UNSEEN or character in _FORBIDDEN or character in _BIDI


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode("utf-8", "ignore").rstrip(" .")


@cache
def _natsort() -> Callable[[str], tuple[Any, ...]]:
    from natsort import natsort_keygen, ns

    return natsort_keygen(alg=ns.IGNORECASE)


def natural_key(path: str) -> tuple[Any, ...]:
    """Sorts paths as people count: 2 before 10, full-width digits too, folder by folder.

    The order is that of the names in NFKC form without the file's ending, case aside; paths that
    are equal in this come in the order of their characters.
    """
    return ([_part_key(part) for part in _ENDING.sub("", path).split("/")], path)


def _part_key(name: str) -> tuple[Any, ...]:
    text = unicodedata.normalize("NFKC", name)
    # Python and natsort disagree with themselves about numbers of thousands of digits.
    return _natsort()(_DIGITS.sub(lambda match: match[0].lstrip("0")[:18] or "0", text))


def escape(name: str) -> str:
    """`name` as valid UTF-8: bytes that are not (surrogates in Python) become `%80` to `%FF`.

    A `%` that could be mistaken for such a mark becomes `%25`; `unescape` undoes both.
    """
    if name.isascii() and "%" not in name:
        return name
    name = _ESCAPES.sub(r"%25\1", name)
    return _without_surrogates(name)


def _without_surrogates(name: str) -> str:
    return _SURROGATES.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", name)


def unescape(name: str) -> str:
    """The name that `escape` was given."""

    def original(match: re.Match[str]) -> str:
        return "%" if match[1] == "25" else chr(0xDC00 + int(match[1], 16))

    return _ESCAPES.sub(original, name)


def shown(text: str) -> str:
    """`text` on one line of a terminal, where it can do nothing but be read.

    Control characters and marks that turn the direction of writing are told as Python writes them.

    Example:
        >>> print(shown("one\\ntwo\\x1b[2J"))
        one\\ntwo\\x1b[2J
    """
    return "".join(
        repr(character)[1:-1] if unicodedata.category(character) in _UNSEEN else character
        for character in text.translate(_MARKS)
    )


def is_hidden(name: str) -> bool:
    """Whether a file or folder is no content: hidden, or left there by an operating system."""
    return name.startswith(".") or name.casefold() in _JUNK
