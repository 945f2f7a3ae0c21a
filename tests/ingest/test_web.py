"""Fetching pages from a real server that throttles, truncates, redirects, lies and forbids."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from PIL import Image
from server import Http2Server, Server, dripping, in_turn, page, redirect, slowly, status, truncated

from webtoon_curate.errors import SourceError
from webtoon_curate.ingest import client, web
from webtoon_curate.ingest.provenance import provenance
from webtoon_curate.ingest.urls import PageAddress, is_address, is_list, read_list


def picture(seed, format="JPEG"):
    data = io.BytesIO()
    Image.frombytes("RGB", (40, 40), random.Random(seed).randbytes(4800)).save(data, format)
    return data.getvalue()


JPEG, PNG, WEBP = picture(1), picture(2, "PNG"), picture(3, "WEBP")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(client, "BACKOFF", 0.01)
    with Server() as server:
        yield server


def fetch(tmp_path, *addresses, **settings):
    """`web.fetch` into `tmp_path/pages`, without waiting."""
    settings = {"delay": 0, "allow_private": True, "timeout": 5, "retries": 2, **settings}
    pages = [a if isinstance(a, PageAddress) else PageAddress(a, "T", "1") for a in addresses]
    return web.fetch(pages, tmp_path / "pages", **settings)


def files(tmp_path, title="T", episode="1"):
    """Names and bytes of the visible pages."""
    folder = tmp_path / "pages" / title / episode
    paths = sorted(folder.iterdir()) if folder.exists() else []
    return {path.name: path.read_bytes() for path in paths if not path.name.startswith(".")}


def size_of(path):
    """Bytes of a file that another process may just have renamed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def reasons(report):
    return [row.reason for row in report.rejects]


# What lies where


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


# Manners


def test_requests_to_a_host_are_spaced_and_one_at_a_time(tmp_path, server):
    names = [f"/{n}.jpg" for n in range(4)]
    server.answers = {name: slowly(page(JPEG), 0.02) for name in names}
    begin = time.monotonic()
    fetch(tmp_path, *(server.url(name) for name in names), delay=0.1)
    waits = [at - begin for at in server.times()]
    assert len(waits) == 5
    assert all(wait >= 0.1 * n for n, wait in enumerate(waits)), waits
    assert server.most_busy == 1


def together(count):
    """Answers when so many requests are waiting at once."""
    barrier = threading.Barrier(count)

    def answer(handler):
        barrier.wait(timeout=5)
        page(JPEG)(handler)

    return answer


def test_per_host_allows_requests_side_by_side(tmp_path, server):
    names = [f"/{n}.jpg" for n in range(6)]
    server.answers = dict.fromkeys(names, together(3))
    fetch(tmp_path, *(server.url(name) for name in names), per_host=3)
    assert server.most_busy == 3


def test_hosts_are_served_side_by_side(tmp_path, server):
    server.answers = dict.fromkeys([f"/{n}.jpg" for n in range(3)], together(2))
    names = [server.url(f"/{n}.jpg", host) for n in range(3) for host in ("127.0.0.1", "localhost")]
    fetch(tmp_path, *names)
    assert server.most_busy == 2


def test_the_user_agent_names_project_and_version(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG)}
    fetch(tmp_path, server.url("/1.jpg"))
    assert {request.headers["user-agent"] for request in server.requests} == {client.USER_AGENT}
    assert client.USER_AGENT.startswith("webtoon-curate/0.")


def test_too_many_requests_wait_as_long_as_the_host_asks(tmp_path, server):
    server.answers = {"/1.jpg": in_turn(status(429, Retry_After="1"), page(JPEG))}
    assert len(fetch(tmp_path, server.url("/1.jpg")).fetched) == 1
    first, second = server.times("/1.jpg")
    assert second - first >= 0.95


def test_a_host_that_asks_for_an_hour_is_left_alone(tmp_path, server):
    server.answers = {
        "/1.jpg": status(503, Retry_After="3600"),
        "/2.jpg": page(JPEG),
    }
    report = fetch(tmp_path, server.url("/1.jpg"), server.url("/2.jpg"))
    assert len(report.rejects) == 2
    assert all("asks to wait" in reason and "run again" in reason for reason in reasons(report))
    assert server.paths() == ["/1.jpg"]


