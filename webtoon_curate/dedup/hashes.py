"""Perceptual hashes of crops, in batches, equal to those of `imagehash` bit for bit.

Greyscale, Pillow's Lanczos reduction in its fixed-point arithmetic, and the cosine transform of
pocketfft. The first is done in floats that hold it exactly; of the others, all results that
rounding could have turned are computed again in the original's own steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
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
_MIDDLE = 128
"""Taken from all values: half as large, they have half the rounding errors."""
_GREY = np.array([[19595, 38470, 7471, 1 << 15]]) / (1 << 16) - [[0, 0, 0, _MIDDLE]]
"""Pillow's L (Convert.c, L24): red, green, blue, and what rounds them."""
_AT_ONCE = 1 << 16
"""Pixels: as float32 RGB they stay in a core's cache."""
_ROWS = 4096
"""Rows of crops that are reduced side by side."""
_BAND = 8
"""Columns or rows that are made together, of the part of the picture that they need."""
_ROUNDING = 2.0**-24
"""Relative rounding of float32."""
_DOUBT = 1e-6
"""Coefficients nearer to their median than this are computed again. Their rounding errors are
below 1e-9: sums of 2048 terms up to 1020, in float64."""


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
        reduced = _Reduction(height, len(members))
        for start in range(0, len(members), reduced.most):
            some = members[start : start + reduced.most]
            small[some], tiny[some] = reduced([crops[number] for number in some])
    straight, mirrored = _both_phashes(small)
    return straight, dhash(tiny), mirrored, small


def grey(pixels: Pixels) -> Pixels:
    """(height, width) uint8: Pillow's L of (height, width, 3) uint8 RGB."""
    return (_grey(pixels.astype(np.float32)) + _MIDDLE).astype(np.uint8)


def _grey(pixels: Floats, into: Floats | None = None) -> Floats:
    """Pillow's L less 128. All sums are multiples of 2^-16 below 2^8, which float32 holds."""
    import cv2

    sums = cv2.transform(pixels, _GREY.astype(np.float32), dst=into)
    return np.floor(sums, out=sums)


def _by_pillow(crop: Pixels) -> tuple[Pixels, Pixels]:
    from PIL import Image

    image = Image.fromarray(grey(crop))
    sizes = ((SMALL, SMALL), _DHASH)
    small, tiny = (np.asarray(image.resize(s, Image.Resampling.LANCZOS)) for s in sizes)
    return small, tiny


def phash(small: Pixels) -> Hashes:
    """(n,) uint64: the perceptual hashes of (n, 32, 32) uint8 grey pictures."""
    return _both_phashes(small)[0]


def _both_phashes(small: Pixels) -> tuple[Hashes, Hashes]:
    """(n,) uint64: the perceptual hashes of the pictures, and of their mirror images."""
    low = _cosines() @ small @ _cosines().T
    # Mirrored, the cosines of odd frequencies change sign.
    turned = low * (1 - 2 * (np.arange(_LOW) % 2))
    return _above(low, small), _above(turned, small[:, :, ::-1])


def _above(low: NDArray[np.float64], small: Pixels) -> Hashes:
    """Bits of the coefficients above their median; in doubt, of `small`'s exact ones."""
    low = low.reshape(len(low), _LOW * _LOW)
    over = low - np.median(low, axis=1)[:, None]
    doubtful = np.flatnonzero(np.abs(over).min(axis=1, initial=np.inf) < _DOUBT)
    vertical = _low_dct(small[doubtful].transpose(0, 2, 1).astype(np.float64))
    exact = _low_dct(vertical.transpose(0, 2, 1)).reshape(len(doubtful), _LOW * _LOW)
    over[doubtful] = exact - np.median(exact, axis=1)[:, None]
    return _packed(over > 0)


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


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float64]:
    """(8, 32) of the cosine transform of type 2, as scipy scales it."""
    place, frequency = np.arange(SMALL) + 0.5, np.arange(_LOW)[:, None]
    return 2 * np.cos(math.pi / SMALL * frequency * place)


