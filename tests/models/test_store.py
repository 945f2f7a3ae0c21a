import bz2
import errno
import hashlib
import json

import pytest
from server import Server, status

from webtoon_curate.detect.registry import backends
from webtoon_curate.errors import ModelError
from webtoon_curate.models import (
    MODELS_VARIABLE,
    ModelCard,
    all_cards,
    cards,
    find_card,
    find_model,
    model_states,
    pull_model,
    register_card,
    require_model,
    store,
)
from webtoon_curate.models.backends import card_of_file

CONTENT = b"<weights/>"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the user's, and a card `tiny`, which is installed nowhere."""
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    monkeypatch.setattr(store, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(cards, "_registered", dict(cards._registered))
    register_card(tiny())
    return tmp_path / "cache"


def tiny(url=""):
    digest = hashlib.sha256(CONTENT).hexdigest()
    return ModelCard("tiny", "cascade", "MIT", "a test", file="tiny.xml", url=url, sha256=digest)


@pytest.fixture
def server():
    """The address of a local server; `/tiny.xml` is right, `/wrong.xml` is not."""
    answers = {"/tiny.xml": status(200, CONTENT), "/wrong.xml": status(200, CONTENT + b"!")}
    with Server(answers) as running:
        yield running.url("")


def served(monkeypatch, url):
    monkeypatch.setitem(cards._registered, "tiny", tiny(url))


def test_every_card_is_complete():
    for name, card in all_cards().items():
        assert card.name == name and card.license and card.source and card.about
        assert card.domain in ("drawn", "photo")
        assert len(card.sha256) == (64 if card.file else 0)
        if card.backend in backends():
            points = [card.thresholds[recall] for recall in ("high", "balanced", "precise")]
            assert points == sorted(points)


def test_the_cards_survive_json_and_refuse_what_is_no_card():
    assert ModelCard.from_json('{"name": "a", "backend": "b", "license": "c", "source": "d"}')
    for text in ("{", "[]", '{"name": "a"}', '{"name": "a", "colour": 1}'):
        with pytest.raises(ModelError, match="not a model card"):
            ModelCard.from_json(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"thresholds": [0.5]}, {"thresholds": {"balanced": "0.5"}}, {"calibration": 1},
        {"calibration": {"slope": float("nan")}}, {"calibration": {"bias": None}},
        {"box": [0, 0, 1]}, {"box": [0, 0, 1, "1"]}, {"box": 1},
        {"input": 1}, {"sha256": 5}, {"domain": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_card_of_wrong_kinds_is_refused(wrong):
    card = {"name": "a", "backend": "b", "license": "c", "source": "d"}
    with pytest.raises(ModelError, match="not a model card"):
        ModelCard.from_json(json.dumps(card | wrong))


def test_pull_fetches_into_the_cache(cache, server, monkeypatch):
    served(monkeypatch, f"{server}/tiny.xml")
    assert find_model("tiny") is None
    path = require_model("tiny")
    assert path == cache / "tiny.xml" and path.read_bytes() == CONTENT
    assert find_model("tiny") == path


def test_a_file_with_another_checksum_is_not_taken(cache, server, monkeypatch):
    served(monkeypatch, f"{server}/wrong.xml")
    with pytest.raises(ModelError, match="cannot fetch tiny"):
        pull_model("tiny")
    assert find_model("tiny") is None


@pytest.mark.parametrize("path, reason", [("/gone.xml", "404"), (None, "refused")])
def test_without_network_the_error_says_what_to_do(cache, server, monkeypatch, path, reason):
    served(monkeypatch, f"{server}{path}" if path else "http://127.0.0.1:1/tiny.xml")
    words = rf"{reason}.*models pull tiny --from FILE.*WEBTOON_CURATE_MODELS"
    with pytest.raises(ModelError, match=words) as told:
        require_model("tiny")
    assert "Pool" not in str(told.value)  # of the transport


def test_pull_from_a_local_file(cache, tmp_path):
    source = tmp_path / "downloaded"
    source.write_bytes(CONTENT)
    assert pull_model("tiny", source).read_bytes() == CONTENT
    assert [p.name for p in cache.iterdir()] == ["tiny.xml"]
    source.write_bytes(b"other")
    with pytest.raises(ModelError, match="is not tiny"):
        pull_model("tiny", source)
    with pytest.raises(ModelError, match="cannot copy"):
        pull_model("tiny", tmp_path / "gone")


def test_a_packed_file_is_taken_unpacked_too(cache, tmp_path, monkeypatch):
    packed, unpacked = bz2.compress(CONTENT), tmp_path / "mine.dat"
    sums = [hashlib.sha256(data).hexdigest() for data in (packed, CONTENT)]
    about = {"file": "tiny.dat.bz2", "sha256": sums[0], "unpacked": sums[1]}
    card = ModelCard("tiny", "cascade", "MIT", "a test", **about)
    monkeypatch.setitem(cards._registered, "tiny", card)
    unpacked.write_bytes(CONTENT)
    assert pull_model("tiny", unpacked) == find_model("tiny") == cache / "tiny.dat"
    assert card_of_file(unpacked, backends()["cascade"]) == card
    (cache / "tiny.dat").write_bytes(packed)
    with pytest.raises(ModelError, match="is not the file"):
        find_model("tiny")


def test_a_copy_that_fails_leaves_nothing_behind(cache, tmp_path, monkeypatch):
    def full_disk(source, target):
        target.write_bytes(CONTENT[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    source = tmp_path / "downloaded"
    source.write_bytes(CONTENT)
    monkeypatch.setattr(store.shutil, "copyfile", full_disk)
    with pytest.raises(ModelError, match=r"cannot copy .* No space left"):
        pull_model("tiny", source)
    assert not list(cache.iterdir())


def test_the_folder_of_the_environment_comes_first(cache, tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "tiny.xml").write_bytes(CONTENT)
    pull_model("tiny", mine / "tiny.xml")
    monkeypatch.setenv(MODELS_VARIABLE, str(mine))
    assert find_model("tiny") == mine / "tiny.xml"


def test_a_damaged_file_is_an_error_not_a_model(cache, tmp_path, monkeypatch):
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    (tmp_path / "tiny.xml").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="is not the file"):
        find_model("tiny")
    states = {state.card.name: state.state for state in model_states()}
    assert states["tiny"] == "wrong checksum" and states["dlib_hog"] == "built in"


def test_a_good_copy_elsewhere_makes_up_for_a_damaged_one(cache, tmp_path, monkeypatch):
    good = tmp_path / "good"
    good.write_bytes(CONTENT)
    pulled = pull_model("tiny", good)
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path))
    (tmp_path / "tiny.xml").write_bytes(b"damaged")
    assert find_model("tiny") == pulled


def test_unknown_models_are_told(cache):
    with pytest.raises(ModelError, match=r"no model is called 'huge'; known are .*tiny"):
        find_card("huge")
    with pytest.raises(ModelError, match="comes with the package"):
        pull_model("dlib_hog")
