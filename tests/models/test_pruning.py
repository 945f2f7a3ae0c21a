"""Networks cut down to some of their outputs, with the bundled reader: it has eight."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from webtoon_curate.models import require_model
from webtoon_curate.models.pruning import pruned


@pytest.fixture(scope="module")
def model():
    return require_model("webtoon_reader").read_bytes()


def outputs_of(model, names):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    side = session.get_inputs()[0].shape[1]
    pixels = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), np.uint8)
    return session, session.run(names, {"pixels": pixels})


@pytest.mark.parametrize("names", [["face"], ["view", "groups"], ["parsing"]])
def test_the_outputs_that_are_left_are_the_same(model, names):
    whole, wanted = outputs_of(model, names)
    part, found = outputs_of(pruned(model, names), names)
    assert sorted(node.name for node in part.get_outputs()) == sorted(names)
    assert len(whole.get_outputs()) > len(names)
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted))


def test_what_the_outputs_do_not_need_is_gone(model):
    assert b"ArgMax" in model and b"ArgMax" in pruned(model, ["parsing"])
    assert b"ArgMax" not in pruned(model, ["face"])


def test_nothing_is_lost_where_all_outputs_are_wanted(model):
    session, _ = outputs_of(model, ["face"])
    names = [node.name for node in session.get_outputs()]
    assert pruned(pruned(model, names), names) == pruned(model, names)
    _, wanted = outputs_of(model, names)
    _, found = outputs_of(pruned(model, names), names)
    assert all(np.array_equal(a, b) for a, b in zip(found, wanted))
