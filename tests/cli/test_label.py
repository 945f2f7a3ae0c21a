"""`webtoon-curate label`: labels out of a dataset and into another, in every format."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from urllib.parse import quote

import faces_dataset
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from faces_dataset import FACE, TITLE, make, place, read

import webtoon_curate
from webtoon_curate.characters.stage import find_characters
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.labels import desk, pages
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON, read_events
from webtoon_curate.labels.exchange import import_labels
from webtoon_curate.labels.fold import labels_of
from webtoon_curate.schema import FACES, GROUPS

EPISODE = (TITLE, "ep 1")
COLUMNS = ["face_id", "x", "y", "width", "height", "page", "gender", "glasses", "group"]
COLUMNS += ["character", "tags", "keep", "keep_reason"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture
def data(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    return Dataset(tmp_path / "data")


@pytest.fixture
def fresh(made, tmp_path):
    """The same dataset before anybody said anything."""
    shutil.copytree(made.path, tmp_path / "fresh")
    return Dataset(tmp_path / "fresh")


def run(*arguments, code=0):
    result = CliRunner().invoke(main, ["label", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def say_all(data):
    """Something of every kind."""
    desk = open_desk(data.path, "ana", PERSON)
    first, second = (face.face for face in desk.faces(*EPISODE))
    third, fourth = (face.face for face in desk.faces(TITLE, "ep 2"))
    box = (20.0, 400.0, 70.0, 75.0)
    missed = desk.place(*EPISODE).ref(None, box)
    desk.say(
        [
            ("set", first, {"gender": "woman", "glasses": True, "character": '김, "Kim"'}),
            ("tags", first, {"add": ["hat", "angry"]}),
            ("box", second, [240.5, 690.25, 85.0, 88.0]),
            ("set", second, {"gender": "man"}),
            ("delete", third, True),
            ("set", fourth, {"gender": "unknown", "keep": False}),
            ("add", missed, None),
            ("set", missed, {"gender": "woman", "glasses": False}),
        ]
    )


def tell_groups(data):
    """Groups and characters as models tell them: nobody spoke."""
    told = {"gender": "man", "glasses": False, "group": "man_no_glasses"}
    told |= {"group_probability": 0.9, "group_source": "made@1"}
    for name in list(data.tables["faces"].episodes()):
        faces = data.tables["faces"].read(*name)
        known = [column for column in GROUPS.names if column in faces.column_names]
        rows = [row | told for row in faces.select(known).to_pylist()]
        note = {"key": "made", "input": data.tables["scenes"].note(*name)["content"]}
        data.tables["groups"].write(*name, pa.Table.from_pylist(rows, GROUPS), note)
    read(data, list(np.eye(128)[:4]))
    find_characters(data)


def rows(data):
    faces = webtoon_curate.load(data.path)[COLUMNS].sort_values("face_id")
    for name in ("x", "y", "width", "height"):
        faces[name] = faces[name].round(2)
    listed = faces.assign(tags=[list(t) if t is not None else None for t in faces.tags])
    return listed.replace({np.nan: None}).to_dict("records")


@pytest.mark.parametrize("file", ["labels.csv", "coco.json", "label-studio.json"])
def test_what_is_exported_comes_back_when_it_is_imported(data, fresh, tmp_path, file):
    say_all(data)
    path = tmp_path / file
    format = () if file.endswith("csv") else ("--format", file[:-5])
    run("export", data.path, path, *format)
    summary = json.loads(run("import", path, fresh.path, "--json"))
    assert (summary["read"], summary["added"], summary["refused"]) == (5, 1, [])
    run("import", path, data.path)  # brings its manifest up to date
    assert rows(fresh) == rows(data)
    again = json.loads(run("import", path, fresh.path, "--json"))
    assert (again["faces"], again["same"]) == (0, 5)


@pytest.mark.parametrize("file", ["labels.csv", "coco.json", "label-studio.json"])
def test_tags_that_a_face_has_and_lacks_go_out_and_come_back(data, fresh, tmp_path, file):
    tags = {"hat": True, 'so, "so"': True, '"fine"': True, "glad": False, "a, b": False}
    desk = open_desk(data.path, "ana", PERSON)
    said = {on: [tag for tag in tags if tags[tag] == on] for on in (True, False)}
    change = {"add": said[True], "remove": said[False]}
    desk.say([("tags", desk.faces(*EPISODE)[0].face, change)])
    format = () if file.endswith("csv") else ("--format", file[:-5])
    run("export", data.path, tmp_path / file, *format)
    run("import", tmp_path / file, fresh.path)
    assert open_desk(fresh.path, "ben", PERSON).faces(*EPISODE)[0].label.tags == tags
    assert "0 faces labelled" in run("import", tmp_path / file, fresh.path)


def test_labels_in_any_order_read_the_pages_of_an_episode_once(data, tmp_path, monkeypatch):
    """Large datasets have more episodes than are held."""
    read = []
    made_place, found_pages = desk.EpisodePlace, pages.PageFinder._read
    counted = lambda make: lambda *of: read.append(of[-1]) or make(*of)  # noqa: E731
    monkeypatch.setattr(desk, "EpisodePlace", counted(made_place))
    monkeypatch.setattr(pages.PageFinder, "_read", counted(found_pages))
    for module in (desk, pages):
        monkeypatch.setattr(module, "_EPISODES_HELD", 1)
    box = ",".join(map(str, FACE))
    rows = [f"{TITLE},ep {n},{box},man" for n in (1, 2, 1, 2)]
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(["title,episode,x,y,width,height,group", *rows]))
    import_labels(data.path, file, dry_run=True)
    assert read == ["ep 1", "ep 2"] * 2  # to place the labels, and to find their faces
    say_all(data)
    other = open_desk(data.path, "ben", PERSON)
    for name in ("ep 2", "ep 1"):
        other.say([("set", other.faces(TITLE, name)[0].face, {"gender": "man"})])
    read.clear()
    labels_of(data)
    assert read == ["ep 1", "ep 2"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_make_of_csv_is_read(data, tmp_path, delimiter):
    path = tmp_path / "labels.csv"
    path.write_text(f"face_id,group\n{TITLE}/ep 1/0000/00,man\n".replace(",", delimiter))
    assert "1 face labelled" in run("import", path, data.path)


def test_imports_are_weaker_than_people_unless_they_are_somebodys(data, tmp_path):
    say_all(data)
    path = tmp_path / "labels.csv"
    first = f"{TITLE}/ep 1/0000/00"
    path.write_text(f"face_id,group\n{first},man_no_glasses\n")
    run("import", path, data.path)
    assert next(row for row in rows(data) if row["face_id"] == first)["group"] == "woman_glasses"
    run("import", path, data.path, "--who", "ben")
    assert next(row for row in rows(data) if row["face_id"] == first)["group"] == "man_no_glasses"


@pytest.mark.parametrize("who", ["", " ana", "a" * 101])
def test_whose_words_they_are_is_a_name(data, fresh, tmp_path, who):
    path = tmp_path / "labels.csv"
    path.write_text(f"face_id,group\n{TITLE}/ep 1/0000/00,man\n")
    assert "is no name" in run("import", path, fresh.path, "--who", who, code=1)
    result = CliRunner().invoke(main, ["review", str(data.path), "--no-browser", "--who", who])
    assert result.exit_code == 1 and "is no name" in result.output
    assert list(read_events(fresh.path)) == []


def test_tags_that_review_would_refuse_are_refused(data, tmp_path):
    path = tmp_path / "labels.csv"
    first = f"{TITLE}/ep 1/0000/00"
    path.write_text(f"face_id,group,tags\n{first},man,{'a' * 101}\n{first},man,hat\n")
    assert "line 2: 'aaa" in run("import", path, data.path, code=3)


def test_all_faces_go_out_for_labelling_elsewhere(data, tmp_path):
    tell_groups(data)
    run("export", data.path, tmp_path / "faces.json", "--format", "label-studio", "--all")
    tasks = json.loads((tmp_path / "faces.json").read_text())
    tasks[0]["data"]["image"] = "/data/local-files/?d=webtoons/" + tasks[0]["data"]["image"]
    # What Label Studio makes of a prediction that somebody opens, corrects and submits.
    tasks[0]["annotations"] = [{"result": tasks[0]["predictions"][0]["result"]}]
    for result in tasks[0]["annotations"][0]["result"]:
        result["value"]["rectanglelabels"] = ["Man glasses"]
    (tmp_path / "faces.json").write_text(json.dumps(tasks))
    run("import", tmp_path / "faces.json", data.path, "--who", "ana")
    assert [row["group"] for row in rows(data)].count("man_glasses") == 1


@pytest.mark.parametrize("file", ["all.csv", "coco.json", "label-studio.json"])
def test_what_models_say_comes_back_as_nobodys_word(data, tmp_path, file):
    tell_groups(data)
    format = () if file.endswith("csv") else ("--format", file[:-5])
    run("export", data.path, tmp_path / file, "--all", *format)
    told = run("import", tmp_path / file, data.path)
    assert ("holds nobody's words" in told) == ("0 labels read" in told) == (file[0] == "l")
    for options in ((), ("--who", "ana")):
        summary = json.loads(run("import", tmp_path / file, data.path, "--json", *options))
        assert (summary["faces"], summary["refused"]) == (0, [])
    sources = webtoon_curate.load(data.path).group_source
    assert set(sources) == {"made@1"}
    content = (tmp_path / file).read_text("utf-8")
    assert f"{TITLE}/001" not in content and content.count("man_no_glasses") >= 4


def test_one_group_that_was_changed_is_the_only_one_that_was_said(data, tmp_path):
    tell_groups(data)
    run("export", data.path, tmp_path / "all.csv", "--all")
    content = (tmp_path / "all.csv").read_text("utf-8")
    content = content.replace(",man_no_glasses,", ",woman_glasses,", 1)
    (tmp_path / "all.csv").write_text(content, "utf-8")
    assert "1 face labelled" in run("import", tmp_path / "all.csv", data.path)
    groups = webtoon_curate.load(data.path).sort_values("face_id")
    assert groups.group.tolist() == ["woman_glasses"] + ["man_no_glasses"] * 3
    assert groups.group_source.tolist() == ["import"] + ["made@1"] * 3


def test_boxes_meet_their_faces_after_another_detector(data, tmp_path):
    say_all(data)
    run("export", data.path, tmp_path / "labels.csv")
    place(data, "ep 1", [tuple(value + 5 for value in FACE)], detector="other@2")
    shutil.rmtree(data.path / "labels")
    run("import", tmp_path / "labels.csv", data.path)
    found = [row for row in rows(data) if row["group"] == "woman_glasses"]
    assert [row["face_id"] for row in found] == [f"{TITLE}/ep 1/0000/00"]


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="no /dev/fd to count open files in")
def test_an_import_leaves_no_file_open(data, fresh, tmp_path):
    say_all(data)
    run("export", data.path, tmp_path / "labels.csv")
    before = len(os.listdir("/dev/fd"))
    assert import_labels(fresh.path, tmp_path / "labels.csv").faces
    assert len(os.listdir("/dev/fd")) == before


def test_a_dry_run_changes_nothing(data, fresh, tmp_path):
    say_all(data)
    run("export", data.path, tmp_path / "labels.csv")
    assert "would be labelled" in run("import", tmp_path / "labels.csv", fresh.path, "--dry-run")
    assert list(read_events(fresh.path)) == []


def test_lines_that_fit_nothing_are_refused_and_the_rest_is_taken(data, tmp_path):
    path = tmp_path / "labels.csv"
    box = "100,120,90,90"
    path.write_text(
        "title,episode,x,y,width,height,group\n"
        f"{TITLE},ep 1,{box},robot\n"
        f"{TITLE},ep 9,{box},man\n"
        f"{TITLE},ep 1,9000,9000,50,50,man\n"
        f"{TITLE},ep 1,-49800,-49800,100000,100000,man\n"
        f"{TITLE},ep 1,{box},man_no_glasses\n"
    )
    output = run("import", path, data.path, code=3)
    assert "line 2: 'robot' is no group; the groups are woman_no_glasses" in output
    assert "line 3: no episode" in output and "line 4: the box lies beyond the page" in output
    assert "line 5: the box is longer than 8,192 px" in output
    assert "1 face labelled" in output


def test_a_row_that_makes_no_sense_does_not_refuse_the_file(data, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "title,episode,x,y,width,height,group,keep\n"
        f"{TITLE},ep 1,a,120,90,90,man,\n"
        f"{TITLE},ep 1,100,120,,90,man,\n"
        f"{TITLE},ep 1,100,120,0,90,man,\n"
        f"{TITLE},ep 1,100,120,90,90,man,perhaps\n"
        f"{TITLE},ep 1,100,120,90,90,man,NO\n"
    )
    output = run("import", path, data.path, code=3)
    for line in (2, 3, 4):
        assert f"line {line}: " in output and "is no box" in output
    assert "line 5: keep is true, false or empty, not 'perhaps'" in output
    assert "1 face labelled" in output
    assert webtoon_curate.load(data.path).keep.tolist()[0] is False


def studio(address, word="woman", **changed):
    """A file of Label Studio with one face."""
    place = {"x": 1, "y": 1, "width": 20, "height": 20, "rectanglelabels": [word], **changed}
    about = {"id": "a", "type": "rectanglelabels", "original_width": 400, "original_height": 600}
    task = {"id": 1, "data": {"image": address}, "annotations": [{"result": [about]}]}
    about["value"] = place
    return json.dumps([task]).encode()


@pytest.mark.parametrize(
    "address", ["{raw}", "/data/local-files/?d=x/{raw}", "/data/local-files/?d=x/{quoted}",
                "http://[::1]:80/{quoted}"]
)  # fmt: skip
def test_names_with_marks_of_addresses_are_found(tmp_path, monkeypatch, address):
    monkeypatch.setattr(faces_dataset, "TITLE", "A & B #1 100%25")
    data = make(tmp_path / "data", episodes=1)
    raw = "A & B #1 100%25/ep 1/p1.png"
    content = studio(address.format(raw=raw, quoted=quote(raw)))
    (tmp_path / "one.json").write_bytes(content)
    assert "1 face labelled" in run("import", tmp_path / "one.json", data.path)


@pytest.mark.parametrize(
    ("turn", "box"),
    [(0, [200, 300, 80, 60]), (90, [140, 300, 60, 80]), (-45, [200, 243.4, 99, 99])],
)
def test_a_rectangle_that_was_turned_in_label_studio_becomes_the_box_around_it(
    data, tmp_path, turn, box
):
    place = {"x": 50, "y": 50, "width": 20, "height": 10, "rotation": turn}
    (tmp_path / "one.json").write_bytes(studio(f"{TITLE}/ep 1/p1.png", **place))
    run("import", tmp_path / "one.json", data.path)
    (event,) = [event for event in read_events(data.path) if event.action == "add"]
    assert event.face.box == pytest.approx(box, abs=0.1)


def test_the_help_of_export_tells_that_new_json_needs_a_format(data, tmp_path):
    assert "a new .json needs it" in run("export", "--help")
    assert "by its content" not in run("export", "--help")
    assert "say --format" in run("export", data.path, tmp_path / "new.json", "--all", code=1)


def scene(bbox=(1, 1, 20, 20), **place):
    """A file of `export coco` with one face."""
    image = {"id": 1, "title": TITLE, "episode": "ep 1", "scene": 0, "x": 0, "y": 0} | place
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox}
    categories = [{"id": 1, "name": "face"}]
    coco = {"images": [image], "annotations": [annotation], "categories": categories}
    return json.dumps(coco).encode()


@pytest.mark.parametrize(
    "content", [studio(f"{TITLE}/ep 1/p1.png", {"a": 1}), scene(bbox=[1, 1, 0, 5])]
)
def test_a_face_that_makes_no_sense_is_refused_alone(fresh, tmp_path, content):
    (tmp_path / "one.json").write_bytes(content)
    assert "1 refused" in run("import", tmp_path / "one.json", fresh.path, code=3)


@pytest.mark.parametrize("file", ["coco.json", "label-studio.json"])
def test_a_box_without_area_of_another_program_is_refused_alone(data, fresh, tmp_path, file):
    say_all(data)
    run("export", data.path, tmp_path / file, "--format", file.removesuffix(".json"))
    content = json.loads((tmp_path / file).read_text("utf-8"))
    if file == "coco.json":
        content["annotations"][0]["bbox"][2] = 0
    else:
        content[0]["annotations"][0]["result"][0]["value"]["width"] = 0
    (tmp_path / file).write_text(json.dumps(content), "utf-8")
    output = run("import", tmp_path / file, fresh.path, code=3)
    assert output.count("is no box") == 1 and "1 refused" in output
    assert "0 faces labelled" not in output


@pytest.mark.parametrize("field", ["image_id", "category_id", "bbox"])
def test_an_annotation_that_names_nothing_of_the_file_is_refused_alone(
    data, fresh, tmp_path, field
):
    say_all(data)
    run("export", data.path, tmp_path / "coco.json", "--format", "coco")
    content = json.loads((tmp_path / "coco.json").read_text("utf-8"))
    content["annotations"][0][field] = 999
    del content["annotations"][1][field]
    (tmp_path / "coco.json").write_text(json.dumps(content), "utf-8")
    output = run("import", tmp_path / "coco.json", fresh.path, code=3)
    assert "2 refused" in output and "3 faces labelled" in output


def test_faces_without_a_place_are_not_exported(data, tmp_path):
    tables = data.tables["faces"]
    faces = tables.read(*EPISODE).to_pylist()
    faces[0]["x"], faces[1]["page"] = float("nan"), "none.png"
    tables.write(*EPISODE, pa.Table.from_pylist(faces, FACES), tables.note(*EPISODE))
    run("export", data.path, tmp_path / "all.csv", "--all")
    lines = (tmp_path / "all.csv").read_text("utf-8").splitlines()[1:]
    assert [line.split(",")[2] for line in lines] == ["ep 2", "ep 2"]


@pytest.mark.parametrize(
    ("name", "content", "advice"),
    [
        ("a.csv", b"x,y\n1,2\n", "needs a header with group"),
        ("a.csv", b"group,face_id\n\xff\xfe,1\n", "save it as UTF-8"),
        ("a.csv", b"", "needs a header"),
        ("a.json", b"{", "no JSON"),
        ("a.json", b"{}", "no coco file"),
        ("a.json", b"[1, 2]", "no label-studio file"),
        ("a.json", b'[{"id": 7, "data": {"image": 3}}]', "task 7 names no picture"),
        ("a.json", studio("http://[x"), "no label-studio file"),
        ("a.json", scene(x="left"), "no coco file"),
        ("a.json", scene(x=10**400), "no coco file"),
        ("a.json", b"[" * 100_000, "no JSON"),
        ("a.txt", b"", "say --format"),
    ],
)
def test_strange_files_are_told_with_advice(data, tmp_path, name, content, advice):
    (tmp_path / name).write_bytes(content)
    assert advice in run("import", tmp_path / name, data.path, code=1)


def test_an_export_does_not_replace_a_file_unasked(data, tmp_path):
    say_all(data)
    path = tmp_path / "labels.csv"
    path.write_text("mine")
    assert "--force" in run("export", data.path, path, code=1)
    assert path.read_text() == "mine"
    run("export", data.path, path, "--force")


def test_an_export_without_labels_says_how_to_get_some(data, tmp_path):
    assert "webtoon-curate review" in run("export", data.path, tmp_path / "a.csv", code=1)


def test_review_of_a_dataset_without_faces_says_how_to_find_some(tmp_path):
    Dataset.create(tmp_path / "empty")
    result = CliRunner().invoke(main, ["review", str(tmp_path / "empty"), "--no-browser"])
    assert result.exit_code == 1
    assert "webtoon-curate detect" in result.output
