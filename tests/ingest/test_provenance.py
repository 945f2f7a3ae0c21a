"""Records of where pages came from survive crashes, and listed pages go away and stay away."""

from __future__ import annotations

import hashlib
import json

import pytest
from server import Server, page, redirect

from webtoon_curate.errors import DatasetError
from webtoon_curate.ingest.provenance import (
    SIDECAR,
    Provenance,
    Takedown,
    archive_provenance,
    commit,
    part_path,
    provenance,
    settle,
    whole_pages,
)
from webtoon_curate.ingest.urls import PageAddress
from webtoon_curate.ingest.web import fetch

BODY = b"\xff\xd8\xff" + bytes(100)
SHA256 = hashlib.sha256(BODY).hexdigest()
ADDRESS = "https://a.test/1.jpg"


def record(file="0001-1.jpg", source=ADDRESS, body=BODY, **values):
    sha256 = hashlib.sha256(body).hexdigest()
    time = "2026-01-02T03:04:05+00:00"
    values = {"final_address": source, "license": None, **values}
    return Provenance(
        file=file, source=source, time=time, sha256=sha256, type="image/jpeg",
        bytes=len(body), **values,
    )  # fmt: skip


def put(folder, **values):
    """Commit a page as a download does."""
    folder.mkdir(parents=True, exist_ok=True)
    entry = record(**values)
    part = part_path(folder, entry.source)
    part.write_bytes(values.get("body", BODY))
    return commit(folder, part, entry)


@pytest.fixture(autouse=True)
def no_lists_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: tmp_path / "config" / name)
    monkeypatch.delenv("WEBTOON_CURATE_TAKEDOWN", raising=False)


# Records


def test_what_is_committed_is_read_back(tmp_path):
    path = put(tmp_path, license="CC-BY 4.0 «é» \ud83d\n")
    assert path.read_bytes() == BODY
    (entry,) = provenance(tmp_path).values()
    assert entry.file == path.name == "0001-1.jpg"
    assert (entry.source, entry.sha256, entry.number) == (ADDRESS, SHA256, 1)
    assert entry.license.startswith("CC-BY 4.0 «é»")
    assert whole_pages(tmp_path) == [entry]


def test_records_that_no_table_or_file_system_can_hold_do_no_harm(tmp_path):
    put(tmp_path)
    good = (tmp_path / SIDECAR).read_text()
    bad = [
        json.loads(good) | {"file": "a\0b"},
        json.loads(good) | {"file": "b", "source": "\ud800"},
    ]
    (tmp_path / SIDECAR).write_text(good + "".join(json.dumps(line) + "\n" for line in bad))
    settle(tmp_path)
    assert [entry.file for entry in whole_pages(tmp_path)] == ["0001-1.jpg"]
    assert provenance(tmp_path)["b"].source.encode() == b"\\ud800"


def test_a_folder_without_records_has_none(tmp_path):
    assert provenance(tmp_path) == provenance(tmp_path / "none") == {}
    (tmp_path / "a.cbz").write_bytes(b"PK")
    assert provenance(tmp_path / "a.cbz") == {}


def test_the_last_record_of_a_file_counts(tmp_path):
    put(tmp_path, license="old")
    put(tmp_path, license="new")
    assert [entry.license for entry in provenance(tmp_path).values()] == ["new"]


def test_half_a_line_loses_nothing_else(tmp_path):
    put(tmp_path)
    with (tmp_path / SIDECAR).open("ab") as file:
        file.write(b'{"file": "0002-2.jpg", "sour')
    put(tmp_path, file="0003-3.jpg", source="https://a.test/3.jpg")
    assert list(provenance(tmp_path)) == ["0001-1.jpg", "0003-3.jpg"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "{}",
        "\x00\xff",
        "[" * 100_000,
        json.dumps({**vars(record()), "file": "../escape.jpg"}),
        json.dumps({**vars(record()), "file": ".."}),
        json.dumps({**vars(record()), "file": ".hidden"}),
        json.dumps({**vars(record()), "file": ""}),
        json.dumps({**vars(record()), "bytes": "1"}),
        json.dumps({**vars(record()), "sha256": None}),
    ],
    ids=range(12),
)
def test_damaged_lines_are_passed_over(tmp_path, line):
    put(tmp_path, file="0002-2.jpg", source="https://a.test/2.jpg")
    with (tmp_path / SIDECAR).open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    assert list(provenance(tmp_path)) == ["0002-2.jpg"]


