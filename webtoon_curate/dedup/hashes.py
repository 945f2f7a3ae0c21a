"""Perceptual hashes of crops, in batches, equal to those of `imagehash` bit for bit.

Greyscale, Pillow's Lanczos reduction in its fixed-point arithmetic, and the cosine transform of
pocketfft are done for many crops at once; nothing is approximate where it could turn a bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError

Pixels = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

SMALL = 32
"""Side of the grey picture that the perceptual hash is made of (imagehash: 8 x 4)."""
OTHER_KINDS = ("average_hash", "phash_simple", "dhash_vertical", "whash")
"""Hashes of 64 bits of `imagehash` that `other_hash` gives."""
_LOW = 8
_DHASH = (9, 8)
_PRECISION = 22
"""Fractional bits of Pillow's coefficients for 8-bit pictures (Resample.c, PRECISION_BITS)."""
_LANCZOS = 3.0
_BATCH_PIXELS = 1 << 18
_ROUNDING = 2.0**-24
"""Relative rounding of float32."""


def hashes(
    crops: Sequence[Pixels] | NDArray[np.uint8],
) -> tuple[Hashes, Hashes, Hashes, Pixels]:
    """The hashes of crops; quickest where many have one size.

    Args:
        crops: each (height, width, 3) uint8 RGB, of any size.

    Returns:
        (n,) uint64 each: `imagehash.phash`, `imagehash.dhash`, and `imagehash.phash` of the
        mirrored crop (taken from the mirrored small picture); the first bit of the picture is the
        highest. And (n, 32, 32) uint8, the grey pictures that the first is made of.
    """
    small = np.empty((len(crops), SMALL, SMALL), np.uint8)
    tiny = np.empty((len(crops), _DHASH[1], _DHASH[0]), np.uint8)
    sizes: dict[tuple[int, ...], list[int]] = {}
    for number, crop in enumerate(crops):
        sizes.setdefault(crop.shape, []).append(number)
    for (height, width, _), members in sizes.items():
        if height != width:  # Pillow's versions differ in which side they reduce first
            for number in members:
                small[number], tiny[number] = _by_pillow(crops[number])
            continue
        step = max(1, _BATCH_PIXELS // (height * width))
        gray = np.empty((step, height, width), np.uint8)
        for start in range(0, len(members), step):
            some = members[start : start + step]
            for place, number in enumerate(some):
                gray[place] = grey(crops[number])
            small[some], tiny[some] = _reduced(gray[: len(some)])
    return phash(small), dhash(tiny), phash(small[:, :, ::-1]), small


def grey(pixels: Pixels) -> Pixels:
    """(height, width) uint8: Pillow's L of (height, width, 3) uint8 RGB."""
    import cv2
    from PIL import Image

    height, width = pixels.shape[:2]
    # Pillow holds RGB in four bytes a pixel; given those, it need not copy.
    padded = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2RGBA)
    image = Image.frombuffer("RGBX", (width, height), padded, "raw", "RGBX", 0, 1)
    return np.asarray(image.convert("L"))


def _by_pillow(crop: Pixels) -> tuple[Pixels, Pixels]:
    from PIL import Image

    image = Image.fromarray(grey(crop))
    sizes = ((SMALL, SMALL), _DHASH)
    small, tiny = (np.asarray(image.resize(s, Image.Resampling.LANCZOS)) for s in sizes)
    return small, tiny


def phash(small: Pixels) -> Hashes:
    """(n,) uint64: the perceptual hashes of (n, 32, 32) uint8 grey pictures."""
    vertical = _low_dct(small.transpose(0, 2, 1).astype(np.float64))
    low = _low_dct(vertical.transpose(0, 2, 1)).reshape(len(small), _LOW * _LOW)
    return _packed(low > np.median(low, axis=1)[:, None])


def dhash(tiny: Pixels) -> Hashes:
    """(n,) uint64: the difference hashes of (n, 8, 9) uint8 grey pictures."""
    return _packed(tiny[:, :, 1:] > tiny[:, :, :-1])


def other_hash(kind: str, crops: Sequence[Pixels]) -> Hashes:
    """A 64-bit hash of `imagehash` by name, e.g. `average_hash` or `whash`; needs that library.

    Raises:
        CurateError: if there is no such library, or no such hash of 64 bits.
    """
    from PIL import Image

    library = _imagehash()
    if kind not in OTHER_KINDS:
        raise CurateError(f"--hash {kind!r} is not one of {', '.join(OTHER_KINDS)}")
    function = getattr(library, kind)
    bits = [function(Image.fromarray(crop)).hash.astype(bool).reshape(64) for crop in crops]
    return _packed(np.array(bits).reshape(-1, 64))


def _imagehash() -> ModuleType:
    try:
        import imagehash
    except ImportError:
        raise CurateError(
            "this --hash needs imagehash: pip install 'webtoon-curate[imagehash]'"
        ) from None
    return imagehash


def _packed(bits: NDArray[np.bool_]) -> Hashes:
    octets = np.packbits(bits.reshape(len(bits), 64), axis=1)
    return octets.view(">u8").reshape(-1).astype(np.uint64)


@lru_cache(maxsize=1)
def _turn() -> NDArray[np.float64]:
    """(32,) cos(pi k / 64), as pocketfft's `sincos_2pibyn` makes it: of two angles, rounded so."""
    steps = 4 * SMALL

    def whole(k: int) -> tuple[float, float]:
        angle = 0.25 * math.pi / steps
        if 8 * k < steps:
            return math.cos(8 * k * angle), math.sin(8 * k * angle)
        rest = abs(2 * steps - 8 * k) * angle
        return math.sin(rest), math.cos(rest)

    pairs = [(whole(k & 15), whole(k & ~15)) for k in range(SMALL)]
    return np.array([a[0] * b[0] - a[1] * b[1] for a, b in pairs])


