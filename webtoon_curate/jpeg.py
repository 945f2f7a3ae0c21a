"""JPEG files that lack nothing but their end, as downloads and old programs leave them."""

from __future__ import annotations

import re
from pathlib import Path

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Of segments, also in a scan: there FF 00 is a sample, FF D0 to FF D7 restart, FF FF fills."""
_BARE = (0x01, 0xD8, 0xD9)
"""Markers without a length (ITU-T T.81, table B.1)."""
_FRAMES = (0xC0, 0xC1, 0xC2)
_PROGRESSIVE = 0xC2
_SCAN = 0xDA
_END = b"\xff\xd9"


def with_end(data: bytes | Path) -> bytes | None:
    """The file with the end marker that it lacks.

    A strict decoder then tells whether the last scan is whole. It does not tell of scans that are
    missing altogether, so they are looked for here.

    Returns:
        None where there is an end, or scans are missing.

    Raises:
        OSError: if the file cannot be read.
    """
    data = data if isinstance(data, bytes) else data.read_bytes()
    return None if data.endswith(_END) or not _has_all_scans(data) else data + _END


def _has_all_scans(data: bytes) -> bool:
    """Whether there is a last scan of each coefficient of each component (T.81, B.2 and G.1.1)."""
    wanted: dict[int, set[int]] = {}
    progressive, at = False, 2
    while found := _MARKER.search(data, at):
        kind, at = data[found.start() + 1], found.end()
        if kind in _BARE:
            continue
        size = int.from_bytes(data[at : at + 2], "big")
        body = data[at + 2 : at + size]
        if not body or len(body) < size - 2:
            return False
        if kind in _FRAMES and len(body) > 6:
            progressive = kind == _PROGRESSIVE
            wanted = {component: set(range(64)) for component in body[6::3]}
        if kind == _SCAN and len(body) > 4:
            first, last, low = (body[-3], body[-2], body[-1] & 15) if progressive else (0, 63, 0)
            for component in body[1:-3:2]:
                if low == 0:
                    wanted.get(component, set()).difference_update(range(first, last + 1))
        at += size
    return bool(wanted) and not any(wanted.values())
