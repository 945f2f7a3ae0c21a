"""The review server: who may ask, and what it refuses."""

from __future__ import annotations

import json
import webbrowser

import pytest
from click.testing import CliRunner
from reviewing import SAY, ask

from webtoon_curate.cli import main
from webtoon_curate.review.server import ReviewServer


def test_the_page_and_all_its_files_are_served_and_name_no_other_site(server):
    for name in ("", *(name for name in server.pages if name)):
        status, headers, body = ask(server.address, name)
        assert status == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text and "https:" not in text


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/faces", "/favicon.ico", "//", "/../"])
def test_a_wrong_token_is_refused(server, path):
    assert ask(server.address, path)[0] == 403


def test_the_address_that_a_browser_is_started_with_leads_to_the_page_once(server):
    """Other users of the machine see command lines, and this one when it is of no more use."""
    assert server.token not in server.entrance
    status, headers, body = ask(server.entrance)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert f'url={server.address}"' in body.decode()
    assert ask(server.entrance)[0] == 403
    assert ask(server.entrance, "/summary")[0] == 403
    assert ask(server.address, "summary")[0] == 200


def test_a_browser_is_started_with_that_address(data, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    def serve(server):
        assert opened == [server.entrance]
        raise KeyboardInterrupt

    monkeypatch.setattr(ReviewServer, "serve_forever", serve)
    told = CliRunner().invoke(main, ["review", str(data.path)])
    assert told.exit_code == 0 and opened and opened[0] not in told.output


@pytest.mark.parametrize("path", ["say", "add", "undo"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Length": str(1 << 40)}, 413),
    ],
)
def test_actions_come_from_the_page_only(server, data, path, headers, status):
    assert ask(server.address, path, SAY, **headers)[0] == status
    assert not (data.path / "labels").exists()


def test_reading_is_refused_under_another_name_or_from_another_site(server):
    assert ask(server.address, "summary", Host="rebound.example")[0] == 421
    assert ask(server.address, "summary", Origin="http://evil.example")[0] == 403
    assert ask(server.address, "thumb?n=0", Sec_Fetch_Site="cross-site")[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "../dataset.json",
        "..%2fdataset.json",
        "static/../server.py",
        "server.py",
        "/etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "thumb?n=../../dataset.json",
        "thumb?n=-1",
        "thumb?n=99",
        "panel.jpg?e=0&s=99",
        "panel.jpg?e=9&s=0",
        "panel?e=%2e%2e&s=0",
        "records?n=0,x",
        "faces?low=much",
        "faces?" + "low=0&" * 60,
    ],
)
def test_nothing_but_known_names_and_numbers_is_answered(server, path):
    status, _, body = ask(server.address, path)
    assert status in (400, 403, 404)
    assert b"schema_version" not in body and b"root:" not in body and b"Traceback" not in body


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "[" * 100_000,
        {},
        {"action": "set", "faces": [], "value": {}},
        {"action": "set", "faces": [99], "value": {"gender": "man"}},
        {"action": "set", "faces": ["0"], "value": {"gender": "man"}},
        {"action": "set", "faces": [0], "value": {"gender": "robot"}},
        {"action": "undo", "faces": [0], "value": []},
        {"action": "box", "faces": [0], "value": [1, 2, 3]},
        {"action": "box", "faces": [0], "value": [9000, 9000, 50, 50]},
        {"action": "set", "faces": [0], "value": {"character": "two\nlines"}},
        {"action": "tags", "faces": [0], "value": {"add": ["x" * 1000]}},
    ],
)
def test_nonsense_is_refused_with_a_reason_and_not_logged(server, data, body):
    status, _, answer = ask(server.address, "say", body)
    assert status == 400
    assert json.loads(answer)["error"]
    assert not (data.path / "labels").exists()


@pytest.mark.parametrize("text", ["x" * 101, "two\nlines"])
def test_a_text_that_is_no_name_is_no_failure_to_save(server, text):
    """The page says that nothing changed, and raises no alarm."""
    for action, value in (("tags", {"add": [text]}), ("set", {"character": text})):
        said = {"action": action, "faces": [0], "value": value}
        assert json.loads(ask(server.address, "say", said)[2])["refused"]


def test_only_this_machine_can_reach_it(server):
    assert server.server_address[0] == "127.0.0.1"
