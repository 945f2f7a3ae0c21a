"""Fetching lists of pages: what lies where, what a second run does, dry runs."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

from fetching import JPEG, PNG, WEBP, fetch, files, picture, reasons, robots
from server import page, redirect

from webtoon_curate.ingest.provenance import provenance
from webtoon_curate.ingest.urls import PageAddress


def test_pages_are_laid_out_in_the_lists_order_with_their_provenance(tmp_path, server):
    server.answers = {
        "/b/10.jpg": page(JPEG),
        "/moved": redirect("/a/%EC%BB%B7%202.png?x=1", 301),
        "/a/%EC%BB%B7%202.png": page(PNG, type="image/png"),
    }
    before = datetime.now(timezone.utc).replace(microsecond=0)
    addresses = [server.url("/b/10.jpg"), server.url("/moved")]
    report = fetch(tmp_path, *addresses, license="CC-BY-4.0")

    assert files(tmp_path) == {"0001-10.jpg": JPEG, "0002-moved.png": PNG}
    assert [path.name for path in report.fetched] == ["0001-10.jpg", "0002-moved.png"]
    record = provenance(tmp_path / "pages/T/1")["0002-moved.png"]
    assert record.source == server.url("/moved")
    assert record.final_address == server.url("/a/%EC%BB%B7%202.png?x=1")
    assert record.sha256 == hashlib.sha256(PNG).hexdigest()
    assert (record.type, record.bytes, record.license) == ("image/png", len(PNG), "CC-BY-4.0")
    assert before <= datetime.fromisoformat(record.time) <= datetime.now(timezone.utc)


def test_title_and_episode_come_from_the_list_or_from_the_address(tmp_path, server):
    server.answers = {f"/one/ep 2/{n}.jpg".replace(" ", "%20"): page(JPEG) for n in "12"}
    fetch(
        tmp_path,
        PageAddress(server.url("/one/ep%202/1.jpg")),
        PageAddress(server.url("/one/ep%202/2.jpg"), "../A: B?", ".."),
    )
    found = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.jpg"))
    names = [path.as_posix() for path in found]
    assert len(names) == 2
    assert "pages/127.0.0.1/one-ep 2/0001-1.jpg" in names
    assert all(".." not in path.parts and len(path.parts) == 4 for path in found)


def test_a_second_run_asks_for_nothing_but_what_is_missing_or_damaged(tmp_path, server):
    names = [f"/{n}.jpg" for n in range(4)]
    server.answers = {name: page(picture(name)) for name in names}
    addresses = [server.url(name) for name in names]
    fetch(tmp_path, *addresses)
    whole = files(tmp_path)
    server.requests.clear()

    assert len(fetch(tmp_path, *addresses).skipped) == 4
    assert server.requests == []

    (tmp_path / "pages/T/1/0002-1.jpg").unlink()
    (tmp_path / "pages/T/1/0003-2.jpg").write_bytes(b"damaged")
    report = fetch(tmp_path, *addresses)
    assert (len(report.fetched), len(report.skipped)) == (2, 2)
    assert sorted(server.paths()) == ["/1.jpg", "/2.jpg"]
    assert files(tmp_path) == whole


def test_a_changed_list_gives_the_order_without_fetching_again(tmp_path, server):
    bodies = {name: picture(name) for name in "abcdx"}
    server.answers = {f"/{name}/p.jpg": page(body) for name, body in bodies.items()}

    def run(names):
        return fetch(tmp_path, *(server.url(f"/{name}/p.jpg") for name in names))

    run("abc")
    run("axbc")
    assert list(files(tmp_path).values()) == [bodies[name] for name in "axbc"]
    run("d")
    assert list(files(tmp_path).values()) == [bodies[name] for name in "axbcd"]
    run("dcbax")
    assert set(files(tmp_path).values()) == set(bodies.values())
    assert sorted(server.paths()) == [f"/{name}/p.jpg" for name in "abcdx"]
    for name, body in files(tmp_path).items():
        record = provenance(tmp_path / "pages/T/1")[name]
        assert record.sha256 == hashlib.sha256(body).hexdigest()


def test_a_failed_page_leaves_its_number_free(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG), "/3.jpg": page(PNG)}
    addresses = [server.url(f"/{n}.jpg") for n in (1, 2, 3)]
    report = fetch(tmp_path, *addresses)
    assert reasons(report) == ["HTTP 404 Not Found"]
    assert report.rejects[0].path == addresses[1]
    server.answers["/2.jpg"] = page(WEBP)
    fetch(tmp_path, *addresses)
    assert list(files(tmp_path)) == ["0001-1.jpg", "0002-2.webp", "0003-3.png"]


def test_bad_addresses_are_rejects_and_the_rest_goes_on(tmp_path, server, monkeypatch):
    server.answers = {"/1.jpg": page(JPEG)}
    bad = ["http://", "http://[", "https://nowhere.invalid/1.jpg", "javascript:1", "http://a b/"]
    report = fetch(tmp_path, *bad, server.url("/1.jpg"), retries=0)
    assert len(report.fetched) == 1
    assert [row.path for row in report.rejects] == bad
    assert all(row.stage == "ingest" and row.reason for row in report.rejects)


def test_a_dry_run_says_what_would_be_fetched_and_writes_nothing(tmp_path, server):
    server.answers = {
        "/robots.txt": robots("User-agent: *\nDisallow: /no"),
        "/1.jpg": page(JPEG),
        "/2.jpg": page(JPEG),
    }
    fetch(tmp_path, server.url("/1.jpg"))
    before = sorted(tmp_path.rglob("*"))
    server.requests.clear()
    pages = ("/1.jpg", "/2.jpg", "/no/3.jpg")
    report = fetch(tmp_path, *map(server.url, pages), dry_run=True)
    verdicts = [planned.verdict for planned in report.planned]
    assert verdicts == ["there", "fetch", f"forbidden by {server.url('/robots.txt')}"]
    assert report.planned[1].title == "T" and report.planned[1].episode == "1"
    assert server.paths() == []
    assert sorted(tmp_path.rglob("*")) == before


def test_progress_tells_each_page_once(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG), "/2.jpg": page(PNG)}
    fetch(tmp_path, server.url("/1.jpg"))
    seen = []
    fetch(
        tmp_path,
        *map(server.url, ("/1.jpg", "/2.jpg", "/3.jpg")),
        progress=lambda page, outcome: seen.append((page.address[-5:], outcome)),
    )
    assert seen == [("1.jpg", "skipped"), ("2.jpg", "fetched"), ("3.jpg", "HTTP 404 Not Found")]
