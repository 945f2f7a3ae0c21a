"""The review page in a real browser: label, undo, mend a box, reload, kill, restart."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from faces_dataset import FACE, TITLE, make, place, read, write_points

from webtoon_curate.characters.stage import find_characters
from webtoon_curate.dataset import Dataset
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON

selenium = pytest.importorskip("selenium", reason="no selenium: pip install '.[test]'")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no Chromium: apt-get install chromium chromium-driver"
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--window-size=1300,900",
)
SECONDS = 60
"""A loaded machine is slow; a page that hangs is slower."""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


class Page:
    """The page as a person uses it."""

    def __init__(self, driver, process):
        self.driver = driver
        self.process = process

    def start(self, path, who="ana"):
        self.driver.get(self.process.review(path, who))
        self.wait(lambda: self.cells() and all(cell[0] for cell in self.cells()))

    def wait(self, condition):
        WebDriverWait(self.driver, SECONDS, 0.05).until(lambda _: condition())

    def js(self, script):
        return self.driver.execute_script(f"return {script}")

    def cells(self):
        """(group, line below) of each cell in order."""
        return self.js(
            "[...document.querySelectorAll('.cell:not([hidden])')].sort((a, b) => "
            "a.dataset.index - b.dataset.index).map((c) => [c.first.textContent, "
            "c.second.textContent])"
        )

    def groups(self):
        return [group for group, _ in self.cells()]

    def ticks(self):
        """What the page puts behind the group of each cell in order: a tick if somebody said it."""
        return self.js(
            "[...document.querySelectorAll('.cell:not([hidden])')].sort((a, b) => "
            "a.dataset.index - b.dataset.index).map((c) => "
            "getComputedStyle(c.first, '::after').content.includes('✓'))"
        )

    def keys(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def saved(self):
        self.wait(lambda: self.driver.find_element(By.ID, "saved").text == "All saved")

    def reload(self):
        self.driver.refresh()
        self.wait(lambda: self.cells() and all(cell[0] for cell in self.cells()))

    def drag(self, x, y, dx, dy):
        """From a point of the window by so many pixels."""
        mouse = webdriver.ActionChains(self.driver)
        mouse.w3c_actions.pointer_action.move_to_location(round(x), round(y))
        mouse.click_and_hold().move_by_offset(round(dx / 2), round(dy / 2))
        mouse.move_by_offset(round(dx) - round(dx / 2), round(dy) - round(dy / 2))
        mouse.release().perform()

    def middle(self, selector):
        """The middle of an element in the window."""
        return self.js(
            f"(() => {{ const r = document.querySelector('{selector}').getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )

    def box(self):
        """The chosen face's box as the panel draws it, episode pixels."""
        return self.js(
            "['x', 'y', 'width', 'height'].map((name) => Number(document.querySelector("
            "'.face.current .box').getAttribute(name)))"
        )

    def point(self, number):
        """A landmark as the panel draws it, episode pixels."""
        return self.js(
            f"['cx', 'cy'].map((name) => Number(document.querySelector("
            f"'[data-point=\"{number}\"]').getAttribute(name)))"
        )

    def alarm(self, name):
        """Whether an element is in red."""
        return "bad" in self.driver.find_element(By.ID, name).get_attribute("class")

    def scale(self):
        """Window pixels an episode pixel."""
        return self.js("document.getElementById('view').getScreenCTM().a")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture
