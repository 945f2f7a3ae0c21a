"""Episode pages go through `gallery-dl`: a stand-in that writes what the real one (1.32) writes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys

import pytest
from server import Server, page

from webtoon_curate.ingest import gallery
from webtoon_curate.ingest.provenance import Takedown, provenance
from webtoon_curate.ingest.urls import PageAddress
from webtoon_curate.ingest.web import fetch

WEBTOONS = "https://www.webtoons.com/en/comedy/safe/ep-572/viewer?title_no=352&episode_no=572"
NAVER = "https://comic.naver.com/webtoon/detail?titleId=26458&no=1"
TAPAS = "https://tapas.io/episode/77"
LIST = "https://www.webtoons.com/en/comedy/safe/list?title_no=352"
JPEG = b"\xff\xd8\xff\xe0 page %d"

# The fields that the extractors of gallery-dl 1.32.18 write (of many more).
ABOUT = {
    WEBTOONS: {
        "category": "webtoons",
        "comic": "safe",
        "comic_name": "Safely: Endangered",
        "title": "Safely Endangered - Ep. 572 - Earth",
        "title_no": "352",
        "episode_no": "572",
        "episode": "570",
    },
    NAVER: {
        "category": "naver-webtoon",
        "comic": "N의등대",
        "title_id": "26458",
        "episode": "1",
        "title": "n의 등대 1화",
    },
    TAPAS: {
        "category": "tapas",
        "id": 77,
        "scene": 2,
        "title": "Ep two",
        "series": {"id": 5, "title": "Tomb King"},
    },
}
ABOUT[LIST] = ABOUT[WEBTOONS]

STAND_IN = """#!{python}
import json, os, pathlib, sys
plan = json.loads(pathlib.Path(__file__).with_name("plan.json").read_text())
with open(plan["log"], "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
options = dict(a[2:].partition("=")[::2] for a in sys.argv[1:-1] if a.startswith("--"))
archive = pathlib.Path(options["download-archive"])
known = archive.read_text().split() if archive.exists() else []
folder = pathlib.Path(options["destination"], plan["about"]["category"], "a comic")
folder.mkdir(parents=True, exist_ok=True)
for entry in plan["files"]:
    if entry["url"] in known:
        print("#", entry["url"])
        continue
    path = folder / entry["name"]
    path.write_bytes(entry["body"].encode("latin-1"))
    about = dict(plan["about"], num=entry["num"], filename=path.stem, extension="jpg")
    about["url"] = entry["url"]
    if "no metadata" not in entry:
        path.with_name(path.name + ".json").write_text(json.dumps(about))
    known.append(entry["url"])
    archive.write_text("\\n".join(known))
    print(path)
print(plan["says"], file=sys.stderr)
sys.exit(plan["code"])
"""


class StandIn:
    """A `gallery-dl` on PATH; `plan` is what it does, `calls` the arguments it was given."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        program = folder / "gallery-dl"
        program.write_text(STAND_IN.format(python=sys.executable))
        program.chmod(0o755)

    def plan(self, address, *, code=0, says="", pages=3, bodies=None, **entry):
        bodies = bodies or [JPEG % n for n in range(1, pages + 1)]
        files = [
            {
                "name": f"572-{n:02}.jpg",
                "num": n,
                "url": f"https://cdn.test/{n}.jpg",
                "body": body.decode("latin-1"),
                **entry,
            }
            for n, body in enumerate(bodies, 1)
        ]
        about = ABOUT[address]
        plan = {"log": str(self.log), "about": about, "files": files, "code": code, "says": says}
        (self.folder / "plan.json").write_text(json.dumps(plan))

    @property
    def calls(self):
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return StandIn(folder)


def hand(tmp_path, address, title="", episode="", **settings):
    return fetch([PageAddress(address, title, episode)], tmp_path / "pages", **settings)


def visible(tmp_path):
    root = tmp_path / "pages"
    found = (path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if not any(p[0] == "." for p in path.parts)]


@pytest.mark.parametrize(
    "address, known",
    [
        (WEBTOONS, True),
        (NAVER, True),
        (TAPAS, True),
        (LIST, True),
        ("https://comic.naver.com/challenge/list?titleId=1", True),
        ("https://tapas.io/series/a-title", True),
        ("https://webtoons.com/en/canvas/a/b/viewer?title_no=1&episode_no=2", True),
        ("https://webtoon-phinf.pstatic.net/1.jpg", False),
        ("https://image-comic.pstatic.net/webtoon/detail/1.jpg", False),
        ("https://evil.test/https://tapas.io/episode/1", False),
        ("https://tapas.io.evil.test/episode/1", False),
        ("https://www.webtoons.com/logo.png", False),
    ],
)
def test_which_addresses_are_handed_over(address, known):
    assert gallery.knows(address) is known


@pytest.mark.parametrize(
    "address, place",
    [(WEBTOONS, "Safely_ Endangered/572"), (NAVER, "N의등대/1"), (TAPAS, "Tomb King/2")],
    ids=["webtoons", "naver", "tapas"],
)
def test_pictures_and_metadata_are_taken_in(tmp_path, stand_in, address, place):
    stand_in.plan(address)
    report = hand(tmp_path, address, license="all rights reserved")
    names = [f"{n:04d}-572-{n:02d}.jpg" for n in (1, 2, 3)]
    assert visible(tmp_path) == [f"{place}/{name}" for name in names]
    assert [path.name for path in report.fetched] == names and report.rejects == []
    records = provenance(tmp_path / "pages" / place)
    assert list(records) == names
    second = records[names[1]]
    assert (second.source, second.final_address) == (address, "https://cdn.test/2.jpg")
    assert second.sha256 == hashlib.sha256(JPEG % 2).hexdigest()
    assert (second.license, second.type) == ("all rights reserved", "image/jpeg")


def test_it_is_run_without_configuration_shell_or_haste(tmp_path, stand_in):
    stand_in.plan(WEBTOONS)
    hand(tmp_path, WEBTOONS, delay=2.5, retries=7, timeout=9, max_bytes=12_345)
    (arguments,) = stand_in.calls
    assert arguments[-2:] == ["--", WEBTOONS]
    assert {
        "--config-ignore",
        "--write-metadata",
        "--sleep=2.5",
        "--sleep-request=2.5",
        "--retries=7",
        "--http-timeout=9",
        "--filesize-max=12345",
    } <= set(arguments)


def test_title_and_episode_of_the_list_go_before_the_sites(tmp_path, stand_in):
    stand_in.plan(WEBTOONS, pages=1)
    hand(tmp_path, WEBTOONS, "Mine", "Seven")
    assert visible(tmp_path) == ["Mine/Seven/0001-572-01.jpg"]


def test_an_episode_that_is_whole_is_not_asked_for_again(tmp_path, stand_in):
    stand_in.plan(WEBTOONS)
    hand(tmp_path, WEBTOONS)
    report = hand(tmp_path, WEBTOONS)
    assert len(stand_in.calls) == 1
    assert len(report.skipped) == 3 and report.fetched == []

    (tmp_path / "pages/Safely_ Endangered/572/0002-572-02.jpg").unlink()
    hand(tmp_path, WEBTOONS)
    assert len(stand_in.calls) == 2 and len(visible(tmp_path)) == 3


def test_an_episode_list_is_asked_for_what_is_new(tmp_path, stand_in):
    stand_in.plan(LIST, pages=2)
    hand(tmp_path, LIST)
    stand_in.plan(LIST, pages=3)
    report = hand(tmp_path, LIST)
    assert [path.name for path in report.fetched] == ["0003-572-03.jpg"]
    assert len(report.skipped) == 2 and len(visible(tmp_path)) == 3


def test_a_failure_keeps_what_came_and_the_next_run_goes_on(tmp_path, stand_in):
    stand_in.plan(WEBTOONS, pages=2, code=4, says="[webtoons][error] HttpError: '404 Not Found'")
    report = hand(tmp_path, WEBTOONS)
    assert len(report.fetched) == 2
    (row,) = report.rejects
    assert row.path == WEBTOONS
    assert (
        row.reason == "gallery-dl ended with code 4: [webtoons][error] HttpError: '404 Not Found'"
    )
    stand_in.plan(WEBTOONS, pages=3)
    report = hand(tmp_path, WEBTOONS)
    assert (len(report.fetched), len(report.skipped), report.rejects) == (1, 2, [])


def test_pages_that_a_full_disk_did_not_take_are_taken_by_the_next_run(
    tmp_path, stand_in, monkeypatch
):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    stand_in.plan(WEBTOONS)
    with monkeypatch.context() as broken, pytest.raises(OSError, match="No space"):
        broken.setattr(gallery, "commit", full)
        hand(tmp_path, WEBTOONS)
    report = hand(tmp_path, WEBTOONS)
    assert (len(report.fetched), report.rejects) == (3, [])


def test_what_is_no_picture_or_has_no_metadata_is_a_reject(tmp_path, stand_in):
    stand_in.plan(TAPAS, bodies=[JPEG % 1, b"<html>a novel</html>", JPEG % 3 + bytes(500)])
    report = hand(tmp_path, TAPAS, max_bytes=100)
    assert [row.reason for row in report.rejects] == [
        "not a picture but an HTML page",
        "larger than 100 bytes: 511",
    ]
    assert len(visible(tmp_path)) == 1

    stand_in.plan(NAVER, pages=1, **{"no metadata": True})
    assert "no metadata" in hand(tmp_path, NAVER).rejects[0].reason


def test_listed_pictures_and_episodes_are_not_kept(tmp_path, stand_in):
    stand_in.plan(NAVER)
    takedown = Takedown(
        sha256={hashlib.sha256(JPEG % 1).hexdigest(): "list:1"},
        addresses={"cdn.test/2.jpg?": "list:2"},
    )
    report = hand(tmp_path, NAVER, takedown=takedown)
    assert visible(tmp_path) == ["N의등대/1/0003-572-03.jpg"]
    assert [row.reason for row in report.rejects] == [
        "on the takedown list (list:1)",
        "on the takedown list (list:2)",
    ]
    # Listed after it was taken in: deleted, and not fetched again.
    takedown.sha256[hashlib.sha256(JPEG % 3).hexdigest()] = "list:3"
    hand(tmp_path, NAVER, takedown=takedown)
    assert visible(tmp_path) == [] and len(stand_in.calls) == 1

    takedown.addresses["tapas.io/episode/77?"] = "list:4"
    assert hand(tmp_path, TAPAS, takedown=takedown).rejects[0].reason == (
        "on the takedown list (list:4)"
    )
    assert len(stand_in.calls) == 1


def test_hostile_metadata_stays_in_the_folder(tmp_path, stand_in, monkeypatch):
    evil = {**ABOUT[NAVER], "comic": "../../../escape", "episode": "/etc"}
    monkeypatch.setitem(ABOUT, NAVER, evil)
    stand_in.plan(NAVER, pages=1, num=-5, url="javascript:1")
    report = hand(tmp_path, NAVER)
    (path,) = report.fetched
    assert path.resolve().is_relative_to((tmp_path / "pages").resolve())
    assert len(path.relative_to(tmp_path / "pages").parts) == 3
    assert provenance(path.parent)[path.name].final_address == NAVER


def test_nothing_found_is_told(tmp_path, stand_in):
    stand_in.plan(NAVER, pages=0)
    (row,) = hand(tmp_path, NAVER).rejects
    assert row.reason == "gallery-dl found no pictures there"


def test_a_hung_program_is_ended(tmp_path, stand_in, monkeypatch):
    monkeypatch.setattr(gallery, "SILENCE", 0.3)
    program = stand_in.folder / "gallery-dl"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    assert "ended with code -9" in hand(tmp_path, NAVER).rejects[0].reason


def test_without_gallery_dl_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "command", lambda: None)
    with Server() as server:
        server.answers = {"/1.jpg": page(JPEG % 1)}
        pages = [PageAddress(NAVER), PageAddress(server.url("/1.jpg"))]
        report = fetch(pages, tmp_path, delay=0, allow_private=True)
    assert len(report.fetched) == 1
    assert 'pip install "webtoon-curate[scrape]"' in report.rejects[0].reason


