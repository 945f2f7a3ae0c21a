"""Draws single panels with labelled faces, for `webtoon-curate train detector --data`.

    python examples/draw_panels.py drawn --shards 17 --panels 500

Each shard is a folder with pictures and a `labels.json`; the same number draws the same shard.
Needs the extra `synth`.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import click
import numpy as np

from webtoon_curate.evaluate.truth import NEUTRAL_GROUP
from webtoon_curate.files import write_json
from webtoon_curate.images import encode
from webtoon_curate.synth import shapes
from webtoon_curate.synth.chance import pick
from webtoon_curate.synth.ink import Ink, Look
from webtoon_curate.synth.labels import Label
from webtoon_curate.synth.lettering import lettering, phrases
from webtoon_curate.synth.light.finish import far_figures, finished
from webtoon_curate.synth.light.grade import bloom, silhouette
from webtoon_curate.synth.pages.seen import measure
from webtoon_curate.synth.paint import WHITE, Painter
from webtoon_curate.synth.scenes.casting import sample_cast
from webtoon_curate.synth.scenes.composition import sample_shot
from webtoon_curate.synth.scenes.plan import SHOTS, Shot
from webtoon_curate.synth.scenes.scene import DrawnFace, Placed, draw_shot
from webtoon_curate.synth.shapes import Box
from webtoon_curate.synth.things.beasts import beast

WIDTHS = (320, 420, 520, 640, 720)
LETTERED, MIRRORED = 0.35, 0.3
"""Shares of panels with lettering, and of mirrored ones."""
PANELS_A_CAST = 3
LINES_OF, LIGHT = 66, (-0.6, -0.8)
"""Pixels of the head whose lines animals and lettering have, and the direction to their light."""
KINDS = SHOTS | {"closeup": 19, "extreme": 7, "strip": 6, "half": 10, "profile": 8, "lying": 7}
"""Shots with more of what detectors find hard: large faces, and faces that the border cuts."""
THIN = 0.75
"""Share of extreme close-ups in thin, wide panels."""
OVER_FACES = 0.3
"""Share of balloons and sounds at the edge of a face."""
BEASTS = 0.15
"""Share of panels with an animal or two."""
BLOOM, SILHOUETTES = 0.03, 0.02
"""Shares of panels in a glow, and of panels with dark figures."""
AIRY, HAZY = ("wide", "far", "crowd", "medium", "place"), 0.25
"""Shots with far people, and the share of them with air before these."""
SEEN, SMALLEST = 0.35, 10
"""Faces that show less of themselves, or are smaller, are listed as neither face nor ground."""
CUT_SEEN, EYE_POINTS = 0.12, 4
"""Of a face that the border cuts so much must be seen, and so many of one eye's six points."""


