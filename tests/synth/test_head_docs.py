"""The documented distribution is the one that is sampled."""

from pathlib import Path

from webtoon_curate.synth.distribution import text

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documented_distribution_is_the_one_in_the_code():
    assert (DOCS / "synth-distribution.md").read_text().rstrip() == text()


def test_the_contact_sheet_is_there_and_small():
    sheet = DOCS / "images" / "synth-faces.jpg"
    assert 100_000 < sheet.stat().st_size < 400_000
