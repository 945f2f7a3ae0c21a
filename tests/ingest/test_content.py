"""What is a picture is told from its bytes, whatever the server says."""

from __future__ import annotations

import pytest
from fetching import JPEG, PNG, WEBP, fetch, files, reasons
from server import page


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
