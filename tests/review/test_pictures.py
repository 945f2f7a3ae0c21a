"""Pictures of faces and panels: from crops, from pages, and what is told where there are none."""

from __future__ import annotations

import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from hostile import png_of_size
from PIL import Image
from reviewing import ask, got, rewritten, serving

from webtoon_curate.crops import cut
from webtoon_curate.review.pictures import THUMB, ByteCache


def test_pictures_are_cut_and_kept_within_bounds(server):
    status, headers, body = ask(server.address, "thumb?n=0")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(BytesIO(body)).size == (THUMB, THUMB)
    window = got(server.address, "panel?e=0&s=1")["window"]
    picture = Image.open(BytesIO(ask(server.address, "panel.jpg?e=0&s=1")[2]))
    assert picture.size == tuple(window[2:])
    cache = ByteCache(100)
    for number in range(50):
        assert cache.get(number % 7, lambda: b"x" * 30) == b"x" * 30
        assert cache._held <= 100


def test_pictures_that_cannot_be_cut_say_why_and_the_page_lives(data, capsys):
    rewritten(data, "faces", lambda number, row: number or row.update(page="none.png"))
    rewritten(data, "pages", lambda number, row: row.update(width=0))
    with serving(data) as server:
        status, _, body = ask(server.address, "thumb?n=0")
        assert (status, b"none.png is no page" in body) == (400, True)
        status, _, body = ask(server.address, "panel.jpg?e=0&s=1")
        assert (status, b"tables may be damaged" in body) == (500, True)
        assert "Traceback" in capsys.readouterr().err
        assert len(got(server.address, "faces?")["numbers"]) == 4
        assert ask(server.address, "thumb?n=2")[0] == 400


@pytest.mark.parametrize(
    "content",
    [None, b"", b"no picture", png_of_size(60_000, 60_000)],
    ids=["gone", "empty", "no picture", "bomb"],
)
def test_a_crop_that_is_gone_or_damaged_is_cut_from_the_page(data, content):
    whole = ask_thumb(data)
    crop = data.path / "crops" / "face.png"
    crop.parent.mkdir()
    if content is not None:
        crop.write_bytes(content)
    rewritten(data, "faces", lambda number, row: row.update(crop="crops/face.png"))
    assert ask_thumb(data) == whole


def test_a_crop_outside_the_dataset_is_not_shown(data):
    whole = ask_thumb(data)
    Image.new("RGB", (64, 64), "red").save(data.path.parent / "private.png")
    rewritten(data, "faces", lambda number, row: row.update(crop="../private.png"))
    assert ask_thumb(data) == whole


def ask_thumb(data):
    with serving(data) as server:
        status, _, body = ask(server.address, "thumb?n=0")
    assert status == 200
    return body


def test_a_box_down_a_whole_strip_is_cut_in_bounded_memory():
    def read(x, y, width, height):
        rows = np.where(np.arange(y, y + height) < 5000, 0, 255).astype(np.uint8)
        return np.broadcast_to(rows[:, None, None], (height, width, 3))

    tracemalloc.start()
    crop = cut(read, np.array([-4600.0, 0.0, 10_000.0]), (0, 0, 800, 10_000), 160)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000_000
    assert crop[:75].max() == 0 and crop[85:].min() == 255
