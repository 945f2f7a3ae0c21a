"""The report of a split: what was wanted and reached, what never crosses, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.files import digest, sha256_of
from webtoon_curate.splits.balance import cost
from webtoon_curate.splits.components import NO_KEY, Keys
from webtoon_curate.splits.faces import DUPLICATES, Groups
from webtoon_curate.splits.leaks import ties
from webtoon_curate.splits.settings import SIDES, SplitSettings
from webtoon_curate.splits.weights import TRAIN
from webtoon_curate.wording import plural

Report = dict[str, Any]
SPLITS_REPORT = "splits.json"
FEW_SHOT = 50
"""A group with fewer faces in train is for few-shot training: this project's rule of thumb."""
_UNEVEN = 3.0
"""Groups that differ by more than this are named: evening out repeats each face so often."""
_MISSED = 0.2
_MISSED_FACES = 5
"""A side is off its target when it misses by this share of it and by so many faces."""
_LARGE = 0.2
"""A component with this share of all faces makes good targets impossible."""


@dataclass(frozen=True)
class Found:
    """A division, in arrays over the faces.

    Attributes:
        names, shares: of the sides.
        groups, keep: of the faces.
        sides: (faces,) index of the side.
        before: (faces,) index of the side before, `NO_KEY` for none.
        component: (faces,) number of the component.
        ties: (faces,) keys of each constraint.
        exact: whether no other division is nearer the targets.
        weights: (faces,) float32.
        unhashed: kept faces that `dedup` has not compared.
    """

    names: list[str]
    shares: NDArray[np.float64]
    groups: Groups
    keep: NDArray[np.bool_]
    sides: Keys
    before: Keys
    component: Keys
    ties: dict[str, Keys]
    exact: bool
    weights: NDArray[np.float32]
    unhashed: int

    def counts(self, rows: NDArray[np.bool_]) -> Keys:
        """(sides, groups): how many of these faces are where."""
        shape = (len(self.names), len(self.groups.names))
        places = self.sides[rows] * shape[1] + self.groups.of[rows]
        return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)


def report_of(dataset: Dataset, settings: SplitSettings, found: Found) -> Report:
    """What `splits.json` holds; see docs/splits.md."""
    counts = found.counts(found.keep)
    targets = found.shares[:, None] * counts.sum(0)
    sizes = np.bincount(found.component[found.keep], minlength=1)
    had = found.before != NO_KEY
    moved = had & (found.before != found.sides)
    report = {
        "settings": asdict(settings),
        "faces": len(found.keep),
        "kept": int(found.keep.sum()),
        "components": int(found.component.max()) + 1,
        "largest_component": int(sizes.max()),
        "sides": {
            name: {
                "faces": int((found.sides == side).sum()),
                "kept": int(counts[side].sum()),
                "target": round(float(targets[side].sum()), 1),
            }
            for side, name in enumerate(found.names)
        },
        "groups": _groups(found, counts, targets),
        "cost": round(cost(counts[:, counts.any(0)], targets[:, counts.any(0)]), 6),
        "exact": found.exact,
        "had_a_side": int(had.sum()),
        "moved": int(moved.sum()),
        "ties": {name: _ties(key, found.sides) for name, key in found.ties.items()},
        "inputs": _inputs(dataset),
        "unhashed": found.unhashed,
    }
    return {**report, "warnings": list(_warnings(dataset, settings, report, found))}


def _groups(found: Found, counts: Keys, targets: NDArray[np.float64]) -> list[Report]:
    used = found.counts(found.weights > 0)[TRAIN]
    known = np.where(found.groups.unknown, 0, used)
    rows = []
    for at, name in enumerate(found.groups.names):
        in_group = found.groups.of == at
        drawn = in_group & (found.sides == TRAIN) & (found.weights > 0)
        even = used[at] and not found.groups.unknown[at]
        rows.append(
            {
                "group": name,
                "unknown": bool(found.groups.unknown[at]),
                "kept": int(counts[:, at].sum()),
                "sides": {side: int(counts[i, at]) for i, side in enumerate(found.names)},
                "targets": {
                    side: round(float(targets[i, at]), 1) for i, side in enumerate(found.names)
                },
                "used": int(used[at]),
                "weight": round(float(found.weights[drawn].max(initial=0)), 4),
                "repeat": round(known.max() / used[at]) if even else int(used[at] > 0),
            }
        )
    return [row for row in rows if row["kept"]]


def _ties(key: Keys, sides: Keys) -> dict[str, int]:
    counted = ties(key, sides)
    return {"sets": counted.sets, "faces": counted.faces, "crossing": counted.crossing}


def _inputs(dataset: Dataset) -> dict[str, str | None]:
    """sha256 of the tables that tie faces together."""
    names = ("clusters.parquet", "characters.parquet")
    return {name: _sha256(dataset.path / "tables" / name) for name in names}


