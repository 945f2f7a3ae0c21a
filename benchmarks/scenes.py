"""How well episodes are cut into scenes: real pages, strips stitched from them, and the time.

    python benchmarks/scenes.py DATA [--role train] [--overlay FOLDER]

DATA holds `pepper/labels.json` and its pages. Prints the recall and precision of panels
(IoU >= 0.7), the share of human faces that lie whole (90% of the box) in one panel scene, the
same for strips stitched from the panels with every kind of gutter, and the time of profiling as a
share of decoding the same JPEGs with Pillow.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from webtoon_curate.faces import Scene
from webtoon_curate.scenes import PageProfile, choose_layout, cut

WIDTH = 690
GROUNDS = ("white", "black", "tinted", "gradient", "paper")
Box = tuple[float, float, float, float]


def profiled(pixels: np.ndarray) -> PageProfile:
    page = PageProfile(pixels.shape[1], pixels.shape[0])
    page.add(pixels)
    return page


def corners(scene: Scene) -> Box:
    return (scene.x, scene.y, scene.x + scene.width, scene.y + scene.height)


def area(box: Box) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def common(a: Box, b: Box) -> float:
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return area((left, top, right, bottom)) if right > left and bottom > top else 0.0


def iou(a: Box, b: Box) -> float:
    both = common(a, b)
    return both / (area(a) + area(b) - both)


class Score:
    """Counts over pages of what was cut right."""

    def __init__(self) -> None:
        self.truth = self.found = self.predicted = self.faces = self.whole = 0

    def add(self, scenes: list[Scene], panels: list[Box], faces: list[Box]) -> list[Box]:
        """Count one page; gives the faces that no panel holds whole."""
        boxes = [corners(scene) for scene in scenes if scene.kind == "panel"]
        if panels:
            self.truth += len(panels)
            self.predicted += len(boxes)
            self.found += sum(any(iou(p, b) >= 0.7 for b in boxes) for p in panels)
        cut_ones = [
            face for face in faces if not any(common(face, b) >= 0.9 * area(face) for b in boxes)
        ]
        self.faces += len(faces)
        self.whole += len(faces) - len(cut_ones)
        return cut_ones

    def __str__(self) -> str:
        panels = "no panels labelled"
        if self.truth:
            panels = (
                f"panels: recall {self.found / self.truth:.3f} "
                f"precision {self.found / max(self.predicted, 1):.3f} "
                f"({self.found} of {self.truth}, {self.predicted} cut)"
            )
        share = self.whole / max(self.faces, 1)
        return f"{panels}; faces whole {share:.3f} ({self.whole} of {self.faces})"


def ground(name: str, rng: np.random.Generator, height: int) -> np.ndarray:
    """A gutter of a kind, (height, WIDTH, 3) float32."""
    flat = {"white": (255, 255, 255), "black": (0, 0, 0)}
    if name in flat:
        return np.full((height, WIDTH, 3), flat[name], np.float32)
    color, other = rng.integers(0, 256, (2, 3)).astype(np.float32)
    if name == "gradient":
        share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        return np.broadcast_to(color + (other - color) * share, (height, WIDTH, 3)).copy()
    out = np.full((height, WIDTH, 3), color, np.float32)
    if name == "paper":
        out += rng.normal(0, 2, (height, WIDTH, 1)).astype(np.float32)
    return out


def strip(
    panels: list[tuple[np.ndarray, list[Box]]], name: str, rng: np.random.Generator
) -> tuple[np.ndarray, list[Box], list[Box]]:
    """Panels under each other with gutters between: pixels, panel boxes, face boxes."""
    parts, boxes, faces, y = [], [], [], 0
    framed = rng.random() < 0.3
    for pixels, held in panels:
        parts.append(ground(name, rng, int(rng.integers(10, 240))))
        y += len(parts[-1])
        inset = int(rng.choice([0, 0, 20, 45]))
        scale = (WIDTH - 2 * inset) / pixels.shape[1]
        size = (WIDTH - 2 * inset, max(round(pixels.shape[0] * scale), 8))
        row = np.repeat(parts[-1][-1:], size[1], axis=0)
        row[:, inset : WIDTH - inset] = np.asarray(Image.fromarray(pixels).resize(size))
        parts.append(row)
        boxes.append((inset, y, WIDTH - inset, y + size[1]))
        faces += [
            (a * scale + inset, b * scale + y, c * scale + inset, d * scale + y)
            for a, b, c, d in held
        ]
        y += size[1]
    parts.append(ground(name, rng, 100))
    whole = np.clip(np.concatenate(parts), 0, 255).astype(np.uint8)
    if framed:
        side = int(rng.integers(2, 13))
        whole[:, :side] = whole[:, -side:] = rng.integers(0, 256, 3)
    return whole, boxes, faces


def saved(pixels: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """The strip as JPEG files cut anywhere, decoded again."""
    height, quality = int(rng.choice([1280, 1600, 3000])), int(rng.integers(60, 91))
    files = []
    for y in range(0, len(pixels), height):
        data = io.BytesIO()
        Image.fromarray(pixels[y : y + height]).save(data, "JPEG", quality=quality)
        files.append(np.asarray(Image.open(data)))
    return files


def overlay(pixels: np.ndarray, scenes: list[Scene], path: Path) -> None:
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    color = {"panel": "magenta", "text": "lime", "blank": "yellow"}
    for s in scenes:
        box = (s.x, s.y, s.x + s.width - 1, s.y + s.height - 1)
        draw.rectangle(box, outline=color[s.kind], width=6)
    picture.save(path)


def pages(root: Path, role: str, overlays: Path | None) -> list[tuple[np.ndarray, list[Box]]]:
    """Score the real pages of a role; gives their large panels with the faces that lie in them."""
    labels = json.loads((root / "labels.json").read_text())["pages"]
    score, library = Score(), []
    spent = {"decode": 0.0, "profile": 0.0, "cut": 0.0}
    episodes: dict[str, list[PageProfile]] = {}
    for name, record in labels.items():
        if record["role"] != role:
            continue
        start = time.perf_counter()
        pixels = np.asarray(Image.open(root / name).convert("RGB"))
        decoded = time.perf_counter()
        page = profiled(pixels)
        profiled_at = time.perf_counter()
        scenes = cut([page], "pages")
        spent["cut"] += time.perf_counter() - profiled_at
        spent["profile"] += profiled_at - decoded
        spent["decode"] += decoded - start
        episodes.setdefault(name.split("/")[0], []).append(page)
        faces = [tuple(f["box"]) for f in record["faces"] if f["group"] != "creature"]
        for face in score.add(scenes, [tuple(p) for p in record["panels"] or []], faces):
            print("  cut face:", name, face)
        library += panels(pixels, scenes, faces)
        if overlays:
            overlay(pixels, scenes, overlays / (name.replace("/", "-") + ".png"))
    print(f"pages ({role}):", score)
    print("layout by episode:", {k: choose_layout(v) for k, v in episodes.items()})
    for part in ("profile", "cut"):
        print(f"{part}: {spent[part] / spent['decode']:.2f} of the time of decoding")
    return library


def panels(
    pixels: np.ndarray, scenes: list[Scene], faces: list[Box]
) -> list[tuple[np.ndarray, list[Box]]]:
    """The pixels of a page's large panels, and the faces in them, in their pixels."""
    found = []
    for s in scenes:
        if s.kind == "panel" and min(s.width, s.height) > 150:
            crop = pixels[s.y : s.y + s.height, s.x : s.x + s.width]
            held = [
                (a - s.x, b - s.y, c - s.x, d - s.y)
                for a, b, c, d in faces
                if common((a, b, c, d), corners(s)) >= 0.9 * area((a, b, c, d))
            ]
            found.append((crop, held))
    return found


def strips(library: list[tuple[np.ndarray, list[Box]]], kind: str, overlays: Path | None) -> None:
    """Score strips that are stitched from panels on a ground of that kind."""
    score, layouts = Score(), []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        chosen = [library[i] for i in rng.choice(len(library), min(10, len(library)))]
        pixels, boxes, faces = strip(chosen, kind, rng)
        files = [profiled(f) for f in saved(pixels, rng)]
        scenes = cut(files, "strip")
        layouts.append(choose_layout(files))
        score.add(scenes, boxes, faces)
        if overlays:
            overlay(pixels, scenes, overlays / f"strip-{kind}-{seed}.png")
    print(f"strips, {kind}: {score}; seen as {sorted(set(layouts))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--role", default="train")
    parser.add_argument("--overlay", type=Path)
    args = parser.parse_args()
    library = pages(args.data / "pepper", args.role, args.overlay)
    for kind in GROUNDS:
        strips(library, kind, args.overlay)


if __name__ == "__main__":
    main()
