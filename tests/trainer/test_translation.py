"""The methods that translate pictures: they learn, and step as the reference programs do."""

from __future__ import annotations

import math
import types

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
import torch.nn.functional as F
from references import discriminator_name, fewshot_name, imported, randomised, ugatit_name

from webtoon_curate.errors import ModelError
from webtoon_curate.trainer.config import ConfigError
from webtoon_curate.trainer.dist import Processes
from webtoon_curate.trainer.gan_losses import least_squares, vanilla
from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod, heat
from webtoon_curate.trainer.methods.fewshot import FewShotConfig, fewshot_method
from webtoon_curate.trainer.methods.pix2pix import Pix2PixConfig, Pix2PixMethod
from webtoon_curate.trainer.methods.ugatit import UGATITConfig, UGATITMethod
from webtoon_curate.trainer.nets.ugatit import Discriminator, UGATITGenerator
from webtoon_curate.trainer.patches import PARTS, patches
from webtoon_curate.trainer.pool import ImagePool

CLOSE = {"atol": 1e-5, "rtol": 1e-4}


def faces(count: int, size: int, seed: int) -> torch.Tensor:
    """Smooth pictures, each another, (count, 3, size, size) in -1..1."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.randn(count, 3, 4, 4, generator=generator)
    return torch.nn.functional.interpolate(small, size, mode="bicubic").tanh()


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
        batch |= {side: faces(count, size, seed), f"{side}_landmarks": layer}
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
    batches = [{"condition": torch.randn(1, 2, 32, 32), "image": faces(1, 32, n)} for n in range(4)]
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
    batches = singles({side: faces(4, 64, seed) for seed, side in enumerate("ab")})
    losses = losses_of(UGATITMethod(config), batches, 24)
    assert mean_of(losses[-4:], "cycle_a") < 0.7 * mean_of(losses[:4], "cycle_a")


def grouped(size=64):
    return {side: faces(2, size, seed)[None] for seed, side in enumerate("ab")}


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
        batch["a"][:, 1], batch["b"][:, 1] = faces(1, 64, other), faces(1, 64, other + 1)
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


def with_sgd(method, rate):
    """Plain steps: Adam would blow up rounding where a gradient is exactly 0."""
    for name, optimizer in method.optimizers.items():
        weights = [w for group in optimizer.param_groups for w in group["params"]]
        method.optimizers[name] = torch.optim.SGD(weights, rate)
    return method


def same(ours, theirs, names=None):
    """Whether two networks have the same weights; see `references.same_weights`."""
    mine, other = ours.state_dict(), theirs.state_dict()
    pairs = zip(mine, other) if names is None else ((names(n), n) for n in other)
    for name, its in pairs:
        if name is not None:
            torch.testing.assert_close(mine[name], other[its], **CLOSE)


def test_a_step_is_that_of_cuts_cyclegan():
    with imported("contrastive-unpaired-translation", "models.cycle_gan_model") as (module,):
        options = {
            "isTrain": True, "gpu_ids": [], "checkpoints_dir": "", "name": "", "preprocess": "none",
            "input_nc": 3, "output_nc": 3, "ngf": 8, "ndf": 8, "netG": "resnet_6blocks",
            "netD": "basic", "normG": "instance", "normD": "instance", "no_dropout": True,
            "init_type": "normal", "init_gain": 0.02, "no_antialias": True, "no_antialias_up": True,
            "n_layers_D": 3, "pool_size": 50, "gan_mode": "lsgan", "lr": 0.1, "beta1": 0.5,
            "lambda_A": 10.0, "lambda_B": 10.0, "lambda_identity": 0.5, "direction": "AtoB",
            "amp": False,
        }  # fmt: skip
        theirs = module.CycleGANModel(types.SimpleNamespace(**options))
        method = CycleGANMethod(
            CycleGANConfig(size=32, width=8, blocks=6, landmarks="none", device="cpu")
        )
        pairs = [("a2b", "netG_A"), ("b2a", "netG_B"), ("judge_a", "netD_B"), ("judge_b", "netD_A")]
        for ours, name in pairs:
            net = randomised(getattr(theirs, name), len(name))
            state = dict(zip(method.nets[ours].state_dict(), net.state_dict().values()))
            method.nets[ours].load_state_dict(state)
        with_sgd(method, 0.01)
        for kind, nets in (("G", "netG"), ("D", "netD")):
            weights = [w for s in "AB" for w in getattr(theirs, f"{nets}_{s}").parameters()]
            setattr(theirs, f"optimizer_{kind}", torch.optim.SGD(weights, 0.01))
        batch = {"a": faces(1, 32, 0), "b": faces(1, 32, 1)}
        theirs.set_input({"A": batch["a"], "B": batch["b"], "A_paths": "", "B_paths": ""})
        theirs.optimize_parameters()
        losses = method.step(batch)
        names = {
            "adversarial_b": "G_A", "adversarial_a": "G_B", "cycle_a": "cycle_A",
            "cycle_b": "cycle_B", "identity_a": "idt_B", "identity_b": "idt_A",
            "discriminator_b": "D_A", "discriminator_a": "D_B",
        }  # fmt: skip
        for ours, name in names.items():
            expected = float(getattr(theirs, f"loss_{name}"))
            assert float(losses[ours]) == pytest.approx(expected, abs=1e-5, rel=1e-4), ours
        for ours, name in pairs:
            same(method.nets[ours], getattr(theirs, name))


class Loader:
    """A loader of one batch, whose iterator has the `next` of old Python."""

    def __init__(self, batch, label=None):
        self.item = (batch, label)

    def __iter__(self):
        return self

    def __next__(self):
        return self.item

    next = __next__


def prepared(trainer, batch):
    """What the reference trainers' own set-up makes, but the networks and the data."""
    for name, value in {
        "device": "cpu", "resume": False, "iteration": 1, "decay_flag": False, "lr": 0.01,
        "print_freq": 100, "save_freq": 100, "result_dir": "", "dataset": "", "img_size": 64,
        "adv_weight": 1, "cycle_weight": 10, "identity_weight": 10,
        "L1_loss": torch.nn.L1Loss(), "MSE_loss": torch.nn.MSELoss(),
        "BCE_loss": torch.nn.BCEWithLogitsLoss(),
    }.items():  # fmt: skip
        setattr(trainer, name, value)
    return batch