def page(chromium, process, made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    page = Page(chromium, process)
    page.path = tmp_path / "data"
    page.start(page.path)
    yield page
    page.process.kill()
    errors = [entry for entry in chromium.get_log("browser") if entry["source"] == "javascript"]
    assert errors == []


def test_keys_label_and_undo_and_nothing_is_lost_when_all_is_killed(page):
    page.keys("1", "4", "x", "0")
    said = ["Woman", "Man, glasses", "Not a face", "Unknown"]
    page.wait(lambda: page.groups() == said)
    page.keys("u", "u")
    page.wait(lambda: page.groups() == ["Woman", "Man, glasses", "–", "–"])
    assert page.ticks() == [True, True, False, False]
    page.saved()
    page.reload()
    assert page.groups() == ["Woman", "Man, glasses", "–", "–"]
    page.process.kill()
    page.start(page.path)
    assert page.groups() == ["Woman", "Man, glasses", "–", "–"]
    page.keys("u")
    page.wait(lambda: page.groups() == ["Woman", "–", "–", "–"])


def test_a_range_is_labelled_at_once_and_undone_at_once(page):
    page.keys(Keys.HOME)
    actions = webdriver.ActionChains(page.driver)
    actions.key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT * 2).key_up(Keys.SHIFT).perform()
    page.keys("2")
    page.wait(lambda: page.groups() == ["Man", "Man", "Man", "–"])
    page.keys("g")
    page.wait(lambda: page.groups() == ["Man, glasses"] * 3 + ["–"])
    page.keys("u", "u")
    page.wait(lambda: page.groups() == ["–"] * 4)


def test_a_name_is_typed_given_again_and_filtered_by(page):
    page.keys("c", "Kim", Keys.ENTER)
    page.wait(lambda: page.cells()[0][1] == "Kim")
    page.keys(Keys.ARROW_RIGHT, "C")
    page.wait(lambda: page.cells()[1][1] == "Kim")
    page.keys("/", "kim", Keys.ENTER)
    page.wait(lambda: len(page.cells()) == 2)
    page.reload()
    assert len(page.cells()) == 2


def test_a_tag_with_a_comma_stays_one_when_others_are_added(page):
    desk = open_desk(page.path, "ana", PERSON)
    name = (TITLE, "ep 1")
    desk.say([("tags", desk.faces(*name)[0].face, {"add": ["so, so"]})])
    page.wait(lambda: page.cells()[0][1] == "so, so")
    page.keys(Keys.HOME, "t", Keys.END, ", hat", Keys.ENTER)
    page.saved()
    desk.refresh()
    assert desk.faces(*name)[0].label.tags == {"so, so": True, "hat": True}


def test_what_is_typed_is_said_of_the_faces_it_was_typed_for(page):
    page.keys(Keys.HOME, "c", "Kim")
    page.driver.find_element(By.ID, "face-2").click()
    page.wait(lambda: page.cells()[0][1] == "Kim")
    page.saved()
    assert [name for _, name in page.cells()].count("Kim") == 1
    page.keys(Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    scale = page.scale()
    x, y = page.middle(".current .box")
    page.drag(x + 80 * scale, y + 120 * scale, 60 * scale, 70 * scale)
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".face")) == 2)
    page.keys("t", "hat")
    page.drag(x, y, 0, 0)
    page.saved()
    page.keys(Keys.ESCAPE)
    page.reload()
    assert [line.startswith("hat") for _, line in page.cells()] == [False] * 3 + [True, False]


def test_a_box_is_mended_by_dragging_and_stays_so(page):
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    assert page.box() == pytest.approx(FACE, abs=0.5)
    scale = page.scale()
    page.drag(*page.middle(".handle.se"), 40 * scale, 30 * scale)
    stretched = (FACE[0], FACE[1], FACE[2] + 40, FACE[3] + 30)
    page.wait(lambda: page.box() == pytest.approx(stretched, abs=2 / scale))
    page.drag(*page.middle(".current .box"), 20 * scale, -10 * scale)
    moved = (FACE[0] + 20, FACE[1] - 10, *stretched[2:])
    page.wait(lambda: page.box() == pytest.approx(moved, abs=3 / scale))
    page.saved()
    page.process.kill()
    page.start(page.path)
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    assert page.box() == pytest.approx(moved, abs=3 / scale)
    page.keys("u", "u")
    page.wait(lambda: page.box() == pytest.approx(FACE, abs=0.5))


