"""Hostile folders, archives and PDFs around the files of `hostile`."""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hostile import FLIPPED, HUGE_HEADERS, TRUNCATED, drawing, encoded

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
NAMES = (
    *("1.png", "２.png", "10.png", "제3화.png", "第4話.png", "٥.png", "صفحة.png", "עמוד.png"),
    *(
        "หน้า.png",
        "Страница.png",
        "σελίδα.png",
        "😀👩‍👩‍👧.png",
        "e\u0301.png",
        "é.png",
        "a%E4%25.png",
    ),
    *(
        "\u202egnp.png",
        " space .png",
        "quote'\".png",
        "new\nline.png",
        "a\\b.png",
        "é" * 120 + ".png",
    ),
    *("CON.png", "-rf.png", "$(x);`y`.png", "page[1,n=2].png", "Ａ.png", "İ.png", "no-ending"),
)
NO_UTF8 = b"\xe4\xff.png"


@dataclass
class Corpus:
    """What was built: how many pages must come through, and what must be refused.

    Attributes:
        good: pages that must be read.
        bad: the end of the path (and page) of each reject there must be; `maybe` may be either.
    """

    good: int = 0
    bad: list[str] = field(default_factory=list)
    maybe: list[str] = field(default_factory=list)


def build(root: Path, many: int = 10_000) -> Corpus:
    """Writes the corpus below `root`, with an archive of `many` pages."""
    corpus = Corpus()
    root.mkdir(parents=True, exist_ok=True)
    page = encoded("PNG", drawing(24, 32))
    for part in (_pages, _names, _links, _special, _closed, _junk, _zips, _bombs, _others):
        part(root, page, corpus)
    tiny = encoded("PNG", drawing(8, 8))
    _zip(root / "archives" / "many.cbz", {f"{n}.png": tiny for n in range(many)})
    corpus.good += many
    return corpus


def open_up(root: Path) -> None:
    """Gives back the permissions that `build` took, so that the folder can be removed."""
    for folder in root.rglob("closed*"):
        folder.chmod(0o700)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _pages(root: Path, page: bytes, corpus: Corpus) -> None:
    bad = {**{name: make() for name, make in {**TRUNCATED, **HUGE_HEADERS}.items()}}
    bad.update({"zero-bytes": b"", "html": HTML, "flipped-png": FLIPPED["flipped-png"]()})
    for name, data in bad.items():
        _write(root / "Damaged" / "pages" / f"{name}.jpg", data)
        corpus.bad.append(f"{name}.jpg")
    for name in ("a good page.png", "zz.jpg", "no-ending"):
        _write(root / "Damaged" / "pages" / name, page)
        corpus.good += 1
    for name, make in FLIPPED.items():
        _write(root / "Damaged" / "flipped" / f"{name}.png", make())
        corpus.maybe.append(f"{name}.png")


def _names(root: Path, page: bytes, corpus: Corpus) -> None:
    for name in NAMES:
        _write(root / "Names" / "every script" / name, page)
        _write(root / "Names" / f"folder {name}"[:90] / "1.png", page)
        corpus.good += 2
    with suppress(OSError):  # some file systems take UTF-8 only
        folder = os.fsencode(root / "Names") + b"/\xfe\xff"
        os.mkdir(folder)
        Path(os.fsdecode(folder + b"/" + NO_UTF8)).write_bytes(page)
        corpus.good += 1


