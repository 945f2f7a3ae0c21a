"""`webtoon-curate ingest`: layouts, provenance and takedown, from the command to the tables."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image

import webtoon_curate
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest.provenance import Provenance, now, remember
from webtoon_curate.ingest.stage import ingest_sources

EXAMPLE = Path(__file__).parents[2] / "examples" / "episodes" / "pepper-and-carrot"


PANELS = ((380, 560, 920, 1030), (30, 560, 600, 1200))
"""Boxes with faces in the first of the example's pages."""


@pytest.fixture(scope="module")
def panels(tmp_path_factory):
    """An episode of two small pages, with faces on both."""
    folder = tmp_path_factory.mktemp("panels") / "pages"
    folder.mkdir()
    for number, box in enumerate(PANELS):
        Image.open(EXAMPLE / "pages" / "E04P07.jpg").crop(box).save(folder / f"{number}.jpg")
    return folder


def run(*arguments: object, code: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def column(data: Path, stage: str, name: str) -> list:
    tables = Dataset(data).tables[stage]
    return [v for names in tables.episodes() for v in tables.read(*names)[name].to_pylist()]


def reasons(data: Path) -> list[str]:
    return pq.read_table(data / "tables" / "rejects.parquet")["reason"].to_pylist()


def test_a_strip_is_one_strip_however_its_files_are_cut(tmp_path):
    """The example strip in files of 1,280 rows, and as one file, gives the same scenes."""
    run("ingest", EXAMPLE / "strip", "-o", tmp_path / "files")
    pages = [Image.open(path) for path in sorted(EXAMPLE.glob("strip/*.jpg"))]
    whole = Image.new("RGB", (690, sum(page.height for page in pages)))
    for page, y in zip(pages, column(tmp_path / "files", "pages", "y")):
        whole.paste(page, (0, y))
    whole.save(tmp_path / "whole.png")
    run("ingest", tmp_path / "whole.png", "-o", tmp_path / "one")
    for name in ("x", "y", "width", "height", "kind"):
        found = [column(tmp_path / data, "scenes", name) for data in ("files", "one")]
        assert found[0] == found[1]
    assert set(column(tmp_path / "files", "pages", "layout")) == {"strip"}
    assert max(column(tmp_path / "files", "scenes", "pages")) > 1
    assert column(tmp_path / "files", "pages", "page") == [f"{n}.jpg" for n in range(1, 8)]


@pytest.mark.parametrize("layout", ["pages", "images"])
def test_a_layout_can_be_asked_for(tmp_path, layout):
    run("ingest", EXAMPLE / "pages", "-o", tmp_path / "data", "--layout", layout)
    scenes = len(column(tmp_path / "data", "scenes", "scene"))
    assert scenes == {"pages": 11, "images": 2}[layout]


def test_sources_add_up_and_a_clash_of_names_is_told(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(EXAMPLE / "pages", tmp_path / name / "Title" / "1")
    run("ingest", tmp_path / "one", EXAMPLE, "-o", tmp_path / "data")
    assert list(Dataset(tmp_path / "data").tables["pages"].episodes()) == [
        ("Title", "1"),
        ("pepper-and-carrot", "pages"),
        ("pepper-and-carrot", "strip"),
    ]
    run("ingest", tmp_path / "two", "-o", tmp_path / "data", code=3)
    assert "rename one of the two" in reasons(tmp_path / "data")[0]


def test_episodes_that_were_moved_are_read_from_their_new_place_and_nothing_is_found_anew(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(EXAMPLE / "pages", tmp_path / "old" / "Title" / "1")
    run("ingest", tmp_path / "old", "-o", data, "--license", "CC0")
    before = Dataset(data).tables["scenes"].note("Title", "1")
    (tmp_path / "old").rename(tmp_path / "new")
    result = run("ingest", tmp_path / "new", "-o", data)
    after = Dataset(data).tables["scenes"].note("Title", "1")
    assert (after["content"], after["license"]) == (before["content"], "CC0")
    assert after["path"] == str(tmp_path / "new" / "Title" / "1")
    assert "1 episode moved since the last run, such as Title/1" in result.stderr
    assert "done before" in run("ingest", tmp_path / "new", "-o", data).stderr


PLACES = ["A/Season 1/ep 1", "A/Season 1/ep 2", "B/ep 1", "C"]
"""Folders of pages, of a title with seasons, of one without, and of one without episodes."""


@pytest.fixture
def library(tmp_path):
    for number, place in enumerate(PLACES):
        folder = tmp_path / "library" / place
        folder.mkdir(parents=True)
        Image.new("RGB", (40, 60), (number, 0, 0)).save(folder / "1.png")
    return tmp_path / "library"


def names(data: Path) -> list[str]:
    return ["/".join(pair) for pair in Dataset(data).tables["scenes"].episodes()]


def test_an_episode_keeps_its_names_whichever_folder_above_it_is_given(tmp_path, library):
    data = tmp_path / "data"
    run("ingest", library, "-o", data)
    before = names(data)
    assert before == ["A/Season 1 - ep 1", "A/Season 1 - ep 2", "B/ep 1", "library/C"]
    for place in ("A", "A/Season 1", "A/Season 1/ep 2", "C"):
        told = run("ingest", library / place, "-o", data).stderr
        assert "nothing new" in told
        assert names(data) == before
    assert "A/Season 1 - ep 1, not Season 1/ep 1" in run("ingest", library / "A", "-o", data).stderr
    Image.new("RGB", (40, 60), (9, 9, 9)).save(library / "C" / "1.png")
    assert "1 episode" in run("ingest", library / "C", "-o", data).stderr
    assert names(data) == before


def test_a_folder_that_was_given_alone_keeps_its_names_in_the_library(tmp_path, library):
    data = tmp_path / "data"
    run("ingest", library / "A", "-o", data)
    assert names(data) == ["Season 1/ep 1", "Season 1/ep 2"]
    planned = run("ingest", library, "-o", data, "--dry-run")
    assert "Season 1/ep 1, not A/Season 1 - ep 1" in planned.stderr
    assert [line.split("\t")[0] for line in planned.stdout.splitlines()] == ["B/ep 1", "library/C"]
    run("ingest", library, "-o", data)
    assert names(data) == ["B/ep 1", "Season 1/ep 1", "Season 1/ep 2", "library/C"]


def test_a_folder_that_is_given_twice_in_a_run_is_read_once(tmp_path, library):
    run("ingest", library / "A", library, "-o", tmp_path / "data")
    assert sorted(names(tmp_path / "data")) == sorted(
        ["B/ep 1", "Season 1/ep 1", "Season 1/ep 2", "library/C"]
    )


def test_an_episode_that_has_two_names_keeps_both(tmp_path, library, monkeypatch):
    """As earlier versions gave them."""
    data = tmp_path / "data"
    with monkeypatch.context() as patch:
        patch.setattr("webtoon_curate.ingest.planning.names_of_places", lambda dataset: {})
        for place in ("C", "."):
            run("ingest", library / place, "-o", data)
    before = names(data)
    assert {"C/C", "library/C"} < set(before)
    for place in ("C", "."):
        assert "earlier source" not in run("ingest", library / place, "-o", data).stderr
    assert names(data) == before


def test_episodes_that_are_gone_are_told(tmp_path):
    for name in ("1", "2"):
        shutil.copytree(EXAMPLE / "pages", tmp_path / "source" / "Title" / name)
    run("ingest", tmp_path / "source", "-o", tmp_path / "data")
    shutil.rmtree(tmp_path / "source" / "Title" / "2")
    result = run("ingest", tmp_path / "source", "-o", tmp_path / "data", "--dry-run")
    assert "1 episode of the dataset no longer in" in result.stderr
    assert len(list(Dataset(tmp_path / "data").tables["scenes"].episodes())) == 2


@pytest.mark.parametrize("left", ["1", "2"])
def test_episodes_that_are_gone_are_taken_out_when_asked_for(tmp_path, left):
    """What is left is as if the others had never been there."""
    for name in ("1", "2"):
        shutil.copytree(EXAMPLE / "pages", tmp_path / "source" / "Title" / name)
        (tmp_path / "source" / "Title" / name / f"{name}.jpg").touch()
    run("ingest", tmp_path / "source", "-o", tmp_path / "data", code=3)
    shutil.rmtree(tmp_path / "source" / "Title" / {"1": "2", "2": "1"}[left])
    run("ingest", tmp_path / "source", "-o", tmp_path / "data", "--prune", code=3)
    run("ingest", tmp_path / "source", "-o", tmp_path / "fresh", code=3)
    for name in ("scenes", "pages"):
        first, second = (Dataset(tmp_path / data).tables[name] for data in ("data", "fresh"))
        assert list(first.episodes()) == list(second.episodes()) == [("Title", left)]
        assert first.read("Title", left) == second.read("Title", left)
    assert reasons(tmp_path / "data") == reasons(tmp_path / "fresh")
    shutil.rmtree(tmp_path / "source" / "Title")
    shutil.copytree(EXAMPLE / "pages", tmp_path / "source" / "Other")
    run("ingest", tmp_path / "source", "-o", tmp_path / "data", "--prune")
    assert list(Dataset(tmp_path / "data").tables["scenes"].episodes()) == [("source", "Other")]


def test_episodes_that_are_gone_from_the_datasets_own_pages_are_taken_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Dataset.create("data")
    for name in ("1", "2"):
        shutil.copytree(EXAMPLE / "pages", Path("data", "pages", "Title", name))
    run("ingest", "data/pages", "-o", "data")
    shutil.rmtree(Path("data", "pages", "Title", "2"))
    run("ingest", "data/pages", "-o", "data", "--prune")
    assert list(Dataset("data").tables["scenes"].episodes()) == [("Title", "1")]


def test_sources_of_one_run_are_one_run(tmp_path):
    """They are read side by side, joined once, and told together."""
    data, pages = tmp_path / "data", sorted((EXAMPLE / "pages").iterdir())[:2]
    result = run("ingest", *pages, pages[0], "-o", data, "--jobs", 2, "--json")
    told = json.loads(result.stdout)
    assert (told["episodes"], told["skipped"], told["counts"]["pages"]) == (2, 1, 2)
    assert len(list((data / "runs").glob("*-ingest.json"))) == 1
    assert Dataset(data).config["sources"] == [str(page) for page in pages]


def test_in_python_a_source_may_be_a_text_as_other_paths_may(tmp_path):
    data = Dataset.create(tmp_path / "data")
    assert ingest_sources(data, str(EXAMPLE / "pages")).counts["pages"] == 2


def test_two_sources_of_one_run_cannot_have_one_name(tmp_path):
    for name in ("one", "two"):
        shutil.copytree(EXAMPLE / "pages", tmp_path / name / "Title" / "1")
    sources = (tmp_path / "one", tmp_path / "two", "-o", tmp_path / "data")
    planned = run("ingest", *sources, "--dry-run")
    assert "Title/1 was ingested from" in planned.stderr and "1 episode to do" in planned.stderr
    run("ingest", *sources, code=3)
    assert "rename one of the two" in reasons(tmp_path / "data")[0]
    assert "/one/" in column(tmp_path / "data", "pages", "source")[0]


def test_an_empty_folder_beside_others_is_told_and_the_rest_is_read(tmp_path):
    shutil.copytree(EXAMPLE / "pages", tmp_path / "source" / "Title" / "1")
    for name in ("Title/2", "Title/3/.hidden", "Other"):
        (tmp_path / "source" / name).mkdir(parents=True)
    planned = run("ingest", tmp_path / "source", "-o", tmp_path / "data", "--dry-run")
    assert planned.stderr.count("the folder is empty") == 3
    result = run("ingest", tmp_path / "source", "-o", tmp_path / "data", code=3)
    assert "3 inputs were refused" in result.stderr
    assert list(Dataset(tmp_path / "data").tables["pages"].episodes()) == [("Title", "1")]
    rejects = Dataset(tmp_path / "data").rejects()
    assert set(rejects["reason"].to_pylist()) == {"the folder is empty"}
    assert {Path(path).name for path in rejects["path"].to_pylist()} == {"2", "3", "Other"}


def test_a_source_of_empty_folders_only_leaves_nothing_behind(tmp_path):
    (tmp_path / "source" / "Title" / "1").mkdir(parents=True)
    result = run("ingest", tmp_path / "source", "-o", tmp_path / "data", code=1)
    assert "no comic pages" in result.stderr
    assert not (tmp_path / "data").exists()


def licenses(data):
    return {
        names: data.tables["pages"].read(*names)["license"].unique().to_pylist()
        for names in data.tables["pages"].episodes()
    }


def test_a_licence_stays_until_another_is_given(tmp_path):
    one, source, path = ("Title", "1"), tmp_path / "source", tmp_path / "data"
    shutil.copytree(EXAMPLE / "pages", source / "Title" / "1")
    run("ingest", source, "-o", path, "--license", "CC BY 4.0")
    again = run("ingest", source, "-o", path)
    assert licenses(Dataset(path)) == {one: ["CC BY 4.0"]}
    assert "nothing new" in again.stderr and "note:" not in again.stderr
    shutil.copytree(EXAMPLE / "pages", source / "Title" / "2")
    shutil.copytree(EXAMPLE / "pages", tmp_path / "other" / "Other" / "1")
    new = run("ingest", source, "-o", path)
    assert "1 new episode under the licence of the source's others, 'CC BY 4.0'" in new.stderr
    run("ingest", tmp_path / "other", "-o", path)
    told = licenses(Dataset(path))
    assert told[one] == told["Title", "2"] == ["CC BY 4.0"]
    assert told["Other", "1"] == [None]
    other = run("ingest", source, "-o", path, "--license", "CC0-1.0")
    assert "'CC BY 4.0' by 'CC0-1.0' (2 episodes)" in other.stderr
    assert licenses(Dataset(path))[one] == ["CC0-1.0"]
    none = run("ingest", source, "-o", path, "--license", "")
    assert "'CC0-1.0' by none (2 episodes)" in none.stderr
    assert licenses(Dataset(path))[one] == [None]


def test_a_licence_that_is_no_text_is_kept_as_far_as_it_is(tmp_path):
    run("ingest", EXAMPLE / "pages", "-o", tmp_path / "data", "--license", "CC\udcff BY")
    assert set(column(tmp_path / "data", "pages", "license")) == {"CC\ufffd BY"}


def test_provenance_and_license_reach_the_manifest(tmp_path, stock_cascade, panels):
    run("ingest", panels, "-o", tmp_path / "data", "--license", "CC BY 4.0")
    run("detect", tmp_path / "data", "--detector", stock_cascade)
    faces = webtoon_curate.load(tmp_path / "data")
    assert set(faces.license) == {"CC BY 4.0"}
    assert all(Path(source).is_file() for source in faces.source)
    sums = dict(zip(column(tmp_path / "data", "pages", "source"),
                    column(tmp_path / "data", "pages", "sha256")))  # fmt: skip
    for source, sha256 in sums.items():
        assert hashlib.sha256(Path(source).read_bytes()).hexdigest() == sha256


def test_a_page_that_is_taken_down_leaves_every_table(tmp_path, stock_cascade, panels):
    data = tmp_path / "data"
    run("detect", panels, "-o", data, "--detector", stock_cascade)
    page = webtoon_curate.load(data).source[0]
    (data / "takedown.txt").write_text(
        f"{hashlib.sha256(Path(page).read_bytes()).hexdigest()} the artist asked\n"
    )
    run("detect", panels, "-o", data, "--detector", stock_cascade, code=3)
    assert page not in column(data, "pages", "source")
    faces = webtoon_curate.load(data)
    assert len(faces)
    assert page not in set(faces.source)
    assert {path.relative_to(data).as_posix() for path in data.rglob("*.png")} == set(
        faces[faces.keep].crop
    )
    assert "takedown" in reasons(data)[0]
    assert Path(page).is_file()
    again = run("detect", panels, "-o", data, "--detector", stock_cascade, "--json", code=3)
    assert '"episodes": 0' in again.stdout
    run("ingest", panels, "-o", tmp_path / "new", code=0)


def test_a_page_goes_that_is_listed_by_the_address_it_came_from(tmp_path, stock_cascade, panels):
    """A redirect's end, or a picture's own address on a site's page."""
    data = tmp_path / "data"
    Dataset.create(data)
    folder = Path(shutil.copytree(panels, data / "pages" / "Title" / "1"))
    first, second = sorted(folder.glob("*.jpg"))
    for page in (first, second):
        origin = ("https://site.test/episode/1", f"https://cdn.test/{page.name}", now())
        about = (hashlib.sha256(page.read_bytes()).hexdigest(), "image/jpeg", page.stat().st_size)
        remember(folder, Provenance(page.name, *origin, *about))
    run("ingest", data / "pages", "-o", data)
    run("ingest", data / "pages", "-o", tmp_path / "other")
    for dataset in (data, tmp_path / "other"):
        (dataset / "takedown.txt").write_text(f"https://cdn.test/{first.name}\n")
    run("detect", tmp_path / "other", "--detector", stock_cascade, code=3)
    assert column(tmp_path / "other", "pages", "page") == [second.name]
    assert first.exists()
    run("detect", data, "--detector", stock_cascade)
    assert column(data, "pages", "page") == [second.name]
    assert not first.exists()


def test_a_page_is_known_by_its_record_whatever_its_name(tmp_path):
    """Addresses that were encoded twice leave percent signs in names."""
    folder = tmp_path / "source"
    folder.mkdir()
    page = shutil.copy(EXAMPLE / "pages" / "E04P07.jpg", folder / "0001-%ED%95%9C.jpg")
    about = (hashlib.sha256(page.read_bytes()).hexdigest(), "image/jpeg", page.stat().st_size)
    address = "https://cdn.test/%25ED%2595%259C.jpg"
    remember(folder, Provenance(page.name, address, address, now(), *about, "CC0"))
    run("ingest", folder, "-o", tmp_path / "data")
    assert column(tmp_path / "data", "pages", "source") == [address]
    assert column(tmp_path / "data", "pages", "license") == ["CC0"]


def test_pages_go_whose_archive_is_listed(tmp_path, stock_cascade, panels):
    data = tmp_path / "data"
    Dataset.create(data)
    folder = data / "pages" / "Title"
    shutil.make_archive(str(folder / "1"), "zip", panels)
    archive = folder / "1.zip"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    address, about = "https://cdn.test/1.zip", ("application/zip", archive.stat().st_size)
    remember(folder, Provenance(archive.name, address, address, now(), digest, *about))
    run("ingest", data / "pages", "-o", data)
    (data / "takedown.txt").write_text(digest)
    run("detect", data, "--detector", stock_cascade, code=3)
    assert column(data, "pages", "page") == []
    assert not archive.exists()


def test_pages_go_whose_own_archive_is_listed(tmp_path):
    data, source = tmp_path / "data", tmp_path / "source"
    shutil.copytree(EXAMPLE / "pages", source / "other")
    archive = Path(shutil.make_archive(str(source / "1"), "zip", EXAMPLE / "pages"))
    run("ingest", source, "-o", data)
    pages = column(data, "pages", "episode")
    lists = data / "takedown.txt"
    lists.write_text(hashlib.sha256(archive.read_bytes()).hexdigest())
    run("ingest", source / "other", "-o", data, code=3)
    assert set(column(data, "pages", "episode")) == {"other"}
    assert reasons(data) == [f"on the takedown list ({lists}:1)"]
    assert archive.exists()
    written = {path: path.stat().st_mtime_ns for path in (data / "tables").rglob("*.parquet")}
    run("ingest", source / "other", "-o", data)
    assert written == {path: path.stat().st_mtime_ns for path in written}
    run("ingest", source, "-o", tmp_path / "new")
    shutil.copy(lists, tmp_path / "new")
    run("ingest", source, "-o", tmp_path / "new", "--force", code=3)
    assert set(column(tmp_path / "new", "pages", "episode")) == {"other"}
    lists.write_text("")
    run("ingest", source, "-o", data)
    assert column(data, "pages", "episode") == pages


def test_a_page_comes_back_when_its_takedown_does_not_hold_any_more(tmp_path):
    data, source = tmp_path / "data", tmp_path / "source"
    shutil.copytree(EXAMPLE, source)
    run("ingest", source, "-o", data)
    before = {name: column(data, "pages", name) for name in ("source", "sha256")}
    lists = data / "takedown.txt"
    lists.write_text(before["sha256"][0])
    run("ingest", source, "-o", data, code=3)
    lists.write_text(f"# asked by mail\n{before['sha256'][0]}")
    assert "nothing new" in run("ingest", source, "-o", data, code=3).stderr
    lists.write_text("# asked by mail\n")
    run("ingest", source, "-o", data)
    assert {name: column(data, "pages", name) for name in before} == before
    assert "nothing new" in run("ingest", source, "-o", data).stderr


def test_a_takedown_holds_for_a_dataset_whose_source_is_gone(tmp_path, stock_cascade, panels):
    data = tmp_path / "data"
    shutil.copytree(panels, tmp_path / "source")
    run("detect", tmp_path / "source", "-o", data, "--detector", stock_cascade)
    sums = column(data, "pages", "sha256")
    away = (tmp_path / "source").rename(tmp_path / "away")
    (data / "takedown.txt").write_text("\n".join(sums))
    run("detect", data, "--detector", stock_cascade, code=3)
    assert len(webtoon_curate.load(data)) == 0
    assert not list(data.rglob("*.png"))
    (data / "takedown.txt").write_text("")
    away.rename(tmp_path / "source")
    run("ingest", tmp_path / "source", "-o", data)
    assert column(data, "pages", "sha256") == sums
