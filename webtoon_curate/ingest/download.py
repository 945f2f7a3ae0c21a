"""One page from the web into a `.part` file, going on where an earlier try ended (RFC 9110, 14)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx

from webtoon_curate.errors import ImageError
from webtoon_curate.ingest.client import Again, Client, Unfit
from webtoon_curate.ingest.content import HEAD, kind

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_RESERVED = {"noai", "noimageai"}
"""Words of `X-Robots-Tag` by which sites keep pictures out of training data."""
_MOST_DIGITS = 18
"""Of a length in bytes; a longer one is nonsense, and beyond 64 bits."""


def download(client: Client, address: str, part: Path, max_bytes: int) -> str:
    """Download the rest of a page, or all of it, into the file `part`.

    Beside a part lies what tells whether the page is still the same when it goes on.

    Returns:
        the address that gave the bytes, after redirects.

    Raises:
        Unfit: if it is no picture, archive or PDF, is too large, or the site keeps it back.
        Refused: if it must not be fetched.
        Again: on failures that may pass; the part is kept.
    """
    validator = _read_state(part)
    offset = part.stat().st_size if validator and part.exists() else 0
    headers = {"Range": f"bytes={offset}-", "If-Range": validator} if offset else {}
    with client.get(address, headers) as response:
        offset, total = _resumed(response, part, offset, validator)
        _check_headers(response)
        if (total or 0) > max_bytes:
            raise Unfit(f"larger than {max_bytes:,} bytes: {total:,}")
        with part.open("ab" if offset else "wb") as file:
            _write_state(part, response)
            told = f"sent as {response.headers.get('content-type', 'nothing')[:100]}"
            known = False
            for chunk in client.body(response, max_bytes - offset):
                file.write(chunk)
                if not known and file.tell() >= HEAD:
                    file.flush()
                    _check_kind(part, told)
                    known = True
        _check_kind(part, told)
        if total is not None and part.stat().st_size != total:
            raise Again(response.url.host, "the answer ended early")
        return str(response.url)


def _resumed(
    response: httpx.Response, part: Path, offset: int, validator: str
) -> tuple[int, int | None]:
    """Where the answer goes on in the part (0: from the start), and the page's size if told."""
    status = response.status_code
    if status == 200:
        length = response.headers.get("content-length", "")
        return 0, int(length) if length.isdecimal() and len(length) <= _MOST_DIGITS else None
    if offset and status in (206, 416):
        match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        same = _validator(response) in ("", validator)
        if status == 206 and match and int(match[1]) == offset and same:
            return offset, None if match[2] == "*" else int(match[2])
        # The page is another one by now, or the server cannot count: from the start.
        part.unlink()
        raise Again(response.url.host, "the rest of the page does not fit its beginning")
    raise Unfit(f"HTTP {status} {response.reason_phrase}".rstrip())


def _check_headers(response: httpx.Response) -> None:
    words = re.split(r"[,\s]+", response.headers.get("x-robots-tag", "").lower())
    if reserved := _RESERVED.intersection(words):
        raise Unfit(f"the site keeps it out of training data (X-Robots-Tag: {min(reserved)})")


def _check_kind(part: Path, told: str) -> None:
    try:
        kind(part)
    except ImageError as error:
        raise Unfit(f"{error} ({told})") from error


def discard(part: Path) -> None:
    """Remove a part and the note beside it."""
    part.unlink(missing_ok=True)
    finish(part)


def finish(part: Path) -> None:
    """Remove the note beside a part that has become a page."""
    _state(part).unlink(missing_ok=True)


def _state(part: Path) -> Path:
    """The file beside a part with what tells whether the page is still the same."""
    return part.with_suffix(".json")


def _validator(response: httpx.Response) -> str:
    """A strong ETag or else the modification time: what If-Range may carry (RFC 9110, 13.1.5)."""
    etag = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified", "")


def _read_state(part: Path) -> str:
    try:
        return str(json.loads(_state(part).read_text(encoding="utf-8"))["validator"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write_state(part: Path, response: httpx.Response) -> None:
    value = {"validator": _validator(response)}
    _state(part).write_text(json.dumps(value), encoding="utf-8")