class _Reduction:
    """Square pictures of one size to 32 x 32 and 9 x 8 grey pixels, as Pillow's Lanczos does it.

    Rows first: sums in float32. Where one is so near to a half that its error could turn the
    rounding (at most taps x 2^-24 of the terms' sum), it is done again in float64, which holds it
    exactly. Then columns, in float64.
    """

    def __init__(self, side: int, most: int) -> None:
        self.side, self.most = side, max(1, min(most, _ROWS // side))
        self.across = np.concatenate([_weights(side, columns) for columns in (SMALL, _DHASH[0])])
        taps = np.count_nonzero(self.across, axis=1)
        error = _MIDDLE * np.abs(self.across).sum(1) * taps * _ROUNDING
        # That the weights of a sum are not quite 1 matters for what was taken from the values.
        error += _MIDDLE * np.abs(self.across.sum(1) - 1)
        block = max(1, min(self.most * side, _AT_ONCE // side))
        self.doubt = np.tile((0.5 - error).astype(np.float32), (block, 1))
        self.bands = list(_bands(self.across))
        self.down = _weights(side, SMALL), _weights(side, _DHASH[1])
        self.colors = np.empty((block, side, 3), np.float32)
        self.greys = np.empty((block, side), np.float32)
        self.sums, self.near = np.empty((2, block, len(self.across)), np.float32)
        self.narrow = np.empty((self.most * side, len(self.across)))
        self.doubtful: list[tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = []

    def __call__(self, crops: Sequence[Pixels]) -> tuple[Pixels, Pixels]:
        """(n, 32, 32) and (n, 8, 9) uint8 of at most `most` crops."""
        block, filled, done = len(self.colors), 0, 0
        for crop in crops:
            for top in range(0, self.side, block):
                part = crop[top : top + block]
                if filled + len(part) > block:
                    self._narrow(done, filled)
                    filled, done = 0, done + filled
                self.colors[filled : filled + len(part)] = part
                filled += len(part)
        self._narrow(done, filled)
        self._settle()
        narrow = self.narrow[: len(crops) * self.side].reshape(len(crops), self.side, -1)
        return (
            _lower(narrow[:, :, :SMALL], self.down[0]),
            _lower(narrow[:, :, SMALL:], self.down[1]),
        )

    def _narrow(self, start: int, count: int) -> None:
        """Rows from `start` on of the narrow pictures, from `colors`; whole numbers, less 128."""
        greys = _grey(self.colors[:count], self.greys[:count])
        sums, near = self.sums[:count], self.near[:count]
        for into, of, weights in self.bands:
            np.matmul(greys[:, of], weights, out=sums[:, into])
        np.clip(sums, -_MIDDLE, 255 - _MIDDLE, out=sums)
        np.rint(sums, out=near)
        self.narrow[start : start + count] = near
        sums -= near
        np.abs(sums, out=sums)
        row, column = np.divmod(np.flatnonzero(sums > self.doubt[:count]), sums.shape[1])
        self.doubtful.append((row + start, column, greys[row]))

    def _settle(self) -> None:
        row, column, greys = (np.concatenate(part) for part in zip(*self.doubtful))
        sums = ((greys + float(_MIDDLE)) * self.across[column]).sum(1)
        self.narrow[row, column] = np.clip(np.floor(sums + 0.5), 0, 255) - _MIDDLE
        self.doubtful.clear()


def _bands(weights: NDArray[np.float64]) -> Iterator[tuple[slice, slice, Floats]]:
    """Columns of the narrow picture, those of the picture that they need, and their weights."""
    for first in range(0, len(weights), _BAND):
        part = weights[first : first + _BAND]
        used = np.flatnonzero(part.any(axis=0))
        of = slice(used[0], used[-1] + 1)
        # BLAS is twice as fast where they lie so.
        yield slice(first, first + _BAND), of, np.ascontiguousarray(part[:, of].T, np.float32)


def _lower(narrow: NDArray[np.float64], weights: NDArray[np.float64]) -> Pixels:
    """(n, target, columns) uint8, of (n, rows, columns) whole numbers less 128."""
    sums = np.empty((len(narrow), len(weights), narrow.shape[2]))
    for first in range(0, len(weights), _BAND):
        part = slice(first, first + _BAND)
        used = np.flatnonzero(weights[part].any(axis=0))
        of = slice(used[0], used[-1] + 1)
        np.matmul(weights[part, of], narrow[:, of], out=sums[:, part])
    sums += (weights.sum(1) * _MIDDLE + 0.5)[:, None]
    np.floor(sums, out=sums)
    return np.clip(sums, 0, 255, out=sums).astype(np.uint8)


@lru_cache(maxsize=64)
def _weights(size: int, target: int) -> NDArray[np.float64]:
    """(target, size) of Pillow's Resample.c, `precompute_coeffs` and `normalize_coeffs_8bpc`."""
    scale = size / target
    stretch = max(scale, 1.0)
    support, out = _LANCZOS * stretch, np.zeros((target, size))
    for number in range(target):
        center = (number + 0.5) * scale
        start = max(int(center - support + 0.5), 0)
        end = min(int(center + support + 0.5), size)
        weights = [_lanczos((x - center + 0.5) / stretch) for x in range(start, end)]
        total = sum(weights)
        for x, weight in zip(range(start, end), weights):
            share = weight / total * (1 << _PRECISION)
            out[number, x] = int(share + math.copysign(0.5, share))
    return out / (1 << _PRECISION)


def _lanczos(x: float) -> float:
    if not -_LANCZOS <= x < _LANCZOS:
        return 0.0
    return _sinc(x) * _sinc(x / _LANCZOS)


def _sinc(x: float) -> float:
    x *= math.pi
    return math.sin(x) / x if x else 1.0