def test_a_commit_that_was_cut_off_is_finished(tmp_path):
    path = put(tmp_path)
    part = part_path(tmp_path, ADDRESS)
    path.rename(part)
    assert whole_pages(tmp_path) == []
    settle(tmp_path)
    assert path.read_bytes() == BODY and not part.exists()


def test_a_part_that_is_not_whole_is_no_page(tmp_path):
    path = put(tmp_path)
    path.rename(part_path(tmp_path, ADDRESS)).write_bytes(BODY[:50])
    settle(tmp_path)
    assert not path.exists() and whole_pages(tmp_path) == []


def test_the_pages_of_a_fetched_archive_have_its_record(tmp_path):
    path = put(tmp_path, file="0001-vol.cbz")
    assert archive_provenance(path).source == ADDRESS
    assert archive_provenance(tmp_path) is None
    path.write_bytes(b"another archive under this name")
    assert archive_provenance(path) is None


# Takedown


def test_lists_of_dataset_user_and_environment_all_hold(tmp_path, monkeypatch):
    user, dataset = tmp_path / "config/webtoon-curate", tmp_path / "data"
    for folder in (user, dataset):
        folder.mkdir(parents=True)
    (dataset / "takedown.txt").write_text("# asked by mail\n\n" + "AB" * 32 + "  some page\n")
    (user / "takedown.txt").write_text("https://a.test/user.jpg\n")
    monkeypatch.setenv("WEBTOON_CURATE_TAKEDOWN", str(tmp_path / "mine.txt"))
    (tmp_path / "mine.txt").write_text("\ufeffhttps://a.test/mine.jpg#page\n", encoding="utf-8")

    takedown = Takedown.load(dataset)
    assert takedown.matches(sha256="ab" * 32) == (
        f"on the takedown list ({dataset / 'takedown.txt'}:3)"
    )
    assert "config" in takedown.matches(address="https://a.test/user.jpg")
    assert "mine.txt:1" in takedown.matches("00" * 32, "https://a.test/mine.jpg")
    assert takedown.matches("00" * 32, "https://a.test/other.jpg") is None
    assert takedown.matches() is None
    assert takedown and not Takedown()


def test_without_lists_nothing_is_listed(tmp_path):
    assert not Takedown.load(tmp_path)
    assert not Takedown.load()


@pytest.mark.parametrize(
    "spelling, same",
    [
        ("http://A.test:80/p%61ge/1.jpg?x=1", True),
        ("https://a.test:443/page/1.jpg?x=1#top", True),
        ("https://a.test./page/1.jpg?x=%31", True),
        ("https://a.test:8443/page/1.jpg?x=1", False),
        ("https://a.test/page/1.jpg?x=2", False),
        ("https://a.test/page/1.jpg", False),
        ("https://b.test/page/1.jpg?x=1", False),
        ("https://a.test/Page/1.jpg?x=1", False),
        ("https://[", False),
        ("not an address", False),
    ],
)
def test_an_address_is_known_in_every_spelling(tmp_path, spelling, same):
    (tmp_path / "takedown.txt").write_text("https://a.test/page/1.jpg?x=1\n")
    assert (Takedown.load(tmp_path).matches(address=spelling) is not None) is same


@pytest.mark.parametrize("entry", ["https://만화.test/1.jpg", "https://xn--lz2bu53c.test/1.jpg"])
def test_a_host_is_known_in_every_script(tmp_path, entry):
    """The client asks for the second, whatever it was given."""
    (tmp_path / "takedown.txt").write_text(entry, encoding="utf-8")
    takedown = Takedown.load(tmp_path)
    assert takedown.matches(address="https://만화.test/1.jpg")
    assert takedown.matches(address="https://xn--lz2bu53c.test/1.jpg")
    assert not takedown.matches(address="https://만\u200b화.test/1.jpg")


