"""Faces on whole pages: found, cut, translated, and pasted back with a soft edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from webtoon_curate.crops import Bounds, CropSettings, cut, page_bounds, rectangles_of, squares
from webtoon_curate.dataset import Dataset
from webtoon_curate.detect.registry import Detector
from webtoon_curate.detect.tiling import Read, detect_scene
from webtoon_curate.errors import CurateError, DatasetError
from webtoon_curate.evaluate.features import pictures_of
from webtoon_curate.faces import Page, Scene
from webtoon_curate.images import Pixels, decode
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.labels.join import LEFT_OUT, NOT_A_FACE
from webtoon_curate.manifest import read_manifest
from webtoon_curate.trainer.face import Face
from webtoon_curate.trainer.translate import BATCH, Completed, Translator
from webtoon_curate.trainer.translate_faces import (
    Translated,
    output_names,
    recorded,
    write_picture,
)
from webtoon_curate.wording import quoted

CUT_SIDE = 256
"""Least side of the crops, pixels: enough for the face reader in a crop of 1.8 faces."""
MOST_SIDE = 8192
"""Largest square that is pasted, pixels: 200 MB."""
INNER = 0.7
"""Share of the square's half side up to which a page is wholly replaced; from there to the edge
the page comes back. A face's box reaches to 0.56 of it (1 / `CropSettings.expand`)."""
ROUND = 4
"""Exponent of the mask's superellipse: between a circle (2) and a square."""


@dataclass(frozen=True)
class Placed:
    """A face of a strip or page.

    Attributes:
        x, y, side: its square in whole pixels; it may reach beyond the page.
        bounds: the rectangle that its crop may be cut from.
        group: None where unknown.
    """

    x: int
    y: int
    side: int
    bounds: Bounds
    group: str | None = None


def translate_pictures(
    translator: Translator,
    folder: Path,
    out: Path,
    detector: Detector,
    group: str | None = None,
    device: str = "auto",
    on_advance: Callable[[int], None] = lambda n: None,
) -> Translated:
    """Translates the faces on the pages of a folder and its subfolders.

    Args:
        translator: of a run.
        folder: of pictures.
        out: folder of as many PNG files, and `translate.json`.
        detector: finds the faces.
        group: of a few-shot generator.
        device: of the face reader.
        on_advance: told of each page.

    Raises:
        DatasetError: if there are no pictures.
        ModelError: as `translate_faces`.
    """
    translator.drawing(group)
    complete, rejects, faces, pages = Completed(translator.wants, device), [], 0, 0
    paths = pictures_of(folder)
    for path, name in zip(paths, output_names(paths, folder)):
        try:
            page = decode(path)
        except (CurateError, OSError) as error:
            rejects.append((path.relative_to(folder).as_posix(), str(error)))
        else:
            height, width = page.shape[:2]
            found = detect_scene(detector, rectangles_of(page), Scene(0, 0, width, height))
            placed = [
                part for box in found.boxes if (part := place(box, (0, 0, width, height), group))
            ]
            result = page.copy()
            for part, patch in drawn(translator, complete, rectangles_of(page), placed):
                paste(result, patch, part.x, part.y)
            write_picture(out, name, result)
            faces, pages = faces + len(placed), pages + 1
        on_advance(1)
    return recorded(out, translator, Translated(pages, faces, tuple(rejects)), group)


def translate_dataset_pages(
    translator: Translator,
    path: Path,
    out: Path,
    group: str | None = None,
    device: str = "auto",
    on_advance: Callable[[int], None] = lambda n: None,
) -> Translated:
    """Translates the faces of a dataset on its pages, also those that exports leave out.

    Faces that a person left out, or that are none, stay as they are.

    Args:
        translator, group, device, on_advance: as in `translate_pictures`.
        path: of the dataset.
        out: folder of `<title>/<episode>/<page>.png`.

    Raises:
        DatasetError: if the dataset has no faces.
        SourceError: if its pages are gone.
        ModelError: as `translate_faces`.
    """
    dataset, rows = Dataset(path), _rows(path)
    for name in {group or row["group"] for part in rows.values() for row in part}:
        translator.drawing(name)
    complete, rejects, faces, pages = Completed(translator.wants, device), [], 0, 0
    for title, episode in dataset.tables["pages"].episodes():
        layouts = dataset.tables["pages"].read(title, episode)["layout"]
        with episode_strip(dataset, title, episode) as strip:
            bounds = page_bounds(strip.pages, layouts[0].as_py() if len(layouts) else "images")
            placed = _placed(rows.get((title, episode), []), bounds, group)
            names = output_names([Path(page.name) for page in strip.pages], Path())
            for page, name in zip(strip.pages, names):
                here = [part for part in placed if _on(part, page)]
                try:
                    pixels = strip.read(0, page.y, page.width, page.height)
                    for part, patch in drawn(translator, complete, strip.read, here):
                        paste(pixels, patch, part.x, part.y - page.y)
                except CurateError as error:
                    rejects.append((f"{title}/{episode}/{page.name}", str(error)))
                else:
                    write_picture(out, f"{title}/{episode}/{name}", pixels)
                    faces, pages = faces + len(here), pages + 1
                on_advance(1)
    return recorded(out, translator, Translated(pages, faces, tuple(rejects)), group)


