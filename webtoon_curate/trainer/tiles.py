"""Tiles to train a detector on, cut from labelled pictures: turned, scaled, pasted together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.trainer.pictures import Picture, pyramid_of

Boxes = NDArray[np.float32]

SMALLEST, LARGEST = 11.0, 240.0
"""Longer side of the faces that tiles are cut around, pixels in the tile."""
IGNORED_BELOW = 9.0
"""Faces with a shorter longer side than this are neither faces nor background."""
SEEN = 0.35
"""Share of a face's box inside the tile from which on it is a face."""
ENLARGED = 3.0
"""Most that a picture is magnified."""
ROTATIONS = ((0.57, 8.0), (0.24, 40.0), (0.19, 180.0))
"""Shares of tiles and how far they are turned at most, degrees either way."""
AVERAGED_BELOW = 0.7
"""Scale below which bilinear sampling would skip pixels."""
ANCHORED, ON_CREATURE = 0.7, 0.15
"""Share of tiles cut around a face, and of those around a creature's where there is one."""
MISTAKEN = 0.3
"""Most of a picture's tiles that are cut around what a detector took for faces there."""
MISTAKE_SCALE = 0.7
"""Largest logarithm of the scale of such tiles: what looks like a face does so at its size."""
MOSAIC, INSET = 0.3, 0.2
"""Shares of tiles made of four pictures, and with other pictures pasted in."""
COVERED, BORDERED = 0.12, 0.1
"""Shares of tiles in which something lies over a part of a face, and in which a panel's border
cuts one."""
GHOSTS, GHOSTLY = 0.05, (0.15, 0.4)
"""Share of tiles that another picture shows through, as memories do, and how much of it."""
COVER = (0.2, 0.55)
"""Share of a face's box that a thing over it hides, about."""
CUT_OFF = (0.15, 0.6)
"""Share of a face's width or height that lies beyond the border."""
HIDDEN = (0.3, 0.8)
"""A picture that hides less of a face's box leaves a face; one that hides more leaves none;
between them it is neither."""
COVERED_HIDDEN = (0.55, 0.85)
"""The same of things, which people see faces behind."""


@dataclass
class Tile:
    """A picture with its labels, in its own pixels; see `Picture` for the shapes."""

    pixels: NDArray[np.uint8]
    boxes: Boxes
    creatures: NDArray[np.bool_]
    ignored: Boxes


@dataclass(frozen=True)
class Source:
    """Pictures from which tiles are cut.

    Attributes:
        pictures: all of them.
        chances: (n,) how likely each is.
        share: of the tiles that come from this source.
    """

    pictures: Sequence[Picture]
    chances: NDArray[np.float64]
    share: float


def source(pictures: Sequence[Picture], share: float) -> Source:
    """Every group of pictures (artist, episode) weighs the root of its number of faces, so that
    one artist with many drawings does not outweigh the others; in it, each picture weighs as much
    as its faces and mistakes do."""
    counts: dict[object, int] = {}
    weights: dict[object, float] = {}
    own = [1 + float(picture.weights.sum()) + len(picture.mistakes) for picture in pictures]
    for picture, weight in zip(pictures, own):
        counts[picture.group] = counts.get(picture.group, 0) + len(picture.boxes)
        weights[picture.group] = weights.get(picture.group, 0) + weight
    chances = np.array(
        [(1 + counts[p.group]) ** 0.5 * w / weights[p.group] for p, w in zip(pictures, own)]
    )
    return Source(pictures, chances / chances.sum(), share)


