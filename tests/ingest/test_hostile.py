"""Hostile sources: no crash, no hang, a reason for every refusal, and no good page lost."""

from __future__ import annotations

import os
import time

import hostile_sources
import pytest

from webtoon_curate.errors import CurateError
from webtoon_curate.images import decode
from webtoon_curate.ingest.sources import find_episodes, open_episode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs links, pipes and sockets")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    yield root, hostile_sources.build(root)
    hostile_sources.open_up(root)


@pytest.fixture(scope="module")
def outcome(corpus):
    """The pages read as (episode, name), and the rejects as (path, reason)."""
    root, _ = corpus
    good, rejected = [], []
    sources, rejects = find_episodes(root)
    rejected += [(reject.path, reject.reason) for reject in rejects]
    for source in sources:
        try:
            with open_episode(source) as reader:
                rejected += [(reject.path, reject.reason) for reject in reader.rejects()]
                for number, name in enumerate(reader.names()):
                    try:
                        data = reader.open(name)
                        if number < 1000:  # of 10,000 pages, to save time
                            decode(data)
                        good.append((source, name))
                    except CurateError as error:
                        rejected.append((name, str(error)))
        except CurateError as error:
            rejected.append((str(source.path), str(error)))
    return good, rejected


def test_every_good_page_is_read(corpus, outcome):
    _, expected = corpus
    good = [name for _, name in outcome[0] if not name.endswith(tuple(expected.maybe))]
    assert len(good) == expected.good


def test_every_bad_input_is_rejected_with_a_reason(corpus, outcome):
    _, expected = corpus
    for bad in expected.bad:
        reasons = [reason for path, reason in outcome[1] if path.endswith(bad)]
        assert reasons, f"{bad} was not rejected"
        for reason in reasons:
            assert 5 < len(reason) < 300, reason
            assert "\n" not in reason
    paths = [path for path, _ in outcome[1]]
    unexpected = [p for p in paths if not p.endswith((*expected.bad, *expected.maybe))]
    assert not unexpected


def test_what_is_written_in_tables_is_utf8(outcome):
    good, rejected = outcome
    for source, name in good:
        (source.title + source.episode + name).encode()
    for path, reason in rejected:
        (path + reason).encode()


def test_names_of_episodes_are_unique_and_safe(outcome):
    sources = {source for source, _ in outcome[0]}
    names = {(source.title.casefold(), source.episode.casefold()) for source in sources}
    assert len(names) == len(sources)
    for name in {part for source in sources for part in (source.title, source.episode)}:
        assert not set(name) & set('<>:"|?*\\/\n\u202e')
        assert not name.startswith(".")
        assert 0 < len(name.encode()) <= 100


def test_ten_thousand_pages_are_listed_quickly(corpus):
    root, _ = corpus
    sources, _ = find_episodes(root / "archives" / "many.cbz")
    started = time.perf_counter()
    with open_episode(sources[0]) as reader:
        assert reader.names()[:3] == ["0.png", "1.png", "2.png"]
        assert reader.names()[-1] == "9999.png"
    assert time.perf_counter() - started < 10  # well under one on an idle machine