NETS = {"genA2B": "a2b", "genB2A": "b2a", "disGA": "judge_global_a", "disGB": "judge_global_b"}
NETS |= {"disLA": "judge_local_a", "disLB": "judge_local_b"}


def test_a_step_is_that_of_znxlwms_ugatit(capsys):
    with imported("UGATIT-pytorch", "UGATIT", "networks") as (module, networks):
        theirs = object.__new__(module.UGATIT)
        batch = prepared(theirs, {"a": faces(1, 64, 0), "b": faces(1, 64, 1)})
        theirs.cam_weight = 1000
        config = UGATITConfig(size=64, width=4, blocks=1, device="cpu")
        method = with_sgd(UGATITMethod(config), 1e-4)
        for seed, (name, ours) in enumerate(NETS.items()):
            if name.startswith("gen"):
                net, names = networks.ResnetGenerator(3, 3, 4, 1, 64), ugatit_name
            else:
                net = networks.Discriminator(3, 4, 6 if name[3] == "G" else 5)
                names = discriminator_name
            setattr(theirs, name, randomised(net, seed))
            method.nets[ours].load_state_dict({names(n): v for n, v in net.state_dict().items()})
        generators = [w for n in ("genA2B", "genB2A") for w in getattr(theirs, n).parameters()]
        judges = [w for n in list(NETS)[2:] for w in getattr(theirs, n).parameters()]
        theirs.G_optim, theirs.D_optim = (torch.optim.SGD(w, 1e-4) for w in (generators, judges))
        theirs.Rho_clipper = networks.RhoClipper(0, 1)
        theirs.trainA_loader, theirs.trainB_loader = Loader(batch["a"]), Loader(batch["b"])
        theirs.train()
        losses = method.step(batch)
        told = capsys.readouterr().out
        d_loss, g_loss = (float(told.split(f"{k}_loss: ")[1].split(",")[0]) for k in "dg")
        ours = {True: 0.0, False: 0.0}
        for name, value in losses.items():
            ours[name.startswith("discriminator")] += float(value)
        assert ours[True] == pytest.approx(d_loss, rel=1e-5)
        assert ours[False] == pytest.approx(g_loss, rel=1e-5)
        for name, net in NETS.items():
            names = ugatit_name if name.startswith("gen") else discriminator_name
            same(method.nets[net], getattr(theirs, name), names)


