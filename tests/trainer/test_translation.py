"""The methods that translate pictures: they learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
import torch.nn.functional as F
from translation_runs import smooth_pictures

from webtoon_curate.errors import ModelError
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan_losses import least_squares, vanilla
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod, heat
from webtoon_curate.trainer.methods.fewshot import FewShotConfig, fewshot_method
from webtoon_curate.trainer.methods.pix2pix import Pix2PixConfig, Pix2PixMethod
from webtoon_curate.trainer.methods.ugatit import UGATITConfig, UGATITMethod
from webtoon_curate.trainer.patches import PARTS, patches
from webtoon_curate.trainer.pool import ImagePool


def points(count: int, size: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return size * (0.2 + 0.6 * torch.rand(count, 68, 2, generator=generator))


def unpaired(count: int, size: int) -> dict[str, torch.Tensor]:
    batch = {}
    for seed, side in enumerate("ab"):
        at = points(count, size, seed)
        layer = torch.zeros(count, 1, size, size)
        for n, rows in enumerate(at.long()):
            layer[n, 0, rows[:, 1], rows[:, 0]] = 1
        batch |= {side: smooth_pictures(count, size, seed), f"{side}_landmarks": layer}
        batch[f"{side}_points"] = at
    return batch


def losses_of(method, batches, steps):
    """The losses of each step, over the batches in turn."""
    return [method.step(batches[n % len(batches)]) for n in range(steps)]


def singles(batch):
    return [{k: v[n : n + 1] for k, v in batch.items()} for n in range(len(batch["a"]))]


def mean_of(losses, name):
    return float(sum(loss[name] for loss in losses) / len(losses))


def test_pix2pix_learns_four_pairs_by_heart():
    config = Pix2PixConfig(
        size=32, width=12, device="cpu", dropout=False, inputs=2, learning_rate=2e-3
    )
    batches = [
        {"condition": torch.randn(1, 2, 32, 32), "image": smooth_pictures(1, 32, n)}
        for n in range(4)
    ]
    losses = losses_of(Pix2PixMethod(config), batches, 48)
    assert mean_of(losses[-4:], "reconstruction") < 0.6 * mean_of(losses[:4], "reconstruction")


@pytest.mark.parametrize("landmarks", ["condition", "output", "none"])
def test_cyclegan_learns_four_pairs_by_heart(landmarks):
    config = CycleGANConfig(
        size=32, width=8, blocks=1, device="cpu", landmarks=landmarks, learning_rate=2e-3
    )
    method = CycleGANMethod(config)
    losses = losses_of(method, singles(unpaired(4, 32)), 64)
    assert mean_of(losses[-4:], "cycle_a") < 0.85 * mean_of(losses[:4], "cycle_a")
    channels = 4 if landmarks == "output" else 3
    with torch.no_grad():
        made = method.sample(unpaired(1, 32))["a2b"]
    assert made.shape == (1, channels, 32, 32)


def test_landmarks_stay_where_they_are_and_parts_are_judged():
    """With consistency, what finds landmarks learns first; then the made faces keep theirs."""
    config = CycleGANConfig(
        size=32, width=8, blocks=1, device="cpu", consistency=10.0, regressor_steps=4, local=0.3
    )
    method = CycleGANMethod(config)
    losses = losses_of(method, singles(unpaired(4, 32)), 8)
    assert [f"consistency_{s}" in loss for loss in losses for s in "ab"] == [False] * 8 + [True] * 8
    assert all(loss["local_a"] > 0 and loss["find_b"] > 0 for loss in losses)


def test_heat_is_greatest_at_the_landmarks_and_spreads_around_them():
    layers = torch.zeros(2, 1, 64, 64)
    layers[0, 0, 20, 40] = layers[0, 0, 50, 0] = 1
    found = heat(layers)
    assert found[0, 0, 20, 40] == found[0].max() == 1 and found[0, 0, 50, 0] == 1
    assert float(found[0, 0, 20, 43] / found[0, 0, 20, 40]) == pytest.approx(math.exp(-2), abs=1e-4)
    assert torch.equal(found[1], layers[1])


def test_the_networks_that_find_landmarks_learn_to():
    """Within the steps after which the loss counts; a guess of the mean heat has the error 1."""
    config = CycleGANConfig(size=32, width=2, blocks=1, device="cpu", consistency=1.0, flip=False)
    torch.manual_seed(1)
    batches = []
    for _ in range(8):
        layer = torch.zeros(1, 1, 32, 32)
        x, y = torch.randint(4, 28, (2,)).tolist()
        layer[..., y, x] = 1
        picture = F.max_pool2d(layer, 5, 1, 2).expand(-1, 3, -1, -1) * 2 - 1
        points = torch.zeros(1, 68, 2)
        batches.append(
            {key: value for s in "ab" for key, value in
             ((s, picture), (f"{s}_landmarks", layer), (f"{s}_points", points))}
        )  # fmt: skip
    method = CycleGANMethod(config)
    for number in range(200):
        method.step(batches[number % 8])
    wanted = torch.cat([heat(batch["a_landmarks"]) for batch in batches])
    with torch.no_grad():
        found = torch.cat([method.finders["a"](batch["a"]) for batch in batches])
    guess = wanted.mean(0, keepdim=True).expand_as(wanted)
    assert F.mse_loss(found, wanted) < 0.5 * F.mse_loss(guess, wanted)


def test_patches_lie_around_the_parts():
    picture = torch.zeros(1, 1, 64, 64)
    picture[0, 0, 39:42, 19:22] = 1
    at = torch.full((1, 68, 2), 60.0)
    at[:, slice(*PARTS["mouth"][0])] = torch.tensor([20.5, 40.5])
    patch = patches(picture, at, "mouth")[0, 0]
    assert patch.shape == (16, 16)
    rows, columns = (np.flatnonzero(patch.sum(d).numpy() > 0.01).mean() for d in (1, 0))
    assert (rows, columns) == (pytest.approx(7.5, abs=0.6), pytest.approx(7.5, abs=0.6))
    assert len(patches(picture, at, "eyes")) == 2


def test_patches_in_bfloat16_lie_where_those_of_real_pictures_do():
    """Half a pixel less or more would tell what was made from what is real."""
    picture, at = torch.rand(1, 3, 256, 256), torch.full((1, 68, 2), 211.3)
    real = patches(picture, at, "mouth")
    with torch.autocast("cpu", torch.bfloat16):
        made = patches(picture.bfloat16(), at, "mouth")
    torch.testing.assert_close(made, real, atol=0.005, rtol=0)


def test_ugatit_learns_four_pairs_by_heart():
    config = UGATITConfig(
        size=64, width=8, blocks=1, light=True, device="cpu", learning_rate=2e-3, cam=1.0
    )
    batches = singles({side: smooth_pictures(4, 64, seed) for seed, side in enumerate("ab")})
    losses = losses_of(UGATITMethod(config), batches, 24)
    assert mean_of(losses[-4:], "cycle_a") < 0.7 * mean_of(losses[:4], "cycle_a")


def grouped(size=64):
    return {side: smooth_pictures(2, size, seed)[None] for seed, side in enumerate("ab")}


def fewshot(baseline=2, **more):
    settings = {"size": 64, "width": 4, "blocks": 1, "light": True, "device": "cpu", **more}
    return FewShotConfig(groups=("many", "few"), baseline=baseline, **settings)


@pytest.mark.parametrize("baseline", [1, 2])
def test_fewshot_learns_its_faces_by_heart(baseline):
    method = fewshot_method(fewshot(baseline, learning_rate=4e-3, cam=1.0, width=8), None)
    with torch.no_grad():
        before = method.score([grouped()])["cycle"]
    losses_of(method, [grouped()], 20)
    with torch.no_grad():
        assert method.score([grouped()])["cycle"] < 0.8 * before


def test_the_frozen_body_does_not_move():
    method = fewshot_method(fewshot(1), None)
    before = [weight.clone() for weight in method.nets["a2b"].body.parameters()]
    head = next(method.nets["a2b"].head.parameters()).clone()
    method.step(grouped())
    assert all(map(torch.equal, before, method.nets["a2b"].body.parameters()))
    assert not torch.equal(head, next(method.nets["a2b"].head.parameters()))


def test_the_shared_gradient_depends_on_the_base_group_only():
    found = []
    for other in (1, 7):
        method = fewshot_method(fewshot(), None)
        method.optimizers = {
            n: torch.optim.SGD([w for g in o.param_groups for w in g["params"]], 0.0)
            for n, o in method.optimizers.items()
        }
        batch = grouped()
        batch["a"][:, 1], batch["b"][:, 1] = (
            smooth_pictures(1, 64, other),
            smooth_pictures(1, 64, other + 1),
        )
        method.step(batch)
        heads = [next(iter(h.parameters())).grad for h in method.generators["a2b"].heads]
        found.append(([w.grad for w in method.shared], heads))
    (shared, heads), (others, other_heads) = found
    assert sum(float(gradient.abs().sum()) for gradient in shared) > 0
    for gradient, other in zip(shared, others):
        torch.testing.assert_close(gradient, other, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(heads[1], other_heads[1])


def test_gradients_of_groups_are_laid_out_as_the_weights(monkeypatch):
    """As `backward` leaves them; fused optimizers refuse others."""
    monkeypatch.setattr(Processes, "_layout", torch.channels_last)
    method = fewshot_method(fewshot(), None)
    method.step(grouped())
    for weight in (*method.shared, *method.branches):
        assert weight.grad is None or weight.grad.stride() == weight.stride()


def test_fewshot_begins_with_a_run_of_ugatit_only(tmp_path):
    with pytest.raises(ModelError, match="train ugatit"):
        fewshot_method(fewshot(), tmp_path)


def test_losses_at_known_points():
    assert float(vanilla(torch.zeros(1, 1), True)) == pytest.approx(np.log(2))
    assert float(least_squares(torch.full((2, 2), 3.0), True)) == 4
    assert float(least_squares(torch.full((2, 2), 3.0), False)) == 9


def test_the_pool_gives_old_pictures_half_of_the_time():
    torch.manual_seed(0)
    pool = ImagePool(5)
    numbers = [float(pool.swapped(torch.full((1, 1, 1, 1), float(n)))) for n in range(400)]
    assert numbers[:5] == [0, 1, 2, 3, 4]
    old = sum(found != n for n, found in enumerate(numbers[5:], 5))
    assert 160 < old < 240
    again = ImagePool(5)
    again.load("p", pool.tensors("p"), torch.device("cpu"))
    assert torch.equal(torch.stack(again.pictures), torch.stack(pool.pictures))


def test_batch_normalisation_of_one_sample_is_refused():
    with pytest.raises(ConfigError, match="norm=instance"):
        Pix2PixConfig(norm="batch")
    assert Pix2PixConfig(norm="batch", batch=2).batch == 2