def test_retries_back_off_and_end(tmp_path, server, monkeypatch):
    monkeypatch.setattr(client, "BACKOFF", 0.05)
    server.answers = {"/1.jpg": status(500)}
    report = fetch(tmp_path, server.url("/1.jpg"), retries=3)
    assert reasons(report) == ["HTTP 500 (tried 4 times)"]
    times = server.times("/1.jpg")
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert [gap >= 0.05 * 2**n for n, gap in enumerate(gaps)] == [True] * 3


@pytest.mark.parametrize(
    "value, seconds",
    [("120", 120), (" 7 ", 7), ("soon", 0), ("-5", 0), ("", 0), ("9" * 5000, float("inf"))],
)
def test_retry_after_in_seconds(value, seconds):
    assert client.retry_after(value) == seconds


def test_retry_after_as_a_date():
    when = datetime.now(timezone.utc) + timedelta(seconds=90)
    assert 85 < client.retry_after(when.strftime("%a, %d %b %Y %H:%M:%S GMT")) <= 90
    assert client.retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


# robots.txt


def robots(text):
    return status(200, text.encode(), Content_Type="text/plain")


def test_robots_txt_is_asked_once_and_honoured(tmp_path, server):
    server.answers = {
        "/robots.txt": robots("User-agent: *\nDisallow: /private/\nDisallow: /*.gif$\n"),
        "/private/1.jpg": page(JPEG),
        "/2.gif": page(JPEG),
        "/3.jpg": page(JPEG),
    }
    report = fetch(tmp_path, *map(server.url, ("/private/1.jpg", "/2.gif", "/3.jpg")))
    assert reasons(report) == [f"forbidden by {server.url('/robots.txt')}"] * 2
    assert [request.path for request in server.requests] == ["/robots.txt", "/3.jpg"]


def test_rules_for_this_program_go_before_those_for_all(tmp_path, server):
    server.answers = {
        "/robots.txt": robots("User-agent: *\nAllow: /\n\nUser-agent: webtoon-curate\nDisallow: /"),
        "/1.jpg": page(JPEG),
    }
    assert len(fetch(tmp_path, server.url("/1.jpg")).rejects) == 1
    assert server.paths() == []


@pytest.mark.parametrize("code, allowed", [(404, True), (403, True), (503, False), (500, False)])
def test_a_missing_robots_txt_allows_and_an_unreachable_one_does_not(
    tmp_path, server, code, allowed
):
    server.answers = {"/robots.txt": status(code), "/1.jpg": page(JPEG)}
    report = fetch(tmp_path, server.url("/1.jpg"), retries=1)
    assert len(report.fetched) == allowed
    assert allowed or "robots.txt cannot be read: HTTP 50" in reasons(report)[0]


def test_crawl_delay_is_honoured(tmp_path, server):
    server.answers = {
        "/robots.txt": robots("User-agent: *\nCrawl-delay: 0.2\n"),
        **{f"/{n}.jpg": page(JPEG) for n in range(3)},
    }
    begin = time.monotonic()
    fetch(tmp_path, *(server.url(f"/{n}.jpg") for n in range(3)))
    waits = [request.time - begin for request in server.requests if request.path != "/robots.txt"]
    assert len(waits) == 3
    assert all(wait >= 0.2 * n for n, wait in enumerate(waits)), waits


def test_robots_txt_counts_at_every_hop(tmp_path, server):
    with Server() as other:
        other.answers = {"/robots.txt": robots("User-agent: *\nDisallow: /"), "/1.jpg": page(JPEG)}
        server.answers = {"/1.jpg": redirect(other.url("/1.jpg"))}
        report = fetch(tmp_path, server.url("/1.jpg"))
        assert reasons(report) == [f"forbidden by {other.url('/robots.txt')}"]
        assert other.paths() == []


def test_a_site_may_keep_pictures_out_of_training_data(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG, X_Robots_Tag="noindex, NoAI")}
    assert "X-Robots-Tag: noai" in reasons(fetch(tmp_path, server.url("/1.jpg")))[0]
    assert files(tmp_path) == {}


