"""Manners, redirects and private hosts, with real servers."""

from __future__ import annotations

import itertools
import shutil
import socket
import threading
import time
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from fetching import JPEG, fetch, files, reasons
from server import Http2Server, in_turn, page, redirect, slowly, status

from webtoon_curate.ingest import client


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
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),
        ("64:ff9b:1::7f00:1", False),
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
