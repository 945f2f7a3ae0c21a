"""The review server: who may ask, what it refuses, and that killing it loses nothing."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from faces_dataset import TITLE, ReviewProcess, make, read, write_points
from hostile import png_of_size
from PIL import Image

import webtoon_curate
from webtoon_curate.characters.stage import find_characters
from webtoon_curate.cli import main
from webtoon_curate.dataset import Dataset
from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON
from webtoon_curate.manifest import write_manifest
from webtoon_curate.review.index import FaceIndex
from webtoon_curate.review.pictures import THUMB, ByteCache, Pictures
from webtoon_curate.review.server import ReviewServer
from webtoon_curate.schema import WHOLE


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "data")


@pytest.fixture
def data(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "data")
    return Dataset(tmp_path / "data")


@pytest.fixture
def server(data):
    with serving(data) as running:
        yield running


class serving:
    """A server in a thread of this process."""

    def __init__(self, data, who="ana"):
        desk = open_desk(data.path, who, PERSON)
        self.server = ReviewServer(FaceIndex(desk), Pictures(desk.dataset, desk.place))

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.server.pictures.close()


def ask(address, path="", body=None, **headers):
    """(status, headers, body) of a request as the page makes it, but for `headers`."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    sent = {} if body is None else {"Content-Type": "application/json"}
    sent |= {"Origin": f"http://{url.netloc}"} if body is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in sent.items() if value is not None}
    text = json.dumps(body) if isinstance(body, dict) else body
    target = path if path.startswith("/") else url.path + path
    connection.request("GET" if body is None else "POST", target, text, sent)
    response = connection.getresponse()
    answer = response.status, dict(response.getheaders()), response.read()
    connection.close()
    return answer


def got(address, path, body=None):
    status, _, text = ask(address, path, body)
    assert status == 200, text
    return json.loads(text)


SAY = {"action": "set", "faces": [0], "value": {"gender": "woman", "glasses": False}}


def vector(seed):
    unit = np.random.default_rng(seed).normal(size=128)
    return unit / np.linalg.norm(unit)


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


def test_only_this_machine_can_reach_it(server):
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("episode=1", 2),
        ("group=none", 3),
        ("group=woman_no_glasses", 1),
        ("source=human", 1),
        ("low=0.85", 2),
        ("high=0.85", 2),
        ("keep=no", 1),
        ("reason=not_a_face", 1),
        ("character=Kim", 1),
        ("text=kim", 1),
        ("text=ep+2", 2),
        ("keep=no&group=woman_no_glasses", 0),
    ],
)
def test_filters(server, query, count):
    got(server.address, "say", SAY)
    got(server.address, "say", {"action": "set", "faces": [0], "value": {"character": "Kim"}})
    got(server.address, "say", {"action": "delete", "faces": [3], "value": True})
    assert len(got(server.address, f"faces?{query}")["numbers"]) == count


def test_pictures_are_cut_and_kept_within_bounds(server):
    status, headers, body = ask(server.address, "thumb?n=0")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    from io import BytesIO

    assert Image.open(BytesIO(body)).size == (THUMB, THUMB)
    window = got(server.address, "panel?e=0&s=1")["window"]
    picture = Image.open(BytesIO(ask(server.address, "panel.jpg?e=0&s=1")[2]))
    assert picture.size == tuple(window[2:])
    cache = ByteCache(100)
    for number in range(50):
        assert cache.get(number % 7, lambda: b"x" * 30) == b"x" * 30
        assert cache._held <= 100


def write_whole(data, name, rows):
    schema = WHOLE[name]
    ids = data.tables["faces"].read(TITLE, "ep 1")["face_id"].to_pylist()
    ids += data.tables["faces"].read(TITLE, "ep 2")["face_id"].to_pylist()
    rows = [
        {"face_id": face_id, "title": TITLE, "episode": face_id.split("/")[1], **row}
        for face_id, row in zip(ids, rows)
        if row
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), data.path / "tables" / f"{name}.parquet")


