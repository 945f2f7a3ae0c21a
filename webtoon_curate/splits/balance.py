"""Which components go to which side, so that every group comes as near its target as it can.

A component is a row of whole numbers: how many faces of each group it has. Components with equal
rows are of one *type* and may stand for each other, so what is chosen is a number of components by
type and side. A million faces in small scenes are some thousands of types.

The *cost* of a division is chi-square: the sum over sides and groups, and over the sides' totals
as one group more, of (count - target)^2 / target. Components are divided in proportion, the
rest greedily with the largest first, then by moves and exchanges while they help. Where all the
counts that could be better can be looked at, the best is found exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

EXACT_STATES = 20_000
"""Above so many different counts the exact search is given up: some seconds on one core."""
_EXACT_COMPONENTS = 200
_STEPS = 5_000
"""Moves and exchanges at most; each lowers the cost."""
_SWAP_PAIRS = 1_000_000
"""Types times types that an exchange is searched among, for memory: 8 MB."""
_GAIN = 1e-9


@dataclass(frozen=True)
class Division:
    """How components are divided.

    Attributes:
        numbers: (types, sides) int64: how many components of each type go to each side.
        exact: no other division has a lower cost.
    """

    numbers: Counts
    exact: bool


def cost(counts: Floats | Counts, targets: Floats) -> float:
    """Chi-square of (sides, groups) counts against targets above 0, sides' totals included."""
    difference = _with_total(counts) - (wanted := _with_total(targets))
    return float((difference**2 / wanted).sum())


def divide(types: Counts, numbers: Counts, targets: Floats, fixed: Counts) -> Division:
    """Divide components among sides.

    Args:
        types: (types, groups): faces of each group in a component of the type.
        numbers: (types,): how many components there are of each.
        targets: (sides, groups) above 0: faces wanted, those of `fixed` included.
        fixed: (sides, groups): faces that have a side already.
    """
    types, start = _with_total(types), _with_total(fixed)
    wanted = _with_total(targets)
    chosen = _in_proportion(numbers, wanted, start)
    chosen = _largest_first(types, numbers, chosen, wanted, start)
    chosen = _improved(types, chosen, wanted, start)
    if numbers.sum() <= _EXACT_COMPONENTS:
        bound = float(((start + chosen.T @ types - wanted) ** 2 / wanted).sum())
        best = _exact(types, numbers, wanted, start, bound)
        if best is not None:
            return Division(best, True)
    return Division(chosen, False)


def _with_total(counts: Counts | Floats) -> NDArray:
    return np.concatenate([counts, counts.sum(1, keepdims=True)], 1)


def _exact(
    types: Counts, numbers: Counts, wanted: Floats, start: Counts, bound: float
) -> Counts | None:
    """The best division, None if too many counts can be reached to look at them all.

    The counts of all sides are a state. States that are reached twice are kept once; those whose
    overruns alone cost more than `bound`, the cost of a known division, are left: counts only grow.
    """
    order = np.argsort(-types[:, -1], kind="stable")
    sequence = np.repeat(order, numbers[order])
    sides = len(wanted)
    states = start[None]
    steps: list[Counts] = []
    sizes = [1]
    for kind in sequence:
        reached = np.repeat(states[None], sides, 0)
        for side in range(sides):
            reached[side, :, side] += types[kind]
        reached = reached.reshape(-1, *wanted.shape)
        over = np.maximum(reached - wanted, 0)
        open_ = np.flatnonzero((over**2 / wanted).sum((1, 2)) <= bound + _GAIN)
        _, first = np.unique(reached[open_].reshape(len(open_), -1), axis=0, return_index=True)
        if len(first) > EXACT_STATES:
            return None
        steps.append(open_[first])
        states = reached[open_[first]]
        sizes.append(len(states))
    state = int(np.argmin(((states - wanted) ** 2 / wanted).sum((1, 2))))
    chosen = np.zeros((len(types), sides), np.int64)
    for step in range(len(steps) - 1, -1, -1):
        side, state = divmod(int(steps[step][state]), sizes[step])
        chosen[sequence[step], side] += 1
    return chosen


def _in_proportion(numbers: Counts, wanted: Floats, start: Counts) -> Counts:
    """The whole part of each type's share for each side, by what the sides still need."""
    need = np.maximum(wanted[:, -1] - start[:, -1], 0)
    share = need / need.sum() if need.sum() else np.full(len(need), 1 / len(need))
    return np.floor(numbers[:, None] * share).astype(np.int64)


def _largest_first(
    types: Counts, numbers: Counts, chosen: Counts, wanted: Floats, start: Counts
) -> Counts:
    """`chosen` with the components that are left, each put where it costs least."""
    difference = start + chosen.T @ types - wanted
    left = numbers - chosen.sum(1)
    order = np.argsort(-types[:, -1], kind="stable")
    for kind in np.repeat(order, left[order]):
        added = types[kind]
        side = int(np.argmin(((2 * difference + added) * added / wanted).sum(1)))
        difference[side] += added
        chosen[kind, side] += 1
    return chosen


def _improved(types: Counts, chosen: Counts, wanted: Floats, start: Counts) -> Counts:
    """`chosen` after moves, then exchanges, until none lowers the cost."""
    difference = start + chosen.T @ types - wanted
    for _ in range(_STEPS):
        change = _best_move(types, chosen, wanted, difference)
        if change is None and len(types) ** 2 <= _SWAP_PAIRS:
            change = _best_exchange(types, chosen, wanted, difference)
        if change is None:
            break
        chosen += change
        difference += change.T @ types
    return chosen


def _best_move(types: Counts, chosen: Counts, wanted: Floats, difference: Floats) -> Counts | None:
    """The move of some components of one type that lowers the cost most; None if none does."""
    best, change = -_GAIN, None
    for source in range(len(wanted)):
        for target in range(len(wanted)):
            linear, square = _terms(types, wanted, difference, source, target)
            number = np.floor(-linear / np.maximum(2 * square, _GAIN) + 0.5)
            number = np.clip(number, 0, chosen[:, source] if source != target else 0)
            gain = linear * number + square * number**2
            kind = int(np.argmin(gain))
            if gain[kind] < best:
                best, change = gain[kind], np.zeros_like(chosen)
                change[kind, [source, target]] = [-number[kind], number[kind]]
    return change


def _best_exchange(
    types: Counts, chosen: Counts, wanted: Floats, difference: Floats
) -> Counts | None:
    """The exchange of two components between two sides that lowers the cost most."""
    best, change = -_GAIN, None
    for source in range(len(wanted)):
        for target in range(source + 1, len(wanted)):
            there = np.add(*_terms(types, wanted, difference, source, target))
            back = np.add(*_terms(types, wanted, difference, target, source))
            scale = 1 / wanted[source] + 1 / wanted[target]
            gain = there[:, None] + back[None] - 2 * (types * scale) @ types.T
            gain[chosen[:, source] == 0] = 0
            gain[:, chosen[:, target] == 0] = 0
            one, other = np.unravel_index(int(np.argmin(gain)), gain.shape)
            if gain[one, other] < best:
                best, change = gain[one, other], np.zeros_like(chosen)
                change[one, [source, target]] += [-1, 1]
                change[other, [source, target]] += [1, -1]
    return change


def _terms(
    types: Counts, wanted: Floats, difference: Floats, source: int, target: int
) -> tuple[Floats, Floats]:
    """(types,) linear and square terms of the cost of moving k components: linear k + square k²."""
    slope = 2 * (difference[target] / wanted[target] - difference[source] / wanted[source])
    square = types**2 @ (1 / wanted[source] + 1 / wanted[target])
    return types @ slope, square
