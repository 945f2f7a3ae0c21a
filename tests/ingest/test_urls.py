"""Lists of addresses, and what is an address."""

from __future__ import annotations

import pytest

from webtoon_curate.errors import SourceError
from webtoon_curate.ingest.urls import PageAddress, is_address, is_list, read_list


def test_a_list_has_addresses_titles_and_episodes(tmp_path):
    path = tmp_path / "urls.txt"
    path.write_text(
        "\ufeffurl,title,episode\n"
        "# a comment\n"
        "\n"
        "https://a.test/1.jpg\n"
        "https://a.test/2.jpg\tOne, two\tEp 1\r\n"
        "https://a.test/3.jpg, Title, 3\n"
        '"https://a.test/4,5.jpg","A ""title""",2\n'
        "https://a.test/w_800,h_600/6.jpg\n"
        "ftp://a.test/7.jpg\n"
        f"https://a.test/{'x' * 20_000}\n"
        "https://a.test/#8.jpg\n",
        encoding="utf-8",
    )
    pages, rejects = read_list(path)
    assert pages == [
        PageAddress("https://a.test/1.jpg"),
        PageAddress("https://a.test/2.jpg", "One, two", "Ep 1"),
        PageAddress("https://a.test/3.jpg", "Title", "3"),
        PageAddress("https://a.test/4,5.jpg", 'A "title"', "2"),
        PageAddress("https://a.test/w_800,h_600/6.jpg"),
        PageAddress("https://a.test/#8.jpg"),
    ]
    assert [row.path for row in rejects] == [f"{path}:9", f"{path}:10"]
    assert "not an http(s) address: 'ftp:" in rejects[0].reason
    assert is_list(path) and not is_list(tmp_path) and not is_list("https://a.test/urls.txt")
    assert is_address("HTTPS://a.test/x") and not is_address("urls.txt")


def test_an_unreadable_list_says_so(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_list(tmp_path / "none.txt")