def clustered(data, names):
    rows = [{"character": f"{TITLE}/{name}", "confidence": 0.9} for name in names]
    write_whole(data, "characters", rows)


def characters(address):
    numbers = got(address, "faces?")["numbers"]
    records = got(address, f"records?n={','.join(map(str, numbers))}")
    return [(face["character"] or "").removeprefix(f"{TITLE}/") for face in records]


def test_low_quality_and_duplicates_and_suggestions_are_found(data):
    write_points(data)
    cluster = data.tables["faces"].read(TITLE, "ep 2")["face_id"][0].as_py()
    same = {"duplicate_cluster": cluster, "kind": "near", "distance": 3}
    write_whole(data, "clusters", [None, same, same, None])
    hat = {"kind": "tag", "word": "hat", "source": "propagated@1"}
    likely = [{**hat, "probability": p, "order": o} for p, o in ((0.9, None), (0.5, 2), (0.6, 1))]
    write_whole(data, "suggestions", [*likely, None])
    with serving(data) as server:
        numbers = {
            query: got(server.address, f"faces?{query}")["numbers"]
            for query in ("quality=0.6", "order=quality", "duplicates=yes", "suggested=tag:+hat")
        }
        summary = got(server.address, "summary")
    assert numbers["quality=0.6"] == [0, 1]
    assert numbers["order=quality"] == [0, 1, 2, 3]
    assert numbers["duplicates=yes"] == [1, 2]
    assert numbers["suggested=tag:+hat"] == [2, 1, 0]
    assert (summary["duplicates"], summary["suggested"]) == (2, [["tag: hat", 3]])


def rewritten(data, stage, change):
    """Every row of a stage's table after `change(number, row)`."""
    tables = data.tables[stage]
    for name in list(tables.episodes()):
        rows = tables.read(*name).to_pylist()
        for number, row in enumerate(rows):
            change(number, row)
        tables.write(*name, pa.Table.from_pylist(rows, tables.schema), tables.note(*name))


@pytest.mark.parametrize(
    ("column", "value"),
    [("x", np.nan), ("y", np.inf), ("width", np.nan), ("height", -50.0), ("width", 0.0)],
)
def test_faces_without_a_box_are_left_out_and_told(data, column, value):
    rewritten(data, "faces", lambda number, row: number or row.update({column: value}))
    with serving(data) as server:
        for order in ("place", "score", "quality", "character", "size"):
            numbers = got(server.address, f"faces?order={order}")["numbers"]
            assert len(numbers) == 2
        assert len(got(server.address, "panel?e=0&s=0")["faces"]) == 0
        assert all(ask(server.address, f"thumb?n={number}")[0] == 200 for number in numbers)
    told = CliRunner().invoke(main, ["review", str(data.path), "--dry-run"])
    assert told.exit_code == 0 and "2 more have no box" in told.stderr
    assert f"{TITLE}/ep 1/0000/00" in told.stderr and "webtoon-curate detect" in told.stderr


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_nothing(data, value):
    rewritten(data, "faces", lambda number, row: row.update(score=value))
    with serving(data) as server:
        assert len(got(server.address, "faces?order=score")["numbers"]) == 4
        text = ask(server.address, "records?n=0,1,2,3")[2].decode()
    assert "NaN" not in text and "Infinity" not in text
    assert [face["score"] for face in json.loads(text)] == [None] * 4


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


def test_a_point_is_moved_and_undone(data):
    first = write_points(data)
    with serving(data) as server:
        points = got(server.address, "points?n=0")
        assert np.allclose(points, first, atol=1e-3)
        say = {"action": "points", "faces": [0], "value": {"30": [111.5, 222.5]}}
        (changed,) = got(server.address, "say", say)
        assert changed["n"] == 0 and changed["points"]
        assert got(server.address, "points?n=0")[30] == [111.5, 222.5]
        assert [face["n"] for face in got(server.address, "undo", {})] == [0]
        assert got(server.address, "points?n=0") == points
        got(server.address, "say", say)
    with serving(data) as server:
        assert got(server.address, "points?n=0")[30] == [111.5, 222.5]
    write_manifest(data)
    assert list(webtoon_curate.load(data.path).landmarks[0][60:62]) == [111.5, 222.5]