@pytest.mark.parametrize("line", ["abcd", "a.test/1.jpg", "AB" * 31, "ftp://a.test/1"])
def test_an_entry_that_cannot_be_honoured_is_an_error(tmp_path, line):
    (tmp_path / "takedown.txt").write_text(f"# list\n{line}\n")
    with pytest.raises(DatasetError, match=r"takedown\.txt:2 is neither"):
        Takedown.load(tmp_path)


def test_a_named_list_that_is_missing_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("WEBTOON_CURATE_TAKEDOWN", str(tmp_path / "none.txt"))
    with pytest.raises(DatasetError, match=r"none\.txt cannot be read"):
        Takedown.load(tmp_path)


def test_purge_deletes_what_was_fetched_and_nothing_else(tmp_path):
    folder = tmp_path / "T/1"
    by_sum = put(folder)
    by_address = put(folder, file="0002-2.jpg", source="https://a.test/2.jpg", body=BODY + b"2")
    target = "https://cdn.test/x.jpg"
    by_target = put(
        folder, file="0003-3.jpg", source="https://a.test/3", final_address=target, body=BODY + b"3"
    )
    kept = put(folder, file="0004-4.jpg", source="https://a.test/4.jpg", body=BODY + b"4")
    own = folder / "0005-own.jpg"
    own.write_bytes(BODY)
    replaced = put(folder, file="0006-6.jpg", source="https://a.test/6.jpg", body=BODY + b"6")
    replaced.write_bytes(b"the person's own file under this name")

    (tmp_path / "takedown.txt").write_text(
        f"{SHA256}\nhttps://a.test/2.jpg\n{target}\nhttps://a.test/6.jpg\n"
    )
    takedown = Takedown.load(tmp_path)
    rejects = takedown.purge(tmp_path)
    assert [path.exists() for path in (by_sum, by_address, by_target)] == [False] * 3
    assert kept.exists() and own.exists() and replaced.exists()
    assert [(row.title, row.episode, row.path) for row in rejects] == [
        ("T", "1", address) for address in (ADDRESS, "https://a.test/2.jpg", "https://a.test/3")
    ]
    assert all("deleted: on the takedown list" in row.reason for row in rejects)
    assert takedown.purge(tmp_path) == []


def test_listed_pages_are_not_fetched_and_earlier_ones_go(tmp_path):
    bodies = {n: BODY + bytes([n]) for n in range(1, 5)}
    with Server() as server:
        server.answers = {f"/{n}.jpg": page(body) for n, body in bodies.items()}
        server.answers["/5.jpg"] = redirect("/1.jpg")
        pages = [PageAddress(server.url(f"/{n}.jpg"), "T", "1") for n in range(1, 6)]
        settings = {"delay": 0, "allow_private": True, "retries": 0}
        fetch(pages[:2], tmp_path / "pages", **settings)
        server.requests.clear()
        (tmp_path / "takedown.txt").write_text(
            f"{server.url('/1.jpg')}\n"
            f"{hashlib.sha256(bodies[2]).hexdigest()}\n"
            f"{hashlib.sha256(bodies[3]).hexdigest()}\n"
        )
        takedown = Takedown.load(tmp_path)
        report = fetch(pages, tmp_path / "pages", takedown=takedown, **settings)
        assert "/1.jpg" not in server.paths()
        visible = [path.name for path in (tmp_path / "pages/T/1").glob("[!.]*")]
        assert visible == ["0004-4.jpg"]
        deleted = [row.path for row in report.rejects if row.reason.startswith("deleted")]
        refused = [row.path for row in report.rejects if row.reason.startswith("on the takedown")]
        assert deleted == [page.address for page in pages[:2]]
        assert refused == [page.address for page in (pages[0], pages[1], pages[2], pages[4])]
        assert list((tmp_path / "pages/T/1").glob(".*.part")) == []

        server.requests.clear()
        fetch(pages, tmp_path / "pages", takedown=takedown, **settings)
        assert server.paths() == ["/5.jpg"], "a listed page is not fetched again to look at its sum"
