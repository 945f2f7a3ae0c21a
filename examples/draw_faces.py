"""Draw the faces of a dataset: pages with boxes on the left, crops on the right.

    python examples/draw_faces.py demo-data docs/images/example.jpg

It also shows how to read a manifest: boxes are in episode pixels, `page_x`, `page_y` in the page's.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

import webtoon_curate

HEIGHT = 900
CROP = 110
GAP = 12


def page_with_boxes(path: Path, faces: object) -> Image.Image:
    """The page, reduced to `HEIGHT`, a box around each face: green if kept, grey if left out."""
    page = Image.open(path).convert("RGB")
    draw = ImageDraw.Draw(page)
    for face in faces.itertuples():
        box = (face.page_x, face.page_y, face.page_x + face.width, face.page_y + face.height)
        draw.rectangle(box, outline="#00c853" if face.keep else "#9e9e9e", width=page.width // 160)
    return page.resize((round(page.width * HEIGHT / page.height), HEIGHT), Image.LANCZOS)


def sheet(dataset: Path, pages: int = 4) -> Image.Image:
    """The pages with most kept faces, then as many crops as fit beside them."""
    faces = webtoon_curate.load(dataset)
    kept = faces[faces.keep].groupby("source", sort=False).size().nlargest(pages)
    drawn = [page_with_boxes(Path(source), faces[faces.source == source]) for source in kept.index]
    crops = [Image.open(dataset / path) for path in faces[faces.keep].crop]
    rows = HEIGHT // (CROP + GAP)
    columns = -(-len(crops) // rows)
    width = sum(page.width + GAP for page in drawn) + columns * (CROP + GAP)
    canvas = Image.new("RGB", (width, HEIGHT), "white")
    x = 0
    for page in drawn:
        canvas.paste(page, (x, 0))
        x += page.width + GAP
    for index, crop in enumerate(crops):
        place = (x + index // rows * (CROP + GAP), index % rows * (CROP + GAP))
        canvas.paste(crop.resize((CROP, CROP), Image.LANCZOS), place)
    return canvas


if __name__ == "__main__":
    sheet(Path(sys.argv[1])).save(sys.argv[2], quality=85)
