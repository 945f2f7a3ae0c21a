"""A real HTTP server on the loopback interface that can be told to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import h2.config
import h2.connection
import h2.events


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    time: float


Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self):
        book = self.server.book
        with book.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            book.requests.append(Request(self.path, headers, time.monotonic()))
            book.busy += 1
            book.most_busy = max(book.most_busy, book.busy)
        self.answering = True
        try:
            book.answers.get(self.path.partition("?")[0], status(404))(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.answered()

    def answered(self):
        """Before the last byte is out: the client may ask again as soon as it has that."""
        if self.answering:
            self.answering = False
            with self.server.book.lock:
                self.server.book.busy -= 1

    def reply(self, code, body=b"", **headers):
        self.send_response(code)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.answered()
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    book: Server

    def handle_error(self, request, client_address):
        """Nothing of a client that hung up: it would be printed amid a later test's output."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@dataclass
class Server:
    """`answers` by path; `requests` as they came. Use it in a `with` statement."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self):
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.book = self
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *args):
        self._server.shutdown()
        self._server.server_close()

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"

    def paths(self):
        """The paths asked for, without robots.txt."""
        return [request.path for request in self.requests if request.path != "/robots.txt"]

    def times(self, path=None):
        return [request.time for request in self.requests if path in (None, request.path)]


def status(code, body=b"", **headers) -> Answer:
    return lambda handler: handler.reply(code, body, **headers)


def page(body, type="image/jpeg", **headers) -> Answer:
    """A page that can be resumed: strong ETag, Range, If-Range."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'

    def answer(handler):
        asked = handler.headers.get("Range", "")
        more = {"Content_Type": type, "ETag": etag, **headers}
        if asked and handler.headers.get("If-Range") == etag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                handler.reply(416, Content_Range=f"bytes */{len(body)}")
                return
            span = f"bytes {start}-{len(body) - 1}/{len(body)}"
            handler.reply(206, body[start:], Content_Range=span, **more)
        else:
            handler.reply(200, body, **more)

    return answer


def truncated(body, length, **headers) -> Answer:
    """Tells the whole length, sends `length` bytes and hangs up."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'

    def answer(handler):
        handler.reply(200, body[:length], Content_Length=str(len(body)), ETag=etag, **headers)
        handler.close_connection = True

    return answer


def redirect(location, code=302) -> Answer:
    return status(code, Location=location)


def in_turn(*answers: Answer) -> Answer:
    """The first answer to the first request, the second to the next, the last to all others."""
    left = list(answers)

    def answer(handler):
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return answer


def slowly(answer: Answer, seconds: float) -> Answer:
    def slow(handler):
        time.sleep(seconds)
        answer(handler)

    return slow


def dripping(body, pause, **headers) -> Answer:
    """One byte at a time."""

    def answer(handler):
        handler.reply(200, Content_Length=str(len(body)), **headers)
        for byte in body:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause)

    return answer


class Http2Server:
    """HTTP/2 over TLS: the same body to every request, 404 for robots.txt.

    `names` are the host names of its certificate, which lies in `folder` and signs itself.
    """

    def __init__(self, folder, body, names):
        self.certificate, self._key = folder / "certificate.pem", folder / "key.pem"
        subject = ",".join(f"DNS:{name}" for name in names)
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        subject = ["-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={subject}"]
        written = ["-keyout", self._key, "-out", self.certificate]
        subprocess.run([*command.split(), *subject, *written], check=True, capture_output=True)
        self.body = body
        self.requests = []

    def __enter__(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self._key)
        context.set_alpn_protocols(["h2"])
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(context,), daemon=True).start()
        return self

    def __exit__(self, *args):
        self._socket.close()

    def _accept(self, context):
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as peer:
                peer.settimeout(5)
                self._serve(peer)

    def _serve(self, peer):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        peer.sendall(connection.data_to_send())
        while data := peer.recv(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = {str(k, "ascii"): str(v, "ascii") for k, v in event.headers}
                    self.requests.append(headers)
                    found = headers[":path"] != "/robots.txt"
                    code = "200" if found else "404"
                    connection.send_headers(event.stream_id, [(":status", code)])
                    body = self.body if found else b""
                    connection.send_data(event.stream_id, body, end_stream=True)
            peer.sendall(connection.data_to_send())
