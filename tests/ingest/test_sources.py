"""Folders, archives and PDFs become episodes with names that are the same everywhere."""

from __future__ import annotations

import io
import os
import sys
import threading
import unicodedata
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import hostile
import hostile_sources
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from webtoon_curate.errors import ImageError, SourceError
from webtoon_curate.images import decode
from webtoon_curate.ingest import archives
from webtoon_curate.ingest.names import escape, natural_key, safe_name, unescape
from webtoon_curate.ingest.sources import EpisodeSource, find_episodes, open_episode

PAGE = hostile.encoded("PNG", hostile.drawing(12, 18))


def tree(root, *paths):
    """Writes a page at each path."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix in (".cbz", ".zip"):
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("1.png", PAGE)
        else:
            file.write_bytes(PAGE)
    return root


def found(root):
    """(title, episode) of every episode; there must be no rejects."""
    episodes, rejects = find_episodes(root)
    assert not rejects
    return [(episode.title, episode.episode) for episode in episodes]


def pages(path, kind="folder"):
    with open_episode(EpisodeSource("t", "e", path, kind)) as reader:
        return reader.names()


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["1.png", "2.png"], [("comic", "comic")]),
        (["ep 2/1.png", "ep 10/1.png"], [("comic", "ep 2"), ("comic", "ep 10")]),
        (["A/1/1.png", "A/2/1.png", "B/1.cbz"], [("A", "1"), ("A", "2"), ("B", "1")]),
        (["A/Season 1/ep 1/x.png"], [("A", "Season 1 - ep 1")]),
        (["A/s/v/e/x.png"], [("A", "s - v - e")]),
        (["ep 1.cbz", "ep 1.5.zip", "ep 2/1.png"], [("comic", f"ep {n}") for n in ("1", "1.5", 2)]),
        (["A/cover.png", "A/ep 1/1.png"], [("A", "A"), ("A", "ep 1")]),
        (["cover.png", "ep 1/1.png"], [("comic", "comic"), ("comic", "ep 1")]),
        (["A/B.jpg/1.png"], [("A", "B.jpg")]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_titles_and_episodes(tmp_path, paths, expected):
    assert sorted(found(tree(tmp_path / "comic", *paths))) == sorted(expected)


def test_episodes_come_in_natural_order(tmp_path):
    names = ["제1화", "제２화", "제3화", "제10화", "제21화"]
    root = tree(tmp_path / "comic", *(f"{name}/1.png" for name in reversed(names)))
    assert [episode for _, episode in found(root)] == names


def test_a_single_file_is_a_title(tmp_path):
    tree(tmp_path, "strip.png", "ep 1.cbz")
    assert found(tmp_path / "strip.png") == [("strip", "strip")]
    assert found(tmp_path / "ep 1.cbz") == [("ep 1", "ep 1")]


def test_the_same_episodes_from_a_relative_path(tmp_path, monkeypatch):
    tree(tmp_path / "comic", "ep 1/1.png", "ep 2/1.png")
    monkeypatch.chdir(tmp_path / "comic")
    assert found(Path(".")) == found(tmp_path / "comic") == [("comic", "ep 1"), ("comic", "ep 2")]


def test_names_that_differ_by_case_only_stay_apart(tmp_path):
    root = tree(tmp_path / "comic", "A/e\u0301p/1.png", "A/É" + "P/1.png", "a/1/1.png", "a/2/1.png")
    episodes = found(root)
    assert len({(title.casefold(), name.casefold()) for title, name in episodes}) == 4
    assert found(root) == episodes


def test_titles_that_differ_in_unicode_form_only_are_one(tmp_path):
    composed, parts = (unicodedata.normalize(form, "신의 탑") for form in ("NFC", "NFD"))
    tree(tmp_path, f"{composed}/1/a.png", f"{parts}/2/a.png", f"{parts}/1/a.png")
    if len(os.listdir(tmp_path)) < 2:
        pytest.skip("this file system knows one form only")
    first, again, second = found(tmp_path)
    assert (first, second) == ((composed, "1"), (composed, "2"))
    assert again[0] == composed and again[1].startswith("1~")


def test_what_is_no_page_is_passed_over(tmp_path):
    folder = tmp_path / "comic" / "ep 1"
    tree(folder, "1.png", ".2.png", "__MACOSX/1.png", "@eaDir/1.png")
    tree(tmp_path / "comic", "truth/1.png", "old data/crops/1.png")
    (tmp_path / "comic" / "truth" / ".nopages").touch()
    (tmp_path / "comic" / "old data" / "dataset.json").touch()
    for name in ("Thumbs.db", "desktop.ini", "ComicInfo.xml", "notes.txt", "labels.json"):
        (folder / name).write_text("no picture")
    assert found(tmp_path / "comic") == [("comic", "ep 1")]
    assert pages(folder) == ["1.png"]


def test_a_dataset_and_a_missing_path_are_no_sources(tmp_path):
    (tmp_path / "dataset.json").touch()
    with pytest.raises(SourceError, match="is a dataset"):
        find_episodes(tmp_path)
    with pytest.raises(SourceError, match="there is no"):
        find_episodes(tmp_path / "missing")


def test_pages_come_in_natural_order(tmp_path):
    names = [
        "1.png",
        "1-2.png",
        "２.png",
        "3화.png",
        "10.png",
        "010 b.png",
        "cover.png",
        "第5話.png",
    ]
    tree(tmp_path, *names)
    order = pages(tmp_path)
    assert order[:2] == ["1.png", "1-2.png"]
    assert order.index("２.png") < order.index("3화.png") < order.index("10.png")
    (tmp_path / "z.cbz").unlink(missing_ok=True)
    with zipfile.ZipFile(tmp_path / "z.cbz", "w") as archive:
        for name in ("b 10/1.png", "b 2/10.png", "b 2/9.png", "a/1.png"):
            archive.writestr(name, PAGE)
    expected = ["a/1.png", "b 2/9.png", "b 2/10.png", "b 10/1.png"]
    assert pages(tmp_path / "z.cbz", "archive") == expected


@given(st.lists(st.text(min_size=1, max_size=40), max_size=8))
def test_natural_order_exists_for_any_names(names):
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


def test_numbers_of_thousands_of_digits_have_an_order():
    names = ["a" + "9" * 9000, "a2", "a" + "0" * 9000 + "1", "b"]
    assert sorted(names, key=natural_key) == [names[2], "a2", names[0], "b"]


@given(
    st.text(st.characters(codec="utf-8"), max_size=300), st.lists(st.text(max_size=9), max_size=4)
)
def test_safe_names_are_safe(name, taken):
    used = {other.casefold() for other in taken}
    safe = safe_name(name, used)
    assert 0 < len(safe.encode()) <= 100
    assert not set(safe) & set('/\\<>:"|?*\0\n\r\x7f\u202e')
    assert safe[0] != "."
    assert safe[-1] not in ". "
    assert safe.casefold() not in used
    assert safe == safe_name(name, used)
    if not taken:
        assert safe_name(safe) == safe


@pytest.mark.parametrize("name", ["CON", "nul.txt", "com1", "...", "", " . ", "a\u202eb", "\x00"])
def test_treacherous_names_are_changed(name):
    assert safe_name(name) != name


@pytest.mark.parametrize("name", ["나의 웹툰", "第１話 出会い", "What's up!", "100% (1)", "ep 1.5"])
def test_ordinary_names_are_kept(name):
    assert safe_name(name) == name


@given(st.binary(max_size=40))
def test_escapes_of_names_that_are_no_utf8_are_undone(raw):
    name = raw.decode("utf-8", "surrogateescape")
    assert unescape(escape(name)) == name
    escape(name).encode()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file names are UTF-8 there")
def test_files_whose_names_are_no_utf8_are_read(tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xc0\xff"
    os.mkdir(folder)
    Path(os.fsdecode(folder + b"/\xe4.png")).write_bytes(PAGE)
    episodes, _ = find_episodes(tmp_path)
    assert episodes[0].episode == "%C0%FF"
    with open_episode(episodes[0]) as reader:
        assert reader.names() == ["%E4.png"]
        assert decode(reader.open("%E4.png")).shape == (18, 12, 3)


def test_utf8_names_in_a_zip_without_the_flag(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("\u00ea\u00b0\u0080.png", PAGE)  # the UTF-8 bytes of 가, as Latin-1
    data = path.read_bytes().replace("\u00ea\u00b0\u0080".encode(), "가xyz".encode())
    data = data.replace(b"\x00\x08\x00\x00", b"\x00\x00\x00\x00")
    flags = [data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8]
    data = bytearray(data)
    for flag in flags:
        data[flag : flag + 2] = b"\0\0"
    path.write_bytes(data)
    assert pages(path, "archive") == ["가xyz.png"]


def test_fingerprints_change_with_the_pages(tmp_path):
    def fingerprint(path, kind="folder"):
        with open_episode(EpisodeSource("t", "e", path, kind)) as reader:
            return reader.fingerprint()

    tree(tmp_path / "a", "1.png", "2.png")
    seen = [fingerprint(tmp_path / "a")]
    assert fingerprint(tmp_path / "a") == seen[0]
    (tmp_path / "a" / "notes.txt").write_text("no page")
    assert fingerprint(tmp_path / "a") == seen[0]
    (tmp_path / "a" / "2.png").rename(tmp_path / "a" / "3.png")
    seen.append(fingerprint(tmp_path / "a"))
    (tmp_path / "a" / "3.png").write_bytes(PAGE + b"more")
    seen.append(fingerprint(tmp_path / "a"))
    for content in (b"one", b"two"):  # same name and size, other checksum
        with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
            archive.writestr("1.png", content)
        seen.append(fingerprint(tmp_path / "a.cbz", "archive"))
    assert len(set(seen)) == len(seen)


def test_a_page_that_is_not_in_the_list_is_not_opened(tmp_path):
    tree(tmp_path / "a", "1.png")
    tree(tmp_path, "secret.png", "a.cbz")
    for path, kind in ((tmp_path / "a", "folder"), (tmp_path / "a.cbz", "archive")):
        with (
            open_episode(EpisodeSource("t", "e", path, kind)) as reader,
            pytest.raises(ImageError, match="no page"),
        ):
            reader.open("../secret.png")


def pdf(*images):
    buffer = io.BytesIO()
    first, *others = [Image.fromarray(image) for image in images]
    first.save(buffer, "PDF", save_all=True, append_images=others, resolution=100, quality=95)
    return buffer.getvalue()


def test_pdf_pages_have_the_resolution_of_their_pictures(tmp_path):
    pytest.importorskip("pypdfium2")
    images = [hostile.drawing(690, 1200), hostile.drawing(300, 200, seed=1)]
    (tmp_path / "a.pdf").write_bytes(pdf(*images))
    (episode,), _ = find_episodes(tmp_path)
    with open_episode(episode) as reader:
        assert reader.names() == ["page-0001", "page-0002"]
        for name, image in zip(reader.names(), images):
            drawn = decode(reader.open(name))
            assert np.abs(np.subtract(drawn.shape, image.shape)).max() <= 1
            height, width = np.minimum(drawn.shape[:2], image.shape[:2])
            difference = np.abs(drawn[:height, :width].astype(int) - image[:height, :width])
            assert difference.mean() < 6
        assert reader.open("page-0001") == reader.open("page-0001")


def test_pdf_pages_without_pictures_and_of_absurd_size(tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    document = pdfium.PdfDocument.new()
    document.new_page(595, 842)
    document.new_page(14_400, 14_400)
    document.new_page(10, 14_400)
    document.save(tmp_path / "a.pdf")
    with open_episode(EpisodeSource("t", "e", tmp_path / "a.pdf", "pdf")) as reader:
        shapes = [decode(reader.open(name)).shape for name in reader.names()]
    assert abs(shapes[0][1] - 1280) <= 1
    assert all(height * width <= 24_000_000 for height, width, _ in shapes)


def test_pages_of_pdfs_are_drawn_by_one_thread_at_a_time(tmp_path, monkeypatch):
    """So pdfium asks for; the page of `review` is served by many."""
    pdfium = pytest.importorskip("pypdfium2")
    meeting, met = threading.Barrier(2), []
    draw = pdfium.PdfPage.render

    def render(page, **options):
        with suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(0.3))
        return draw(page, **options)

    monkeypatch.setattr(pdfium.PdfPage, "render", render)
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        for name in ("a.pdf", "b.pdf"):
            (tmp_path / name).write_bytes(pdf(hostile.drawing(60, 40)))
            source = EpisodeSource("t", "e", tmp_path / name, "pdf")
            pool.submit(stack.enter_context(open_episode(source)).open, "page-0001")
        pool.shutdown()
    assert not met


def test_pdf_without_its_reader_is_a_reject(tmp_path, monkeypatch):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    _, (reject,) = find_episodes(tmp_path)
    assert "pip install 'webtoon-curate[pdf]'" in reject.reason


def test_rar_without_its_reader_is_a_reject(tmp_path, monkeypatch):
    (tmp_path / "a.cbr").write_bytes(hostile_sources.stored_rar({"1.png": PAGE}))
    monkeypatch.setitem(sys.modules, "rarfile", None)
    _, (reject,) = find_episodes(tmp_path)
    assert "pip install 'webtoon-curate[cbr]'" in reject.reason


def test_rar(tmp_path, monkeypatch):
    pytest.importorskip("rarfile")
    rar = hostile_sources.stored_rar(
        {"2.png": PAGE, "10.png": PAGE, "../x.png": PAGE, "n.txt": b""}
    )
    (tmp_path / "a.cbr").write_bytes(rar)
    monkeypatch.setattr(archives, "missing_reader", lambda path: "")  # stored files need no program
    (episode,), _ = find_episodes(tmp_path)
    with open_episode(episode) as reader:
        assert reader.names() == ["2.png", "10.png"]
        assert reader.open("10.png") == PAGE
        assert [reject.path for reject in reader.rejects()] == ["../x.png"]


def test_a_rar_with_an_encrypted_list_is_told_to_be_encrypted(tmp_path, monkeypatch):
    pytest.importorskip("rarfile")
    monkeypatch.setattr(archives, "missing_reader", lambda path: "")
    header = bytes([4, 0, 0, 0, 15, *range(16)])  # kind, flags, algorithm, flags, rounds, salt
    header = bytes([len(header)]) + header
    check = zlib.crc32(header).to_bytes(4, "little")
    path = tmp_path / "a.cbr"
    path.write_bytes(b"Rar!\x1a\x07\x01\x00" + check + header + bytes(64))
    with pytest.raises(SourceError, match="is encrypted"):
        open_episode(EpisodeSource("t", "e", path, "archive"))


@pytest.mark.parametrize("ending", ["cb7", "tgz", "epub", "mobi"])
def test_books_and_archives_of_other_kinds_are_not_passed_over(tmp_path, ending):
    tree(tmp_path, "ep 1/1.png", f"ep 2.{ending}")
    _, (reject,) = find_episodes(tmp_path)
    assert reject.path.endswith(ending) and "repack it as .cbz" in reject.reason


@pytest.mark.parametrize("hashed", [True, False])
def test_a_rar_5_member_that_is_replaced_is_noticed(tmp_path, monkeypatch, hashed):
    """One of the same size and without a CRC-32, which RAR 5 need not have."""
    pytest.importorskip("rarfile")
    monkeypatch.setattr(archives, "missing_reader", lambda path: "")
    source = EpisodeSource("t", "e", tmp_path / "a.cbr", "archive")
    known = []
    for page in (PAGE, PAGE, PAGE[:-1] + b"x"):
        source.path.write_bytes(hostile_sources.stored_rar5({"1.png": page}, hashed))
        os.utime(source.path, ns=(len(known) * 10**9,) * 2)
        with open_episode(source) as reader:
            assert reader.names() == ["1.png"]
            known.append(reader.fingerprint() if hashed else reader.stamp())
    assert (known[0] == known[1]) == hashed
    assert known[1] != known[2]


def test_an_archive_with_too_many_pages_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("webtoon_curate.ingest.episode.MAX_PAGES", 2)
    tree(tmp_path, "1.png", "2.png", "3.png")
    with pytest.raises(SourceError, match="more than 2"):
        pages(tmp_path)


def test_zip_members_without_a_name_are_refused_alone(tmp_path):
    path = tmp_path / "ep.cbz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", PAGE)
        archive.writestr(zipfile.ZipInfo("x"), PAGE)
        archive.infolist()[1].filename = ""
    with open_episode(EpisodeSource("t", "e", path, "archive")) as reader:
        assert reader.names() == ["1.png"]
        assert [reject.reason for reject in reader.rejects()] == ["it has no name"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_members_that_cannot_be_unpacked_in_pieces_are_not_unpacked(tmp_path, method):
    path = tmp_path / "ep.cbz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", b"as it is")
        archive.writestr("2.png", bytes(1 << 20), compress_type=method)
    with open_episode(EpisodeSource("t", "e", path, "archive")) as reader:
        assert reader.names() == ["1.png"]
        assert [(r.path, "repack" in r.reason) for r in reader.rejects()] == [("2.png", True)]


def test_a_zip_with_an_enormous_list_of_members_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_DIRECTORY_BYTES", 1000)
    hostile_sources._zip(tmp_path / "a.cbz", {f"{n}.png": b"" for n in range(100)})
    with pytest.raises(SourceError, match="list of members"):
        pages(tmp_path / "a.cbz", "archive")
