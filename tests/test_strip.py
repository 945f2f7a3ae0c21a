"""Any window of an episode reads as if the whole strip lay in memory, which it never does."""

from __future__ import annotations

import subprocess
import sys

import hostile
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webtoon_curate import strip as strips
from webtoon_curate.errors import ImageError
from webtoon_curate.faces import Page
from webtoon_curate.images import encode, open_image
from webtoon_curate.strip import Strip

SIZES = ((60, 90), (60, 41), (35, 77), (60, 1), (48, 130))


def episode():
    """Pages, their files, and the whole strip as one array, for comparison."""
    pages, files, y = [], {}, 0
    whole = np.full((sum(h for _, h in SIZES), 60, 3), 255, np.uint8)
    for number, (width, height) in enumerate(SIZES):
        image = hostile.drawing(width, height, seed=number)
        pages.append(Page(f"{number}.png", y, width, height))
        files[f"{number}.png"] = encode(image)
        whole[y : y + height, :width] = image
        y += height
    return pages, files, whole


PAGES, FILES, WHOLE = episode()


FAR = 120
"""As far as any window goes beyond the strip, pixels."""


def window(x, y, width, height):
    """The window cut from the whole strip, white around it."""
    padded = np.pad(WHOLE, ((FAR, FAR), (FAR, FAR), (0, 0)), constant_values=255)
    return padded[y + FAR : y + FAR + height, x + FAR : x + FAR + width]


@pytest.mark.parametrize("band_bytes", [None, 60 * 3 * 16], ids=["whole pages", "bands"])
@given(
    windows=st.lists(
        st.tuples(
            st.integers(-20, 70), st.integers(-30, 350), st.integers(0, 90), st.integers(0, 90)
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_window_is_that_of_the_whole_strip(band_bytes, windows):
    patch = pytest.MonkeyPatch()
    if band_bytes:
        patch.setattr(strips, "WHOLE_PIXELS", 0)
        patch.setattr(strips, "_BAND_BYTES", band_bytes)
    with patch.context(), Strip(PAGES, FILES.__getitem__, cache_bytes=12_000) as strip:
        assert (strip.width, strip.height) == (60, len(WHOLE))
        for x, y, width, height in windows:
            assert np.array_equal(strip.read(x, y, width, height), window(x, y, width, height))
    patch.undo()


def test_page_at_every_row():
    with Strip(PAGES, FILES.__getitem__) as strip:
        for page in PAGES:
            assert strip.page_at(page.y) == strip.page_at(page.y + page.height - 1) == page
        assert strip.page_at(-5) == PAGES[0]
        assert strip.page_at(10**6) == PAGES[-1]


def test_windows_are_the_callers_own():
    with Strip(PAGES, FILES.__getitem__) as strip:
        strip.read(0, 0, 60, 200)[:] = 0
        assert np.array_equal(strip.read(0, 0, 60, 200), WHOLE[:200])


def test_going_down_opens_and_decodes_each_page_once(monkeypatch):
    monkeypatch.setattr(strips, "WHOLE_PIXELS", 0)
    monkeypatch.setattr(strips, "_BAND_BYTES", 60 * 3 * 8)
    decoded, opened = [], []

    def counted(data):
        reader = open_image(data)
        read = reader.read
        reader.read = lambda y, rows: decoded.append(rows) or read(y, rows)
        opened.append(reader)
        return reader

    monkeypatch.setattr(strips, "open_image", counted)
    with Strip(PAGES, FILES.__getitem__, cache_bytes=20_000) as strip:
        for y in range(0, strip.height, 7):
            strip.read(0, y, 60, 40)
    assert len(opened) == len(PAGES)
    assert sum(decoded) == len(WHOLE)


def test_cache_is_bounded():
    with Strip(PAGES, FILES.__getitem__, cache_bytes=25_000) as strip:
        for y in range(0, strip.height, 20):
            strip.read(0, y, 60, 20)
            assert sum(pixels.nbytes for pixels in strip._cache.values()) <= 25_000


def test_a_damaged_page_is_named_and_the_others_are_read():
    files = {**FILES, "1.png": FILES["1.png"][:200]}
    with Strip(PAGES, files.__getitem__) as strip:
        with pytest.raises(ImageError, match=r"1\.png: damaged or truncated PNG"):
            strip.read(0, 80, 60, 20)
        assert np.array_equal(strip.read(0, 131, 60, 60), WHOLE[131:191])


def test_a_page_that_changed_since_is_an_error():
    files = {**FILES, "1.png": FILES["0.png"]}
    with (
        Strip(PAGES, files.__getitem__) as strip,
        pytest.raises(ImageError, match=r"1\.png: has 60 x 90 pixels, no longer the 60 x 41"),
    ):
        strip.read(0, 100, 60, 10)


MEASURE = """
import re, sys
from pathlib import Path
from webtoon_curate.faces import Page
from webtoon_curate.images import probe
from webtoon_curate.strip import Strip
path, pages = Path(sys.argv[1]), int(sys.argv[2])
info = probe(path)
pages = [Page(str(n), n * info.height, info.width, info.height) for n in range(pages)]
opener = (lambda name: path.read_bytes()) if sys.argv[3] == "bytes" else lambda name: path
with Strip(pages, opener) as strip:
    assert (strip.width, strip.height) == (690, 100_000)
    sums = [int(strip.read(0, y, 690, 640).sum()) for y in range(0, strip.height - 640, 480)]
# Not ru_maxrss: it begins with the size of the process that forked this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024, len(set(sums)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("pages", "suffix", "way"), [(1, "png", "path"), (1, "png", "bytes"), (4, "jpg", "path")]
)
def test_a_very_long_strip_in_300_mib(tmp_path, pages, suffix, way):
    import pyvips

    path = tmp_path / f"strip.{suffix}"
    rows = 100_000 // pages
    slope = pyvips.Image.xyz(690, rows)
    image = (slope[1] / 7 + slope[0] % 37).cast("uchar")
    image = image.bandjoin([image.invert(), (slope[1] / 90).cast("uchar")])
    image.write_to_file(str(path), **({"compression": 1} if suffix == "png" else {}))
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, path, str(pages), way],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    megabytes, _ = map(int, run.stdout.split())
    assert megabytes < 300  # 200 of them are the pixels, if they were all held
