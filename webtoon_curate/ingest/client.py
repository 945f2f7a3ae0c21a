"""Polite and careful HTTP: turns at each host, robots.txt, bounded redirects, no private hosts."""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TypeVar

import httpx

from webtoon_curate import __version__
from webtoon_curate.ingest.provenance import Takedown
from webtoon_curate.ingest.robots import MAX_ROBOTS, ROBOT, Robots, Unreachable

USER_AGENT = f"{ROBOT}/{__version__} (makes face datasets of comics; obeys robots.txt)"
MAX_REDIRECTS = 5
"""As RFC 9309 asks for robots.txt; pages need no more."""
BACKOFF = 1.0
"""Seconds before the first retry, doubled for each one after."""
LONGEST_BACKOFF = 60.0
LONGEST_WAIT = 300.0
"""Seconds a run waits for one host; where it asks for more, its pages are left for another run."""
SLOWEST = 1000
"""Bytes per second over a whole answer; slower ones are broken off and tried again."""
MAX_ADDRESSES = 4
"""IP addresses of a host that are tried."""
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

T = TypeVar("T")


class Refused(Exception):
    """An address that is given up; the message is the reason."""


class Unfit(Refused):
    """An address whose content must not be kept."""


class Again(Exception):
    """A failure that may pass: the host, the reason, and the seconds the host asks to wait."""

    def __init__(self, host: str, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.host, self.wait = host, wait


class Stopped(Exception):
    """The run is being ended."""


class Gate:
    """Turns at one host: so many at a time, and seconds between the begins of two requests."""

    def __init__(self, delay: float, per_host: int, stop: threading.Event) -> None:
        self.delay = delay
        self._stop = stop
        self._slots = threading.Semaphore(per_host)
        self._lock = threading.Lock()
        self._next = 0.0

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it for the block.

        Raises:
            Refused: if the host asks to wait longer than `LONGEST_WAIT`.
        """
        with self._slots:
            while (wait := self._wait()) > 0:
                if self._stop.wait(wait):
                    raise Stopped
            yield

    def pause(self, seconds: float) -> None:
        """Let no turn begin for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def _wait(self) -> float:
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            now = time.monotonic()
            wait = self._next - now
            if wait > LONGEST_WAIT:
                raise Refused(f"the host asks to wait {wait:,.0f} s: run again later")
            if wait <= 0:
                self._next = now + self.delay
            return wait


class Client:
    """Gets addresses one hop at a time, from many threads.

    Args:
        delay: seconds between the begins of two requests to one host.
        per_host: requests at one host at a time.
        retries: how often a failure that may pass is tried again.
        timeout: seconds to connect, and between two pieces of an answer.
        allow_private: whether hosts that are named by the person may have private addresses;
            redirects to such addresses are refused all the same.
        takedown: addresses that must not be fetched.
    """

    def __init__(
        self,
        delay: float,
        per_host: int,
        retries: int,
        timeout: float,
        allow_private: bool,
        takedown: Takedown,
    ) -> None:
        self.delay, self.per_host, self.retries = delay, per_host, retries
        self.timeout, self.allow_private, self.takedown = timeout, allow_private, takedown
        self.stop = threading.Event()
        self._robots = Robots(self._robots_txt, self._slow_down)
        self._lock = threading.Lock()
        self._gates: dict[str, Gate] = {}
        self._clients: dict[str, httpx.Client] = {}
        self._tls = httpx.create_ssl_context()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def refusal(self, address: str) -> str | None:
        """Why `address` must not be fetched, as far as is known without fetching it."""
        try:
            url = _url(address)
            self._allowed_addresses(url, self._trusted(url))
            return self._robots.refusal(url)
        except (Refused, Again) as error:
            return str(error)

    @contextlib.contextmanager
    def get(
        self, address: str, headers: Mapping[str, str] | None = None, obey: bool = True
    ) -> Iterator[httpx.Response]:
        """The answer to a GET after redirects, its body not yet read; the host's turn is held.

        Args:
            headers: sent along at every hop.
            obey: robots.txt; False only to fetch robots.txt itself.

        Raises:
            Refused: if a hop must not be made.
            Again: on broken connections and on answers such as 429 and 503, also while the body
                is read in the block.
        """
        url = _url(address)
        trusted = self._trusted(url)
        for _ in range(MAX_REDIRECTS + 1):
            addresses = self._allowed_addresses(url, trusted)
            if obey and (reason := self._robots.refusal(url)):
                raise Refused(reason)
            with self._gate(url.host).turn(), self._send(url, headers, addresses) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                location = response.headers["location"]
            url = _next_hop(url, location)
        raise Refused(f"more than {MAX_REDIRECTS} redirects")

    def body(self, response: httpx.Response, limit: int) -> Iterator[bytes]:
        """The bytes of an answer as they come.

        Raises:
            Refused: if there are more than `limit`.
            Again: if they come slower than `SLOWEST`, or the connection breaks.
        """
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Refused("sent compressed although asked not to")
        begin, size = time.monotonic(), 0
        for chunk in response.iter_raw():
            size += len(chunk)
            seconds = time.monotonic() - begin
            if self.stop.is_set():
                raise Stopped
            if size > limit:
                raise Unfit(f"larger than {limit:,} bytes")
            if seconds > self.timeout and size < SLOWEST * seconds:
                raise Again(response.url.host, f"slower than {SLOWEST} bytes a second")
            yield chunk

    def retrying(self, attempt: Callable[[], T], tried: int = 0) -> T:
        """The result of `attempt`, tried again after failures that may pass (`tried` so far).

        The host is left alone for the time it asks for (Retry-After) or twice as long as before.

        Raises:
            Refused: when it failed `retries` + 1 times.
        """
        try:
            return attempt()
        except Again as error:
            if tried == self.retries:
                raise Refused(f"{error} (tried {tried + 1} times)") from error
            backoff = min(LONGEST_BACKOFF, BACKOFF * 2**tried)
            self._gate(error.host).pause(max(error.wait, backoff))
        return self.retrying(attempt, tried + 1)

    def _trusted(self, url: httpx.URL) -> str | None:
        return url.host if self.allow_private else None

    def _allowed_addresses(self, url: httpx.URL, trusted: str | None) -> list[str]:
        """The IP addresses to connect to, after all that can be checked without connecting."""
        if reason := self.takedown.matches(address=str(url)):
            raise Unfit(reason)
        addresses = _resolve(url)
        if url.host != trusted:
            for address in addresses:
                if not is_public(address):
                    raise Refused(f"{url.host} has the private address {address}")
        return addresses

    @contextlib.contextmanager
    def _send(
        self, url: httpx.URL, headers: Mapping[str, str] | None, addresses: list[str]
    ) -> Iterator[httpx.Response]:
        client = self._client(url.host)
        request = client.build_request(
            "GET", url, headers=headers, extensions={"addresses": addresses}
        )
        try:
            response = client.send(request, stream=True)
            try:
                if response.status_code in _AGAIN:
                    wait = retry_after(response.headers.get("retry-after", ""))
                    raise Again(url.host, f"HTTP {response.status_code}", wait)
                yield response
            finally:
                response.close()
        except httpx.RequestError as error:
            raise Again(url.host, f"{type(error).__name__}: {error}".rstrip(": ")) from error

    def _gate(self, host: str) -> Gate:
        with self._lock:
            if host not in self._gates:
                self._gates[host] = Gate(self.delay, self.per_host, self.stop)
            return self._gates[host]

    def _client(self, host: str) -> httpx.Client:
        # One client a host: connections are pooled by IP address, and two hosts at one address
        # must not share a connection that was opened with one host's certificate.
        with self._lock:
            if host not in self._clients:
                self._clients[host] = httpx.Client(
                    transport=_Pinned(verify=self._tls, http2=True),
                    headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                    timeout=self.timeout,
                )
            return self._clients[host]

    def _slow_down(self, host: str, delay: float) -> None:
        gate = self._gate(host)
        gate.delay = max(gate.delay, delay)

    def _robots_txt(self, address: str) -> tuple[int, bytes]:
        def attempt() -> tuple[int, bytes]:
            body = b""
            with self.get(address, obey=False) as response:
                if response.status_code == 200:
                    for chunk in self.body(response, 1 << 40):
                        body += chunk
                        if len(body) >= MAX_ROBOTS:
                            break
                return response.status_code, body

        try:
            return self.retrying(attempt)
        except Refused as error:
            raise Unreachable(str(error)) from error


class _Pinned(httpx.HTTPTransport):
    """Connects to the addresses that were checked, whatever the name means a moment later."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions = dict(request.extensions)
        addresses = extensions.pop("addresses")
        if request.url.host not in addresses:
            extensions["sni_hostname"] = request.url.raw_host.decode("ascii")
        for n, address in enumerate(addresses[:MAX_ADDRESSES], 1):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                extensions=extensions,
            )
            try:
                return super().handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if n == len(addresses[:MAX_ADDRESSES]):
                    raise
        raise httpx.ConnectError(f"{request.url.host} has no address")


def host_of(address: str) -> str:
    """The host of an address; empty where it has none."""
    try:
        return _url(address).host
    except Refused:
        return ""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when it wraps an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped:
            return is_public(str(wrapped))
        if ip.is_reserved or ip.is_site_local:  # some of which lead to IPv4 addresses, too
            return False
    return ip.is_global and not ip.is_multicast


def retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for: a number, or a date; 0 where it is neither."""
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
        if when.tzinfo is None:
            when = when.replace(tzinfo=timezone.utc)
        return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(f"not an address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused(f"not an http(s) address: {str(url)[:200]!r}")
    if url.userinfo:
        raise Refused("an address with a user name or password in it")
    return url


def _next_hop(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = _url(str(url.join(location)))
    except (Refused, httpx.InvalidURL, ValueError) as error:
        raise Refused(f"redirected to {location[:200]!r}: {error}") from error
    if url.scheme == "https" and target.scheme == "http":
        raise Refused(f"redirected from https to http: {str(target)[:200]}")
    return target


def _resolve(url: httpx.URL) -> list[str]:
    try:
        found = socket.getaddrinfo(
            url.raw_host.decode("ascii"), url.port or 443, type=socket.SOCK_STREAM
        )
    except (socket.gaierror, UnicodeError) as error:
        if getattr(error, "errno", None) == socket.EAI_AGAIN:
            raise Again(url.host, f"the name {url.host} cannot be looked up") from error
        raise Refused(f"no such host: {url.host}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
