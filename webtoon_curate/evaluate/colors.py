"""How near the colors are to what was painted, and how often a person names hair the same."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.attributes.color_stage import scene_colors, without_doubtful_glasses
from webtoon_curate.attributes.colors import PartColor, face_colors
from webtoon_curate.attributes.colorspace import ciede2000, cielab_of
from webtoon_curate.attributes.eyes import within_eyes
from webtoon_curate.attributes.light import Word, ground_word
from webtoon_curate.attributes.palette import SURE, family, hair_vote, names_of, palette
from webtoon_curate.errors import DatasetError
from webtoon_curate.evaluate.groups import seen_on
from webtoon_curate.evaluate.landmarks import SIDE, crops_of
from webtoon_curate.evaluate.pixels import pixels_of
from webtoon_curate.evaluate.truth import NEUTRAL_GROUP
from webtoon_curate.reader import FaceReader, reader_squares
from webtoon_curate.synth.labels import Label

FLAT = frozenset({"flat", "cel", "cel2"})
"""Fills of `synth` whose areas have one color or one and its shadow."""
NEAR = 3.0
"""ΔE2000 that two prints of one color may have."""
PARTS = {
    "hair_color": ("hair", Label.HAIR),
    "left_eye_color": ("eye", Label.LEFT_IRIS),
    "right_eye_color": ("eye", Label.RIGHT_IRIS),
    "skin_color": ("skin", Label.SKIN),
}
"""Palette of each part and its label."""
SEEN = 12
"""Pixels of a part in the map that are asked for a color; fewer are a dot or a line."""
TINTED_EACH = 2
"""Every so many faces are looked at in a light as well."""
SAID = {"blonde": "blond", "darkblue": "dark_blue", "lightblue": "light_blue", "gray": "grey"}
"""Words of labels, and their names in the palette."""
UNPAINTED, HIDDEN = "unpainted", "hidden"
Looks = tuple[NDArray[np.uint8], NDArray[np.uint8]]
_Row = tuple[str, "float | None", bool]
"""Name of the figures, ΔE2000 or None where nothing is named, and whether the name is right."""


@dataclass
class PartFigures:
    """Of one part in one kind of drawing.

    Attributes:
        parts: that have a color and are sure enough for a name.
        median: ΔE2000 of the color.
        near: share within `NEAR`.
        named: share whose palette name is that of the truth.
        told: parts over those that the map of parts shows, `SEEN` pixels or more.
    """

    parts: int
    median: float
    near: float
    named: float
    told: float


@dataclass
class DrawnColors:
    """Measured on drawn faces.

    Attributes:
        faces: that were drawn in colors.
        white: figures by part and fill, `flat` or `soft`, in white light.
        lit: by part, of flat drawings in tinted light, as drawn and corrected, against the color
            in white light.
        grey_faces, grey_none: faces drawn in greys, and how many of them were given no color.
        bare_faces: faces drawn in colors that were given none.
    """

    faces: int
    white: dict[str, PartFigures]
    lit: dict[str, PartFigures]
    grey_faces: int
    grey_none: int
    bare_faces: int


@dataclass
class HairAgreement:
    """Of names of hair on labelled faces.

    Attributes:
        faces: whose hair has a name.
        none: of these, given no color.
        named: share of all that are given a name: the others are not sure or have no color.
        same: share of the named whose name is the label's, where names that the labels do not use
            count as those of `FAMILIES`.
        family: share of the named whose names are of one family.
        forced: the same of all with a color, if doubtful ones are named as well.
        nearest: the same, if the nearest color of the palette were the name.
        corrected: the same, of the nearest color in white light.
        confused: label and name of the others, most frequent first.
        unpainted, unpainted_none: faces whose hair is not painted, and how many were given none.
    """

    faces: int
    none: int
    named: float
    same: float
    family: float
    forced: float
    nearest: float
    corrected: float
    confused: list[tuple[str, str, int]] = field(default_factory=list)
    unpainted: int = 0
    unpainted_none: int = 0


def evaluate_drawn_colors(
    faces: int = 300, seed: int = 0, reader: FaceReader | None = None, jobs: int = 1
) -> DrawnColors:
    """Measures the colors of faces that are drawn for it.

    Args:
        faces: how many.
        seed: of the drawing.
        reader: whose maps of parts are used; the drawing's own when None.
        jobs: processes that draw.
    """
    from webtoon_curate.synth.crops import face_crops
    from webtoon_curate.synth.scenes.composition import TINTS

    tints = [np.array(tint) for name, (tint, _) in TINTS.items() if name != "white"]
    white: list[_Row] = []
    lit: list[_Row] = []
    counts: Counter[str] = Counter()
    for number, crop in enumerate(face_crops(faces, seed, graded=False, jobs=jobs)):
        pixels, labels = _look(crop, reader)
        found = face_colors(pixels, labels)
        if not crop.truth["painted"]:
            counts["grey"] += 1
            counts["grey_none"] += not found
            continue
        counts["painted"] += 1
        counts["bare"] += not found
        fill = "flat" if crop.truth["fill"] in FLAT else "soft"
        white += _errors(found, labels, crop.truth, fill)
        if fill == "flat" and number % TINTED_EACH == 0:
            tint = tints[number // TINTED_EACH % len(tints)]
            pixels = np.rint(pixels * (tint / 255)).astype(np.uint8)
            _, (found,) = scene_colors([(pixels, labels)], ground_word(pixels))
            lit += _errors(found, labels, crop.truth, "corrected")
            lit += _errors(found, labels, crop.truth, "as drawn", raw=True)
    return DrawnColors(
        faces=counts["painted"],
        white=_figures(white),
        lit=_figures(lit),
        grey_faces=counts["grey"],
        grey_none=counts["grey_none"],
        bare_faces=counts["bare"],
    )


def _look(crop: Any, reader: FaceReader | None) -> Looks:
    if reader is None:
        return crop.rgb, crop.labels
    squares = reader_squares(np.array(crop.truth["box"], np.float32))
    shown = crops_of(crop.rgb, squares)
    (labels,) = _maps(reader, crop.rgb, np.array([crop.truth["box"]], float))
    return shown[0], labels


def _maps(
    reader: FaceReader, picture: NDArray[np.uint8], boxes: NDArray[np.float64]
) -> list[NDArray[np.uint8]]:
    """The maps of parts as the stage `colors` sees them."""
    import cv2

    readings = seen_on(reader, picture, boxes)
    points = readings.landmarks * (SIDE / reader.size)
    maps = []
    for number, parsing in enumerate(readings.parsing):
        labels = cv2.resize(parsing, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST_EXACT)
        labels = without_doubtful_glasses(labels, readings.glasses[number])
        maps.append(within_eyes(labels, points[number], readings.confidence[number]))
    return maps


def _errors(
    found: dict[str, PartColor],
    labels: NDArray[np.uint8],
    truth: dict[str, Any],
    kind: str,
    raw: bool = False,
) -> Iterator[_Row]:
    """What is measured of each part that the map shows; eyes also by whether behind glasses, and of
    hair also the name in the tables."""
    for column, (part, label) in PARTS.items():
        if np.count_nonzero(labels == label) < SEEN:
            continue
        error, right = None, False
        true = np.array(truth[column], np.uint8)
        if column in found and (part != "eye" or found[column].confidence >= SURE):
            color = found[column].raw if raw else found[column].color
            error = float(ciede2000(cielab_of(color), cielab_of(true)))
            right = palette(part).name(color) == palette(part).name(true)
        yield f"{part}, {kind}", error, right
        if part == "hair" and (raw or kind != "corrected"):
            name = names_of(found)["hair_name"]
            known = error if name is not None else None
            yield f"hair's name, {kind}", known, name == palette(part).name(true)
        if part == "eye":
            yield f"  {'' if truth['glasses'] else 'no '}glasses, {kind}", error, right


def _figures(rows: Sequence[_Row]) -> dict[str, PartFigures]:
    figures = {}
    for name in dict.fromkeys(sorted((row[0] for row in rows), key=_order)):
        asked = [row for row in rows if row[0] == name]
        errors = np.array([error for _, error, _ in asked if error is not None])
        if len(errors):
            figures[name] = PartFigures(
                parts=len(errors),
                median=float(np.median(errors)),
                near=float((errors <= NEAR).mean()),
                named=float(np.mean([right for _, error, right in asked if error is not None])),
                told=len(errors) / len(asked),
            )
    return figures


def _order(name: str) -> tuple[str, str]:
    """Eyes behind glasses and without after all eyes of the kind."""
    part, kind = name.split(", ")
    return f"eye, {kind}" if part.startswith(" ") else name, part.strip() if part[0] == " " else ""


def evaluate_hair_names(reader: FaceReader, truth: Path, role: str | None = None) -> HairAgreement:
    """Compares names of hair with those in a `labels.json`.

    Args:
        reader: whose maps of parts are used.
        truth: the file; its pages lie beside it. Faces have `hair`, a name.
        role: only the pages of this role.

    Raises:
        DatasetError: if the file is not of that form or has no such face.
    """
    seen: list[tuple[str, dict[str, PartColor]]] = []
    bare: list[bool] = []
    for label, colors in _real(reader, truth, role):
        if label == UNPAINTED:
            bare.append("hair_color" not in colors)
        else:
            seen.append((SAID.get(label, label), colors))
    known = {label for label, _ in seen}
    colored = [(label, found) for label, found in seen if "hair_color" in found]
    hairs = [(label, found["hair_color"]) for label, found in colored]
    pairs = [(label, name) for label, f in colored if (name := names_of(f)["hair_name"])]
    nearest = palette("hair").name
    wrong = Counter(pair for pair in pairs if not _agree(*pair))
    return HairAgreement(
        faces=len(seen),
        none=len(seen) - len(colored),
        named=len(pairs) / max(len(seen), 1),
        same=_share([a == (b if b in known else family(b)) for a, b in pairs]),
        family=_share([_agree(*pair) for pair in pairs]),
        forced=_share([_agree(a, hair_vote(hair)[0]) for a, hair in hairs]),
        nearest=_share([_agree(a, nearest(hair.raw)) for a, hair in hairs]),
        corrected=_share([_agree(a, nearest(hair.color)) for a, hair in hairs]),
        confused=[(*pair, n) for pair, n in wrong.most_common()],
        unpainted=len(bare),
        unpainted_none=sum(bare),
    )


def _agree(label: str, name: str) -> bool:
    return family(label) == family(name)


def _share(right: Sequence[bool]) -> float:
    return sum(right) / max(len(right), 1)


def _pages(truth: Path, role: str | None) -> dict[str, list[tuple[Any, ...]]]:
    """Box, label of the hair and panel of each person, by page; only pages with such a label."""
    try:
        records = json.loads(truth.read_bytes())["pages"]
        pages = {
            name: [
                (box := [float(value) for value in face["box"]],
                 str(face.get("hair", HIDDEN)), _panel(box, record.get("panels")))
                for face in record["faces"]
                if face.get("group") != NEUTRAL_GROUP
            ]
            for name, record in records.items()
            if role in (None, record.get("role"))
        }  # fmt: skip
        if any(len(face[0]) != 4 for faces in pages.values() for face in faces):
            raise ValueError("boxes are [x0, y0, x1, y1]")
    except OSError as error:
        raise DatasetError(f"cannot read {truth}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DatasetError(f"{truth} is no file of labels: {error}") from None
    named = {n: faces for n, faces in pages.items() if any(f[1] != HIDDEN for f in faces)}
    if not named:
        raise DatasetError(f"{truth} names no hair on pages of the role {role!r}")
    return named


def _real(
    reader: FaceReader, truth: Path, role: str | None
) -> Iterator[tuple[str, dict[str, PartColor]]]:
    """The label and the colors of each face with a label of its hair; scene by scene."""
    for name, people in _pages(truth, role).items():
        picture = pixels_of(truth.parent / name)
        corners = np.array([box for box, _, _ in people], np.float32)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
        shown = crops_of(picture, reader_squares(boxes))
        looks = list(zip(shown, _maps(reader, picture, boxes)))
        for panel in dict.fromkeys(panel for _, _, panel in people):
            chosen = [i for i, (_, _, own) in enumerate(people) if own == panel]
            _, found = scene_colors([looks[i] for i in chosen], _ground(picture, panel))
            for i, colors in zip(chosen, found):
                if people[i][1] != HIDDEN:
                    yield people[i][1], colors


def _panel(box: Sequence[float], panels: Any) -> tuple[int, ...] | None:
    """The panel under a box's middle, None where the page has none there."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    inside = (p for p in panels or () if p[0] <= x <= p[2] and p[1] <= y <= p[3])
    return next((tuple(int(value) for value in panel) for panel in inside), None)


def _ground(picture: NDArray[np.uint8], panel: tuple[int, ...] | None) -> Word | None:
    x0, y0, x1, y1 = panel or (0, 0, picture.shape[1], picture.shape[0])
    step = max(1, min(x1 - x0, y1 - y0) // SIDE)
    return ground_word(picture[y0:y1:step, x0:x1:step])