def _sha256(path: Path) -> str | None:
    return sha256_of(path) if path.exists() else None


def _warnings(
    dataset: Dataset, settings: SplitSettings, report: dict[str, Any], found: Found
) -> Iterator[str]:
    """What a person should know before training, each with its numbers."""
    if report["inputs"]["clusters.parquet"] is None:
        yield "duplicates have not been looked for, so they may cross: webtoon-curate dedup DATASET"
    elif report["unhashed"]:
        yield (
            f"duplicates of {plural(report['unhashed'], 'kept face')} have not been looked for, so "
            "they may cross: webtoon-curate dedup DATASET"
        )
    if "character" in settings.together and (found.ties["character"] == NO_KEY).all():
        yield "no face has a character, so none stays together"
    known = [row for row in report["groups"] if not row["unknown"]]
    if settings.balance and not known:
        yield f"no face has {' and '.join(settings.balance)}: there are no groups to balance"
    yield from _about_sizes(settings, report, known)
    old = dataset.config["stages"].get("split")
    if report["had_a_side"] and old is not None and not _same(old, asdict(settings)):
        yield (
            f"{plural(report['had_a_side'] - report['moved'], 'face')} left on the side of "
            "earlier settings; --force divides anew"
        )
    if report["moved"]:
        yield (
            f"{plural(report['moved'], 'face')} moved to another side, tied to faces that have "
            "been trained on"
        )


def _about_sizes(
    settings: SplitSettings, report: dict[str, Any], known: list[dict[str, Any]]
) -> Iterator[str]:
    tied = report["largest_component"] / report["kept"]
    if tied > _LARGE:
        yield (
            f"one component ties {report['largest_component']:,} of "
            f"{plural(report['kept'], 'face')} ({tied:.0%}): they are all on one side"
        )
    for name, side in report["sides"].items():
        if abs(side["kept"] - side["target"]) > max(_MISSED_FACES, _MISSED * side["target"]):
            yield f"{name} has {plural(side['kept'], 'face')}, wanted: {side['target']:,}"
    for row in known:
        if row["kept"] < settings.min_group:
            yield (
                f"{row['group']}: {plural(row['kept'], 'face')}, fewer than --min-group "
                f"{settings.min_group:,}: weight 0"
            )
            continue
        if row["used"] < FEW_SHOT:
            yield (
                f"{row['group']}: {plural(row['used'], 'face')} to train on; under {FEW_SHOT} use "
                "few-shot training"
            )
        for side, count in row["sides"].items():
            if not count and side != "train":
                yield f"{row['group']}: no face in {side}"
    used = sorted((row for row in known if row["used"]), key=lambda row: row["used"])
    if len(used) > 1 and used[-1]["used"] > _UNEVEN * used[0]["used"]:
        most, least = used[-1], used[0]
        yield (
            f"{most['group']} has {plural(most['used'], 'face')} to train on, {least['group']} "
            f"{least['used']:,}, {most['used'] / least['used']:.0f} to 1: draw by weight, repeat "
            f"the latter {plural(least['repeat'], 'time')}, or use --cap"
        )


def _same(old: Report, new: Report) -> bool:
    """Equality of settings as dataset.json has them; caps and minimums move no faces."""
    free = ("cap", "min_group")
    one, other = (
        digest({name: value for name, value in each.items() if name not in free})
        for each in (old, new)
    )
    return one == other


def lines(report: Report) -> list[str]:
    """The report for a person: a table of groups and sides, the proof, the warnings."""
    names = [name for name in SIDES if name in report["sides"]]
    head = ["group", *names, "wanted", "weight", "repeat"]
    rows = [head]
    for row in report["groups"]:
        wanted = " / ".join(f"{row['targets'][name]:,.1f}" for name in names)
        counts = [f"{row['sides'][name]:,}" for name in names]
        rows.append([row["group"], *counts, wanted, f"{row['weight']:.2f}", str(row["repeat"])])
    total = [f"{report['sides'][name]['kept']:,}" for name in names]
    wanted = " / ".join(f"{report['sides'][name]['target']:,.1f}" for name in names)
    rows.append(["all kept faces", *total, wanted, "", ""])
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    text = [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]
    text += ["", f"{plural(report['components'], 'component')}; what must not cross sides:"]
    for name, tie in report["ties"].items():
        text.append(
            f"  {name}: {plural(tie['sets'], 'set')} of {plural(tie['faces'], 'face')}, "
            f"{tie['crossing']:,} cross"
        )
    if report["ties"][DUPLICATES]["sets"] == 0 and report["inputs"]["clusters.parquet"]:
        text[-len(report["ties"])] += " (none found)"
    return text + [""] * bool(report["warnings"]) + [f"! {line}" for line in report["warnings"]]