def test_a_face_without_landmarks_has_no_points(server):
    assert got(server.address, "points?n=0") == []


def test_characters_are_merged_and_split_and_stay_so(data):
    read(data, [vector(seed) for seed in (1, 2, 3, 1)])
    find_characters(data)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "003", "001"]
        assert len(got(server.address, "merge", {"faces": [1, 2]})) == 2
        assert characters(server.address) == ["001", "002", "002", "001"]
        got(server.address, "split", {"faces": [3]})
        assert characters(server.address) == ["001", "002", "002", "003"]
    find_characters(data)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "002", "003"]
        got(server.address, "undo", {})
        got(server.address, "undo", {})
        find_characters(data, force=True)
    with serving(data) as server:
        assert characters(server.address) == ["001", "002", "003", "001"]


def test_a_merged_character_keeps_its_given_name(data):
    clustered(data, ["001", "002", "001", "003"])
    with serving(data) as server:
        name = {"action": "set", "faces": [1], "value": {"character": "Kim"}}
        got(server.address, "say", name)
        got(server.address, "merge", {"faces": [0, 1]})
        assert characters(server.address) == ["Kim", "Kim", "Kim", "003"]


@pytest.mark.parametrize(
    ("path", "faces"),
    [
        ("merge", [0]),
        ("merge", [0, 2]),
        ("merge", []),
        ("merge", None),
        ("merge", ["0", 1]),
        ("split", [0, 1]),
        ("split", [0, 2]),
        ("split", [1]),
        ("split", [99]),
    ],
)
def test_what_cannot_be_merged_or_split_is_told(data, path, faces):
    clustered(data, ["001", "002", "001", "003"])
    with serving(data) as server:
        status, _, answer = ask(server.address, path, {"faces": faces})
        assert (status, characters(server.address)) == (400, ["001", "002", "001", "003"])
    assert json.loads(answer)["error"]
    assert not (data.path / "labels").exists()


def test_two_reviewers_see_and_keep_each_others_words(data):
    with serving(data, "ana") as ana, serving(data, "ben") as ben:
        version = got(ben.address, "faces?")["version"]
        got(ana.address, "say", SAY)
        got(ben.address, "say", {**SAY, "value": {"glasses": True}})
        got(ben.address, "say", {**SAY, "faces": [1], "value": {"gender": "man"}})
        seen = {face["n"]: face for face in got(ben.address, f"changes?since={version}")["faces"]}
        assert (seen[0]["gender"], seen[0]["glasses"], seen[0]["who"]) == ("woman", True, "ben")
        got(ana.address, "undo", {})
        seen = {face["n"]: face for face in got(ben.address, f"changes?since={version}")["faces"]}
        assert (seen[0]["gender"], seen[0]["glasses"]) == (None, True)
    write_manifest(data)
    faces = webtoon_curate.load(data.path)
    assert faces.gender.fillna("").tolist()[:2] == ["", "man"]


def test_killed_between_actions_every_acknowledged_one_is_there(data):
    said = {}
    for number in range(4):
        process = ReviewProcess(data.path)
        value = {"character": f"Kim {number}"}
        got(process.address, "say", {"action": "set", "faces": [number], "value": value})
        said[number] = f"Kim {number}"
        process.kill()
    process = ReviewProcess(data.path)
    records = got(process.address, "records?n=0,1,2,3")
    assert {face["n"]: face["character"] for face in records} == said
    got(process.address, "undo", {})
    process.stop()
    faces = webtoon_curate.load(data.path)
    assert faces.character.fillna("").tolist() == ["Kim 0", "Kim 1", "Kim 2", ""]
    assert set(faces.title) == {TITLE}
