"""Whether two faces are one drawing: their lines, laid over each other.

The directions of the grey gradients are compared and not the greys, which another light changes.
Copies differ in where their boxes lie, so the second picture is first moved and scaled to where its
lines meet those of the first: by cross-correlation of the unit gradients, as in orientation
correlation (Fitch et al., "Orientation correlation", BMVC 2002), at several scales.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import CropSettings

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE = 48
"""Side of the pictures of faces, pixels."""
_AROUND = 1.26
"""Their side in longer edges of the face's box: beyond are panels' borders and other people."""
_SCALES, _FINER = 1.05 ** np.arange(-4, 5), (0.975, 1.0, 1.025)
"""At which pictures are aligned, and changes of the best ones that are tried."""
_PADDED = 64
_FARTHEST = 14
"""Pixels by which pictures may be apart; with the side less than `_PADDED`: none wraps round."""
_PEAKS, _APART = 2, 1
"""Alignments that are looked at, and the scales between them at least."""
_BLOCKS = 6
_KEPT = 0.6
"""Share of the blocks that count, best first: the others may hold lettering or another mouth."""
_SEEN = 0.4
"""Share of the blocks that both pictures must show."""
_LIGHT = 3.0
"""Times by which the contrast of copies may differ."""
_NOISE = 4.0
"""Gradients, in grey levels a pixel: squared, of blocks without lines; as they are, of pixels."""
_CHUNK = 8
"""Pairs at a time: their spectra are 2 MB, which a core's cache holds in part."""


def face_picture(crop: Pixels, framing: CropSettings) -> Pixels:
    """(48, 48) uint8: the grey face in a crop.

    Args:
        crop: (side, side, 3) uint8.
        framing: how it was cut.
    """
    from webtoon_curate.dedup.hashes import grey

    height, width = crop.shape[:2]
    half = _AROUND / framing.expand / 2
    x, y = 0.5, 0.5 - framing.shift / framing.expand
    top, bottom = (round(np.clip(y + by, 0, 1) * height) for by in (-half, half))
    left, right = (round(np.clip(x + by, 0, 1) * width) for by in (-half, half))
    part = crop[top : max(bottom, top + 1), left : max(right, left + 1)]
    part = part if part.size else crop
    return grey(cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA))