@pytest.fixture
def doubles():
    """float64: through dozens of instance normalisations rounding of float32 grows to 1e-2."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Together:
    """Optimizers that step after both gradients are taken, as ours do.

    The reference steps between two backward passes through the same weights, which PyTorch has
    refused since 1.5.
    """

    def __init__(self, optimizer, steps):
        self.optimizer, self.steps, self.kept = optimizer, steps, []

    def zero_grad(self):
        self.optimizer.zero_grad()

    def step(self):
        weights = self.optimizer.param_groups[0]["params"]
        self.kept.append([None if w.grad is None else w.grad.clone() for w in weights])
        if len(self.kept) < self.steps:
            return
        for weight, *parts in zip(weights, *self.kept):
            found = [part for part in parts if part is not None]
            weight.grad = sum(found) if found else None
        Together.waiting.append(self.optimizer)


def test_a_step_is_that_of_payne53s_fewshot(doubles, capsys):
    with imported(
        "few_shot_face2cartoon", "models.UGATIT_sadalin_hourglass", "models.networks"
    ) as (
        module,
        networks,
    ):
        theirs = object.__new__(module.UgatitSadalinHourglass)
        size, groups = 64, ("g0", "g1", "g2", "g3")
        pictures = {side: faces(4, size, seed) for seed, side in enumerate("ab")}
        prepared(theirs, pictures)
        theirs.cam_weight, theirs.cls_weight, theirs.faceid_weight = 0, 1, 0
        theirs.facenet = types.SimpleNamespace(cosine_distance=lambda x, y: torch.zeros(len(x)))
        theirs.writer = types.SimpleNamespace(add_scalar=lambda *_: None)
        config = FewShotConfig(
            size=size, width=8, light=True, net="hourglass", groups=groups, cycle=10.0, cam=0.0,
            device="cpu",
        )  # fmt: skip
        method = with_sgd(fewshot_method(config, None), 1e-3)
        for seed, (name, ours) in enumerate(NETS.items()):
            if name.startswith("gen"):
                net, names = networks.ResnetGenerator(8, size, True), fewshot_name
                # Their training calls this layer, which their constructor leaves out.
                net.gap_fc, net.gmp_fc = torch.nn.Linear(32, 1), torch.nn.Linear(32, 1)
                del net.gap_fc_new, net.gmp_fc_new
            else:
                net = networks.Discriminator(3, 8, 6 if name[3] == "G" else 5)
                names = discriminator_name
            setattr(theirs, name, randomised(net, seed))
            state = {names(n): v for n, v in net.state_dict().items() if names(n)}
            method.nets[ours].load_state_dict(state)
        parts = [getattr(theirs, n).get_params() for n in ("genA2B", "genB2A")]
        Together.waiting = []
        specific, shared = ([w for part in parts for w in part[i]] for i in (0, 1))
        theirs.G_optim_share = Together(torch.optim.SGD(shared, 1e-3), 1)
        theirs.G_optim_specific = Together(torch.optim.SGD(specific, 1e-3), 2)
        share_step = theirs.G_optim_share.step

        def kept_shared():
            share_step()  # the second backward pass would add to these gradients
            grads = [w.grad for w in shared]
            theirs.kept = [None if g is None else g.clone() for g in grads]

        theirs.G_optim_share.step = kept_shared
        judges = [w for n in list(NETS)[2:] for w in getattr(theirs, n).parameters()]
        theirs.D_optim = torch.optim.SGD(judges, 1e-3)
        theirs.label2onehot = lambda labels, count: torch.eye(count)[labels.long()]
        theirs.Rho_clipper = theirs.W_Clipper = lambda module: None
        for n in range(4):
            label = torch.tensor([n])
            setattr(theirs, f"trainA_loader_{n}", Loader(pictures["a"][n : n + 1], label))
            setattr(theirs, f"trainB_loader_{n}", Loader(pictures["b"][n : n + 1], label))
        theirs.pretrained_weights = ""
        theirs.train()
        for weight, gradient in zip(shared, theirs.kept):
            weight.grad = gradient
        for optimizer in Together.waiting:
            optimizer.step()
        losses = method.step({side: value[None] for side, value in pictures.items()})
        assert float(losses["base"]) > 0
        for name, net in NETS.items():
            names = fewshot_name if name.startswith("gen") else discriminator_name
            if name.startswith("gen"):
                mine, other = method.nets[net].state_dict(), getattr(theirs, name).state_dict()
                for key, value in other.items():
                    if names(key) and not key.endswith(("rho", "w_gamma", "w_beta")):  # clipped
                        torch.testing.assert_close(mine[names(key)], value, **CLOSE)
            else:
                same(method.nets[net], getattr(theirs, name), names)


def test_ours_and_theirs_are_made_alike():
    """The networks of the methods are those whose parity is tested."""
    method = UGATITMethod(UGATITConfig(size=64, width=4, blocks=1, light=True, device="cpu"))
    assert type(method.nets["a2b"]) is UGATITGenerator
    assert type(method.judges["local_a"]) is Discriminator
