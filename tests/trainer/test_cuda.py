"""What only a GPU can show: fused optimizers, layouts, and results that agree with the CPU's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from translation_runs import GROUPS, METHODS, made

from webtoon_curate.trainer.config import make_config
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.loop import train
from webtoon_curate.trainer.translate import Translator

DEVICE = "cuda"
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


class Noise(torch.utils.data.Dataset):
    """Samples of every method."""

    def __init__(self, config):
        self.config = config

    def __getitem__(self, number):
        generator, size = torch.Generator().manual_seed(number), self.config.size
        groups = (len(GROUPS),) if hasattr(self.config, "groups") else ()

        def pictures(*shape):
            return torch.rand(*shape, size, size, generator=generator) * 2 - 1

        sample = {side: pictures(*groups, 3) for side in ("a", "b", "image")}
        for side in "ab":
            sample[f"{side}_landmarks"] = (pictures(1) > 0.9).float()
            sample[f"{side}_points"] = torch.rand(68, 2, generator=generator) * size
        if hasattr(self.config, "version"):
            sample["condition"] = pictures(self.config.channels)
        return sample


def config_of(method, *settings):
    kind, presets, _ = METHODS[method]
    texts = [f"device={DEVICE}", *settings]
    if method == "fewshot":
        texts.append(f"groups={list(GROUPS)}".replace("'", '"'))
    return make_config(kind, presets["tiny"], None, texts)


RUNS = {
    "pix2pix": ["version=v2", "colors=planes"],
    "cyclegan": ["local=0.3", "consistency=10", "regressor_steps=1"],
    "ugatit": [],
    "fewshot": [],
}


@pytest.mark.parametrize("compiled", ["off", "on"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("method", RUNS)
def test_a_run_stops_and_goes_on_and_draws_as_on_the_cpu(tmp_path, method, precision, compiled):
    config = config_of(method, *RUNS[method], f"precision={precision}", f"compile={compiled}")
    build, notes = METHODS[method][2], []
    for steps in (config.steps, 2 * config.steps):
        config = dataclasses.replace(config, steps=steps)
        processes = Processes(config.device, config.precision)
        run = train(
            build(config), Noise(config), config, tmp_path, steps > 4,
            held=[{n: t[None] for n, t in Noise(config)[0].items()}],
            processes=processes, on_note=notes.append,
        )  # fmt: skip
        assert run.step == steps
    assert notes == []
    for optimizer in run.method.optimizers.values():
        for weight, state in optimizer.state.items():
            assert weight.isfinite().all() and weight.device.type == DEVICE
            assert state["exp_avg"].stride() == weight.stride()
    pictures = [Translator(tmp_path, device)(made(2), GROUPS[:1] * 2) for device in ("cpu", DEVICE)]
    assert np.abs(np.subtract(*pictures, dtype=np.int16)).max() <= 4
