"""All pairs of 64-bit hashes within a Hamming distance: exact, complete, in plain numpy.

The pigeonhole principle: cut the bits into m = d + k blocks, and two hashes that differ in at most
d bits are equal in at least k blocks. So for each choice of k blocks the hashes are sorted with
those blocks in front, and compared within runs that agree in them (block combinatorial hashing:
Manku, Jain, Das Sarma, "Detecting near-duplicates for web crawling", WWW 2007, section 3). k is
taken where a sample says that sorting and comparing together cost least. Hashes of pictures are
not even: what they often agree in makes long runs, which are searched again by their other bits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

MAX_DISTANCE = 16
"""Beyond it a quarter of the bits differ, and unrelated pictures are neighbours."""
_BITS = 64
_SAMPLE = 1500
_SORT_NS, _COMPARE_NS, _BRUTE_NS = 120.0, 6.0, 0.8
"""Nanoseconds for a hash in a table, for a pair in short runs, and for one in long runs, measured
on one core of an AMD EPYC 9004; only their ratios decide."""
_MAX_TABLES = 1000
_SHORT_RUN = 64
"""Runs up to this are compared lag by lag, all at once; longer ones each by itself."""
_BRUTE_RUN = 4096
_PERMUTE_CHUNK = 1 << 15
_BLOCK = (16, 4096)
"""Rows and columns compared at a time: half a megabyte, which stays in a core's cache."""