def _links(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "Links" / "loops"
    _write(folder / "1.png", page)
    corpus.good += 1
    for name, target in {
        "up": "..",
        "itself": "itself",
        "circle.jpg": "circle.jpg",
        "nowhere.jpg": "/nowhere/at/all.jpg",
        "nowhere": "nothing",
    }.items():
        (folder / name).symlink_to(target)
        corpus.bad.append(name)
    (folder / "2.png").symlink_to("1.png")
    corpus.good += 1


def _special(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "Special" / "files"
    _write(folder / "1.png", page)
    _write(folder / "folder.jpg" / "1.png", page)
    corpus.good += 2
    os.mkfifo(folder / "pipe.jpg")
    (folder / "device.png").symlink_to("/dev/zero")
    corpus.bad += ["pipe.jpg", "device.png"]
    before = os.getcwd()
    os.chdir(folder)  # a socket's path may have 108 bytes only
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind("socket.jpg")
    finally:
        os.chdir(before)
    corpus.bad.append("socket.jpg")


def _closed(root: Path, page: bytes, corpus: Corpus) -> None:
    if os.geteuid() == 0:  # for root nothing is closed
        return
    folder = root / "Closed" / "episode"
    for name in ("1.png", "closed.png"):
        _write(folder / name, page)
    _write(root / "Closed" / "closed folder" / "1.png", page)
    (folder / "closed.png").chmod(0)
    (root / "Closed" / "closed folder").chmod(0)
    corpus.good += 1
    corpus.bad += ["closed.png", "closed folder"]


def _junk(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "Junk" / "episode"
    _write(folder / "1.png", page)
    corpus.good += 1
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "._1.png", ".hidden.png", "x.txt"):
        _write(folder / name, page if name.endswith("png") else b"text")
    _write(folder / "ComicInfo.xml", b"<ComicInfo/>")
    _write(folder / "__MACOSX" / "1.png", page)
    _write(root / "Junk" / "truth" / ".nopages", b"")
    _write(root / "Junk" / "truth" / "1.png", page)
    _write(root / "Junk" / "dataset" / "dataset.json", b"{}")
    _write(root / "Junk" / "dataset" / "crops" / "1.png", page)


def _zips(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "archives"
    _zip(folder / "good.cbz", {"a/1.png": page, "a/2.png": page, "ComicInfo.xml": b"<x/>"})
    _zip(folder / "a zip in truth.cbr", {"1.png": page})
    _zip(
        folder / "slip.zip",
        {"../../evil.png": page, "/root.png": page, "C:\\x.png": page, "b\\..\\c.png": page}
        | {"__MACOSX/._1.png": page, "1.png": page},
    )
    corpus.good += 4
    corpus.bad += ["evil.png", "root.png", "x.png", "c.png"]
    _zip(folder / "nested.cbz", {"inner.cbz": b"PK\x03\x04", "1.png": page, "0.png": HTML})
    corpus.good += 1
    corpus.bad += ["inner.cbz", "0.png"]
    whole = (folder / "good.cbz").read_bytes()
    for name, data in {
        "truncated.cbz": whole[: len(whole) // 2],
        "html.cbz": HTML,
        "empty.zip": b"",
        "seven.cb7": b"7z\xbc\xaf\x27\x1c",
        "pages.7z": b"7z\xbc\xaf\x27\x1c",
        "seven.cbz": b"7z\xbc\xaf\x27\x1c",
    }.items():
        _write(folder / name, data)
        corpus.bad.append(name)
    _zip(folder / "no pictures.cbz", {"readme.txt": b"none"})
    corpus.bad.append("no pictures.cbz")
    _zip(folder / "encrypted.cbz", {"secret.png": page})
    _patch(folder / "encrypted.cbz", {(b"PK\x01\x02", 8): b"\x01", (b"PK\x03\x04", 6): b"\x01"})
    corpus.bad.append("secret.png")
    with zipfile.ZipFile(folder / "link.cbz", "w") as archive:
        link = zipfile.ZipInfo("link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("1.png", page)
    corpus.good += 1
    corpus.bad.append("link.png")


def _patch(path: Path, places: dict[tuple[bytes, int], bytes]) -> None:
    """Overwrites bytes at an offset behind the first occurrence of each signature."""
    data = bytearray(path.read_bytes())
    for (signature, offset), value in places.items():
        start = data.index(signature) + offset
        data[start : start + len(value)] = value
    path.write_bytes(data)


def _bombs(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "archives"
    _zip(folder / "bomb.cbz", {"zeros.bmp": bytes(64 << 20), "1.png": page})
    corpus.good += 1
    corpus.bad.append("zeros.bmp")
    # A member that unpacks to more than it says: reading stops there, and the checksum is wrong.
    _zip(folder / "liar.cbz", {"liar.png": encoded("BMP", drawing(900, 900)), "1.png": page})
    _patch(
        folder / "liar.cbz",
        {(b"PK\x01\x02", 24): struct.pack("<I", 99), (b"PK\x03\x04", 22): struct.pack("<I", 99)},
    )
    corpus.good += 1
    corpus.bad.append("liar.png")
    # Two members over the same data, as in bombs that unpack to terabytes.
    _zip(folder / "overlap.cbz", {"over1.png": page, "over2.png": page, "1.png": page})
    data = (folder / "overlap.cbz").read_bytes()
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data = data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]
    _write(folder / "overlap.cbz", data)
    corpus.bad.append("over1.png")
    corpus.maybe.append("over2.png")
    corpus.good += 1
    for name in ("size.cbz", "count.cbz"):  # an end record that promises the moon
        _write(folder / name, b"PK\x05\x06" + b"\xff" * 16 + b"\0\0")
        corpus.bad.append(name)


def _others(root: Path, page: bytes, corpus: Corpus) -> None:
    folder = root / "archives"
    pdf = encoded("PDF")
    _write(folder / "good.pdf", pdf)
    corpus.good += 1
    for name, data in {"cut.pdf": pdf[:300], "html.pdf": HTML, "empty.pdf": b""}.items():
        _write(folder / name, data)
        corpus.bad.append(name)
    rar = stored_rar({"1.png": page})
    _write(folder / "cut.cbr", rar[: len(rar) // 2])
    corpus.bad.append("cut.cbr")


def stored_rar(members: dict[str, bytes]) -> bytes:
    """A RAR 4 archive without compression, which needs no program to be read (unrar's technote)."""

    def block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
        header = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header + data

    archive = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, data in members.items():
        raw = name.encode()
        sizes = struct.pack("<IIB", len(data), len(data), 3)
        rest = struct.pack("<IIBBHI", zlib.crc32(data), 0x5A21_0000, 20, 0x30, len(raw), 0o100644)
        archive += block(0x74, 0x8000, sizes + rest + raw, data)
    return archive + block(0x7B, 0x4000, b"")


def stored_rar5(members: dict[str, bytes], hashed: bool = True) -> bytes:
    """A RAR 5 archive without compression whose members have BLAKE2sp sums or none, no CRC-32; the
    sums are of that size only (unrar's technote)."""

    def number(value: int) -> bytes:
        low = [value >> shift & 127 for shift in range(0, max(value.bit_length(), 1), 7)]
        return bytes([*(part | 128 for part in low[:-1]), low[-1]])

    def block(kind: int, body: bytes, extra: bytes = b"", data: bytes = b"") -> bytes:
        flags = number((1 if extra else 0) | (2 if data else 0))
        sizes = (number(len(extra)) if extra else b"") + (number(len(data)) if data else b"")
        header = number(kind) + flags + sizes + body + extra
        header = number(len(header)) + header
        return struct.pack("<I", zlib.crc32(header)) + header + data

    archive = b"Rar!\x1a\x07\x01\x00" + block(1, number(0))
    for name, data in members.items():
        raw = name.encode()
        about = (0, len(data), 0o100644, 0, 1, len(raw))
        record = number(2) + number(0) + hashlib.sha256(data).digest()
        extra = number(len(record)) + record if hashed else b""
        archive += block(2, b"".join(map(number, about)) + raw, extra, data)
    return archive + block(5, number(0))
