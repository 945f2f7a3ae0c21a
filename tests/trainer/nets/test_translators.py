"""The published networks: known answers, and the same output as the reference programs."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("torch")

import torch
from references import (
    discriminator_name,
    fewshot_name,
    imported,
    randomised,
    same_weights,
    ugatit_name,
)

from webtoon_curate.trainer.nets.fewshot import Branched, GroupDiscriminator, HourglassGenerator
from webtoon_curate.trainer.nets.patchgan import PatchGAN
from webtoon_curate.trainer.nets.resnet import ResNetGenerator
from webtoon_curate.trainer.nets.ugatit import LIN, Discriminator, UGATITGenerator, clip_shares
from webtoon_curate.trainer.nets.unet import UNet

CUT = "contrastive-unpaired-translation"
UGATIT = "UGATIT-pytorch"
FEWSHOT = "few_shot_face2cartoon"
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


@pytest.mark.parametrize(
    ("net", "weights"),
    [
        (lambda: ResNetGenerator(), 11_378_179),
        (lambda: ResNetGenerator(4, 4), 11_384_452),
        (lambda: UNet(norm="batch"), 54_413_955),
        (lambda: PatchGAN(), 2_764_737),
        (lambda: UGATITGenerator(), 278_959_808),
        (lambda: UGATITGenerator(light=True), 10_589_888),
    ],
    ids=["resnet", "resnet of 4 channels", "unet", "patchgan", "ugatit", "ugatit light"],
)
def test_number_of_weights(net, weights):
    with torch.device("meta"):
        assert sum(weight.numel() for weight in net().parameters()) == weights


def test_a_patch_is_70_pixels_wide():
    net = PatchGAN(width=4, norm="none")
    picture = torch.randn(1, 3, 128, 128, requires_grad=True)
    out = net(picture)
    out[0, 0, 7, 7].backward()
    seen = picture.grad.abs().sum((0, 1))
    rows, columns = (torch.nonzero(seen.sum(dim)).flatten() for dim in (0, 1))
    assert rows[-1] - rows[0] + 1 == 70
    assert columns[-1] - columns[0] + 1 == 70


@pytest.mark.parametrize("size", [64, 128])
def test_the_unet_ends_in_one_pixel(size):
    downs = size.bit_length() - 1
    net = UNet(4, 3, downs, width=2)
    seen = []
    net.downs[-1].register_forward_hook(lambda *parts: seen.append(parts[2].shape[2:]))
    assert net(torch.randn(2, 4, size, size)).shape == (2, 3, size, size)
    assert seen == [(1, 1)]


def test_normalisation_uses_the_unbiased_variance():
    x = torch.tensor([[[[1.0, 3.0]]]])
    norm = LIN(1)
    norm.rho.data.fill_(1.0)
    assert norm(x)[0, 0, 0, 1].item() == pytest.approx(1 / (2 + 1e-5) ** 0.5, abs=1e-6)


def test_shares_are_clipped():
    net = HourglassGenerator(64, 8)
    for name, weight in net.named_parameters():
        if name.endswith(("rho", "share")):
            weight.data.normal_(0.5, 2)
    clip_shares(net)
    shares = [w for name, w in net.named_parameters() if name.endswith(("rho", "share"))]
    assert len(shares) == 8 * 3 + 2
    assert all(share.min() >= 0 and share.max() <= 1 for share in shares)


def test_groups_keep_their_branches_apart():
    """A group's picture depends on its own branch and on the body alone."""
    base = randomised(UGATITGenerator(16, 4, 1, light=True), 0)
    net = Branched(base.double(), 3).eval()
    pictures = [torch.randn(count, 3, 16, 16).double() for count in (2, 1, 1)]
    before = net(pictures).out
    assert torch.allclose(before[:2], base(pictures[0]).out, atol=1e-6)
    net.tails[1][-2].weight.data += 1
    after = net(pictures).out
    same = [torch.allclose(a, b, atol=1e-6) for a, b in zip(before, after)]
    assert same == [True, True, False, True]
    empty = pictures[0][:0]
    assert torch.allclose(net([empty, empty, pictures[2]]).out, after[3:], atol=1e-6)


@pytest.fixture
def cut():
    with imported(CUT, "models.networks") as (networks,):
        yield networks


