"""What the tests of the review server share: a server, its questions, and tables it shows."""

from __future__ import annotations

import http.client
import json
import threading
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from faces_dataset import TITLE

from webtoon_curate.labels.desk import open_desk
from webtoon_curate.labels.events import PERSON
from webtoon_curate.review.index import FaceIndex
from webtoon_curate.review.pictures import Pictures
from webtoon_curate.review.server import ReviewServer
from webtoon_curate.schema import WHOLE

SAY = {"action": "set", "faces": [0], "value": {"gender": "woman", "glasses": False}}


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


def rewritten(data, stage, change):
    """Every row of a stage's table after `change(number, row)`."""
    tables = data.tables[stage]
    for name in list(tables.episodes()):
        rows = tables.read(*name).to_pylist()
        for number, row in enumerate(rows):
            change(number, row)
        tables.write(*name, pa.Table.from_pylist(rows, tables.schema), tables.note(*name))
