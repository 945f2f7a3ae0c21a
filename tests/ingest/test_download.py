"""Answers that break off, drip, change or are too large; what goes on with a part."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time

import pytest
from fetching import JPEG, PNG, fetch, files, reasons
from server import dripping, in_turn, page, slowly, status, truncated


def size_of(path):
    """Bytes of a file that another process may just have renamed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_a_broken_answer_goes_on_where_it_ended(tmp_path, server):
    body = random.Random(0).randbytes(50_000)
    body = JPEG + body
    server.answers = {"/1.jpg": in_turn(truncated(body, 20_000), page(body))}
    fetch(tmp_path, server.url("/1.jpg"))
    assert files(tmp_path) == {"0001-1.jpg": body}
    ranges = [r.headers.get("range") for r in server.requests if r.path == "/1.jpg"]
    assert ranges == [None, "bytes=20000-"]


def test_a_later_run_goes_on_with_a_part(tmp_path, server):
    body = JPEG + random.Random(0).randbytes(50_000)
    server.answers = {"/1.jpg": truncated(body, 30_000)}
    report = fetch(tmp_path, server.url("/1.jpg"), retries=0)
    assert len(report.rejects) == 1 and files(tmp_path) == {}
    server.answers = {"/1.jpg": page(body)}
    fetch(tmp_path, server.url("/1.jpg"))
    assert files(tmp_path) == {"0001-1.jpg": body}
    assert server.requests[-1].headers["range"] == "bytes=30000-"
    hidden = {path.name for path in (tmp_path / "pages/T/1").glob(".*")}
    assert hidden == {".provenance.jsonl"}


def ignores_ranges(body):
    return status(200, body, ETag='"same"')


def wrong_range(body):
    """A 206 that does not begin where it was asked to."""
    return in_turn(
        status(206, body[5:], Content_Range=f"bytes 5-{len(body) - 1}/{len(body)}"), page(body)
    )


def other_etag(body):
    """A 206 of another version, from a server that knows no If-Range."""

    def answer(handler):
        if "Range" in handler.headers:
            span = f"bytes 30000-{len(body) - 1}/{len(body)}"
            handler.reply(206, body[30_000:], Content_Range=span, ETag='"new"')
        else:
            handler.reply(200, body, ETag='"new"')

    return answer


def past_the_end(body):
    return in_turn(status(416, Content_Range=f"bytes */{len(body)}"), page(body))


@pytest.mark.parametrize("answer", [page, ignores_ranges, wrong_range, other_etag, past_the_end])
def test_a_part_of_another_version_is_begun_anew(tmp_path, server, answer):
    old = JPEG + random.Random(0).randbytes(50_000)
    new = PNG + random.Random(1).randbytes(60_000)
    server.answers = {"/1.jpg": truncated(old, 30_000)}
    fetch(tmp_path, server.url("/1.jpg"), retries=0)
    server.answers = {"/1.jpg": answer(new)}
    fetch(tmp_path, server.url("/1.jpg"))
    assert files(tmp_path) == {"0001-1.png": new}


def test_without_etag_or_date_a_part_is_begun_anew(tmp_path, server):
    body = JPEG + bytes(1000)
    cut = status(200, body[:500], Content_Length=str(len(body)), Connection="close")
    server.answers = {"/1.jpg": in_turn(cut, status(200, body))}
    fetch(tmp_path, server.url("/1.jpg"), timeout=0.3)
    assert files(tmp_path) == {"0001-1.jpg": body}
    assert all("range" not in request.headers for request in server.requests)


def test_a_silent_or_dripping_host_is_given_up(tmp_path, server):
    server.answers = {
        "/1.jpg": slowly(page(JPEG), 0.6),
        "/2.jpg": dripping(JPEG, 0.05),
    }
    begin = time.monotonic()
    report = fetch(tmp_path, *map(server.url, ("/1.jpg", "/2.jpg")), timeout=0.2, retries=0)
    assert time.monotonic() - begin < 2
    assert reasons(report)[0].startswith("ReadTimeout")
    assert reasons(report)[1].startswith("slower than 1000 bytes a second")


def test_a_refused_connection_is_one_reject(tmp_path, server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/1.jpg"
        server.answers = {"/1.jpg": page(JPEG)}
        report = fetch(tmp_path, address, server.url("/1.jpg"), retries=0)
    assert len(report.fetched) == 1
    assert "robots.txt cannot be read" in reasons(report)[0]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_leaves_whole_pages_and_a_part_that_goes_on(tmp_path, server, sign):
    body = JPEG + random.Random(0).randbytes(300_000)

    def endless(handler):
        handler.reply(200, body[:150_000], Content_Length=str(len(body)), ETag='"1"')
        handler.wfile.flush()
        time.sleep(20)

    server.answers = {"/1.jpg": page(PNG), "/2.jpg": endless}
    addresses = [server.url("/1.jpg"), server.url("/2.jpg")]
    script = (
        "import sys; from webtoon_curate.ingest.web import fetch; "
        "from webtoon_curate.ingest.urls import PageAddress; "
        "fetch([PageAddress(a, 'T', '1') for a in sys.argv[2:]], sys.argv[1], "
        "delay=0, allow_private=True, timeout=15, retries=0)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pages"), *addresses]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        folder = tmp_path / "pages/T/1"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if any(size_of(part) > 100_000 for part in folder.glob(".*.part")):
                break
            time.sleep(0.01)
        os.kill(process.pid, sign)
        process.wait(timeout=8)  # well before the silent host's time is up
        told = process.stderr.read()
    assert process.returncode != 0
    assert sign == signal.SIGKILL or "KeyboardInterrupt" in told
    assert files(tmp_path) == {"0001-1.png": PNG}

    etag = {"ETag": '"1"'}
    start = next(folder.glob(".*.part")).stat().st_size
    span = f"bytes {start}-{len(body) - 1}/{len(body)}"
    server.answers["/2.jpg"] = status(206, body[start:], Content_Range=span, **etag)
    assert len(fetch(tmp_path, *addresses).skipped) == 1
    assert files(tmp_path) == {"0001-1.png": PNG, "0002-2.jpg": body}
    assert server.requests[-1].headers["range"] == f"bytes={start}-"
    assert server.requests[-1].headers["if-range"] == '"1"'


def test_pages_above_the_limit_are_broken_off(tmp_path, server):
    body = JPEG + bytes(300_000)
    server.answers = {
        "/told.jpg": page(body),
        "/untold.jpg": status(200, body, Content_Length=None, Connection="close"),
        "/fits.jpg": page(JPEG),
    }
    names = ("/told.jpg", "/untold.jpg", "/fits.jpg")
    report = fetch(tmp_path, *map(server.url, names), max_bytes=len(JPEG))
    assert len(report.fetched) == 1
    assert [reason.split(" bytes")[0] for reason in reasons(report)] == [
        f"larger than {len(JPEG):,}"
    ] * 2


def test_compressed_answers_are_refused(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG, Content_Encoding="gzip")}
    assert reasons(fetch(tmp_path, server.url("/1.jpg"))) == [
        "sent compressed although asked not to"
    ]
    assert server.requests[-1].headers["accept-encoding"] == "identity"