def test_no_step_is_lost_however_fast_the_keys_are(page):
    page.process.kill()
    write_points(Dataset(page.path))
    page.start(page.path)
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    page.keys("p")
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".point")) == 68)
    page.keys(".")
    x, y = page.point(0)
    fast(page, Keys.ARROW_LEFT, 8)
    page.saved()
    page.wait(lambda: page.point(0) == pytest.approx([x - 8, y], abs=0.2))
    page.keys("p", "p")
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".point")) == 68)
    assert page.point(0) == pytest.approx([x - 8, y], abs=0.2)
    page.keys("p")
    fast(page, Keys.ARROW_RIGHT, 8)
    page.saved()
    page.wait(lambda: page.box() == pytest.approx((FACE[0] + 8, *FACE[1:]), abs=0.5))


def fast(page, key, times):
    """Press alt and a key, as fast as a held key repeats."""
    actions = webdriver.ActionChains(page.driver, duration=5).key_down(Keys.ALT)
    actions.send_keys(key * times).key_up(Keys.ALT).perform()


def test_a_missed_face_is_drawn_and_a_false_one_deleted(page):
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    scale = page.scale()
    x, y = page.middle(".current .box")
    page.drag(x + 80 * scale, y + 120 * scale, 60 * scale, 70 * scale)
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".face")) == 2)
    page.keys("3")
    page.wait(lambda: "Woman, glasses" in page.driver.find_element(By.ID, "view").text)
    page.saved()
    page.process.kill()
    page.start(page.path)
    assert len(page.cells()) == 5
    assert "Woman, glasses" in page.groups()


def test_a_point_is_moved_undone_and_is_there_after_a_kill(page):
    page.process.kill()
    first = write_points(Dataset(page.path))[30]
    page.start(page.path)
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    scale = page.scale()
    page.keys("p")
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".point")) == 68)
    page.wait(lambda: page.scale() > scale)  # close up
    scale = page.scale()
    page.drag(*page.middle('[data-point="30"]'), 12 * scale, -9 * scale)
    moved = [first[0] + 12, first[1] - 9]
    page.wait(lambda: page.point(30) == pytest.approx(moved, abs=2 / scale))
    page.saved()
    page.keys("u")
    page.wait(lambda: page.point(30) == pytest.approx(list(first), abs=0.1))
    page.drag(*page.middle('[data-point="30"]'), 12 * scale, -9 * scale)
    page.saved()
    page.keys(".")
    webdriver.ActionChains(page.driver).key_down(Keys.ALT).send_keys(Keys.ARROW_LEFT).key_up(
        Keys.ALT
    ).perform()
    page.saved()
    kept = {number: page.point(number) for number in (30, 31)}
    page.process.kill()
    page.start(page.path)
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    page.keys("p")
    page.wait(lambda: len(page.driver.find_elements(By.CSS_SELECTOR, ".point")) == 68)
    assert page.point(30) == pytest.approx(moved, abs=2 / scale)
    assert {number: page.point(number) for number in (30, 31)} == {
        number: pytest.approx(point, abs=0.1) for number, point in kept.items()
    }


def test_characters_are_merged_and_split_by_a_key(page):
    page.process.kill()
    data = Dataset(page.path)
    read(data, list(np.eye(128)[[0, 1, 2, 0]]))
    find_characters(data)
    page.start(page.path)

    def shown():
        return [line.split(" · ")[0].removeprefix(f"{TITLE}/") for _, line in page.cells()]

    page.wait(lambda: shown() == ["001", "002", "003", "001"])
    page.keys(Keys.HOME, Keys.ARROW_RIGHT)
    webdriver.ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(
        Keys.SHIFT
    ).perform()
    page.keys("m")
    page.wait(lambda: shown() == ["001", "002", "002", "001"])
    page.keys(Keys.END, "s")
    page.wait(lambda: shown() == ["001", "002", "002", "003"])
    page.wait(lambda: "1 face is now" in page.driver.find_element(By.ID, "count").text)
    page.saved()
    page.process.kill()
    page.start(page.path)
    page.wait(lambda: shown() == ["001", "002", "002", "003"])
    page.keys("u")
    page.wait(lambda: shown() == ["001", "002", "002", "001"])