def test_a_dry_run_starts_nothing(tmp_path, stand_in):
    report = hand(tmp_path, NAVER, dry_run=True)
    assert [planned.verdict for planned in report.planned] == ["gallery-dl"]
    assert stand_in.calls == [] and not (tmp_path / "pages").exists()


def test_the_options_are_those_of_the_installed_gallery_dl(tmp_path):
    """Against the real program, where it is installed."""
    option = pytest.importorskip("gallery_dl.option")
    arguments = gallery._options(tmp_path, 1.0, 4, 100, 30.0)
    args = option.build_parser().parse_args([*arguments, "--", WEBTOONS])
    assert args.urls == [WEBTOONS]


def test_the_real_gallery_dl_writes_what_is_taken_in(tmp_path, monkeypatch):
    """A picture through the real program: names, metadata and address as the stand-in has them."""
    pytest.importorskip("gallery_dl")
    monkeypatch.setattr(gallery, "knows", lambda address: True)
    program = [sys.executable, "-m", "gallery_dl"]
    monkeypatch.setattr(gallery, "command", lambda: program)
    with Server() as server:
        server.answers = {"/a/1.jpg": page(JPEG % 1)}
        report = hand(tmp_path, server.url("/a/1.jpg"), "T", delay=0)
    (path,) = report.fetched
    assert path.parent.parent.name == "T" and path.read_bytes() == JPEG % 1
    assert provenance(path.parent)[path.name].final_address == server.url("/a/1.jpg")
