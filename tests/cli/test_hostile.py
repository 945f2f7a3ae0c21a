"""The hostile corpus through the command line: no crash, nothing lost, every refusal told."""

from __future__ import annotations

import os
import subprocess
import sys

import hostile_sources
import pyarrow.parquet as pq
import pytest

from webtoon_curate.dataset import Dataset

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links, pipes and sockets")
MEMORY_KB = 600 << 10
MEASURED = """
import resource, subprocess, sys
code = subprocess.run([sys.executable, "-m", "webtoon_curate", *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""In a small process of its own: a child's peak begins with the size of the one that forked it."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    yield root, hostile_sources.build(root / "source", many=3_000)
    hostile_sources.open_up(root)


@pytest.fixture(scope="module")
def ingested(corpus):
    """The finished process, its peak memory in KiB, and the dataset."""
    root, _ = corpus
    command = [sys.executable, "-c", MEASURED, "ingest", str(root / "source")]
    command += ["-o", str(root / "data"), "--jobs", "2"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=170)
    return result, int(result.stdout), Dataset(root / "data")


def test_the_run_ends_with_rejects_and_without_noise(ingested):
    result, _, _ = ingested
    assert result.returncode == 3, result.stderr
    assert "Traceback" not in result.stderr
    assert "VIPS" not in result.stderr
    done, found, more, refused = result.stderr.splitlines()
    assert done.startswith("ingest: 57 episodes done now")
    assert "57 episodes" in found and "were refused" in refused
    assert "no face was looked for yet: webtoon-curate detect" in more


def test_every_good_page_is_in_the_tables(ingested, corpus):
    _, _, data = ingested
    _, expected = corpus
    pages = [
        page
        for names in data.tables["pages"].episodes()
        for page in data.tables["pages"].read(*names)["page"].to_pylist()
    ]
    assert len([p for p in pages if not p.endswith(tuple(expected.maybe))]) == expected.good


def test_every_bad_input_is_in_rejects_with_its_reason(ingested, corpus):
    _, _, data = ingested
    _, expected = corpus
    rejects = pq.read_table(data.path / "tables" / "rejects.parquet").to_pylist()
    for bad in expected.bad:
        found = [row for row in rejects if row["path"].endswith(bad)]
        assert found, f"{bad} is not in rejects"
        assert all(5 < len(row["reason"]) < 300 for row in found)


def test_memory_stays_bounded(ingested):
    _, peak, _ = ingested
    assert peak < MEMORY_KB
