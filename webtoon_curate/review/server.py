"""The web server of `webtoon-curate review`: this machine only, one secret address.

Every address begins with a random token, so other users' programs cannot guess it. They can see
what a browser is started with, so that is another address, which leads to the page once. The `Host`
header must be the server's own, so that a web site cannot reach it under a name of its own (DNS
rebinding); requests that a browser marks as another site's are refused, and an action must come
from the page itself (`Origin`). Pictures and faces are named by numbers that are looked up; no path
ever comes from the browser.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
import traceback
from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.review.face import Face
from webtoon_curate.review.index import FaceIndex, ReviewError, points_of
from webtoon_curate.review.pictures import MAX_WINDOW, Pictures

HOST = "127.0.0.1"
STATIC = {
    "": ("index.html", "text/html; charset=utf-8"),
    **{
        name: (name, "text/javascript; charset=utf-8")
        for name in (
            "review.js",
            "store.js",
            "filters.js",
            "grid.js",
            "panel.js",
            "points.js",
            "side.js",
        )
    },
    "review.css": ("review.css", "text/css; charset=utf-8"),
}
_MAX_BODY = 1 << 20
_MAX_RECORDS = 500
_MAX_FIELDS = 50
"""Of a query: there are some ten filters."""
_PANEL_MARGIN = 24
"""Pixels around a scene that its panel shows: boxes reach over the edge."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ENTER = "enter"
_LEAD = '<!doctype html><meta http-equiv="refresh" content="0; url={}">'
_IDLE_SECONDS = 120
"""After which an open connection without a request is closed."""


