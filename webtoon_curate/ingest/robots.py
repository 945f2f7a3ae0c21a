"""What sites allow: `robots.txt`, read once per origin (RFC 9309, through `protego`)."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

import httpx
from protego import Protego

ROBOT = "webtoon-curate"
"""The product token that `User-agent:` lines are compared with."""
MAX_ROBOTS = 500 * 1024
"""Bytes of a robots.txt that are read: RFC 9309, section 2.5."""


class Unreachable(Exception):
    """No answer about what is allowed; the message is the reason."""


class Robots:
    """The rules of all origins that were asked for.

    Args:
        fetch: gives the HTTP status and the first `MAX_ROBOTS` bytes of an address, or raises
            `Unreachable`.
        slow_down: called with an origin's host and its `Crawl-delay` in seconds.
    """

    def __init__(
        self,
        fetch: Callable[[str], tuple[int, bytes]],
        slow_down: Callable[[str, float], None],
    ) -> None:
        self._fetch, self._slow_down = fetch, slow_down
        self._rules: dict[str, Protego | str] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def refusal(self, url: httpx.URL) -> str | None:
        """Why `url` must not be fetched; None where it may be.

        A site without robots.txt (any 4xx) allows everything; one whose robots.txt cannot be
        reached (5xx, 429, no connection) allows nothing (RFC 9309, section 2.3.1).
        """
        origin = str(url.copy_with(raw_path=b"/robots.txt", fragment=None))
        with self._locks[origin]:
            if origin not in self._rules:
                self._rules[origin] = self._read(origin, url.host)
        rules = self._rules[origin]
        if isinstance(rules, str):
            return rules
        return None if rules.can_fetch(str(url), ROBOT) else f"forbidden by {origin}"

    def _read(self, address: str, host: str) -> Protego | str:
        try:
            status, body = self._fetch(address)
        except Unreachable as error:
            return f"not allowed: {address} cannot be read: {error}"
        if 400 <= status < 500:
            return Protego.parse("")
        if status != 200:
            return f"not allowed: {address} answers HTTP {status}"
        rules = Protego.parse(body[:MAX_ROBOTS].decode("utf-8-sig", "replace"))
        if delay := rules.crawl_delay(ROBOT):
            self._slow_down(host, delay)
        return rules
