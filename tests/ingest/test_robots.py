"""What sites allow, in robots.txt and in headers."""

from __future__ import annotations

import time

import pytest
from fetching import JPEG, fetch, files, reasons, robots
from server import Server, page, redirect, status


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


def test_a_robots_txt_with_a_byte_order_mark_is_read(tmp_path, server):
    rules = robots("\ufeffUser-agent: *\nDisallow: /")
    server.answers = {"/robots.txt": rules, "/1.jpg": page(JPEG)}
    assert reasons(fetch(tmp_path, server.url("/1.jpg"))) == [
        f"forbidden by {server.url('/robots.txt')}"
    ]


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
