"""What the tests of fetching share: pages, and `web.fetch` without waiting."""

from __future__ import annotations

import io
import random

from PIL import Image
from server import status

from webtoon_curate.ingest import web
from webtoon_curate.ingest.urls import PageAddress


def picture(seed, format="JPEG"):
    data = io.BytesIO()
    Image.frombytes("RGB", (40, 40), random.Random(seed).randbytes(4800)).save(data, format)
    return data.getvalue()


JPEG, PNG, WEBP = picture(1), picture(2, "PNG"), picture(3, "WEBP")


def fetch(tmp_path, *addresses, **settings):
    """`web.fetch` into `tmp_path/pages`, without waiting."""
    settings = {"delay": 0, "allow_private": True, "timeout": 5, "retries": 2, **settings}
    pages = [a if isinstance(a, PageAddress) else PageAddress(a, "T", "1") for a in addresses]
    return web.fetch(pages, tmp_path / "pages", **settings)


def files(tmp_path, title="T", episode="1"):
    """Names and bytes of the visible pages."""
    folder = tmp_path / "pages" / title / episode
    paths = sorted(folder.iterdir()) if folder.exists() else []
    return {path.name: path.read_bytes() for path in paths if not path.name.startswith(".")}


def reasons(report):
    return [row.reason for row in report.rejects]


def robots(text):
    return status(200, text.encode(), Content_Type="text/plain")