def panel(seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    """A panel, RGB, and its record for `labels.json`."""
    rng = np.random.default_rng(seed)
    cast = sample_cast(np.random.default_rng(seed // PANELS_A_CAST))
    kind, width = pick(rng, KINDS), int(rng.choice(WIDTHS))
    height = int(np.clip(width * rng.uniform(0.45, 1.5), 220, 760))
    if kind in ("strip", "extreme") and rng.random() < THIN:
        height = int(np.clip(width * rng.uniform(0.14, 0.45), 80, 320))
    shot = sample_shot(rng, cast, width, height, int(rng.integers(2)), kind)
    painter, outline = Painter(width, height), shapes.rect(0, 0, width, height)
    placed = Placed(0, 0, 1, bool(rng.random() < MIRRORED), width)
    faces, crowd = draw_shot(painter, shot, placed, outline, itertools.count(1))
    animals = draw_animals(rng, painter, shot) if rng.random() < BEASTS else []
    if rng.random() < LETTERED:
        letter(rng, painter, shot, faces)
    for face in faces:
        measure(painter, face, outline)
    pixels = lit(rng, painter, shot, faces)
    shown, ignored = labelled(faces, width, height)
    ignored += [[x, y, x + w, y + h] for x, y, w, h in crowd]
    size = [width, height]
    return pixels, {"size": size, "role": "train", "faces": shown + animals, "ignore": ignored}


def lit(
    rng: np.random.Generator, painter: Painter, shot: Shot, faces: list[DrawnFace]
) -> np.ndarray:
    """The picture in its last light, now and then in one that leaves little of it: a glow, or dark
    figures with nothing but their eyes."""
    chance, pixels = rng.random(), painter.rgb()
    if chance < BLOOM:
        return bloom(pixels, rng)
    labels, owners = painter.key_views()
    if chance < BLOOM + SILHOUETTES and faces:
        return silhouette(pixels, (owners > 0) | (labels == Label.OCCLUDER), labels, rng)
    if shot.kind in AIRY and rng.random() < HAZY:
        sizes = {face.truth.instance: float(face.truth.box[3]) for face in faces}
        pixels = far_figures(pixels, owners, sizes, rng)
    marks = [face.truth.landmarks for face in faces]
    often = 1.5 if shot.tint == shot.backlight == WHITE else 0.5
    return finished(pixels, labels, owners > 0, marks, shot.style, rng, often)[0]


def draw_animals(rng: np.random.Generator, painter: Painter, shot: Shot) -> list[dict[str, Any]]:
    """Heads of animals in front of all figures, and their labels."""
    ink = Ink(painter, Look.of(shot.style, LINES_OF, LIGHT), rng, Label.OCCLUDER)
    labels = []
    for _ in range(int(rng.integers(1, 3))):
        size = shot.height * rng.uniform(0.1, 0.5)
        at = rng.uniform(0.05, 0.95) * shot.width, rng.uniform(0.1, 0.9) * shot.height
        box = tenths(inside(beast(ink, rng, *at, size), shot.width, shot.height))
        labels.append({"box": box, "view": "frontal", "group": NEUTRAL_GROUP})
    return labels


def inside(box: Box, width: int, height: int) -> list[float]:
    """The part of a box in the picture: left, top, right and bottom."""
    x, y, wide, tall = box
    return [max(x, 0), max(y, 0), min(x + wide, width), min(y + tall, height)]


def tenths(box: list[float]) -> list[float]:
    """Pixels, to a tenth."""
    return [round(float(value), 1) for value in box]


def letter(rng: np.random.Generator, painter: Painter, shot: Shot, faces: list[DrawnFace]) -> None:
    """Balloons anywhere, most with a tail to a mouth, and now and then a sound."""
    hand = lettering.sample_lettering(rng)
    ink = Ink(painter, Look.of(shot.style, LINES_OF, LIGHT), rng)
    for _ in range(int(rng.integers(1, 4)) if 2 * shot.height > shot.width else 1):
        kind, text = lettering.sample_kind(rng, hand), phrases.spoken(rng, hand.language)
        balloon = lettering.balloon(rng, hand, kind, text, shot.width * 0.45)
        at = rng.uniform(0.05, 0.95) * shot.width, rng.uniform(0.02, 0.98) * shot.height
        if faces and rng.random() < OVER_FACES:
            at = beside(rng, faces)
        tail = None
        if faces and rng.random() < 0.7:
            x, y, width, height = faces[rng.integers(len(faces))].truth.box
            tail = x + width / 2, y + height * 0.8
        lettering.draw_balloon(ink, hand, balloon, *at, tail)
    if rng.random() < 0.2:
        x, y = rng.uniform(0.1, 0.9) * shot.width, rng.uniform(0.1, 0.9) * shot.height
        if faces and rng.random() < OVER_FACES:
            x, y = beside(rng, faces)
        size, turn = rng.uniform(0.08, 0.25) * shot.height, rng.uniform(-25, 25)
        lettering.draw_sound(ink, hand, phrases.noise(rng, hand.language), x, y, size, turn)


def beside(rng: np.random.Generator, faces: list[DrawnFace]) -> tuple[float, float]:
    """A place at the edge of a face, where lettering hides a part of it."""
    x, y, width, height = faces[rng.integers(len(faces))].truth.box
    turn, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.0)
    return x + width * (0.5 + reach * np.cos(turn)), y + height * (0.5 + reach * np.sin(turn))


def is_face(face: DrawnFace) -> bool:
    """Whether a face has features and shows enough of itself; one that the border cuts, an eye."""
    if max(face.truth.box[2:]) < SMALLEST or face.truth.blank:
        return False
    if face.seen >= SEEN:
        return True
    inside = 1 - face.cut
    eyes = face.truth.visible[36:42].sum(), face.truth.visible[42:48].sum()
    return face.seen >= CUT_SEEN and face.seen >= 0.6 * inside and max(eyes) >= EYE_POINTS


def labelled(
    faces: list[DrawnFace], width: int, height: int
) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """The faces, and the boxes of those that show too little; corners, cut at the border."""
    shown, ignored = [], []
    for face in faces:
        box = inside(face.truth.box, width, height)
        if box[2] - box[0] < 4 or box[3] - box[1] < 4:
            continue
        if not is_face(face):
            ignored.append(tenths(box))
        else:
            shown.append({"box": tenths(box), "view": face.truth.view, "group": "unknown"})
    return shown, ignored


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--shards", default=1, show_default=True, help="How many.")
@click.option("--panels", default=500, show_default=True, help="In each shard.")
@click.option("--first", default=0, show_default=True, help="Number of the first shard.")
def main(out: Path, shards: int, panels: int, first: int) -> None:
    """Draw shards of labelled panels into OUT."""
    for shard in range(first, first + shards):
        folder = out / f"shard_{shard:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        pages = {}
        for number in range(panels):
            pixels, record = panel(shard * 100_000 + number)
            name = f"{number:04d}.jpg"
            (folder / name).write_bytes(encode(pixels, "JPEG"))
            pages[name] = record
        write_json(folder / "labels.json", {"pages": pages})


if __name__ == "__main__":
    main()
