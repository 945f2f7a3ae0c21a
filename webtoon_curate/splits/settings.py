"""What decides sides and weights."""

from __future__ import annotations

from dataclasses import dataclass

SIDES = ("train", "val", "test")
TOGETHER = ("scene", "episode", "title", "character")


@dataclass(frozen=True)
class SplitSettings:
    """What decides the sides and weights.

    Attributes:
        val, test: a share of the kept faces below 1, or (a whole number) how many of them; 0 for
            no such side. Train is the rest.
        together: what must be on one side besides duplicates: some of `TOGETHER`.
        adjacent: scenes of an episode this near each other stay together, too.
        balance: columns of the manifest whose values make the groups.
        cap: at most so many faces of a group in train have a weight; None for all.
        min_group: groups with fewer kept faces have weight 0.
        seed: of what is chosen among equals.
    """

    val: float | int = 0.1
    test: float | int = 0.1
    together: tuple[str, ...] = ("scene",)
    adjacent: int = 0
    balance: tuple[str, ...] = ("gender", "glasses")
    cap: int | None = None
    min_group: int = 0
    seed: int = 0
