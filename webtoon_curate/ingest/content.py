"""What fetched bytes are, whatever their server called them."""

from __future__ import annotations

from pathlib import Path

from webtoon_curate.formats import sniff

HEAD = 64
"""Bytes at the begin of a file that tell its type."""
_PICTURES = {
    "JPEG": (".jpg", "image/jpeg"),
    "PNG": (".png", "image/png"),
    "WEBP": (".webp", "image/webp"),
    "GIF": (".gif", "image/gif"),
    "AVIF": (".avif", "image/avif"),
    "BMP": (".bmp", "image/bmp"),
    "TIFF": (".tif", "image/tiff"),
}
_ARCHIVES = (
    (b"PK\x03\x04", ".cbz", "application/zip"),
    (b"%PDF-", ".pdf", "application/pdf"),
    (b"Rar!\x1a\x07", ".cbr", "application/vnd.rar"),
)


def kind(path: Path) -> tuple[str, str]:
    """The file name ending and media type of a picture, comic archive or PDF, from its bytes.

    Raises:
        ImageError: if it is none of these; the reason says what it is.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    for magic, ending, media_type in _ARCHIVES:
        if head.startswith(magic):
            return ending, media_type
    return _PICTURES[sniff(head)]