class TileMaker:
    """Cuts tiles of `size` x `size` pixels from sources."""

    def __init__(self, sources: Sequence[Source], size: int) -> None:
        self.sources, self.size = sources, size
        shares = np.array([s.share for s in sources], float)
        self._shares = shares / shares.sum()

    def __call__(self, rng: np.random.Generator) -> Tile:
        """A tile; the same `rng` state gives the same one."""
        tile = self._mosaic(rng) if rng.random() < MOSAIC else self._cut(rng, self.size, self.size)
        if rng.random() < INSET:
            for _ in range(int(rng.integers(1, 3))):
                tile = self._with_inset(rng, tile)
        if rng.random() < COVERED:
            tile = self._with_cover(rng, tile)
        if rng.random() < BORDERED:
            tile = self._with_border(rng, tile)
        return self._with_ghost(rng, tile) if rng.random() < GHOSTS else tile

    def _cut(self, rng: np.random.Generator, width: int, height: int) -> Tile:
        chosen = self.sources[rng.choice(len(self.sources), p=self._shares)]
        picture = chosen.pictures[rng.choice(len(chosen.pictures), p=chosen.chances)]
        return cut(rng, picture, width, height)

    def _mosaic(self, rng: np.random.Generator) -> Tile:
        """Four tiles around a point, like panels of a page (Bochkovskiy et al. 2020)."""
        size, gap = self.size, int(rng.choice([0, 0, 4, 8]))
        x, y = (int(size * rng.uniform(0.3, 0.7)) for _ in range(2))
        whole = _even(size, size, int(rng.choice([0, 255, 255])))
        for left, top, right, bottom in (
            (0, 0, x - gap, y - gap),
            (x, 0, size, y - gap),
            (0, y, x - gap, size),
            (x, y, size, size),
        ):
            part = self._cut(rng, right - left, bottom - top)
            whole = _pasted(whole, part, left, top, np.ones(part.pixels.shape[:2], bool))
        return whole

    def _with_inset(self, rng: np.random.Generator, tile: Tile) -> Tile:
        width, height = (int(self.size * rng.uniform(0.2, 0.5)) for _ in range(2))
        part = self._cut(rng, width, height)
        left, top = int(rng.integers(self.size - width)), int(rng.integers(self.size - height))
        mask = np.ones((height, width), np.uint8)
        if rng.random() < 0.35:
            mask[:] = 0
            cv2.ellipse(
                mask, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1
            )
        elif rng.random() < 0.5:
            color = (0, 0, 0) if rng.random() < 0.6 else (255, 255, 255)
            cv2.rectangle(
                part.pixels, (0, 0), (width - 1, height - 1), color, int(rng.integers(1, 4))
            )
        return _pasted(tile, part, left, top, mask.astype(bool))

    def _with_cover(self, rng: np.random.Generator, tile: Tile) -> Tile:
        """A hand, a leaf, a shoulder: a thing of one color, or of another picture's, over a part
        of one face."""
        people = np.flatnonzero(~tile.creatures)
        if not len(people):
            return tile
        x0, y0, x1, y1 = tile.boxes[rng.choice(people)]
        mask = _blob(rng, self.size, (x0, y0, x1, y1), rng.uniform(*COVER))
        over = self._cut(rng, self.size, self.size)
        faces = np.concatenate([over.boxes, over.ignored])
        if rng.random() < 0.5 or _hidden(faces, mask, 0, 0).any():
            over.pixels[:] = rng.integers(0, 256, 3)
        none = over.boxes[:0]
        over = Tile(over.pixels, none, over.creatures[:0], none)
        tile = _pasted(tile, over, 0, 0, mask.astype(bool), COVERED_HIDDEN)
        if rng.random() < 0.6:
            lines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            dark = tuple(int(v) for v in rng.integers(0, 80, 3))
            cv2.drawContours(tile.pixels, lines, -1, dark, int(rng.integers(1, 3)), cv2.LINE_AA)
        return tile

    def _with_ghost(self, rng: np.random.Generator, tile: Tile) -> Tile:
        """Another picture faintly through all of it, whose faces count neither way."""
        ghost, share = self._cut(rng, self.size, self.size), rng.uniform(*GHOSTLY)
        pixels = cv2.addWeighted(tile.pixels, 1 - share, ghost.pixels, share, 0)
        ignored = np.concatenate([tile.ignored, ghost.boxes, ghost.ignored])
        return Tile(pixels, tile.boxes, tile.creatures, ignored)

    def _with_border(self, rng: np.random.Generator, tile: Tile) -> Tile:
        """A panel's border through one face: beyond it are the gutter or another picture."""
        people = np.flatnonzero(~tile.creatures)
        if not len(people):
            return tile
        box, frame = tile.boxes[rng.choice(people)], [0, 0, self.size, self.size]
        side, share = int(rng.integers(4)), rng.uniform(*CUT_OFF)
        across = box[side % 2 + 2] - box[side % 2]
        frame[side] = round(float(box[side] + (across if side < 2 else -across) * share))
        left, top, right, bottom = np.clip(frame, 0, self.size).tolist()
        if right - left < 2 or bottom - top < 2:
            return tile
        shift = np.array([left, top, left, top], np.float32)
        shown = _labelled(
            tile.pixels[top:bottom, left:right].copy(),
            tile.boxes - shift,
            tile.creatures,
            tile.ignored - shift,
        )
        if rng.random() < 0.7:
            ends, line = (right - left - 1, bottom - top - 1), int(rng.integers(1, 5))
            color = (0, 0, 0) if rng.random() < 0.8 else (255, 255, 255)
            cv2.rectangle(shown.pixels, (0, 0), ends, color, line)
        under = _even(self.size, self.size, int(rng.choice([0, 255, 255])))
        if rng.random() < 0.3:
            under = self._cut(rng, self.size, self.size)
        return _pasted(under, shown, left, top, np.ones(shown.pixels.shape[:2], bool))


