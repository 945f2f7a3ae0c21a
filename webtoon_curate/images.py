"""Safe decoding and encoding of pictures in bounded memory.

Every format has exactly one decoder, so a picture has the same colors whatever its size: libvips
reads JPEG and PNG row by row, Pillow decodes WebP, GIF (first frame), AVIF, BMP and TIFF (first
page) whole. The decoder is chosen by the file's first bytes, never by its name, and nothing else
is ever called: no PostScript, no SVG, no PDF.

Colors: what is transparent lies on white; CMYK becomes RGB by (255 - c)(255 - k) / 255, Adobe's
inversion undone; of 16 bits the high 8 stay; embedded ICC profiles are ignored, since webtoons are
drawn and shown as sRGB and a face's color must not depend on which decoder knew its profile. EXIF
rotation is applied.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ImageError

if TYPE_CHECKING:
    import pyvips
    from PIL import Image

Pixels = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""

MAX_SIDE = 400_000
"""Pixels: twice the longest strip in sight (200,000)."""
MAX_PIXELS = 178_000_000
"""Of a picture read row by row; the limit where Pillow, too, calls it a decompression bomb."""
WHOLE_PIXELS = 24_000_000
"""Of a picture that must be decoded at once: Pillow's formats, interlaced, progressive, rotated."""
WHOLE_BYTES = 200 << 20
"""What a progressive JPEG's coefficients may take: 2 bytes a sample, all of them at once."""
MAX_FILE = 512 << 20
"""Bytes of a picture file; 690 x 200,000 pixels of pure noise are 395 MiB."""

_BAND = 4 << 20
"""Bytes decoded at once inside the readers; larger is not faster (measured 16 to 4096 rows)."""
_VIPS = ("JPEG", "PNG")
_TRANSPOSED = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_SAVE: dict[str, dict[str, int | bool | str]] = {
    "PNG": {"compress_level": 6},
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"lossless": True, "method": 4},
}
_NOT_PICTURES = (
    (b"%!PS", "PostScript"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"Rar!", "a rar archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjXL ", "JPEG XL, which is not supported"),
    (b"\xff\x0a", "JPEG XL, which is not supported"),
    (b"version https://git-lfs", "a Git LFS pointer"),
)


@dataclass(frozen=True)
class ImageInfo:
    """What the header says: `width` and `height` in pixels after EXIF rotation, `format`."""

    width: int
    height: int
    format: str