def _low_dct(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first 8 of `scipy.fftpack.dct(rows)` (type 2, last axis, length 32), to the last bit.

    The steps are those of pocketfft's `T_dcst23`, around the same real transform, which numpy has
    too. The last bit matters: in flat and symmetric pictures rounding errors are all there is.
    """
    rows = np.array(rows)
    rows[..., 0] *= 2
    rows[..., -1] *= 2
    odd, even = rows[..., 1:-1:2], rows[..., 2:-1:2]
    half = np.empty((*rows.shape[:-1], SMALL // 2 + 1), np.complex128)
    half[..., 0], half[..., -1] = rows[..., 0], rows[..., -1]
    half[..., 1:-1].real, half[..., 1:-1].imag = even + odd, even - odd
    rows = np.fft.irfft(half, SMALL, norm="forward")
    front, back = rows[..., 1:_LOW], rows[..., : SMALL - _LOW : -1]
    by, across = _turn()[1:_LOW], _turn()[: SMALL - _LOW : -1]
    low = np.empty((*rows.shape[:-1], _LOW))
    low[..., 0] = rows[..., 0]
    low[..., 1:] = 0.5 * ((by * back + across * front) + (by * front - across * back))
    return low


def _reduced(gray: Pixels) -> tuple[Pixels, Pixels]:
    """(n, 32, 32) and (n, 8, 9) uint8 of (n, side, side) uint8, as Pillow's Lanczos."""
    count, side, _ = gray.shape
    rows = gray.reshape(count * side, side)
    floats = rows.astype(np.float32)
    out = []
    for across, down in ((SMALL, SMALL), _DHASH):
        narrow = _across(rows, floats, across).reshape(count, side, across)
        sums = _coefficients(side, down).dense @ narrow  # exact in float64
        out.append(np.clip(np.floor(sums + 0.5), 0, 255).astype(np.uint8))
    return out[0], out[1]


def _across(rows: Pixels, floats: NDArray[np.float32], target: int) -> NDArray[np.float64]:
    """(n, target) whole numbers 0-255, of (n, side) rows.

    The sums are done in float32. Where one is so near to a half that its error could turn the
    rounding (at most taps x 2^-24 of the terms' sum), it is done again in whole numbers.
    """
    weights = _coefficients(rows.shape[1], target)
    sums = np.empty((len(rows), target), np.float32)
    step = -(-target // 4)
    for first in range(0, target, step):
        last = min(first + step, target)
        begin, end = weights.starts[first], weights.starts[last - 1] + weights.taps
        np.matmul(floats[:, begin:end], weights.single[first:last, begin:end].T,
                  out=sums[:, first:last])  # fmt: skip
    near = np.rint(sums)
    sums -= near
    np.abs(sums, out=sums)
    at = np.flatnonzero(sums > weights.doubt)
    row, column = np.divmod(at, target)
    terms = sliding_window_view(rows, weights.taps, axis=1)[row, weights.starts[column]]
    exact = np.einsum("ij,ij->i", terms.astype(np.int64), weights.whole[column])
    near.reshape(-1)[at] = (exact + (1 << (_PRECISION - 1))) >> _PRECISION
    return np.clip(near, 0, 255).astype(np.float64)


@dataclass(frozen=True)
class _Weights:
    """Pillow's Lanczos weights for one size and target.

    Attributes:
        starts: (target,) first pixel of each window.
        taps: pixels of a window.
        whole: (target, taps) int64, in units of 2^-22.
        dense: (target, size) float64 of the weights themselves, exact; single: float32, exact.
        doubt: distance from a whole number beyond which float32 sums may be rounded wrongly.
    """

    starts: NDArray[np.int64]
    taps: int
    whole: NDArray[np.int64]
    dense: NDArray[np.float64]
    single: NDArray[np.float32]
    doubt: np.float32


@lru_cache(maxsize=64)
def _coefficients(size: int, target: int) -> _Weights:
    """The weights of Pillow's Resample.c, `precompute_coeffs` and `normalize_coeffs_8bpc`."""
    scale = size / target
    stretch = max(scale, 1.0)
    support, dense = _LANCZOS * stretch, np.zeros((target, size))
    starts, ends = np.zeros(target, np.int64), np.zeros(target, np.int64)
    for number in range(target):
        center = (number + 0.5) * scale
        start = max(int(center - support + 0.5), 0)
        end = min(int(center + support + 0.5), size)
        weights = [_lanczos((x - center + 0.5) / stretch) for x in range(start, end)]
        total = sum(weights)
        for x, weight in zip(range(start, end), weights):
            share = weight / total * (1 << _PRECISION)
            dense[number, x] = int(share + math.copysign(0.5, share))
        starts[number], ends[number] = start, end
    taps = int((ends - starts).max())
    starts = np.minimum(starts, size - taps)
    whole = np.take_along_axis(dense, starts[:, None] + np.arange(taps), axis=1).astype(np.int64)
    dense /= 1 << _PRECISION
    largest = 255 * float(np.abs(dense).sum(1).max())
    doubt = np.float32(0.5 - largest * (taps + 1) * _ROUNDING)
    return _Weights(starts, taps, whole, dense, dense.astype(np.float32), doubt)


def _lanczos(x: float) -> float:
    if not -_LANCZOS <= x < _LANCZOS:
        return 0.0
    return _sinc(x) * _sinc(x / _LANCZOS)


def _sinc(x: float) -> float:
    x *= math.pi
    return math.sin(x) / x if x else 1.0
