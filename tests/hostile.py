"""A corpus of hostile inputs, made here: what ingest must survive, and say why it refused.

`build(folder)` writes them all below a folder; `TRUNCATED`, `FLIPPED` and `HUGE_HEADERS` make
single files. Good pages lie between the bad ones: `GOOD` of them must come through.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")


def drawing(width=60, height=90, seed=0):
    """(height, width, 3) uint8: a frame with some color in it."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (height // 6 + 1, width // 6 + 1, 3), dtype=np.uint8)
    image = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))
    image = image.copy()
    image[:3] = image[-3:] = 255
    image[:, :3] = image[:, -3:] = 255
    return image


def encoded(format, image=None, **options):
    """A picture file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(drawing() if image is None else image).save(buffer, format, **options)
    return buffer.getvalue()


def _truncated(format, **options):
    data = encoded(format, **options)
    return data[: len(data) * 2 // 3]


def _flipped(format, **options):
    data = bytearray(encoded(format, **options))
    for place in range(len(data) // 2, len(data), max(1, len(data) // 9)):
        data[place] ^= 0x41
    return bytes(data)


TRUNCATED = {
    **{f"truncated-{f.lower()}": lambda f=f: _truncated(f) for f in FORMATS},
    "truncated-progressive": lambda: _truncated("JPEG", progressive=True),
    "truncated-lossless-webp": lambda: _truncated("WEBP", lossless=True),
    "truncated-lzw-tiff": lambda: _truncated("TIFF", compression="tiff_lzw"),
    "only-a-jpeg-magic": lambda: b"\xff\xd8\xff\xe0",
    "only-a-png-magic": lambda: b"\x89PNG\r\n\x1a\n",
    "only-a-webp-magic": lambda: b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "only-a-gif-magic": lambda: b"GIF89a",
    "only-an-avif-magic": lambda: b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00",
    "only-a-tiff-magic": lambda: b"II*\0\x08\0\0\0",
    "only-a-bmp-magic": lambda: b"BM",
}
"""Files that end too early, by name."""

FLIPPED = {
    **{f"flipped-{f.lower()}": lambda f=f: _flipped(f) for f in FORMATS},
    "flipped-progressive": lambda: _flipped("JPEG", progressive=True),
    "flipped-lzw-tiff": lambda: _flipped("TIFF", compression="tiff_lzw"),
    "flipped-jpeg-tiff": lambda: _flipped("TIFF", compression="jpeg"),
}
"""Files with wrong bytes in their second half, by name. Only PNG can always tell."""


def png_chunk(kind, data):
    """A PNG chunk with a right checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width, height, rows=b"\0" * 1000):
    """A PNG whose header claims a size, with `rows` as its data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def interlaced_png(image):
    """(height, width, 3) uint8 as an Adam7 PNG, which Pillow cannot write."""
    height, width = image.shape[:2]
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    rows = b""
    for y, x, dy, dx in (*passes, (1, 0, 2, 1)):
        part = image[y::dy, x::dx]
        rows += b"".join(b"\0" + row.tobytes() for row in part if row.size)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def _jpeg_of_size(width, height):
    data = bytearray(encoded("JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _gif_of_size(width, height):
    data = bytearray(encoded("GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def _bmp_of_size(width, height):
    data = bytearray(encoded("BMP"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def _webp_of_size(width, height):
    data = bytearray(encoded("WEBP"))
    start = data.index(b"\x9d\x01\x2a") + 3
    data[start : start + 4] = struct.pack("<HH", width, height)
    return bytes(data)


HUGE_HEADERS = {
    "huge-png": lambda: png_of_size(100_000, 100_000),
    "long-png": lambda: png_of_size(1, 2_000_000_000),
    "wide-png": lambda: png_of_size(399_999, 500),
    "huge-jpeg": lambda: _jpeg_of_size(65_500, 65_500),
    "huge-gif": lambda: _gif_of_size(65_535, 65_535),
    "huge-webp": lambda: _webp_of_size(16_383, 16_383),
    "huge-bmp": lambda: _bmp_of_size(100_000, 100_000),
}
"""Small files that claim to be enormous, by name."""
