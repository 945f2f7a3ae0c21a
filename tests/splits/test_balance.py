"""Divisions: the best there is where that can be known, near the target elsewhere."""

import itertools

import numpy as np
import pytest

from webtoon_curate.splits.balance import cost, divide
from webtoon_curate.splits.components import components

SHARES = np.array([0.7, 0.2, 0.1])


def case(seed, kinds, most, groups, shares=SHARES, large=6):
    rng = np.random.default_rng(seed)
    types = rng.integers(0, large, (kinds, groups))
    types[np.arange(kinds), rng.integers(0, groups, kinds)] += 1
    numbers = rng.integers(1, most + 1, kinds)
    targets = np.maximum(shares[:, None] * (numbers @ types), 1e-9)
    return types, numbers, targets


def counts(types, division, fixed):
    return fixed + division.numbers.T @ types


def brute_force(types, numbers, targets, fixed):
    """The lowest cost of all assignments of single components to sides."""
    single = np.repeat(types, numbers, axis=0)
    best = np.inf
    for sides in itertools.product(range(len(targets)), repeat=len(single)):
        total = fixed.copy()
        np.add.at(total, list(sides), single)
        best = min(best, cost(total, targets))
    return best


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("kinds", "most", "groups"), [(6, 1, 3), (3, 2, 1), (2, 4, 2)])
def test_small_cases_have_the_lowest_cost_of_all_divisions(seed, kinds, most, groups):
    types, numbers, targets = case(seed, kinds, most, groups)
    fixed = np.random.default_rng(seed).integers(0, 3, targets.shape)
    division = divide(types, numbers, targets, fixed)
    assert division.exact
    assert (division.numbers.sum(1) == numbers).all()
    best = brute_force(types, numbers, targets, fixed)
    assert cost(counts(types, division, fixed), targets) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(4))
def test_the_search_is_near_the_best_where_both_are_known(seed, monkeypatch):
    types, numbers, targets = case(seed, 10, 3, 2, large=2)
    fixed = np.zeros(targets.shape, np.int64)
    best = divide(types, numbers, targets, fixed)
    monkeypatch.setattr("webtoon_curate.splits.balance.EXACT_STATES", 0)
    found = divide(types, numbers, targets, fixed)
    assert best.exact and not found.exact
    # Chi-square of two faces too many where eight are wanted is 0.5.
    assert cost(counts(types, found, fixed), targets) <= best_cost(types, best, targets) + 0.5


def best_cost(types, division, targets):
    return cost(division.numbers.T @ types, targets)


def test_many_small_components_meet_every_target_within_a_face():
    types, numbers, targets = case(1, 400, 300, 6, large=3)
    fixed = np.zeros(targets.shape, np.int64)
    division = divide(types, numbers, targets, fixed)
    assert (division.numbers.sum(1) == numbers).all() and (division.numbers >= 0).all()
    assert np.abs(counts(types, division, fixed) - targets).max() <= 1


def test_what_is_fixed_is_made_up_for_by_the_rest():
    types, numbers = np.array([[1, 0], [0, 1]]), np.array([500, 500])
    fixed = np.array([[100, 0], [0, 0], [0, 0]])
    targets = SHARES[:, None] * (numbers @ types + fixed.sum(0))
    division = divide(types, numbers, targets, fixed)
    assert np.abs(counts(types, division, fixed) - targets).max() <= 1


def reachable(rows, keys):
    """The lowest row that each row reaches, by walking."""
    lowest = []
    for row in range(rows):
        seen, waiting = {row}, [row]
        while waiting:
            at = waiting.pop()
            for key in keys:
                near = np.flatnonzero((key == key[at]) & (key != -1)).tolist()
                waiting += [other for other in near if other not in seen]
                seen.update(near)
        lowest.append(min(seen))
    return lowest


@pytest.mark.parametrize("seed", range(12))
def test_components_are_what_can_be_reached(seed):
    rng = np.random.default_rng(seed)
    keys = [rng.integers(-1, high, 60) for high in (45, 30)]
    assert components(60, keys).tolist() == reachable(60, keys)


def test_a_long_chain_is_one_component():
    rows = np.arange(100_001)
    order = np.random.default_rng(0).permutation(len(rows))
    keys = [(rows // 2)[order], ((rows + 1) // 2)[order]]
    assert (components(len(rows), keys) == 0).all()
