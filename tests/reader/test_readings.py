from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from webtoon_curate.errors import ModelError
from webtoon_curate.models import ModelCard
from webtoon_curate.reader import (
    FaceReader,
    Readings,
    load_reader,
    loading,
    network,
    reader_squares,
)
from webtoon_curate.reader.network import OUTPUTS
from webtoon_curate.reader.squares import EXPAND

CARD = ModelCard("test", "reader", license="MIT", source="here")


class Node:
    name, shape = "pixels", ["n", 64, 64, 3]


class Session:
    """Answers like a network of 64-pixel crops that sees all points in one place."""

    def __init__(self, place=(0.5, 0.5), spread=-9.0):
        self.place, self.spread, self.sizes = place, spread, []

    def get_inputs(self):
        return [Node]

    def run(self, names, feed):
        n = len(feed["pixels"])
        self.sizes.append(n)
        brightness = feed["pixels"].reshape(n, -1).mean(1, dtype=np.float32)
        found = {
            "points": np.tile(np.array(self.place, np.float32), (n, 68, 1)),
            "spread": np.full((n, 68), self.spread, np.float32),
            "depth": np.zeros((n, 68), np.float32),
            "parsing": np.zeros((n, 32, 32), np.uint8),
            "face": brightness,
            "groups": np.tile(np.array([0, 2, -2, 0], np.float32), (n, 1)),
            "view": np.tile(np.array([0.5, -0.1, 1, 0], np.float32), (n, 1)),
            "embedding": np.zeros((n, 128), np.float32),
        }
        return [found[name] for name in names]


@pytest.fixture
def reader(monkeypatch):
    def make(session=None, card=CARD):
        monkeypatch.setattr(network, "_session", lambda path, device: session or Session())
        return FaceReader(card, None)

    return make


def crop(side, value=0):
    return np.full((side, side, 3), value, np.uint8)


def test_points_come_in_pixels_of_each_crop(reader):
    found = reader(Session((0.25, 0.75)))([crop(64), crop(200)])
    assert found.landmarks[0, 0].tolist() == [16, 48]
    assert found.landmarks[1, 0].tolist() == [50, 150]


def test_points_go_back_to_the_page():
    squares = reader_squares(np.array([[100, 200, 50, 80]], np.float32))
    assert squares[0, 2] == pytest.approx(80 * EXPAND)
    readings = Readings.none()
    assert readings.placed(np.zeros((0, 3)), 192).shape == (0, 68, 2)


def test_a_square_around_a_box_holds_its_middle(reader):
    box = np.array([[100, 200, 50, 80]], np.float32)
    found = reader()([crop(192)])
    placed = found.placed(reader_squares(box), 192)
    assert placed[0].mean(0).tolist() == pytest.approx([125, 240])


def test_many_crops_are_read_in_bounded_batches_in_their_order(reader):
    session = Session()
    values = np.arange(70) % 7
    found = reader(session)([crop(64, int(v)) for v in values])
    assert max(session.sizes) <= network.BATCH
    assert np.abs(found.face - 1 / (1 + np.exp(-values.astype(float)))).max() < 1e-5


def test_no_crops_give_no_readings(reader):
    assert len(reader()([])) == 0


def test_angles_are_degrees(reader):
    found = reader()([crop(64)])
    assert (found.yaw[0], found.pitch[0], found.roll[0]) == pytest.approx((45, -9, 90))


def test_confidence_falls_as_the_expected_error_grows(reader):
    sure, half, lost = (
        reader(Session(spread=s))([crop(64)]).confidence[0, 0] for s in (-8.0, -4.0, 0.0)
    )
    assert sure > 0.99 > 0.6 > half > 0.2 > 0.01 > lost


def test_the_cards_calibration_is_used(reader):
    from dataclasses import replace

    card = replace(CARD, calibration={"face_slope": 0.5, "face_bias": -1.0})
    assert reader(card=card)([crop(64, 2)]).face[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((20, 30, 3), np.uint8), np.zeros((20, 20), np.uint8), np.zeros((0, 0, 3), np.uint8),
     np.zeros((20, 20, 3), np.float32)],
    ids=["oblong", "grey", "empty", "float"],
)  # fmt: skip
def test_what_is_no_crop_is_refused(reader, bad):
    with pytest.raises(ValueError, match="a crop is"):
        reader()([bad])


def test_readings_of_different_lengths_are_refused():
    from dataclasses import replace

    with pytest.raises(ValueError, match="different numbers"):
        replace(Readings.none(), face=np.zeros(1, np.float32))


@pytest.mark.parametrize("place", [(0.5, 0.5), (np.nan, np.nan)])
def test_a_reader_that_does_not_see_its_test_picture_is_refused(reader, place):
    with pytest.raises(ModelError, match="test picture"):
        loading._check_canary(reader(Session(place)))


def test_what_is_no_reader_is_named(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        load_reader(str(tmp_path / "none.onnx"))
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="broken"):
        load_reader(str(broken))
    with pytest.raises(ModelError, match="no face reader"):
        load_reader("lbpcascade_animeface")


def test_a_reader_that_fails_at_its_test_picture_is_refused(reader, monkeypatch):
    session = Session()
    monkeypatch.setattr(session, "run", lambda names, feeds: [np.zeros(1, "f4")] * len(names))
    with pytest.raises(ModelError, match="fails at its test picture"):
        loading._check_canary(reader(session))


@pytest.mark.parametrize("shape", [["n", "side", "side", 3], ["n"]])
def test_a_network_of_no_one_size_is_refused(tmp_path, monkeypatch, shape):
    class Outputs(Session):
        def get_outputs(self):
            return [SimpleNamespace(name=name) for name in OUTPUTS]

    monkeypatch.setattr(Node, "shape", shape)
    monkeypatch.setattr(network, "open_session", lambda path, device: Outputs())
    with pytest.raises(ModelError, match="of one size"):
        FaceReader(CARD, tmp_path / "reader.onnx")


def test_a_network_with_other_outputs_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n"])
    out = helper.make_tensor_value_info("y", TensorProto.UINT8, ["n"])
    graph = helper.make_graph(
        [helper.make_node("Identity", ["pixels"], ["y"])], "g", [value], [out]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match=OUTPUTS[0]):
        load_reader(str(tmp_path / "other.onnx"))
