"""Cascades as OpenCV writes and reads them: `<cascade type_id="opencv-cascade-classifier">`."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ModelError
from webtoon_curate.files import replacing
from webtoon_curate.trainer.cascade.classifier import Cascade, Stage, Stump
from webtoon_curate.trainer.cascade.features import CODES, WINDOW

_WORDS = CODES // 32


def write_cascade(cascade: Cascade, path: Path, note: str = "") -> None:
    """Writes a cascade that `cv2.CascadeClassifier` loads.

    Args:
        cascade: with at least one stage.
        path: of the file; it is there whole or not at all.
        note: put at its head as a comment: licence, origin.
    """
    root = Xml.Element("opencv_storage")
    if note:
        # XML ends a comment at two dashes.
        root.append(Xml.Comment(f"\n{note.strip().replace('--', '- -')}\n"))
    top = Xml.SubElement(root, "cascade", type_id="opencv-cascade-classifier")
    for name, value in (("stageType", "BOOST"), ("featureType", "LBP")):
        Xml.SubElement(top, name).text = value
    for name in ("height", "width"):
        Xml.SubElement(top, name).text = str(WINDOW)
    most = max(len(stage.stumps) for stage in cascade.stages)
    Xml.SubElement(Xml.SubElement(top, "stageParams"), "maxWeakCount").text = str(most)
    params = Xml.SubElement(top, "featureParams")
    Xml.SubElement(params, "maxCatCount").text = str(CODES)
    Xml.SubElement(params, "featSize").text = "1"
    Xml.SubElement(top, "stageNum").text = str(len(cascade.stages))

    rects = sorted({stump.rect for stage in cascade.stages for stump in stage.stumps})
    numbers = {rect: number for number, rect in enumerate(rects)}
    stages = Xml.SubElement(top, "stages")
    for stage in cascade.stages:
        _write_stage(Xml.SubElement(stages, "_"), stage, numbers)
    features = Xml.SubElement(top, "features")
    for rect in rects:
        node = Xml.SubElement(features, "_")
        Xml.SubElement(node, "rect").text = " ".join(map(str, rect))
    Xml.indent(root, " ")
    with replacing(path) as part:
        Xml.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)


def _write_stage(node: Xml.Element, stage: Stage, numbers: dict[tuple, int]) -> None:
    Xml.SubElement(node, "maxWeakCount").text = str(len(stage.stumps))
    Xml.SubElement(node, "stageThreshold").text = _number(stage.threshold)
    weak = Xml.SubElement(node, "weakClassifiers")
    for stump in stage.stumps:
        entry = Xml.SubElement(weak, "_")
        words = np.packbits(stump.subset, bitorder="little").view("<i4")
        fields = [0, -1, numbers[stump.rect], *words.tolist()]
        Xml.SubElement(entry, "internalNodes").text = " ".join(map(str, fields))
        Xml.SubElement(entry, "leafValues").text = " ".join(map(_number, stump.leaves))


def _number(value: float) -> str:
    """Enough digits to give the same float32 back; OpenCV knows no integers here."""
    text = f"{np.float32(value):.9g}"
    return text if any(mark in text for mark in ".e") else f"{text}."


def read_cascade(path: Path) -> Cascade:
    """A cascade of stumps of local binary patterns on 24 x 24 windows, from a file.

    Raises:
        ModelError: if the file is missing, or something else.
    """
    try:
        top = Xml.parse(path).getroot().find("cascade")
        if top is None or _text(top, "featureType") != "LBP":
            raise ValueError("no LBP cascade of OpenCV's newer format")
        if {_text(top, "width"), _text(top, "height")} != {str(WINDOW)}:
            raise ValueError(f"its window is not {WINDOW} x {WINDOW}")
        rects = [tuple(map(int, _text(f, "rect").split())) for f in top.iterfind("features/_")]
        return Cascade(tuple(_read_stage(node, rects) for node in top.iterfind("stages/_")))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}") from None
    except (Xml.ParseError, ValueError, IndexError) as error:
        raise ModelError(f"{path} is no cascade that can be trained on: {error}") from None


def _read_stage(node: Xml.Element, rects: list[tuple]) -> Stage:
    stumps = []
    for entry in node.iterfind("weakClassifiers/_"):
        left, right, number, *words = map(int, _text(entry, "internalNodes").split())
        if (left, right, len(words)) != (0, -1, _WORDS):
            raise ValueError("a weak classifier is a tree, not a stump")
        first, second = map(float, _text(entry, "leafValues").split())
        stumps.append(Stump(rects[number], _subset(words), (first, second)))
    return Stage(tuple(stumps), float(_text(node, "stageThreshold")))


def _subset(words: list[int]) -> NDArray[np.bool_]:
    return np.unpackbits(np.array(words, "<i4").view(np.uint8), bitorder="little").astype(bool)


def _text(node: Xml.Element, name: str) -> str:
    text = node.findtext(name)
    if text is None:
        raise ValueError(f"<{name}> is missing")
    return text.strip()