# Broken answers


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


# Redirects and private hosts


def test_five_redirects_are_followed_and_six_are_not(tmp_path, server):
    server.answers = {f"/{n}": redirect(f"/{n + 1}") for n in range(1, 7)}
    server.answers["/7"] = page(JPEG)
    report = fetch(tmp_path, server.url("/1"), server.url("/2"))
    assert reasons(report) == ["more than 5 redirects"]
    assert len(report.fetched) == 1


def test_a_redirect_loop_ends(tmp_path, server):
    server.answers = {"/1": redirect("/2"), "/2": redirect("/1")}
    assert reasons(fetch(tmp_path, server.url("/1"))) == ["more than 5 redirects"]


@pytest.mark.parametrize(
    "target, reason",
    [
        ("http://localhost:{port}/x", "localhost has the private address"),
        ("http://127.0.0.2:{port}/x", "127.0.0.2 has the private address"),
        ("http://2130706434:{port}/x", "has the private address 127.0.0.2"),
        ("http://[::1]:{port}/x", "::1 has the private address"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254 has the private address"),
        ("http://10.0.0.1/x", "10.0.0.1 has the private address"),
        ("file:///etc/passwd", "not an http(s) address"),
        ("ftp://127.0.0.1/x", "not an http(s) address"),
        ("http://user:secret@127.0.0.1:{port}/x", "user name or password"),
    ],
)
def test_redirects_to_private_hosts_and_other_schemes_are_refused(tmp_path, server, target, reason):
    target = target.format(port=server.port)
    server.answers = {"/1.jpg": redirect(target), "/x": page(JPEG)}
    report = fetch(tmp_path, server.url("/1.jpg"))
    assert reason in reasons(report)[0]
    assert server.paths() == ["/1.jpg"]
    assert files(tmp_path) == {}


def test_private_hosts_need_a_statement(tmp_path, server):
    server.answers = {"/1.jpg": page(JPEG)}
    report = fetch(tmp_path, server.url("/1.jpg"), allow_private=False)
    assert reasons(report) == ["127.0.0.1 has the private address 127.0.0.1"]
    assert server.requests == []


@pytest.mark.parametrize(
    "address, public",
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.20.0.1", False),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("ff02::1", False),
    ],
)
def test_what_is_a_public_address(address, public):
    assert client.is_public(address) is public


def test_every_address_of_a_host_is_checked(tmp_path, monkeypatch):
    def lookup(host, port, **kwargs):
        return [(0, 0, 0, "", (ip, port)) for ip in ("93.184.216.34", "192.168.1.1")]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    report = fetch(tmp_path, "http://comics.test/1.jpg", allow_private=False)
    assert reasons(report) == ["comics.test has the private address 192.168.1.1"]