def _blob(
    rng: np.random.Generator, size: int, box: Sequence[float], share: float
) -> NDArray[np.uint8]:
    """(size, size) 0 or 1: a round or long thing with an uneven outline that enters a box from
    one side and hides about `share` of it."""
    x0, y0, x1, y1 = box
    side = max(x1 - x0, y1 - y0)
    toward = rng.uniform(0, 2 * math.pi)
    radius = side * math.sqrt(share / math.pi)
    away = radius * rng.uniform(0.6, 1.5)
    middle = np.array([x0 + x1, y0 + y1]) / 2 + away * np.array([np.cos(toward), np.sin(toward)])
    angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    waves = sum(
        rng.uniform(-0.25, 0.25) / n * np.cos(n * angles + rng.uniform(0, 6.3)) for n in (2, 3, 5)
    )
    long = math.exp(rng.uniform(0, 0.9)) if rng.random() < 0.6 else 1.0
    outline = np.stack([np.cos(angles) * long, np.sin(angles)], 1) * (radius * (1 + waves))[:, None]
    turn = toward + rng.uniform(-0.7, 0.7)
    cos, sin = math.cos(turn), math.sin(turn)
    outline = outline @ np.array([[cos, sin], [-sin, cos]]) + middle
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1)
    return mask


def _even(width: int, height: int, grey: int) -> Tile:
    pixels = np.full((height, width, 3), grey, np.uint8)
    none = np.zeros((0, 4), np.float32)
    return Tile(pixels, none, np.zeros(0, bool), none)


def _pasted(
    under: Tile,
    over: Tile,
    left: int,
    top: int,
    mask: NDArray[np.bool_],
    limits: tuple[float, float] = HIDDEN,
) -> Tile:
    """`over` laid on `under`; faces of `under` that it mostly hides are gone, those that it
    hides by half are ignored."""
    height, width = mask.shape
    under.pixels[top : top + height, left : left + width][mask] = over.pixels[mask]
    hidden = _hidden(under.boxes, mask, left, top)
    half = under.boxes[(hidden > limits[0]) & (hidden < limits[1])]
    kept = hidden <= limits[0]
    shift = np.array([left, top, left, top], np.float32)
    return Tile(
        under.pixels,
        np.concatenate([under.boxes[kept], over.boxes + shift]),
        np.concatenate([under.creatures[kept], over.creatures]),
        np.concatenate([under.ignored, half, over.ignored + shift]),
    )


def _hidden(boxes: Boxes, mask: NDArray, left: int, top: int) -> NDArray[np.float32]:
    """(n,) share of each box's area under a mask whose corner is at (left, top)."""
    sums = cv2.integral(mask.astype(np.uint8))
    limit = np.array([mask.shape[1], mask.shape[0]] * 2)
    x0, y0, x1, y1 = np.clip(np.round(boxes) - [left, top] * 2, 0, limit).astype(int).T
    under = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return under / np.maximum(area, 1e-6)


def _inside(boxes: Boxes, frame: Boxes) -> NDArray[np.float32]:
    """(n,) share of each box's area within a frame."""
    low, high = np.maximum(boxes[:, :2], frame[:2]), np.minimum(boxes[:, 2:], frame[2:])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.prod(np.clip(high - low, 0, None), axis=1) / np.maximum(area, 1e-6)


def cut(rng: np.random.Generator, picture: Picture, width: int, height: int) -> Tile:
    """A tile from one picture, around a face or anywhere, turned, scaled and mirrored."""
    center, scale = _aim(rng, picture, min(width, height))
    matrix = _turn(rng) * scale
    shift = np.array([width, height]) * rng.uniform(0.15, 0.85, 2) - matrix @ center
    part, affine = _reduced(picture, matrix, shift, width, height)
    border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
    fill = (255,) * 3 if rng.random() < 0.5 else tuple(int(v) for v in rng.integers(0, 256, 3))
    warped = cv2.warpAffine(part, affine, (width, height), borderMode=border, borderValue=fill)
    boxes = _moved(picture.boxes, matrix, shift)
    ignored = _moved(picture.ignored, matrix, shift, hull=True)
    return _labelled(warped, boxes, picture.creatures, ignored)


