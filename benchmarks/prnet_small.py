"""Trains a very small network of PRNet's layout, so that the tests can run that backend.

    python benchmarks/prnet_small.py --out tests/landmarks/prnet_small.safetensors

It has a quarter of the published network's channels and is taught where the 68 points of the map
lie in the crop, not how deep. Only the middle of the network is trained, on what its first layers,
as they are made, see of a few hundred drawings of one character; its last layers carry the map
from 32 to 256 pixels by bilinear interpolation. So it takes a minute or two of one core. It proves
the way from a file to points; it is of no use on real pages.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from webtoon_curate.crops import squares
from webtoon_curate.files import usual_mode
from webtoon_curate.landmarks.prnet import FRAMING, REACH, SIDE, U, V
from webtoon_curate.landmarks.resfcn import EPSILON, ResFCN, Transposed
from webtoon_curate.synth.crops import FaceCrop, face_crops

SEED = 23
CHANNELS = 4
"""Of the first layer; 16 in the published network."""
SEEN, LEARNED = 4, 7
"""Blocks of the encoder that are left as they are, which end at 64 x 64 pixels; layers of the
decoder that are trained, which end at 32 x 32."""
GAIN, MIDDLE = 0.5, 1.5
"""The map is sigmoid(GAIN * value - MIDDLE): values of 0 to 6, which no nonlinearity cuts."""
JITTER = 0.2
"""Of the boxes: so far they are moved and scaled, in box sizes."""
BATCH, RATE = 8, 4e-3
DRAWINGS = 10_000
"""Crops that show the one character."""
STATISTICS = 32
"""Faces whose means and deviations the first layers are normalised by."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=300)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    net = ResFCN(CHANNELS)
    for layer in net.up[LEARNED:]:
        carry_on(layer)
    net.up[-1].norm.weight.data.fill_(GAIN)
    net.up[-1].norm.bias.data.fill_(-MIDDLE)
    rng = np.random.default_rng(args.seed)
    features, truth = looked_at(net, args.faces, args.seed, rng)
    learned = [*net.down[SEEN:].parameters(), *net.up[:LEARNED].parameters()]
    optimizer = torch.optim.AdamW(learned, RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, args.steps)
    mean = 0.0
    for step in range(args.steps):
        some = torch.from_numpy(rng.choice(len(truth), BATCH, replace=False))
        loss = (points_of(net, features[some].float()) - truth[some]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        mean = 0.95 * mean + 0.05 * loss.item() if step else loss.item()
        if step % 25 == 24:
            print(f"{step + 1} of {args.steps}: {mean * SIDE * REACH:.1f} pixels", flush=True)
    halved = {k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}
    with usual_mode(args.out):
        save_file(halved, args.out)


def drawn(count: int, seed: int, start: int = 0) -> Iterator[FaceCrop]:
    """Crops of one character, in another pose, place and outfit each."""
    return face_crops(count, seed, size=SIDE, graded=False, start=start, drawings=DRAWINGS)


def looked_at(
    net: ResFCN, faces: int, seed: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """What the first layers see of drawn faces, and where the points are.

    Returns:
        (n, c, 64, 64) float16; (n, 68, 2) float32, values of the map.
    """
    some = [seen(crop, rng) for crop in drawn(faces, seed)]
    pixels = torch.from_numpy(np.stack([crop for crop, _ in some])).permute(0, 3, 1, 2)
    front = nn.Sequential(net.first, *net.down[:SEEN])
    norms = [layer for layer in front.modules() if isinstance(layer, nn.BatchNorm2d)]
    with torch.no_grad():
        for layer in norms:
            layer.momentum = 1.0
        front(pixels[:STATISTICS].float() / 255)
        front.eval()
        features = [front(part.float() / 255).half() for part in pixels.split(BATCH)]
    return torch.cat(features), torch.from_numpy(np.stack([points for _, points in some]))


def carry_on(layer: Transposed) -> None:
    """Makes a layer pass the first channels on, larger by bilinear interpolation."""
    kernel = torch.zeros(4, 4)
    if layer.stride == 1:
        kernel[1, 1] = 1
    else:
        line = torch.tensor([0.25, 0.75, 0.75, 0.25])
        kernel = torch.outer(line, line)
    layer.conv.weight.data.zero_()
    for channel in range(2):
        layer.conv.weight.data[channel, channel] = kernel
    layer.norm.running_var.fill_(1 - EPSILON)


def points_of(net: ResFCN, features: Tensor) -> Tensor:
    """(n, 68, 2) the map at the 68 points, from what the first layers saw."""
    x = net.down[SEEN:](features)
    for layer in net.up[:LEARNED]:
        x = F.relu(layer(x))
    places = torch.from_numpy(np.stack([U, V], axis=1)).float()
    places = ((places + 0.5) / SIDE * 2 - 1).expand(len(x), 1, -1, 2)
    found = F.grid_sample(x[:, :2], places, align_corners=False)[:, :, 0]
    return torch.sigmoid(GAIN * found - MIDDLE).transpose(1, 2)


def seen(face: FaceCrop, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A face in a box that is a little off, as PRNet's framing cuts it.

    Returns:
        (256, 256, 3) uint8; (68, 2) float32 the points, in values of the map.
    """
    box = np.array(face.truth["box"])
    off = rng.uniform(-JITTER, JITTER, 2) * box[2:].max()
    grown = box[2:] * np.exp(rng.uniform(-JITTER, JITTER))
    box = np.concatenate([box[:2] + (box[2:] - grown) / 2 + off, grown])
    x, y, side = squares(box[None], FRAMING)[0]
    scale = SIDE / side
    affine = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]])
    affine[:, 2] += (scale - 1) / 2  # OpenCV counts from pixels' middles
    pixels = cv2.warpAffine(face.rgb, affine, (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT_101)
    points = (np.asarray(face.truth["landmarks"]) - (x, y)) * scale / (SIDE * REACH)
    return pixels, points.astype(np.float32)


if __name__ == "__main__":
    main()
