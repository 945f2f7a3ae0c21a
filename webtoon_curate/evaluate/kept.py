"""What a translation keeps of its source: where the points are, the group, the colors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.colors import PartColor, face_colors
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of
from webtoon_curate.attributes.palette import names_of
from webtoon_curate.dataset import Dataset
from webtoon_curate.errors import CurateError
from webtoon_curate.evaluate.features import BATCH, Seen, pictures_of, read_pictures
from webtoon_curate.evaluate.landmarks import PointErrors, point_errors
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.labels.join import group_of
from webtoon_curate.picture_folder import CROPS
from webtoon_curate.reader import FaceReader, Readings
from webtoon_curate.reader.points import REGIONS

SURE = 0.75
"""Probability from which on a group is told; below it is unknown, as in `evaluate groups`."""
Picture = Path | NDArray[np.uint8]
Pair = tuple[Picture, Picture]


class PairsError(CurateError):
    """Two folders that should show the same faces do not."""


@dataclass(frozen=True)
class Kept:
    """What was kept of n faces.

    Attributes:
        faces: n.
        points: errors of the outputs' landmarks against their sources', in distances of the
            sources' outer eye corners.
        groups: (source's group, output's group): how many.
        group_kept: share of those whose source has a known group that have the same; None if
            there are none.
        hair_kept: share with the source's hair name, of those with a name in both.
        skin: median ΔE2000 between the skins, of those with a skin color in both.
    """

    faces: int
    points: PointErrors
    groups: dict[tuple[str, str], int]
    group_kept: float | None
    hair_kept: float | None
    skin: float | None


def pairs_of(sources: Path, outputs: Path) -> list[tuple[Path, Path]]:
    """Pictures of two folders that lie at one place in them, or else have one name that no other
    picture of its folder has, whatever their endings. A dataset's places are those of its crops, as
    in what `translate` makes of it.

    Raises:
        PairsError: if there are none.
    """
    first, second = pictures_of(sources), pictures_of(outputs)
    roots = [folder / CROPS if Dataset.exists(folder) else folder for folder in (sources, outputs)]
    for key in (lambda path, folder: path.relative_to(folder).with_suffix(""), _stem):
        named, wanted = _by(key, first, roots[0]), _by(key, second, roots[1])
        if shared := [name for name in wanted if name in named]:
            return [(named[name], wanted[name]) for name in shared]
    raise PairsError(f"no picture of {outputs} has the name of one of {sources}")


def _stem(path: Path, _folder: Path) -> str:
    return path.stem


def _by(key: Callable[[Path, Path], object], paths: list[Path], folder: Path) -> dict:
    """The paths by their keys, without keys that several have."""
    keys = [key(path, folder) for path in paths]
    count = Counter(keys)
    return {name: path for name, path in zip(keys, paths) if count[name] == 1}


def evaluate_kept(
    pairs: Sequence[Pair], reader: FaceReader, on_advance: Callable[[int], None] = lambda n: None
) -> Kept:
    """Reads sources and outputs, and compares them.

    Args:
        pairs: picture files, or (h, w, 3) uint8 RGB, with one face each, of any size.
        reader: reads both.
        on_advance: told of the pairs of each batch.
    """
    points: tuple[list, list] = ([], [])
    groups: Counter[tuple[str, str]] = Counter()
    hair, skin = [], []
    for start in range(0, len(pairs), BATCH):
        columns = [[_pixels(p) for p in column] for column in zip(*pairs[start : start + BATCH])]
        seen = [read_pictures(reader, column) for column in columns]
        for pictures, faces, places in zip(columns, seen, points):
            sides = [min(picture.shape[:2]) for picture in pictures]
            places += [p / side for p, side in zip(faces.readings.landmarks, sides)]
        groups.update(zip(*(_groups(faces.readings) for faces in seen)))
        for source, output in zip(*map(_colors, seen)):
            names = names_of(source)["hair_name"], names_of(output)["hair_name"]
            if None not in names:
                hair.append(names[0] == names[1])
            if "skin_color" in source and "skin_color" in output:
                skin.append(_apart(source["skin_color"], output["skin_color"]))
        on_advance(len(seen[0].crops))
    known = {pair: n for pair, n in groups.items() if pair[0] != "unknown"}
    same = sum(n for pair, n in known.items() if pair[0] == pair[1])
    return Kept(
        faces=len(pairs),
        points=_errors(*(np.array(places) for places in points)),
        groups=dict(groups),
        group_kept=same / sum(known.values()) if known else None,
        hair_kept=float(np.mean(hair)) if hair else None,
        skin=float(np.median(skin)) if skin else None,
    )


def _pixels(picture: Picture) -> NDArray[np.uint8]:
    return pixels_of(picture) if isinstance(picture, Path) else picture


def _errors(sources: NDArray[np.float32], outputs: NDArray[np.float32]) -> PointErrors:
    low, high = sources.min(axis=1), sources.max(axis=1)
    boxes = np.concatenate([low, high - low], axis=1)
    shown = np.ones(sources.shape[:2], bool)
    return point_errors(outputs, sources, shown, ~shown, boxes, REGIONS)


def _groups(readings: Readings) -> list[str]:
    told = []
    for woman, glasses in zip(readings.woman, readings.glasses):
        gender = None if max(woman, 1 - woman) < SURE else "woman" if woman > 0.5 else "man"
        worn = None if max(glasses, 1 - glasses) < SURE else bool(glasses > 0.5)
        told.append(group_of(gender, worn) or "unknown")
    return told


def _colors(seen: Seen) -> list[dict[str, PartColor]]:
    return [face_colors(crop, seen.parts(number)) for number, crop in enumerate(seen.crops)]


def _apart(first: PartColor, second: PartColor) -> float:
    return float(ciede2000(cielab_of(first.color), cielab_of(second.color)))
