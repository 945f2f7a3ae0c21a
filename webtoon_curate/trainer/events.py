"""Losses and pictures for TensorBoard, without it: the files that it reads.

A file is a chain of TFRecords: length, masked CRC-32C of it, an `Event` message, masked CRC-32C of
that (tensorflow/core/lib/io/record_writer.h); `Event` and `Summary` as in
tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from pathlib import Path

from webtoon_curate.images import ImageInfo, probe

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_RGB = 3


class EventFile:
    """One file of a run.

    Args:
        folder: where TensorBoard looks.
        step: the run's step at the start; in the file's name, so that a resumed run begins a new
            file.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / f"events.out.tfevents.{int(time.time()):010d}.{step:08d}"
        version = _field(3, _BYTES, b"brain.Event:2")
        self._add(_field(1, _FIXED64, struct.pack("<d", time.time())) + version)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name."""
        self._summary(
            step,
            [
                _text(1, name) + _field(2, _FIXED32, struct.pack("<f", value))
                for name, value in values.items()
            ],
        )

    def picture(self, step: int, name: str, png: bytes) -> None:
        """An RGB picture, encoded."""
        info: ImageInfo = probe(png)
        image = _number(1, info.height) + _number(2, info.width) + _number(3, _RGB)
        self._summary(step, [_text(1, name) + _field(4, _BYTES, image + _field(4, _BYTES, png))])

    def _summary(self, step: int, values: list[bytes]) -> None:
        summary = b"".join(_field(1, _BYTES, value) for value in values)
        head = _field(1, _FIXED64, struct.pack("<d", time.time())) + _number(2, step)
        self._add(head + _field(5, _BYTES, summary))

    def _add(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        with self.path.open("ab") as file:
            file.write(length + _masked(length) + event + _masked(event))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _field(field, _BYTES, value.encode())


def _field(field: int, kind: int, value: bytes) -> bytes:
    length = _varint(len(value)) if kind == _BYTES else b""
    return _varint(field << 3 | kind) + length + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # Castagnoli, reversed
        table.append(byte)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """Castagnoli's cyclic redundancy check (RFC 3720)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
