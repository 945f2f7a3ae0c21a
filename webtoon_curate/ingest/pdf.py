"""Pages of a PDF, drawn by pdfium at the resolution of the pictures in them."""

from __future__ import annotations

import io
import threading
from itertools import islice

from webtoon_curate.errors import ImageError, SourceError
from webtoon_curate.images import WHOLE_PIXELS
from webtoon_curate.ingest.episode import MAX_PAGES, Entry, EpisodeReader, EpisodeSource
from webtoon_curate.ingest.names import escape

WIDTH = 1280
"""Pixels of a page that is drawn, not scanned: inside the 1,000 to 1,600 of most comics."""
_OBJECTS = 200
"""How many pictures of a page are looked at to learn its resolution."""
_FORMS = 3
"""How deep they may be nested."""
_ALONE = threading.Lock()
"""pdfium is for one thread at a time, also where each has a document of its own."""


class PdfReader(EpisodeReader):
    """The pages of a PDF as `page-0001`, `page-0002` …, given as BMP.

    A page with a picture at least half as wide as itself is drawn at that picture's resolution,
    another one `WIDTH` pixels wide; never with more than `WHOLE_PIXELS`. The whole page is drawn,
    for a PDF cuts, turns and covers its pictures.
    """

    def __init__(self, source: EpisodeSource) -> None:
        super().__init__(source)
        where = escape(str(source.path))
        try:
            import pypdfium2
        except ImportError as error:
            raise SourceError(
                f"{where}: PDF needs an extra: pip install 'webtoon-curate[pdf]'"
            ) from error
        try:
            status = source.path.stat()
            with _ALONE:
                self._document = pypdfium2.PdfDocument(source.path)
                pages = len(self._document)
        except OSError as error:
            raise SourceError(f"{where}: {error.strerror}") from error
        except pypdfium2.PdfiumError as error:
            raise SourceError(f"{where}: damaged or encrypted PDF: {error}") from error
        if pages > MAX_PAGES:
            self.close()
            raise SourceError(f"{where} has {pages:,} pages, more than {MAX_PAGES:,}")
        entry = Entry.of_file(status)
        self._set_entries({f"page-{number:04d}": entry for number in range(1, pages + 1)})

    def open(self, name: str) -> bytes:
        """The page as drawn, a BMP file: the same bytes whatever the version of zlib."""
        if name not in self._entries:
            raise ImageError(f"no page of {escape(str(self.source.path))}")
        try:
            with _ALONE:
                return self._draw(int(name.removeprefix("page-")) - 1)
        except Exception as error:
            raise ImageError(f"damaged page of a PDF: {error}") from error

    def close(self) -> None:
        """Closes the document."""
        with _ALONE:
            self._document.close()

    def _draw(self, index: int) -> bytes:
        page = self._document[index]
        try:
            width, height = page.get_size()
            if width <= 0 or height <= 0:
                raise ValueError("it has no area")
            scale = min(_native_scale(page, width), (WHOLE_PIXELS / (width * height)) ** 0.5 * 0.99)
            # pypdfium2 rounds up: 690.0000001 pixels would become 691, and the picture blurred.
            bitmap = page.render(scale=scale * (1 - 1e-5), rev_byteorder=True)
            buffer = io.BytesIO()
            bitmap.to_pil().convert("RGB").save(buffer, "BMP")
            bitmap.close()
            return buffer.getvalue()
        finally:
            page.close()


def _native_scale(page: object, width: float) -> float:
    """Pixels a point: of the widest picture on the page, or such that the page is `WIDTH` wide."""
    import pypdfium2.raw as pdfium

    best, scale = width / 2, WIDTH / width
    found = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_FORMS)  # type: ignore[attr-defined]
    for picture in islice(found, _OBJECTS):
        left, bottom, right, top = picture.get_bounds()
        columns, rows = picture.get_px_size()
        if right - left >= best and top > bottom:
            best = right - left
            # A picture may lie on its side: its longer side is the longer one on the page.
            upright = (columns > rows) == (right - left > top - bottom) or columns == rows
            scale = (columns if upright else rows) / best
    return scale