def test_another_reviewers_word_appears_and_is_not_undone(page):
    page.keys(Keys.HOME, "1")
    page.wait(lambda: page.groups()[0] == "Woman")
    ben = open_desk(page.path, "ben", PERSON)
    second = ben.faces(TITLE, "ep 1")[1].face
    ben.say([("set", second, {"gender": "man", "glasses": True})])
    page.wait(lambda: page.groups() == ["Woman", "Man, glasses", "–", "–"])
    page.keys("u", "u")
    page.wait(lambda: page.groups() == ["–", "Man, glasses", "–", "–"])
    page.saved()


def test_of_many_faces_only_those_in_view_are_in_the_page(page):
    page.process.kill()
    many = [(10.0 + n % 300, 10.0 + n % 500, 70.0, 70.0) for n in range(3000)]
    place(Dataset(page.path), "ep 1", many)
    page.start(page.path)
    for key in (Keys.PAGE_DOWN, Keys.END, Keys.ARROW_UP):
        page.keys(key)
        page.wait(lambda: all(group for group, _ in page.cells()))
        assert page.js("document.querySelectorAll('.cell').length") < 100
    page.keys(Keys.END)
    page.wait(lambda: page.js("document.getElementById('face-3001') !== null"))
    pictures = "[...document.querySelectorAll('.cell:not([hidden]) img')]"
    page.wait(lambda: page.js(f"{pictures}.every((one) => one.naturalWidth > 0)"))


def test_a_server_that_is_gone_is_told_and_shows_no_label(page):
    page.process.kill()
    page.keys("1")
    page.wait(lambda: "Not saved" in page.driver.find_element(By.ID, "problem").text)
    page.wait(lambda: page.driver.find_element(By.ID, "saved").text == "Not saved")
    assert page.alarm("saved") and page.alarm("problem")
    assert page.groups()[0] == "–"
    page.start(page.path)


def test_a_note_is_no_alarm_and_goes_with_the_face(page):
    page.keys("u")
    page.wait(lambda: "undo" in page.driver.find_element(By.ID, "problem").text)
    page.keys("m")
    page.wait(lambda: "Nothing changed" in page.driver.find_element(By.ID, "problem").text)
    assert not page.alarm("saved") and not page.alarm("problem")
    page.keys(Keys.HOME, Keys.ENTER)
    page.wait(lambda: page.js("document.querySelector('.handle.se') !== null"))
    page.keys("p")
    page.wait(lambda: "no landmarks" in page.driver.find_element(By.ID, "problem").text)
    assert page.driver.find_element(By.ID, "saved").text == "All saved"
    assert not page.alarm("saved") and not page.alarm("problem")
    page.keys(Keys.ARROW_RIGHT)
    page.wait(lambda: page.js("document.getElementById('problem').hidden"))


def test_a_page_that_is_gone_is_told(page, tmp_path):
    page.process.kill()
    own = make(tmp_path / "own", episodes=1)
    shutil.rmtree(tmp_path / "own-source")
    page.start(own.path)
    page.wait(lambda: page.js("document.querySelector('.cell img').alt") == "no picture")
    page.keys(Keys.END, Keys.ENTER)
    page.wait(lambda: "is gone" in page.driver.find_element(By.ID, "problem").text)
    assert not page.alarm("saved")


def test_every_control_has_a_name_and_can_be_reached_by_tab(page):
    page.driver.find_element(By.ID, "help-open").click()
    assert page.js("document.getElementById('help').open")
    page.keys(Keys.ESCAPE)
    unnamed = page.js(
        "[...document.querySelectorAll('button, input, select')].filter((e) => !(e.ariaLabel || "
        "e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML)"
    )
    assert unnamed == []
    seen = set()
    for _ in range(40):
        page.keys(Keys.TAB)
        seen.add(page.js("document.activeElement.id || document.activeElement.name || ''"))
    assert {"grid", "group", "text", "undo", "character", "tags"} <= seen