def _aim(
    rng: np.random.Generator, picture: Picture, side: int
) -> tuple[NDArray[np.float64], float]:
    """The point of the picture that the tile shows, and the scale."""
    boxes, creatures, size = picture.boxes, picture.creatures, np.array(picture.size, float)
    mistakes = picture.mistakes
    if len(mistakes) and rng.random() < min(MISTAKEN, len(mistakes) / (1 + len(boxes))):
        box = mistakes[rng.integers(len(mistakes))].astype(float)
        longer = max(box[2] - box[0], box[3] - box[1], 1.0)
        scale = math.exp(rng.uniform(-MISTAKE_SCALE, MISTAKE_SCALE))
        return (box[:2] + box[2:]) / 2, min(scale, LARGEST / longer, ENLARGED)
    if len(boxes) and rng.random() < ANCHORED:
        kind = creatures if rng.random() < ON_CREATURE else ~creatures
        picks = np.flatnonzero(kind if kind.any() else np.ones(len(boxes), bool))
        chances = picture.weights[picks].astype(float)
        box = boxes[rng.choice(picks, p=chances / chances.sum())].astype(float)
        longer = max(box[2] - box[0], box[3] - box[1], 1.0)
        most = min(LARGEST, 0.95 * side)
        wanted = math.exp(rng.uniform(math.log(min(SMALLEST, most)), math.log(most)))
        return (box[:2] + box[2:]) / 2, min(wanted / longer, ENLARGED)
    least = max(0.15, side / size.max() / 2)
    return size * rng.uniform(0.1, 0.9, 2), math.exp(rng.uniform(math.log(least), math.log(1.5)))


def _turn(rng: np.random.Generator) -> NDArray[np.float64]:
    """(2, 2) rotation, mirroring and a little stretching."""
    shares = np.array([share for share, _ in ROTATIONS])
    most = ROTATIONS[rng.choice(len(ROTATIONS), p=shares)][1]
    angle = math.radians(rng.uniform(-most, most))
    stretch = math.exp(rng.uniform(-0.12, 0.12))
    mirror = -1 if rng.random() < 0.5 else 1
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ np.diag([mirror * stretch, 1 / stretch])


def _reduced(
    picture: Picture,
    matrix: NDArray[np.float64],
    shift: NDArray[np.float64],
    width: int,
    height: int,
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of a picture that a tile needs, averaged down when the tile is much smaller, and
    the (2, 3) affine map from it to the tile."""
    levels = pyramid_of(picture.path)
    for pixels in levels[::-1]:
        inner = matrix * (np.array(picture.size) / pixels.shape[1::-1])
        factor = math.sqrt(abs(np.linalg.det(inner)))
        if factor <= 1:
            break
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
    spots = (corners - shift) @ np.linalg.inv(inner).T
    limit = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(spots.min(0)) - 2, 0, limit - 2).astype(int)
    high = np.clip(np.ceil(spots.max(0)) + 2, low + 2, limit).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    shift = shift + inner @ low
    if factor < AVERAGED_BELOW:
        size = np.maximum(np.round((high - low) * factor), 2).astype(int)
        part = cv2.resize(part, tuple(size.tolist()), interpolation=cv2.INTER_AREA)
        inner = inner / (size / (high - low))
    return part, np.concatenate([inner, shift[:, None]], axis=1)


def _moved(
    boxes: Boxes, matrix: NDArray[np.float64], shift: NDArray[np.float64], hull: bool = False
) -> Boxes:
    """Boxes after an affine map: around the turned ellipse in each (a face is rounder than its
    box), or with `hull` around the turned box itself."""
    center, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    center = center @ matrix.T + shift
    half = half @ np.abs(matrix).T if hull else np.sqrt(half**2 @ (matrix**2).T)
    return np.concatenate([center - half, center + half], axis=1).astype(np.float32)


def _labelled(
    pixels: NDArray[np.uint8], boxes: Boxes, creatures: NDArray[np.bool_], ignored: Boxes
) -> Tile:
    """The tile with the labels that it shows, cut at its border."""
    height, width = pixels.shape[:2]
    frame = np.array([0, 0, width, height], np.float32)
    limit = np.array([width, height, width, height], np.float32)
    seen = _inside(boxes, frame)
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    shown = (seen >= SEEN) & (longer >= IGNORED_BELOW)
    boxes = np.clip(boxes, 0, limit)
    ignored = np.concatenate([ignored, boxes[(seen > 0) & ~shown]])
    ignored = np.clip(ignored, 0, limit)
    ignored = ignored[(ignored[:, 2:] > ignored[:, :2]).all(axis=1)]
    return Tile(pixels, boxes[shown], creatures[shown], ignored)
