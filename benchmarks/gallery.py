"""Draws faces of a dataset with all that was read of them, for people to look at and count faults.

    python benchmarks/gallery.py my-dataset --faces 60 --out gallery.png

Each face is shown with its 68 points and with the map of its parts; under it stand its number, its
group, the quality of its points and its view, then the colors of hair, left eye, right eye and skin
(above as drawn, below in white light) and their names. The faces are drawn by lot from those that
are kept, or with `--all` from all that were read, and listed on stdout. If there are fewer than
asked for, stderr says what left the others out: the filters are those of the dataset, so a larger
gallery wants more pages.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from webtoon_curate.crops import Bounds, cut, page_bounds
from webtoon_curate.dataset import Dataset
from webtoon_curate.ingest.strips import episode_strip
from webtoon_curate.landmarks.drawing import draw_landmarks, draw_parts
from webtoon_curate.manifest import read_manifest

SIDE, TEXT, CHIP, COLUMNS = 192, 15, 22, 5
"""Pixels of a picture's side, of a line, of a chip; faces in a row."""
LINES = 2
CELL = (2 * SIDE + 8, SIDE + LINES * TEXT + 2 * CHIP + 8)
COLORED = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--faces", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--all", action="store_true", help="also faces that are left out")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    dataset = Dataset(args.dataset)
    found = read_manifest(dataset.path).to_pylist()
    rows = [r for r in found if r["landmarks"] is not None and (r["keep"] or args.all)]
    if len(rows) < args.faces:
        print(missing(found, rows, args.faces), file=sys.stderr)
    rng = np.random.default_rng(args.seed)
    chosen = np.sort(rng.choice(len(rows), min(args.faces, len(rows)), replace=False))
    picked = [rows[i] for i in chosen]
    cells = dict(drawn(dataset, picked))
    height = -(-len(picked) // COLUMNS) * CELL[1]
    sheet = Image.new("RGB", (COLUMNS * CELL[0], height), "white")
    for number, row in enumerate(picked):
        place = (number % COLUMNS * CELL[0], number // COLUMNS * CELL[1])
        sheet.paste(labelled(cells[row["face_id"]], number, row), place)
        print(number, row["face_id"], row["group"], row["keep_reason"] or "", sep="\t")
    sheet.save(args.out)


def missing(found: list[Row], rows: list[Row], wanted: int) -> str:
    """Why a gallery has fewer faces than wanted."""
    shown = {row["face_id"] for row in rows}
    others = [row["keep_reason"] or "not read" for row in found if row["face_id"] not in shown]
    reasons = ", ".join(f"{reason} {count}" for reason, count in Counter(others).most_common())
    left_out = f"; left out: {reasons}" if reasons else ""
    return f"{len(rows)} of {wanted} faces{left_out}. Build the dataset from more pages."


def drawn(dataset: Dataset, rows: list[Row]) -> Iterator[tuple[str, np.ndarray]]:
    """(face_id, the two pictures beside each other), episode by episode."""
    episodes: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        episodes[row["title"], row["episode"]].append(row)
    for name, faces in episodes.items():
        readings = dataset.tables["readings"].read(*name).to_pylist()
        parts = {row["face_id"]: row for row in readings}
        layout = dataset.tables["pages"].read(*name)["layout"][0].as_py()
        with episode_strip(dataset, *name) as strip:
            bounds = page_bounds(strip.pages, layout)
            for row in faces:
                reading = parts[row["face_id"]]
                yield row["face_id"], pictures(dataset, strip, bounds[row["page"]], row, reading)


def pictures(dataset: Dataset, strip: Any, bounds: Bounds, row: Row, reading: Row) -> np.ndarray:
    """(SIDE, 2 SIDE, 3): the face with its points, and with its parts."""
    square = np.array([reading[f"parsing_{name}"] for name in ("x", "y", "side")], np.float64)
    pixels = cut(strip.read, square, bounds, SIDE)
    points = np.array(row["landmarks"]).reshape(68, 2) - square[:2]
    parsing = np.asarray(Image.open(dataset.path / reading["parsing"]))
    points = draw_landmarks(
        cv2.resize(pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_CUBIC),
        points * (2 * SIDE / square[2]),
    )
    points = cv2.resize(points, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.hstack([points, draw_parts(pixels, parsing)])


def labelled(picture: np.ndarray, number: int, row: Row) -> Image.Image:
    """A cell of the sheet."""
    cell = Image.new("RGB", CELL, "white")
    cell.paste(Image.fromarray(picture))
    draw, font = ImageDraw.Draw(cell), ImageFont.load_default(12)
    sure = "" if row["group_probability"] is None else f" {row['group_probability']:.2f}"
    told = f"{number}: {row['group']}{sure}  quality {row['quality']:.2f}  {row['view']}"
    told += "" if row["keep"] else f"  ({row['keep_reason']})"
    draw.text((2, SIDE), told, "black", font)
    names = " / ".join(str(row[f"{part}_name"]) for part in ("hair", "eye", "skin"))
    draw.text((2, SIDE + TEXT), names, "black", font)
    top = SIDE + LINES * TEXT + 2
    for place, column in enumerate(COLORED):
        for line, name in enumerate((f"{column}_raw", column)):
            if row[name] is not None:
                x, y = 2 + place * 3 * CHIP, top + line * CHIP
                draw.rectangle((x, y, x + 3 * CHIP - 6, y + CHIP - 2), tuple(row[name]))
    return cell


if __name__ == "__main__":
    main()
