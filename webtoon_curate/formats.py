"""Tells picture formats by the first bytes of a file, whatever its name says."""

from __future__ import annotations

from webtoon_curate.errors import ImageError

_NOT_PICTURES = (
    (b"%!PS", "PostScript"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"Rar!", "a rar archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"8BPS", "a Photoshop document"),
    (b"version https://git-lfs", "a Git LFS pointer"),
)


_UNSUPPORTED = (
    (b"\x00\x00\x00\x0cjXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""Brands of files that phones write (ISO/IEC 23008-12)."""


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
    kinds = [kind for magic, kind in _UNSUPPORTED if head.startswith(magic)]
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        kinds.append("HEIC")
    if kinds:
        return f"{kinds[0]} is not supported; save it as PNG or JPEG"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "not a picture but an HTML page"
    if text.startswith((b"<?xml", b"<svg")):
        return "not a picture but XML or SVG"
    if not head.strip(b"\0"):
        return "not a picture: it begins with zeros only"
    return "not a picture: unknown format"
