"""Safe decoding and encoding of pictures in bounded memory.

Every format has exactly one decoder, so a picture has the same colors whatever its size: libvips
reads JPEG and PNG row by row, and WebP and TIFF; Pillow reads GIF, AVIF and BMP. Of several frames
the first is taken. The decoder is chosen by the file's first bytes, never by its name, and nothing
else is ever called: no PostScript, no SVG, no PDF.

Colors: what is transparent lies on white; CMYK becomes RGB by (255 - c)(255 - k) / 255, Adobe's
inversion undone; of 16 bits the high 8 stay; embedded ICC profiles are ignored, since webtoons are
drawn and shown as sRGB and a face's color must not depend on which decoder knew its profile. EXIF
rotation is applied.
"""

from __future__ import annotations

import io
import re
import threading
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
from webtoon_curate.formats import sniff
from webtoon_curate.jpeg import with_end
from webtoon_curate.pixels import TRANSPOSED, Pixels, as_stored, to_rgb

if TYPE_CHECKING:
    import pyvips
    from PIL import Image

MAX_SIDE = 400_000
"""Pixels: twice the longest strip in sight (200,000)."""
MAX_PIXELS = 178_000_000
"""Of a picture read row by row; the limit where Pillow, too, calls it a decompression bomb."""
WHOLE_PIXELS = 24_000_000
"""Up to here a picture is best decoded at once (72 MB of RGB); beyond, in bands."""
WHOLE_BYTES = 250_000_000
"""What decoding may hold at once; larger pictures are read in bands or, failing that, refused."""
_HELD = {"JPEG": 0, "PNG": 0, "WEBP": 12, "AVIF": 13, "GIF": 6, "BMP": 9, "TIFF": 9}
"""Bytes a pixel that decoding holds, the result included; measured at 16 million pixels."""
_RESULT = 3.5
"""Bytes a pixel of a decoded picture, with a seventh for buffers on the way."""
MAX_FILE = 512 << 20
"""Bytes of a picture file; 690 x 200,000 pixels of pure noise are 395 MiB."""

_BAND = 512 << 10
"""Bytes decoded at once inside the readers: what fits a cache. 4 MiB take a third more time."""
_VIPS = ("JPEG", "PNG", "WEBP", "TIFF")
_SPACES = ("srgb", "rgb16", "b-w", "grey16", "cmyk")
_HARMLESS = re.compile(
    r"Invalid SOS parameters|unknown JFIF revision|: \d{1,2} extraneous bytes before marker"
)
"""What cameras and programs get wrong in JPEG files that are whole. Other warnings of libjpeg mean
that pixels are lost, and make the page a reject."""
_ENDLESS = "premature end of JPEG image"
_PNG_EFFORT = 4
"""Of 9: level 6 takes 1.8 times as long for 1 to 3% fewer bytes (crops of painted pages, anime)."""
_SAVE: dict[str, dict[str, int | bool | str]] = {
    "PNG": {"compress_level": _PNG_EFFORT},
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"lossless": True, "method": 4},
}


@dataclass(frozen=True)
class ImageInfo:
    """What the header says: `width` and `height` in pixels after EXIF rotation, `format`."""

    width: int
    height: int
    format: str