def page_count(path: Path) -> int:
    """Of a dataset or a folder."""
    if not Dataset.exists(path):
        return len(pictures_of(path))
    pages = Dataset(path).tables["pages"]
    return sum(len(pages.read(*names)) for names in pages.episodes())


def drawn(
    translator: Translator, complete: Completed, read: Read, placed: Sequence[Placed]
) -> Iterator[tuple[Placed, Pixels]]:
    """Faces with their pictures, (side, side, 3) uint8, a batch at a time."""
    for first in range(0, len(placed), BATCH):
        parts = placed[first : first + BATCH]
        size = max(translator.size, CUT_SIDE)
        faces = [
            Face(cut(read, np.array([p.x, p.y, p.side], float), p.bounds, size)) for p in parts
        ]
        made = translator(complete(faces), [part.group for part in parts])
        for part, pixels in zip(parts, made):
            how = cv2.INTER_AREA if part.side < len(pixels) else cv2.INTER_CUBIC
            yield part, cv2.resize(pixels, (part.side, part.side), interpolation=how)


def place(box: NDArray[np.float32], bounds: Bounds, group: str | None = None) -> Placed | None:
    """The square of a face's box (x, y, width, height), as `detect` cuts crops; None where it is
    no square that can be cut."""
    x, y, side = squares(box, CropSettings())[0]
    left, top, width, height = bounds
    if not (np.isfinite((x, y, side)).all() and 2 <= side <= MOST_SIDE):
        return None
    if not (left - side < x < left + width and top - side < y < top + height):
        return None
    return Placed(round(x), round(y), round(side), bounds, group)


def paste(page: Pixels, patch: Pixels, x: int, y: int) -> None:
    """Blends a square patch into a page at (x, y); what lies beyond the page is left out."""
    side = len(patch)
    top, bottom = max(y, 0), min(y + side, len(page))
    left, right = max(x, 0), min(x + side, page.shape[1])
    if top >= bottom or left >= right:
        return
    inner = (slice(top - y, bottom - y), slice(left - x, right - x))
    share = soft_mask(side)[inner][..., None]
    target = page[top:bottom, left:right]
    target[:] = np.rint(target + share * (patch[inner].astype(np.float32) - target))


def soft_mask(side: int) -> NDArray[np.float32]:
    """(side, side) float32: 1 inside, 0 at the edges, half a cosine between."""
    along = (np.abs((np.arange(side) + 0.5) / side * 2 - 1) ** ROUND).astype(np.float32)
    radius = (along[:, None] + along) ** (1 / ROUND)
    beyond = np.clip((radius - INNER) / (1 - INNER), 0, 1)
    return 0.5 * (1 + np.cos(np.pi * beyond))


def _rows(path: Path) -> dict[tuple[str, str], list[dict]]:
    names = ["title", "episode", "x", "y", "width", "height", "page", "group", "keep_reason"]
    out: dict[tuple[str, str], list[dict]] = {}
    for row in read_manifest(path).select(names).to_pylist():
        if row["keep_reason"] not in (NOT_A_FACE, LEFT_OUT):
            out.setdefault((row["title"], row["episode"]), []).append(row)
    if not out:
        raise DatasetError(
            f"{path} has no faces; look for some: webtoon-curate detect {quoted(path)}"
        )
    return out


def _placed(rows: list[dict], bounds: dict[str, Bounds], group: str | None) -> list[Placed]:
    found = []
    for row in rows:
        box = np.array([row[name] for name in ("x", "y", "width", "height")], np.float32)
        if row["page"] in bounds:
            part = place(box, bounds[row["page"]], group or row["group"])
            found += [part] if part else []
    return found


def _on(part: Placed, page: Page) -> bool:
    """Whether a square shows on a page, within what it may be cut from."""
    top, height = part.bounds[1], part.bounds[3]
    reached = max(part.y, top), min(part.y + part.side, top + height)
    return reached[0] < page.y + page.height and reached[1] > page.y