def test_the_connection_goes_to_the_address_that_was_checked(tmp_path, server, monkeypatch):
    """Against DNS rebinding: between check and connection no name is looked up again."""
    asked = []
    real = socket.getaddrinfo

    def lookup(host, *args, **kwargs):
        asked.append(host)
        return real("127.0.0.1" if host == "comics.test" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    server.answers = {"/1.jpg": page(JPEG)}
    report = fetch(tmp_path, server.url("/1.jpg", "comics.test"))
    assert len(report.fetched) == 1
    assert {request.headers["host"] for request in server.requests} == {
        f"comics.test:{server.port}"
    }
    # Once to ask whether the page may be fetched, once for robots.txt.
    assert asked.count("comics.test") == 2
    assert set(asked) == {"comics.test", "127.0.0.1"}


def test_https_does_not_go_down_to_http():
    with pytest.raises(client.Refused, match="from https to http"):
        client._next_hop(httpx.URL("https://a.test/1"), "http://a.test/1")
    assert client._next_hop(httpx.URL("http://a.test/1"), "https://a.test/2").scheme == "https"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")
@pytest.mark.parametrize("host, fits", [("comics.test", True), ("other.test", False)])
def test_http2_and_certificates_by_name(tmp_path, monkeypatch, host, fits):
    """Connecting by address keeps the name for the certificate; a wrong one is refused."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *args, **kw: real("127.0.0.1", *args, **kw)
    )
    with Http2Server(tmp_path, JPEG, ["comics.test"]) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        report = fetch(tmp_path, f"https://{host}:{server.port}/1.jpg", retries=0)
    if fits:
        assert files(tmp_path) == {"0001-1.jpg": JPEG}
        assert server.requests[-1][":authority"] == f"comics.test:{server.port}"
    else:
        assert "certificate" in reasons(report)[0].lower()
        assert server.requests == []


# Lies


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"<!DOCTYPE html><html>log in first</html>" * 9, "not a picture but an HTML page"),
        (b"\n <html><body>no</body></html>", "not a picture but an HTML page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not a picture but XML or SVG"),
        (b"MZ\x90\x00" + bytes(100), "not a picture"),
        (b"", "the file is empty"),
    ],
    ids=["page", "short page", "svg", "program", "empty"],
)
def test_what_is_no_picture_is_refused_whatever_its_type(tmp_path, server, body, reason):
    server.answers = {"/1.jpg": page(body, type="image/jpeg")}
    report = fetch(tmp_path, server.url("/1.jpg"))
    assert reasons(report)[0].startswith(reason)
    assert reasons(report)[0].endswith("(sent as image/jpeg)")
    assert list((tmp_path / "pages/T/1").iterdir()) == []


@pytest.mark.parametrize(
    "body, name",
    [
        (PNG, "0001-x.png"),
        (WEBP, "0001-x.webp"),
        (b"PK\x03\x04" + bytes(60), "0001-x.cbz"),
        (b"%PDF-1.7\n" + bytes(60), "0001-x.pdf"),
        (JPEG, "0001-x.jpg"),
    ],
    ids=["png", "webp", "zip", "pdf", "jpg"],
)
def test_the_ending_tells_what_the_bytes_are(tmp_path, server, body, name):
    server.answers = {"/x.jpg": page(body, type="text/html")}
    fetch(tmp_path, server.url("/x.jpg"))
    assert files(tmp_path) == {name: body}


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


def test_bad_addresses_are_rejects_and_the_rest_goes_on(tmp_path, server, monkeypatch):
    server.answers = {"/1.jpg": page(JPEG)}
    bad = ["http://", "http://[", "https://nowhere.invalid/1.jpg", "javascript:1", "http://a b/"]
    report = fetch(tmp_path, *bad, server.url("/1.jpg"), retries=0)
    assert len(report.fetched) == 1
    assert [row.path for row in report.rejects] == bad
    assert all(row.stage == "ingest" and row.reason for row in report.rejects)


# Dry runs, progress and lists


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


def test_a_list_has_addresses_titles_and_episodes(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text(
        "\ufeffurl,title,episode\n"
        "# a comment\n"
        "\n"
        "https://a.test/1.jpg\n"
        "https://a.test/2.jpg\tOne, two\tEp 1\r\n"
        "https://a.test/3.jpg, Title, 3\n"
        '"https://a.test/4,5.jpg","A ""title""",2\n'
        "https://a.test/w_800,h_600/6.jpg\n"
        "ftp://a.test/7.jpg\n"
        f"https://a.test/{'x' * 20_000}\n"
        "https://a.test/#8.jpg\n",
        encoding="utf-8",
    )
    pages, rejects = read_list(path)
    assert pages == [
        PageAddress("https://a.test/1.jpg"),
        PageAddress("https://a.test/2.jpg", "One, two", "Ep 1"),
        PageAddress("https://a.test/3.jpg", "Title", "3"),
        PageAddress("https://a.test/4,5.jpg", 'A "title"', "2"),
        PageAddress("https://a.test/w_800,h_600/6.jpg"),
        PageAddress("https://a.test/#8.jpg"),
    ]
    assert [row.path for row in rejects] == [f"{path}:9", f"{path}:10"]
    assert "not an http(s) address: 'ftp:" in rejects[0].reason
    assert is_list(path) and not is_list(tmp_path) and not is_list("https://a.test/urls.txt")
    assert is_address("HTTPS://a.test/x") and not is_address("urls.txt")


def test_an_unreadable_list_says_so(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_list(tmp_path / "none.txt")
