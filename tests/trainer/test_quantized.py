from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import onnx
import onnxruntime
import torch

from webtoon_curate.trainer.export import export_detector
from webtoon_curate.trainer.nets.detector import DetectorNet
from webtoon_curate.trainer.quantized import quantize


@pytest.fixture(scope="module")
def samples():
    """Smooth pictures; noise is nothing that networks meet."""
    import cv2

    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (8, 6, 8, 3), np.uint8)
    return [cv2.resize(p, (128, 96), interpolation=cv2.INTER_CUBIC)[None] for p in small]


@pytest.fixture(scope="module")
def networks(samples, tmp_path_factory):
    """A network in floats, and the same in whole numbers."""
    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    net = DetectorNet()
    with torch.no_grad():  # its normalisation gets to know the pictures
        for _ in range(40):
            net(torch.from_numpy(np.concatenate(samples)).permute(0, 3, 1, 2).float())
    for name in ("plain.onnx", "whole.onnx", "again.onnx"):
        export_detector(net.eval(), folder / name)
    for name in ("whole.onnx", "again.onnx"):
        quantize(folder / name, samples)
    return folder


def outputs(path, sample):
    return onnxruntime.InferenceSession(path).run(None, {"pixels": sample})


def test_it_gives_nearly_what_floats_give(networks, samples):
    for sample in samples:
        plain, whole = (outputs(networks / n, sample) for n in ("plain.onnx", "whole.onnx"))
        for one, other in zip(plain, whole):
            assert one.shape == other.shape
            # Of the spread over cells, with 40 layers of 1/255 steps between.
            assert np.abs(one - other).mean() < 0.12 * one.std()
            assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_weights_are_bytes_and_outputs_floats(networks):
    graph = onnx.load(networks / "whole.onnx").graph
    wide = [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT]
    assert sum(np.prod(t.dims, initial=1) for t in wide) < 20_000  # of 1.4 million
    assert all(o.type.tensor_type.elem_type == onnx.TensorProto.FLOAT for o in graph.output)
    assert (networks / "whole.onnx").stat().st_size < 2_000_000


def test_weights_have_seven_bits(networks):
    graph = onnx.load(networks / "whole.onnx").graph
    weights = [onnx.numpy_helper.to_array(t) for t in graph.initializer if len(t.dims) == 4]
    whole = [w for w in weights if w.dtype == np.int8]
    assert len(whole) > 20
    assert all(np.abs(w.astype(int)).max() <= 64 for w in whole)


def test_the_same_samples_give_the_same_bytes(networks):
    assert (networks / "whole.onnx").read_bytes() == (networks / "again.onnx").read_bytes()


def test_floats_compute_what_whole_numbers_do(networks, samples):
    """As on a GPU."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    floats = onnxruntime.InferenceSession(networks / "whole.onnx", options)
    for sample in samples:
        for one, other in zip(
            outputs(networks / "whole.onnx", sample), floats.run(None, {"pixels": sample})
        ):
            assert np.abs(one - other).max() < 0.1 * one.std()
