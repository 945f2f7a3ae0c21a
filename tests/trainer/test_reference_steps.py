"""The methods that translate pictures step as the reference programs do."""

from __future__ import annotations

import types

import pytest

pytest.importorskip("torch")
pytest.importorskip("safetensors")

import torch
from references import discriminator_name, fewshot_name, imported, randomised, ugatit_name
from translation_runs import smooth_pictures

from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig, CycleGANMethod
from webtoon_curate.trainer.methods.fewshot import FewShotConfig, fewshot_method
from webtoon_curate.trainer.methods.ugatit import UGATITConfig, UGATITMethod
from webtoon_curate.trainer.nets.ugatit import Discriminator, UGATITGenerator

CLOSE = {"atol": 1e-5, "rtol": 1e-4}


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
        batch = {"a": smooth_pictures(1, 32, 0), "b": smooth_pictures(1, 32, 1)}
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
        batch = prepared(theirs, {"a": smooth_pictures(1, 64, 0), "b": smooth_pictures(1, 64, 1)})
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
        pictures = {side: smooth_pictures(4, size, seed) for seed, side in enumerate("ab")}
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
