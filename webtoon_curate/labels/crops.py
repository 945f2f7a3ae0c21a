"""Crops of the faces whose boxes people drew or mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from webtoon_curate.crops import cut, squares
from webtoon_curate.errors import CurateError
from webtoon_curate.files import digest, replacing
from webtoon_curate.images import encode
from webtoon_curate.picture_folder import picture_name

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.labels.place import EpisodePlace, Row


def cut_crops(dataset: Dataset, place: EpisodePlace, rows: Sequence[Row]) -> None:
    """Cut the crops that kept rows lack, and name them in the rows.

    A crop's name holds a digest of its box, so one that is there is the right one. Where the
    pages are gone the crop stays null, as with `--no-crops`.
    """
    from webtoon_curate.ingest.strips import episode_strip

    lacking = [row for row in rows if row["keep"] and not row["crop"]]
    if place.crop is None or not lacking:
        return
    folder = dataset.crops_folder(place.title, place.episode)
    missing = []
    for row in lacking:
        box = [row[name] for name in ("x", "y", "width", "height")]
        name = picture_name(row["face_id"])
        path = folder / f"{name}-{digest([*box, place.crop.size])[:8]}.png"
        row["crop"] = path.relative_to(dataset.path).as_posix()
        if not path.is_file():
            missing.append((row, path, np.array(box)))
    if not missing:
        return
    try:
        with episode_strip(dataset, place.title, place.episode) as strip:
            for row, path, box in missing:
                square = squares(box, place.crop)[0]
                pixels = cut(strip.read, square, place.bounds[row["page"]], place.crop.size)
                with replacing(path) as part:
                    part.write_bytes(encode(pixels))
    except CurateError:
        for row, path, _ in missing:
            if not path.is_file():
                row["crop"] = None