class ImageReader:
    """An opened picture that gives its rows in bands.

    Rows are decoded as they are asked for where the format allows it: reading downwards is cheap,
    going back to earlier rows starts again at the top. A picture that is turned, and Pillow's
    formats, are decoded at the first `read` and held until `close`.

    Attributes:
        width, height: pixels, after EXIF rotation.
        format: see `sniff`.
    """

    def __init__(self, data: bytes | Path) -> None:
        self._data = data
        self._pixels: Pixels | None = None
        self._region: Any = None
        self._next_row = 0
        self._fail_on = "warning"
        self.format = sniff(_head(data))
        with _plain_errors(self.format):
            if self.format in _VIPS:
                self._source = self._started()
                size, self._orientation, held = _vips_header(self._source)
            else:
                self._source = _open_pillow(data, self.format)
                size, self._orientation, held = self._source.size, _orientation(self._source), 0
        self._streamed = self.format in _VIPS and self._orientation == 1
        self._held = held + (_HELD[self.format] or (0 if self._streamed else _RESULT))
        try:
            _check_size(*size, self._held)
        except ImageError:
            self.close()
            raise
        self.width, self.height = size[::-1] if self._orientation in TRANSPOSED else size

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
            if not self._streamed:
                if self._pixels is None:
                    self._pixels = self._decode_whole()
                return self._pixels[y : y + rows]
            out = np.empty((rows, self.width, 3), np.uint8)
            self._stream(y, out)
            return out

    def close(self) -> None:
        """Frees the pixels and the file; may be called again."""
        if self.format not in _VIPS and self._source is not None:
            self._source.close()
        self._source = self._pixels = self._region = None

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
        out = np.empty((self.height, self.width, 3), np.uint8)
        stored = as_stored(out, self._orientation)
        if self.format in _VIPS:
            self._stream(0, stored)
        else:
            _read_pillow(self._source, stored)
        return out

    def _stream(self, y: int, out: Pixels) -> None:
        """Fills `out` with the stored rows from `y` on."""
        import pyvips

        try:
            self._stream_strictly(y, out)
        except pyvips.Error as error:
            if not self._mended(str(error)):
                raise
            self._region = self._source = None
            self._stream_strictly(y, out)

    def _mended(self, complaint: str) -> bool:
        """Whether what a decoder complained of does no harm; it is told so. Asked once."""
        if self._fail_on == "error":
            return False
        if _HARMLESS.search(complaint):
            self._fail_on = "error"
        elif self.format == "JPEG" and _ENDLESS in complaint and (whole := with_end(self._data)):
            self._data = whole  # read as strictly as before: what is missing more is found
        else:
            return False
        return True

    def _stream_strictly(self, y: int, out: Pixels) -> None:
        import pyvips

        if self._region is None or y < self._next_row:
            if self._next_row or self._source is None:
                self._source = _open_vips(self._data, self.format, self._fail_on)
            self._region = pyvips.Region.new(self._source)
            self._next_row = 0
        image = self._source
        end = y + len(out)
        band = max(8, _BAND // (image.width * image.bands))
        # Rows that are skipped are decoded too: libvips may not seek in a sequential source.
        for top in range(self._next_row, end, band):
            bottom = min(top + band, end)
            raw = self._fetch(top, bottom - top)
            if bottom > y:
                first = max(top, y)
                part = out[first - y : bottom - y]
                to_rgb(raw[first - top :], part, cmyk=image.interpretation == "cmyk")

    def _fetch(self, y: int, rows: int) -> NDArray[np.uint8 | np.uint16]:
        import pyvips

        image = self._source
        kind = np.uint16 if image.format == "ushort" else np.uint8
        raw = self._region.fetch(0, y, image.width, rows)
        warned = pyvips.vips_lib.vips_error_buffer()[0] != b"\0"
        if warned and self.format == "JPEG" and self._fail_on == "warning":
            # libvips looks for warnings before it reads rows: it would let the last rows pass.
            raise pyvips.Error("the last rows are damaged")
        self._next_row = y + rows
        samples: Any = np.frombuffer(raw, kind)
        return samples.reshape(rows, image.width, image.bands)

    def _started(self) -> Any:
        import pyvips

        try:
            return _open_vips(self._data, self.format, self._fail_on)
        except pyvips.Error as error:
            if not self._mended(str(error)):
                raise
            return _open_vips(self._data, self.format, self._fail_on)


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
        ImageError: as `open_image`, and if the picture is damaged, truncated, or larger than
            `WHOLE_BYTES`; larger ones are read in bands through `open_image`.
    """
    with open_image(data) as image:
        _check_size(image.width, image.height, max(_RESULT, image._held))
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


def _check_size(width: int, height: int, held: float) -> None:
    """Refuses what is too large; `held` is in bytes a pixel."""
    if width < 1 or height < 1:
        raise ImageError("the picture has no pixels")
    size = f"{width} x {height} pixels"
    if max(width, height) > MAX_SIDE:
        raise ImageError(f"{size}: a side is longer than {MAX_SIDE:,}")
    if width * height > MAX_PIXELS:
        raise ImageError(f"{size}: more than {MAX_PIXELS:,} in all")
    if width * height * held > WHOLE_BYTES:
        most = int(WHOLE_BYTES / held / 1e6)
        raise ImageError(f"{size}: of this kind at most {most} million pixels can be decoded")


_SPEAKER = re.compile(r"^(\w*[Vv]ips\w*|webp): ")
_NOTHING_SAID = re.compile(r"libpng read error|unable to |failed to read |cannot identify image")


_ALONE = threading.RLock()
"""libvips keeps what it says of pictures in one place for all threads, as Python its filters of
warnings: what was said of one thread's picture would be taken for another's."""


@contextmanager
def _plain_errors(format: str) -> Iterator[None]:
    """Turns whatever a decoder raises into one `ImageError`, and keeps its warnings quiet."""
    with _ALONE, warnings.catch_warnings():
        if format in _VIPS:
            import pyvips

            # What libvips said of the picture before stays in its buffer.
            pyvips.vips_lib.vips_error_clear()
        warnings.simplefilter("ignore")
        try:
            yield
        except ImageError:
            raise
        except MemoryError as error:
            raise ImageError(f"not enough memory to decode this {format}") from error
        except Exception as error:
            raise ImageError(f"damaged or truncated {format}{_detail(error)}") from error


def _detail(error: Exception) -> str:
    """What a decoder says, where it says something."""
    lines = [_SPEAKER.sub("", line.strip()) for line in str(error).splitlines() if line.strip()]
    return "" if not lines or _NOTHING_SAID.match(lines[-1]) else f": {lines[-1]}"


# libvips


def _open_vips(data: bytes | Path, format: str, fail_on: str) -> pyvips.Image:
    import pyvips

    # Sequential images can be read once, so what the operation cache kept would be of no use.
    pyvips.cache_set_max(0)
    if isinstance(data, bytes):
        source = pyvips.Source.new_from_memory(data)  # `new_from_buffer` would copy the bytes
    else:
        # By descriptor: libvips takes names in UTF-8 only, and reads options out of `name[...]`.
        with data.open("rb") as file:
            source = pyvips.Source.new_from_descriptor(file.fileno())
    load = getattr(pyvips.Image, f"{format.lower()}load_source")  # this decoder and no other
    return load(source, access="sequential", fail_on=fail_on)


def _vips_header(image: pyvips.Image) -> tuple[tuple[int, int], int, float]:
    """Size, EXIF orientation, and the bytes a pixel that must be held to give the first row."""
    if image.interpretation not in _SPACES or image.format not in ("uchar", "ushort"):
        raise ImageError(f"{image.interpretation} samples of type {image.format} are not supported")
    orientation = image.get("orientation") if image.get_typeof("orientation") else 1
    # Of a progressive picture libjpeg holds the 16-bit coefficients, libpng 8 or 16-bit samples;
    # measured, libjpeg takes a quarter more.
    held = 2.5 * image.bands if image.get_typeof("interlaced") else 0
    return (image.width, image.height), orientation, held


# Pillow


def _open_pillow(data: bytes | Path, format: str) -> Image.Image:
    from PIL import Image

    if format == "AVIF":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # episodes run side by side already
    try:
        return Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=[format])
    except Image.DecompressionBombError:
        raise ImageError(f"it has more than {MAX_PIXELS:,} pixels") from None


def _orientation(image: Image.Image) -> int:
    orientation = image.getexif().get(0x0112, 1)
    return orientation if orientation in range(1, 9) else 1


def _read_pillow(image: Image.Image, out: Pixels) -> None:
    image.load()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # Pillow converts a copy: band by band, so that there never is a second whole picture.
    band = max(1, _BAND // (4 * image.width))
    for y in range(0, image.height, band):
        part = image.crop((0, y, image.width, min(y + band, image.height)))
        to_rgb(np.asarray(part.convert(mode)), out[y : y + band], cmyk=False)