class ReviewServer(ThreadingHTTPServer):
    """Serves one dataset to one person.

    Args:
        index: the dataset's faces.
        pictures: of the same dataset.
        port: 0 for any free one.

    Attributes:
        address: what to open in a browser; it holds the secret token.
        entrance: what to start a browser with: it leads to `address`, the first time only.
    """

    daemon_threads = True

    def __init__(self, index: FaceIndex, pictures: Pictures, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.index, self.pictures = index, pictures
        self.token = secrets.token_urlsafe(24)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.address = f"http://{HOST}:{self.server_port}/{self.token}/"
        once = secrets.token_urlsafe(24)
        self._unused = {once}
        self.entrance = f"http://{HOST}:{self.server_port}/{once}"

    @cached_property
    def pages(self) -> dict[str, tuple[bytes, str]]:
        """The page's own files by name: bytes and content type."""
        folder = files("webtoon_curate.review") / "static"
        return {name: ((folder / file).read_bytes(), kind) for name, (file, kind) in STATIC.items()}

    def enter(self, token: str) -> bool:
        """Whether a token is the entrance's, which then is used up."""
        try:
            self._unused.remove(token)
        except KeyError:
            return False
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def version_string(self) -> str:
        return "webtoon-curate"

    def log_message(self, format: str, *values: Any) -> None:
        """Quiet: the address in a log would give the token away."""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, act: Callable[[str, dict[str, str]], tuple[bytes, str, str]]) -> None:
        """Check who asks, then answer; a refused request's body is not read."""
        try:
            path, query = self._checked()
            body, kind, cache = act(path, query)
            status = HTTPStatus.OK
        except _Refused as error:
            self.close_connection = True
            status, cache, kind = error.status, "no-store", "text/plain; charset=utf-8"
            body = str(error).encode()
        except CurateError as error:
            status, cache = HTTPStatus.BAD_REQUEST, "no-store"
            refused = not isinstance(error, DatasetError)  # and not a disk that took nothing
            body, kind = _json({"error": str(error), "refused": refused})
        except Exception as error:  # rows that make no sense cost this answer, not the page
            traceback.print_exc()
            status, cache = HTTPStatus.INTERNAL_SERVER_ERROR, "no-store"
            why = f"{type(error).__name__}: {error}; the tables may be damaged"
            body, kind = _json({"error": why})
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        self.wfile.write(body)

    def _checked(self) -> tuple[str, dict[str, str]]:
        """The path behind the token, and the query, of a request that may be answered."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _Refused(HTTPStatus.MISDIRECTED_REQUEST, "wrong Host")
        try:
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query, max_num_fields=_MAX_FIELDS))
        except ValueError:
            raise _Refused(HTTPStatus.BAD_REQUEST, "no address of this page") from None
        _, token, path = (*address.path.split("/", 2), "", "")[:3]
        entered = self.server.enter(token)
        if not entered and not hmac.compare_digest(token.encode(), self.server.token.encode()):
            raise _Refused(HTTPStatus.FORBIDDEN, "wrong token: open the printed address")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise _Refused(HTTPStatus.FORBIDDEN, "asked by another site")
        origin = self.headers.get("Origin")
        own = {f"http://{host}" for host in self.server.hosts}
        if origin not in own and (origin is not None or self.command == "POST"):
            raise _Refused(HTTPStatus.FORBIDDEN, "wrong Origin")
        return _ENTER if entered else path, query

    def _get(self, path: str, query: dict[str, str]) -> tuple[bytes, str, str]:
        index = self.server.index
        if path in self.server.pages:
            return *self.server.pages[path], "no-cache"
        if path == _ENTER:
            return _LEAD.format(self.server.address).encode(), "text/html", "no-store"
        if path == "thumb":
            return self._thumb(self._face(query)), "image/jpeg", _WEEK
        if path == "panel.jpg":
            name, window, _ = self._panel(query)
            return self.server.pictures.panel(name, window), "image/jpeg", _WEEK
        answers: dict[str, Callable[[], Any]] = {
            "summary": lambda: {**index.summary(), "who": index.desk.log.who},
            "faces": lambda: {"numbers": index.numbers(query), "version": len(index.changes)},
            "records": lambda: [index.face(n).record() for n in _numbers(query)],
            "changes": lambda: self._changes(_whole(query, "since")),
            "panel": lambda: self._panel_record(query),
            "points": lambda: points_of(self._face(query)).tolist(),
        }
        if path not in answers:
            raise _Refused(HTTPStatus.NOT_FOUND, "no such page")
        return *_json(answers[path]()), "no-store"

    def _post(self, path: str, _query: dict[str, str]) -> tuple[bytes, str, str]:
        index, asked = self.server.index, self._body()
        if path == "say":
            changed = index.say(str(asked.get("action")), asked.get("faces"), asked.get("value"))
        elif path == "add":
            changed = index.add(asked.get("episode"), asked.get("box"))
        elif path in ("merge", "split"):
            changed = getattr(index, path)(asked.get("faces"))
        elif path == "undo":
            changed = index.undo()
        else:
            raise _Refused(HTTPStatus.NOT_FOUND, "no such action")
        return *_json([face.record() for face in changed]), "no-store"

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Content-Type") != "application/json" or not length.isdecimal():
            raise _Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "actions are JSON of known length")
        if int(length) > _MAX_BODY:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
        try:
            asked = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            raise ReviewError("an action is a JSON object")
        return asked

    def _changes(self, since: int) -> dict[str, Any]:
        index = self.server.index
        records = [face.record() for face in index.since(since)]
        return {"faces": records, "version": len(index.changes)}

    def _face(self, query: dict[str, str]) -> Face:
        return self.server.index.face(_whole(query, "n"))

    def _thumb(self, face: Face) -> bytes:
        name = self.server.index.episodes[face.episode]
        return self.server.pictures.thumb(name, face.box, face["page"], face["crop"])

    def _panel_record(self, query: dict[str, str]) -> dict[str, Any]:
        """A scene's window in episode pixels, its faces, and how many scenes there are."""
        episode, scene = _whole(query, "e"), _whole(query, "s")
        name, window, scenes = self._panel(query)
        faces = [face.record() for face in self.server.index.in_scene(episode, scene)]
        return {"window": window, "faces": faces, "scenes": scenes, "title": name}

    def _panel(
        self, query: dict[str, str]
    ) -> tuple[tuple[str, str], tuple[int, int, int, int], int]:
        """The episode, the window of a scene's panel in whole episode pixels, and the scenes."""
        index = self.server.index
        episode, number = _whole(query, "e"), _whole(query, "s")
        if episode >= len(index.episodes):
            raise ReviewError(f"no episode {episode}")
        name = index.episodes[episode]
        place = index.desk.place(*name)
        if number >= len(place.scenes):
            raise ReviewError(f"no scene {number}")
        scene = place.scenes[number]
        right = max(page.width for page in place.pages)
        bottom = max(page.y + page.height for page in place.pages)
        x0, y0 = max(scene["x"] - _PANEL_MARGIN, 0), max(scene["y"] - _PANEL_MARGIN, 0)
        x1 = min(scene["x"] + scene["width"] + _PANEL_MARGIN, right)
        y1 = min(scene["y"] + scene["height"] + _PANEL_MARGIN, bottom)
        tallest = MAX_WINDOW // max(x1 - x0, 1)
        if y1 - y0 > tallest:
            middle = y0
            if "n" in query:
                face = self._face(query)
                middle = round(face["y"] + face["height"] / 2)
            y0 = min(max(middle - tallest // 2, y0), y1 - tallest)
            y1 = y0 + tallest
        return name, (x0, y0, x1 - x0, y1 - y0), len(place.scenes)


_WEEK = "private, max-age=604800, immutable"
"""Of pictures: their addresses change with what they show."""


def _json(value: Any) -> tuple[bytes, str]:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace"), "application/json"


def _whole(query: dict[str, str], name: str) -> int:
    value = query.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise ReviewError(f"{name} is to be a number")
    return int(value)


def _numbers(query: dict[str, str]) -> list[int]:
    numbers = query.get("n", "").split(",")
    if len(numbers) > _MAX_RECORDS:
        raise ReviewError(f"at most {_MAX_RECORDS} faces at a time")
    return [_whole({"n": number}, "n") for number in numbers]
