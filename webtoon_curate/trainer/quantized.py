"""A network in whole numbers: 8 bits for what passes between its layers, 7 for its weights.

Processors multiply these two to three times as fast as floats (8-bit dot products: AVX-512 VNNI,
Arm's SDOT; Jacob et al. 2018). With 7 bits the sums of pairs fit 16 bits, so that older
processors, which add them so (AVX2), should find the same. What the network gives stays in floats.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.files import replacing

SAMPLES = 256
"""Pictures from whose values the ranges of the layers are told."""
ROUNDED = ("DepthToSpace", "ReduceMean")
"""What may take whole numbers on the way to an output: finer maps of coarse ones, which the reader
corrects in floats, and means, whose steps even out."""


def quantize(network: Path, samples: Iterable[NDArray[np.uint8]]) -> None:
    """Replaces a network's file by one in whole numbers.

    All but the last convolution before each output are quantised: a logit's steps would be of
    0.1, a box's of 3%.

    Args:
        network: an ONNX file with one input, whose first node reads pixels as floats
            (`DequantizeLinear`).
        samples: inputs (n, height, width, 3) like those it will see, `SAMPLES` or so.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)  # it recommends what is done here
    try:
        with TemporaryDirectory() as folder, replacing(network) as part:
            plain = Path(folder) / "plain.onnx"
            quant_pre_process(network, plain, skip_symbolic_shape=True, skip_onnx_shape=True)
            graph = onnx.load(plain).graph
            quantize_static(
                plain,
                part,
                _Samples(graph.input[0].name, samples),
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_last(graph),
                extra_options={"TensorQuantOverrides": _pixels(graph)},
            )
    finally:
        logger.setLevel(before)


class _Samples:
    """As onnxruntime asks for them."""

    def __init__(self, name: str, samples: Iterable[NDArray[np.uint8]]) -> None:
        self.name, self.samples = name, iter(samples)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        sample = next(self.samples, None)
        return None if sample is None else {self.name: sample}


def _last(graph: Any) -> list[str]:
    """Names of the nodes behind which neither a convolution nor one of `ROUNDED` follows, and of
    the last convolutions."""
    by_output = {name: node for node in graph.node for name in node.output}
    last: dict[str, None] = {}
    ahead = [output.name for output in graph.output]
    while ahead:
        node = by_output.get(ahead.pop())
        if node is None or node.name in last or node.op_type in ROUNDED:
            continue
        last[node.name] = None
        if node.op_type != "Conv":
            ahead += node.input
    return list(last)


def _pixels(graph: Any) -> dict[str, list[dict[str, NDArray]]]:
    """The pixels' own scale: they are whole numbers already."""
    from onnx.numpy_helper import to_array

    values = {tensor.name: tensor for tensor in graph.initializer}
    values |= {n.output[0]: n.attribute[0].t for n in graph.node if n.op_type == "Constant"}
    (node,) = (n for n in graph.node if n.op_type == "DequantizeLinear")
    scale, zero = (to_array(values[name]) for name in node.input[1:])
    return {node.output[0]: [{"scale": scale, "zero_point": zero}]}