def redrawing(first: Pixels, second: Pixels) -> Floats:
    """How well the lines of two faces agree, at the best shift and scale.

    Args:
        first, second: (n, 48, 48) uint8 of `face_picture`.

    Returns:
        (n,) float32, at most 1.
    """
    out = np.empty(len(first), np.float32)
    for start in range(0, len(first), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = _agreement(first[part].astype(np.float32), second[part].astype(np.float32))
    return out


def _agreement(first: Floats, second: Floats) -> Floats:
    """`redrawing` of a few pairs."""
    gradients = _gradients(first)
    best = np.full(len(first), -1, np.float32)
    aligned = _alignments(gradients, second)
    for (scale, shift), finer in itertools.product(aligned, _FINER):
        scale = scale * finer
        moved = _moved(second, scale, shift)
        seen = [_seen(scale, shift[:, axis]) for axis in (0, 1)]
        mask = (seen[1][:, :, None] & seen[0][:, None, :]).astype(np.float32)
        np.maximum(best, _in_blocks(gradients, _gradients(moved), mask), out=best)
    return best


def _alignments(
    gradients: NDArray[np.complex64], second: Floats
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Scales (n,) and shifts (n, 2) with which the second pictures lie on the first."""
    count = len(second)
    size = (_PADDED, _PADDED)
    spectra = np.fft.fft2(_directions(gradients), size)
    scaled = np.stack(
        [_moved(second, np.full(count, scale), np.zeros((count, 2))) for scale in _SCALES], axis=1
    )
    others = _directions(_gradients(scaled.reshape(-1, SIDE, SIDE)))
    others = np.fft.fft2(others, size).reshape(count, len(_SCALES), *size)
    near = np.r_[0 : _FARTHEST + 1, -_FARTHEST:0]
    score = np.fft.ifft2(spectra[:, None] * others.conj()).real[:, :, near][:, :, :, near]
    found = []
    for _ in range(_PEAKS):
        at = score.reshape(count, -1).argmax(1)
        number, dy, dx = np.unravel_index(at, score.shape[1:])
        found.append((_SCALES[number], np.stack([near[dx], near[dy]], axis=1).astype(float)))
        score[np.abs(np.arange(len(_SCALES)) - number[:, None]) <= _APART] = -np.inf
    return found


def _moved(pictures: Floats, scale: NDArray, shift: NDArray) -> Floats:
    """The pictures, shrunk `scale` times about their middles, then shifted by x, y pixels."""
    out = np.empty_like(pictures)
    middle = (SIDE - 1) / 2
    for number, picture in enumerate(pictures):
        by = scale[number]
        x, y = middle - by * (middle + shift[number])
        turn = np.array([[by, 0, x], [0, by, y]])
        cv2.warpAffine(
            picture,
            turn,
            (SIDE, SIDE),
            out[number],
            cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            cv2.BORDER_REPLICATE,
        )
    return out


def _seen(scale: NDArray, shift: NDArray) -> NDArray[np.bool_]:
    """(n, 48) the columns, or rows, of moved pictures whose gradients are the pictures' own."""
    place, middle = np.arange(SIDE), (SIDE - 1) / 2
    low, high = (scale[:, None] * (place + by - shift[:, None] - middle) + middle for by in (-1, 1))
    return (low >= 0) & (high <= SIDE - 1)


def _gradients(pictures: Floats) -> NDArray[np.complex64]:
    """(n, 48, 48) x + i y, grey levels a pixel; 0 at the edges."""
    tall = pictures.reshape(-1, SIDE)
    x, y = (cv2.Sobel(tall, cv2.CV_32F, dx, 1 - dx, ksize=3, scale=1 / 8) for dx in (1, 0))
    out = (x + 1j * y).reshape(pictures.shape)
    out[:, [0, -1]] = out[:, :, [0, -1]] = 0
    return out


def _directions(gradients: NDArray[np.complex64]) -> NDArray[np.complex64]:
    return gradients / (np.abs(gradients) + np.float32(_NOISE))


def _in_blocks(a: NDArray[np.complex64], b: NDArray[np.complex64], mask: Floats) -> Floats:
    """(n,) mean correlation of the best blocks among those that both show, -1 without enough."""

    def sums(values: Floats) -> Floats:
        side = SIDE // _BLOCKS
        split = (values * mask).reshape(-1, _BLOCKS, side, _BLOCKS, side)
        return split.sum((2, 4)).reshape(len(values), -1)

    both, aa, bb = sums((a * b.conj()).real), sums(np.abs(a) ** 2), sums(np.abs(b) ** 2)
    # Another light changes the contrast of the whole.
    gain = np.sqrt((aa.sum(1) + 1) / (bb.sum(1) + 1)).clip(1 / _LIGHT, _LIGHT)[:, None]
    both, bb = both * gain, bb * gain**2
    pixels = (SIDE // _BLOCKS) ** 2
    flat = _NOISE * pixels
    values = (both + flat / 4) / (np.sqrt(aa * bb) + flat / 4 + np.abs(aa - bb) / 8)
    shown = sums(np.ones_like(mask)) > pixels / 2
    values[~shown] = -np.inf
    count = shown.sum(1)
    kept = np.maximum(np.rint(count * _KEPT), 1)
    ordered = -np.sort(-values, axis=1)
    ordered[np.arange(values.shape[1]) >= kept[:, None]] = 0
    return np.where(count >= _SEEN * values.shape[1], ordered.sum(1) / kept, -1)
