"""A trained generator as an ONNX file.

    input    (n, channels, size, size) float32 in -1..1; 0 in a landmark layer where nothing is
    output   (n, 3, size, size) float32 in -1..1, RGB

The file's metadata tell `method`, `step`, `group` and `channels`, the input's channels in order.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch

from webtoon_curate.errors import ModelError
from webtoon_curate.files import replacing
from webtoon_curate.trainer.export import OPSET
from webtoon_curate.trainer.translate import Drawing, Translator

INPUT, OUTPUT = "input", "output"
LARGEST_ERROR = 1e-4
"""Between PyTorch's picture and that of the file, of values in -1..1; a grey level is 8e-3."""


def export_generator(translator: Translator, path: Path, group: str | None = None) -> float:
    """Writes the generator, once its pictures are those of PyTorch.

    Args:
        translator: on the CPU.
        path: of the ONNX file.
        group: branch of a few-shot generator.

    Returns:
        The largest difference that was measured.

    Raises:
        ModelError: if it has no such group, or the file's pictures are others than PyTorch's.
    """
    net, size = translator.drawing(group).eval(), translator.size
    shape = (2, len(translator.channels), size, size)
    example = torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with replacing(path) as part:
        with warnings.catch_warnings():
            # The older exporter needs no further package; it warns that a newer one exists.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                net,
                (example,),
                str(part),
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: {0: "n"}, OUTPUT: {0: "n"}},
            )
        about = {"method": translator.method, "step": str(translator.step), "group": group or ""}
        _describe(part, about | {"channels": " ".join(translator.channels)})
        error = _error(net, part, example)
        if not error <= LARGEST_ERROR:  # NaN too
            raise ModelError(
                f"the ONNX file's pictures are up to {error:.2g} from PyTorch's, more than "
                f"{LARGEST_ERROR}: it was not written"
            )
    return error


def _describe(path: Path, about: dict[str, str]) -> None:
    import onnx

    model = onnx.load(path)
    onnx.helper.set_model_props(model, about)
    onnx.save(model, path)


@torch.no_grad()
def _error(net: Drawing, path: Path, example: torch.Tensor) -> float:
    """Largest difference on one picture and on two: the number must not be frozen in the file."""
    from webtoon_curate.models.runtime import open_session

    session = open_session(path, "cpu")
    errors = []
    for inputs in (example, example[1:].flip(3)):
        (made,) = session.run([OUTPUT], {INPUT: inputs.contiguous().numpy()})
        wanted = net(inputs).numpy()
        errors.append(np.abs(made - wanted).max() if made.shape == wanted.shape else np.inf)
    return float(max(errors))
