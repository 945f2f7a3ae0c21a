"""How an episode's files are meant: one long strip, comic pages, or single pictures."""

from __future__ import annotations

from collections.abc import Sequence

from webtoon_curate.scenes.profile import PageProfile


def choose_layout(pages: Sequence[PageProfile]) -> str:
    """`strip`, `pages` or `images`."""
    if any(page.height >= 2.5 * page.width for page in pages):
        return "strip"
    if len({page.width for page in pages}) == 1 and len(pages) > 1:
        return "pages"
    return "images"