def test_resnet_is_that_of_cut(cut):
    norm = cut.get_norm_layer("instance")
    theirs = cut.ResnetGenerator(4, 3, 8, norm, False, 9, "reflect", True, True)
    randomised(theirs, 1)
    ours = ResNetGenerator(4, 3, 9, 8)
    same_weights(ours, theirs)
    x = torch.randn(2, 4, 32, 32)
    torch.testing.assert_close(ours(x), theirs(x), **CLOSE)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_unet_is_that_of_cut(cut, norm):
    theirs = randomised(cut.UnetGenerator(3, 3, 6, 4, cut.get_norm_layer(norm), True), 2)
    ours = UNet(3, 3, 6, 4, norm)
    same_weights(ours, theirs)
    x = torch.randn(2, 3, 64, 64)
    torch.manual_seed(0)  # dropout draws the same channels in the same order
    mine = ours(x)
    torch.manual_seed(0)
    torch.testing.assert_close(mine, theirs(x.clone()), **CLOSE)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_patchgan_is_that_of_cut(cut, norm):
    theirs = cut.NLayerDiscriminator(7, 8, 3, cut.get_norm_layer(norm), no_antialias=True)
    randomised(theirs, 3)
    ours = PatchGAN(7, 8, norm=norm)
    same_weights(ours, theirs)
    x = torch.randn(2, 7, 48, 48)
    torch.testing.assert_close(ours(x), theirs(x), **CLOSE)


@pytest.mark.parametrize("light", [False, True], ids=["full", "light"])
def test_ugatit_generator_is_znxlwms(light):
    with imported(UGATIT, "networks") as (networks,):
        theirs = randomised(networks.ResnetGenerator(3, 3, 8, 2, 32, light), 4)
        ours = UGATITGenerator(32, 8, 2, light)
        same_weights(ours, theirs, ugatit_name)
        x = torch.randn(2, 3, 32, 32)
        for mine, other in zip(ours(x), theirs(x)):
            torch.testing.assert_close(mine, other, **CLOSE)


@pytest.mark.skipif("WEBTOON_CURATE_FULL" not in os.environ, reason="4 GB of memory, minutes")
@torch.no_grad()
def test_ugatit_generator_is_znxlwms_as_published():
    with imported(UGATIT, "networks") as (networks,):
        theirs = networks.ResnetGenerator(3, 3, 64, 4, 256, False).eval()
        ours = UGATITGenerator(256, 64, 4, False).eval()
        same_weights(ours, theirs, ugatit_name)
        x = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0)) * 2 - 1
        for mine, other in zip(ours(x), theirs(x)):
            torch.testing.assert_close(mine, other, **CLOSE)


@pytest.mark.parametrize("layers", [5, 7])
def test_ugatit_discriminator_is_znxlwms(layers):
    with imported(UGATIT, "networks") as (networks,):
        theirs = randomised(networks.Discriminator(3, 8, layers), 5)
        ours = Discriminator(8, layers)
        same_weights(ours, theirs, discriminator_name)
        x = torch.randn(2, 3, 96, 96)
        for _ in range(2):  # each call in training turns the spectral norm's vectors
            for mine, other in zip(ours(x), theirs(x)):
                torch.testing.assert_close(mine, other, **CLOSE)


def test_hourglass_generator_is_payne53s():
    with imported(FEWSHOT, "models.networks") as (networks,):
        # float64: rounding of float32 grows through the hourglasses to the tolerance.
        theirs = randomised(networks.ResnetGenerator(8, 64, True), 6).double()
        x = torch.randn(1, 3, 64, 64).double()
        for group in range(4):
            ours = Branched(HourglassGenerator(64, 8), 4).double()
            state = theirs.state_dict()
            for name in ("gap_fc_new", "gmp_fc_new"):  # one map a group; ours is shared
                for part in ("weight", "bias"):
                    whole = state[f"{name}.{part}"]
                    state[f"{name}.{part}"] = whole[group : group + 1]
            ours.load_state_dict({fewshot_name(n): v for n, v in state.items() if fewshot_name(n)})
            pictures = [x if g == group else x[:0] for g in range(4)]
            mine = ours(pictures)
            out, logits, heat = theirs(x, torch.tensor([group]))
            torch.testing.assert_close(mine.out, out, **CLOSE)
            torch.testing.assert_close(mine.logits, logits[..., group], **CLOSE)
            torch.testing.assert_close(mine.heat, heat, **CLOSE)


def test_group_discriminator_is_payne53s():
    with imported(FEWSHOT, "models.networks") as (networks,):
        theirs = randomised(networks.Discriminator(3, 8, 5), 7)
        ours = GroupDiscriminator(4, 8, 5)
        same_weights(ours, theirs, discriminator_name)
        x = torch.randn(2, 3, 48, 48)
        out, groups, logits, heat = theirs(x)
        for mine, other in zip(ours(x), (out, logits, heat, groups)):
            torch.testing.assert_close(mine, other, **CLOSE)