def near_pairs(
    hashes: Hashes, distance: int, jobs: int = 1
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """All pairs of different hashes that differ in at most `distance` bits, each once.

    Args:
        hashes: (n,) uint64, ascending, each once (`numpy.unique`).
        distance: 0 to `MAX_DISTANCE`.
        jobs: threads.

    Yields:
        (k, 2) int64 indices i < j, and (k,) uint8 distances; the same for any number of jobs.
        A few copies of `hashes` a thread are held meanwhile, and the pairs of a table.

    Raises:
        ValueError: if the hashes do not ascend, or the distance is out of range.
    """
    hashes = np.ascontiguousarray(hashes, np.uint64)
    if not 0 <= distance <= MAX_DISTANCE:
        raise ValueError(f"distance {distance} is not within 0-{MAX_DISTANCE}")
    if len(hashes) > 1 and not np.all(hashes[1:] > hashes[:-1]):
        raise ValueError("hashes must ascend, each once")
    if distance == 0 or len(hashes) < 2:
        return
    works = list(_works(hashes, list(range(_BITS)), distance))
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for found in pool.map(lambda work: work(), works) if jobs > 1 else (w() for w in works):
            if len(found):
                pairs = np.searchsorted(hashes, np.sort(found, axis=1))
                yield pairs, popcount(found[:, 0] ^ found[:, 1])


def popcount(values: Hashes) -> NDArray[np.uint8]:
    """The number of set bits of each uint64."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(values)
    # numpy 1: the sums of 2, 4 and 8 neighbouring bits, then of the bytes (Warren, Hacker's
    # Delight, 2nd edition, 5-1).
    u = np.uint64
    x = values - ((values >> u(1)) & u(0x5555555555555555))
    x = (x & u(0x3333333333333333)) + ((x >> u(2)) & u(0x3333333333333333))
    x = (x + (x >> u(4))) & u(0x0F0F0F0F0F0F0F0F)
    return ((x * u(0x0101010101010101)) >> u(56)).astype(np.uint8)


def _works(values: Hashes, bits: Sequence[int], distance: int) -> Iterator[partial[Hashes]]:
    """Calls that each give some of the pairs of `values`, (k, 2) uint64, and together all once.

    Args:
        values: (n,) uint64, different.
        bits: in which they differ at all.
        distance: at least 1.
    """
    blocks, chosen = _blocks(values, bits, distance)
    if not chosen:
        step = max(_BRUTE_RUN, len(values) // 64)
        for start in range(0, len(values), step):
            yield partial(_compared, values, start, start + step, distance)
        return
    for table in itertools.combinations(range(len(blocks)), chosen):
        yield partial(_table, values, blocks, table, distance)


def _blocks(values: Hashes, bits: Sequence[int], distance: int) -> tuple[list[list[int]], int]:
    """Blocks of bits, and how many of them to sort by; 0 where comparing all pairs is cheaper."""
    count = len(values)
    if count <= _BRUTE_RUN:
        return [], 0
    sample = values[np.linspace(0, count - 1, _SAMPLE).astype(np.int64)]
    ones = np.array([np.count_nonzero(sample >> np.uint64(bit) & np.uint64(1)) for bit in bits])
    # The bits that tell most are dealt out first, so that each block has its share of them.
    order = [bits[number] for number in np.argsort(np.abs(ones - len(sample) / 2), kind="stable")]
    first, second = np.triu_indices(len(sample), 1)
    differing = (sample[first] ^ sample[second])[:: max(1, len(first) // 500_000)]
    every = count * (count - 1) / 2
    best, blocks, chosen = every * _BRUTE_NS, [], 0
    for k in range(1, len(bits) - distance + 1):
        dealt = [order[start :: distance + k] for start in range(distance + k)]
        tables = math.comb(distance + k, k)
        if tables > _MAX_TABLES or tables * count * _SORT_NS >= best:
            break
        equal = sum((differing & _mask(block) == 0).astype(np.int64) for block in dealt)
        agreeing = np.mean([math.comb(number, k) for number in range(distance + k + 1)] @ (
            np.arange(distance + k + 1)[:, None] == equal
        ))  # fmt: skip
        cost = tables * count * _SORT_NS + every * agreeing * _COMPARE_NS
        if cost < best:
            best, blocks, chosen = cost, dealt, k
    return blocks, chosen


def _table(
    values: Hashes, blocks: list[list[int]], table: tuple[int, ...], distance: int
) -> Hashes:
    """The pairs that agree in the table's blocks, and in no k blocks that come before them."""
    front = [bit for number in table for bit in blocks[number]]
    back = sorted({*range(_BITS)} - {*front}, reverse=True)
    sorted_values = _permuted(values, [*front, *back])
    sorted_values.sort()
    free = [_BITS - 1 - (len(front) + back.index(bit)) for block in blocks for bit in block
            if bit not in front]  # fmt: skip
    parts = list(_in_runs(sorted_values, len(back), free, distance))
    if not parts:
        return np.empty((0, 2), np.uint64)
    order = [*front, *back]
    inverse = [_BITS - 1 - order.index(bit) for bit in range(_BITS - 1, -1, -1)]
    found = _permuted(np.concatenate(parts).reshape(-1), inverse).reshape(-1, 2)
    differing = found[:, 0] ^ found[:, 1]
    first = np.ones(len(found), bool)
    for number in range(table[-1]):
        if number not in table:
            first &= differing & _mask(blocks[number]) != 0
    return found[first]


def _in_runs(values: Hashes, low: int, free: Sequence[int], distance: int) -> Iterator[Hashes]:
    """The pairs within runs of sorted values that agree above their `low` lowest bits."""
    limit, none = np.uint64((1 << low) - 1), np.zeros(0, np.int64)
    begins = none
    if len(values) > _SHORT_RUN:
        in_long = (values[:-_SHORT_RUN] ^ values[_SHORT_RUN:]) <= limit
        starts = np.unique(values[:-_SHORT_RUN][in_long] & ~limit)
        begins, ends = np.searchsorted(values, starts), np.searchsorted(values, starts | limit,
                                                                        "right")  # fmt: skip
    differing = values[1:] ^ values[:-1]
    at = np.flatnonzero(differing <= limit)
    differing = differing[at]
    if len(begins):
        run = np.searchsorted(begins, at, "right") - 1
        short = (run < 0) | (at >= ends[run])
        at, differing = at[short], differing[short]
    for lag in range(1, _SHORT_RUN + 1):
        near = at[popcount(differing) <= distance]
        if len(near):
            yield np.stack([values[near], values[near + lag]], axis=1)
        at = at[at + lag + 1 < len(values)]
        differing = values[at] ^ values[at + lag + 1]
        at, differing = at[differing <= limit], differing[differing <= limit]
        if not len(at):
            break
    for begin, end in zip(begins.tolist(), ends.tolist() if len(begins) else ()):
        for work in _works(values[begin:end], free, distance):
            yield work()


def _compared(values: Hashes, start: int, end: int, distance: int) -> Hashes:
    """The pairs whose first is in `values[start:end]`, by comparing all."""
    rows, columns = _BLOCK
    parts = [np.empty((0, 2), np.uint64)]
    for top in range(start, min(end, len(values)), rows):
        first = values[top : min(top + rows, end)]
        for left in range(top, len(values), columns):
            second = values[left : left + columns]
            near = popcount(first[:, None] ^ second) <= distance
            i, j = np.nonzero(near)
            later = left + j > top + i
            if later.any():
                parts.append(np.stack([first[i[later]], second[j[later]]], axis=1))
    return np.concatenate(parts)


def _permuted(values: Hashes, order: Sequence[int]) -> Hashes:
    """The values with their bits in another order: `order[0]` becomes the highest bit."""
    tables = np.zeros((8, 256), np.uint64)
    for rank, bit in enumerate(order):
        on = np.arange(256) >> (bit % 8) & 1
        tables[bit // 8] |= on.astype(np.uint64) << np.uint64(_BITS - 1 - rank)
    octets = values.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
    out = np.empty(len(values), np.uint64)
    for start in range(0, len(values), _PERMUTE_CHUNK):
        part = octets[start : start + _PERMUTE_CHUNK]
        into = out[start : start + _PERMUTE_CHUNK]
        np.take(tables[0], part[:, 0], out=into)
        for number in range(1, 8):
            into |= tables[number][part[:, number]]
    return out


def _mask(bits: Sequence[int]) -> np.uint64:
    return np.uint64(sum(1 << bit for bit in bits))