def sniff(head: bytes) -> str:
    """The picture format of a file that begins with `head` (64 bytes are enough).

    Returns:
        JPEG, PNG, WEBP, GIF, AVIF, BMP or TIFF.

    Raises:
        ImageError: if it is none of these; the reason says what it is instead.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if head[4:8] == b"ftyp" and (b"avif" in head[8:40] or b"avis" in head[8:40]):
        return "AVIF"
    if head[:2] == b"BM":
        return "BMP"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    raise ImageError(_not_a_picture(head))


def _not_a_picture(head: bytes) -> str:
    if not head:
        return "the file is empty"
    for magic, what in _NOT_PICTURES:
        if head.startswith(magic):
            return f"not a picture but {what}"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "not a picture but an HTML page"
    if text.startswith((b"<?xml", b"<svg")):
        return "not a picture but XML or SVG"
    if not head.strip(b"\0"):
        return "not a picture: it begins with zeros only"
    return "not a picture: unknown format"


class ImageReader:
    """An opened picture that gives its rows in bands.

    JPEG and PNG are decoded as the bands are asked for; reading downwards is cheap, going back
    to earlier rows starts again at the top. What must be decoded whole (`WHOLE_PIXELS`) is
    decoded at the first `read` and held until `close`.

    Attributes:
        width, height: pixels, after EXIF rotation.
        format: see `sniff`.
        streamed: whether rows are decoded as they are asked for.
    """

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self._pixels: Pixels | None = None
        self._region: Any = None
        self._next_row = 0
        self.format = sniff(_head(data))
        with _plain_errors(self.format):
            if self.format in _VIPS:
                self._source: Any = _open_vips(data)
                size, self._orientation, memory = _vips_header(self._source)
            else:
                self._source = _open_pillow(data, self.format)
                size, self._orientation, memory = _pillow_header(self._source)
        _check_size(*size, memory, whole=self.format not in _VIPS or self._orientation != 1)
        swapped = self._orientation in _TRANSPOSED
        self.width, self.height = size[::-1] if swapped else size
        self.streamed = self.format in _VIPS and self._orientation == 1

    def read(self, y: int, rows: int) -> Pixels:
        """Rows `y` to `y + rows`.

        Returns:
            (rows, width, 3) uint8 RGB.

        Raises:
            ImageError: if the file is damaged or truncated.
            ValueError: if the rows are not all in the picture.
        """
        if y < 0 or rows < 0 or y + rows > self.height:
            raise ValueError(f"rows {y} to {y + rows} of a picture {self.height} high")
        with _plain_errors(self.format):
            if self.streamed:
                return self._stream(y, rows)
            if self._pixels is None:
                self._pixels = self._decode_whole()
            return self._pixels[y : y + rows]

    def close(self) -> None:
        """Frees the pixels and the file."""
        if self.format not in _VIPS:
            self._source.close()
        del self._source
        self._pixels = self._region = None

    def __enter__(self) -> ImageReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _decode_whole(self) -> Pixels:
        if self.format in _VIPS:
            swapped = self._orientation in _TRANSPOSED
            raw = self._stream(0, self.width if swapped else self.height)
        else:
            raw = _pillow_pixels(self._source)
        return _upright(raw, self._orientation)

    def _stream(self, y: int, rows: int) -> Pixels:
        import pyvips

        if y < self._next_row:
            self._region = None
            self._source = _open_vips(self._data)
        if self._region is None:
            self._region = pyvips.Region.new(self._source)
            self._next_row = 0
        image = self._source
        band = max(8, _BAND // (image.width * image.bands))
        out = np.empty((rows, image.width, 3), np.uint8)
        # Rows that are skipped are decoded too: libvips may not seek in a sequential source.
        for top in range(self._next_row, y + rows, band):
            bottom = min(top + band, y + rows)
            raw = self._fetch(top, bottom - top)
            if bottom > y:
                first = max(top, y)
                _to_rgb(
                    raw[first - top :],
                    out[first - y : bottom - y],
                    cmyk=image.interpretation == "cmyk",
                )
        return out

    def _fetch(self, y: int, rows: int) -> NDArray[np.uint8 | np.uint16]:
        image = self._source
        kind = {"uchar": np.uint8, "ushort": np.uint16}.get(image.format)
        if kind is None:
            raise ImageError(f"samples of type {image.format} are not supported")
        raw = self._region.fetch(0, y, image.width, rows)
        self._next_row = y + rows
        return np.frombuffer(raw, kind).reshape(rows, image.width, image.bands)


def open_image(data: bytes | Path) -> ImageReader:
    """Opens a picture for reading in bands; use it in a `with` statement.

    Raises:
        ImageError: if it is no picture, damaged in its header, or beyond the limits.
    """
    return ImageReader(data)


def probe(data: bytes | Path) -> ImageInfo:
    """Size and format from the header, with the limits checked; no pixel is decoded.

    Raises:
        ImageError: as `open_image`.
    """
    with open_image(data) as image:
        return ImageInfo(image.width, image.height, image.format)


def decode(data: bytes | Path) -> Pixels:
    """All of an ordinary picture.

    Returns:
        (height, width, 3) uint8 RGB.

    Raises:
        ImageError: as `open_image`, and if the picture is damaged, truncated, or has more than
            `WHOLE_PIXELS` pixels; larger ones are read in bands through `open_image`.
    """
    with open_image(data) as image:
        _check_size(image.width, image.height, 0, whole=True)
        return image.read(0, image.height)


def encode(image: Pixels, format: str = "PNG") -> bytes:
    """The file's bytes, without metadata; the same pixels give the same bytes.

    Args:
        image: (height, width, 3) uint8 RGB.
        format: PNG and WEBP are lossless, JPEG has quality 95.
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, format, **_SAVE[format])
    return buffer.getvalue()


def _head(data: bytes | Path) -> bytes:
    if isinstance(data, bytes):
        size, head = len(data), data[:64]
    else:
        try:
            with data.open("rb") as file:
                head = file.read(64)
            size = data.stat().st_size
        except OSError as error:
            raise ImageError(f"cannot be read: {error.strerror}") from error
    if size > MAX_FILE:
        raise ImageError(f"the file has {size >> 20} MiB, more than {MAX_FILE >> 20}")
    return head


