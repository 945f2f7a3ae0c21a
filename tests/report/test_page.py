"""The report as a person gets it: one file that stands alone, seen in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from report_dataset import HOSTILE, add_crops, reject, rows, write

from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.report import samples
from webtoon_curate.report.data import report_data
from webtoon_curate.report.html import POLICY
from webtoon_curate.report.samples import SIDE, Pictures
from webtoon_curate.report.write import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SECTIONS = (
    *("findings", "groups", "detection", "colors", "quality", "pose", "duplicates", "splits"),
    *("left-out", "rejects", "licences"),
)
VOID = ("meta", "img")


class Shape(HTMLParser):
    """Which elements and attributes there are, and whether all that open close."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.attributes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A dataset with all there is, and hostile names everywhere."""
    path = tmp_path_factory.mktemp("report") / "a & <b>"
    manifest = rows(["one", "two", HOSTILE])
    Dataset.create(path)
    add_crops(path, manifest)
    manifest[0] |= {"keep": False, "keep_reason": HOSTILE, "license": HOSTILE}
    manifest[1] |= {"hair_name": HOSTILE, "group_source": HOSTILE, "source": "http://[broken"}
    manifest[2]["crop"] = "../../../etc/passwd"
    manifest[3]["crop"] = "crops/none.png"
    first, copy = manifest[4], manifest[5]
    for row, kind in ((first, "representative"), (copy, "near")):
        row["duplicate_cluster"] = first["face_id"]
        row["kind"] = kind
    clusters = [
        {name: row[name] for name in ("face_id", "title", "episode", "duplicate_cluster", "kind")}
        for row in (first, copy)
    ]
    for row in (first, copy):
        del row["kind"]
    dataset = write(path, manifest, clusters)
    reject(path, [("ingest", HOSTILE, HOSTILE)])
    return dataset


@pytest.fixture(scope="module")
def page(full):
    return write_report(full).read_text(encoding="utf-8")


def test_hostile_names_stay_text(page):
    shape = Shape(page)
    assert shape.open == []
    assert "script" not in shape.elements
    assert shape.elements.count("title") == 1
    assert not [name for name, _ in shape.attributes if name.startswith("on")]
    assert "\x07" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "긴" * 200 not in page


def test_nothing_is_fetched(page):
    shape = Shape(page)
    addresses = [v for name, v in shape.attributes if name in ("src", "href", "action", "srcset")]
    assert [a for a in addresses if not a.startswith(("data:image/webp;base64,", "#"))] == []
    assert ("content", POLICY) in shape.attributes
    assert POLICY.startswith("default-src 'none'; img-src data:;")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_all_sections_are_there_and_the_contents_lead_to_them(page):
    links = re.findall(r'<a href="#([\w-]+)"', page)
    ids = re.findall(r'<section id="([\w-]+)"', page)
    assert tuple(ids) == SECTIONS
    assert set(links) <= set(ids)


def test_the_same_dataset_gives_the_same_bytes(full, page, tmp_path):
    again = write_report(full, tmp_path / "again.html")
    assert again.read_bytes() == page.encode()


def test_pictures_are_of_the_dataset_only_small_and_few(full, tmp_path, monkeypatch):
    pictures = Pictures(full.path)
    (full.path.parent / "secret.png").write_bytes((full.path / "crops" / "0.png").read_bytes())
    assert pictures.address("../secret.png") is None
    assert pictures.address(str(full.path.parent / "secret.png")) is None
    assert pictures.address("crops/none.png") is None
    (full.path / "crops" / "text.png").write_text("no picture")
    assert pictures.address("crops/text.png") is None
    assert len(pictures.address("crops/1.png")) < 4 * SIDE * SIDE
    monkeypatch.setattr(samples, "MAX_PICTURES", 5)
    fresh = Pictures(full.path)
    made = [fresh.address(f"crops/{number}.png") for number in [*range(9), *range(9)]]
    assert sum(address is not None for address in made) == 10
    assert fresh.address(None) is None


def test_the_command_writes_a_file_and_prints_data(full, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["report", str(full.path), "-o", str(path)])
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert path.read_text().startswith("<!doctype html>")
    before = sorted(full.path.iterdir())
    result = CliRunner().invoke(main, ["report", str(full.path), "--json", "--faces", "0"])
    data = json.loads(result.stdout)
    assert data["totals"]["faces"] == report_data(full)["totals"]["faces"]
    assert all(rows == [] for rows in data["sheets"].values())
    assert sorted(full.path.iterdir()) == before


def test_two_datasets_are_compared_and_one_is_not(full, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = write(tmp_path / "other", rows(["one"], seed=2))
    both = [str(full.path), str(other.path)]
    result = CliRunner().invoke(main, ["report", "--compare", *both, "-o", "both.html"])
    assert result.exit_code == 0, result.output
    shape = Shape((tmp_path / "both.html").read_text())
    assert shape.open == []
    assert "script" not in shape.elements
    assert CliRunner().invoke(main, ["report", *both]).exit_code == 2
    assert CliRunner().invoke(main, ["report", "--compare", both[0]]).exit_code == 2


def test_missing_stages_name_their_command(tmp_path):
    columns = ("face_id", "title", "episode", "scene", "x", "y", "width", "height", "page")
    columns += ("page_x", "page_y", "score", "detector", "keep")
    bare = [{name: row[name] for name in columns} for row in rows(["one"])]
    text = write_report(write(tmp_path / "my set", bare)).read_text()
    for command in ("landmarks", "colors", "label groups", "dedup", "split"):
        assert f"webtoon-curate {command} &#x27;my set&#x27;" in text


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    pytest.importorskip("selenium", reason="no selenium: pip install '.[test]'")
    from selenium import webdriver

    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def show(browser, path, width, scheme="light"):
    size = {"width": width, "height": 844, "deviceScaleFactor": 2, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(path.as_uri())


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen_and_all_is_seen(browser, full, page, width):
    show(browser, full.path / "report.html", width)
    js = browser.execute_script
    assert js("return document.documentElement.scrollWidth") <= width
    seen = js(
        "return [...document.querySelectorAll('section')].filter((e) => e.getBoundingClientRect()"
        ".height > 40 && e.querySelector('h2').textContent).map((e) => e.id)"
    )
    assert tuple(seen) == SECTIONS
    loaded = js("return [...document.images].map((e) => e.naturalWidth)")
    assert loaded
    assert set(loaded) == {SIDE}
    fetched = js("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert [name for name in fetched if not name.startswith("data:")] == []
    assert browser.get_log("browser") == []


def luminance(color):
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_light_and_dark(browser, full, page, scheme):
    """Contrast of 4.5 to 1, as WCAG 2.1 asks for (1.4.3)."""
    show(browser, full.path / "report.html", 1280, scheme)
    style = "getComputedStyle(document.querySelector('{}')).{}"
    ground = browser.execute_script(f"return {style.format('body', 'backgroundColor')}")
    assert (luminance(ground) < 0.1) == (scheme == "dark")
    for selector in ("body", ".soft", ".lead", "th", ".mark.serious", ".mark.warning", "nav a"):
        ink = browser.execute_script(f"return {style.format(selector, 'color')}")
        low, high = sorted((luminance(ink), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, selector