def _check_size(width: int, height: int, memory: int, whole: bool) -> None:
    if width < 1 or height < 1:
        raise ImageError("the picture has no pixels")
    size = f"{width} x {height} pixels"
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{size}: a side is longer than {MAX_SIDE:,}")
    if width * height > MAX_PIXELS:
        raise ImageError(f"{size}: more than {MAX_PIXELS:,} in all")
    if whole and width * height > WHOLE_PIXELS:
        raise ImageError(
            f"{size}: more than {WHOLE_PIXELS:,}, and this kind cannot be read row by row"
        )
    if memory > WHOLE_BYTES:
        raise ImageError(
            f"{size}: decoding needs {memory >> 20} MiB at once, more than {WHOLE_BYTES >> 20}"
        )


@contextmanager
def _plain_errors(format: str) -> Iterator[None]:
    """Turns whatever a decoder raises into one `ImageError`, and keeps its warnings quiet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ImageError:
            raise
        except MemoryError as error:
            raise ImageError(f"not enough memory to decode this {format}") from error
        except Exception as error:
            lines = str(error).strip().splitlines()
            reason = lines[-1].strip() if lines else type(error).__name__
            raise ImageError(f"damaged or truncated {format}: {reason}") from error


# libvips: JPEG and PNG


def _open_vips(data: bytes | Path) -> pyvips.Image:
    import pyvips

    # Sequential images can be read once, so what the operation cache kept would be of no use.
    pyvips.cache_set_max(0)
    options = {"access": "sequential", "fail_on": "warning"}
    if isinstance(data, bytes):
        source = pyvips.Source.new_from_memory(data)  # `new_from_buffer` would copy the bytes
    else:
        # By descriptor: libvips takes names in UTF-8 only, and reads options out of `name[...]`.
        with data.open("rb") as file:
            source = pyvips.Source.new_from_descriptor(file.fileno())
    return pyvips.Image.new_from_source(source, "", **options)


def _vips_header(image: pyvips.Image) -> tuple[tuple[int, int], int, int]:
    """Size, EXIF orientation, and the bytes that must be held to give the first row."""
    fields = image.get_fields()
    orientation = image.get("orientation") if "orientation" in fields else 1
    memory = 0
    if "interlaced" in fields:
        # libjpeg holds 16-bit coefficients; libpng the samples, 8 or 16 bits.
        memory = image.width * image.height * image.bands * 2
    return (image.width, image.height), orientation, memory


# Pillow: the others


def _open_pillow(data: bytes | Path, format: str) -> Image.Image:
    from PIL import Image

    if format == "AVIF":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # episodes run side by side already
    elif format == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401 (registers itself)
    elif format == "TIFF":
        from PIL import TiffImagePlugin  # noqa: F401
    return Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=[format])


def _pillow_header(image: Image.Image) -> tuple[tuple[int, int], int, int]:
    # Pillow turns TIFF by itself.
    orientation = 1 if image.format == "TIFF" else image.getexif().get(0x0112, 1)
    return image.size, orientation if orientation in range(1, 9) else 1, 0


def _pillow_pixels(image: Image.Image) -> Pixels:
    image.load()
    if image.mode in ("F", "I"):
        raise ImageError("32-bit samples are not supported")
    out = np.empty((image.height, image.width, 3), np.uint8)
    # Pillow converts a copy: band by band, so that there never is a second whole picture.
    band = max(1, _BAND // (4 * image.width))
    for y in range(0, image.height, band):
        part = image.crop((0, y, image.width, min(y + band, image.height)))
        if part.mode != "CMYK" and not part.mode.startswith("I;16"):
            part = part.convert("RGBA" if image.has_transparency_data else "RGB")
        raw = np.atleast_3d(np.asarray(part))
        _to_rgb(raw, out[y : y + band], cmyk=part.mode == "CMYK")
    return out


# Samples to RGB


def _to_rgb(raw: NDArray[np.uint8 | np.uint16], out: Pixels, cmyk: bool) -> None:
    """Writes `raw` (rows, width, 1 to 4 bands) into `out` (rows, width, 3) as RGB on white."""
    if raw.dtype == np.uint16:
        raw = (raw >> 8).astype(np.uint8)
    bands = raw.shape[2]
    if cmyk:
        light = 255 - raw.astype(np.uint16)
        out[:] = (light[..., :3] * light[..., 3:] + 127) // 255
        return
    out[:] = raw[..., :3] if bands >= 3 else raw[..., :1]
    if bands in (2, 4):
        alpha = raw[..., -1:]
        if alpha.min() < 255:
            alpha = alpha.astype(np.uint16)
            out[:] = (out * alpha + 255 * (255 - alpha) + 127) // 255


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undoes an EXIF orientation (1-8; EXIF 2.32, tag 0x0112)."""
    if orientation in _TRANSPOSED:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
