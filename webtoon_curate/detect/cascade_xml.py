"""OpenCV's cascade files, checked before OpenCV sees them.

OpenCV trusts these files: a feature outside the window or a tree that loops makes it read foreign
memory or hang. So every number is checked here, and OpenCV is given what was checked, as text.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from webtoon_curate.errors import ModelError

if TYPE_CHECKING:
    import cv2

MAX_BYTES = 32 << 20
"""OpenCV's largest cascade has 3.4 MB."""
MAX_DEPTH = 16
"""Elements in elements; OpenCV's cascades have 8."""
MAX_WINDOW = 256
"""Pixels of the search window; usual are 20 to 48."""
_NODE = {"HAAR": 4, "LBP": 11}
"""Numbers of a tree node: left, right, feature, then a threshold or 256 bits of category."""


class _PlainTree(ElementTree.TreeBuilder):
    """Refuses what costs a parser more than the file's size: entities, and endless nesting."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it declares a document type")

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError(f"its elements lie more than {MAX_DEPTH} deep in each other")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


class CascadeFile:
    """A checked cascade in memory.

    Attributes:
        width, height: of the search window, pixels.
        stages: how many there are.

    Raises:
        ModelError: if the file is unreadable, of another kind, or not safe to run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ModelError(f"{path} is no cascade: it has more than {MAX_BYTES >> 20} MB")
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"cannot read {path}: {error.strerror}") from None
        try:
            parser = ElementTree.XMLParser(target=_PlainTree())
            self._root = ElementTree.fromstring(data, parser)
            self.width, self.height, self.stages = _checked(self._root)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise ModelError(f"{path} is no cascade that can be run: {error}") from None

    def classifier(self, stages: int | None = None) -> cv2.CascadeClassifier:
        """OpenCV's classifier of the first `stages` stages, by default of all.

        Raises:
            ModelError: if OpenCV does not take it.
        """
        import cv2

        root = copy.deepcopy(self._root)
        kept = self.stages if stages is None else stages
        listed = _child(root[0], "stages")
        for stage in list(listed)[kept:]:
            listed.remove(stage)
        _child(root[0], "stageNum").text = str(kept)
        text = '<?xml version="1.0"?>\n' + ElementTree.tostring(root, encoding="unicode")
        result = cv2.CascadeClassifier()
        try:
            storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
            taken = result.read(storage.getFirstTopLevelNode())
        except (cv2.error, SystemError) as error:  # the latter from FileStorage's constructor
            raise ModelError(f"OpenCV does not read {self._path}: {error}") from None
        if not taken or result.empty():
            raise ModelError(f"OpenCV does not read {self._path}")
        return result


def _checked(root: ElementTree.Element) -> tuple[int, int, int]:
    """Window width, height and stage count; ValueError or LookupError where something is wrong."""
    if root.tag != "opencv_storage" or len(root) != 1:
        raise ValueError("it is no <opencv_storage> of one cascade")
    cascade = root[0]
    if cascade.get("type_id") == "opencv-haar-classifier":
        raise ValueError("it has the format of OpenCV 1; cv2.CascadeClassifier.convert mends that")
    kind = _text(cascade, "featureType")
    if kind not in _NODE or _text(cascade, "stageType") != "BOOST":
        raise ValueError(f"featureType {kind} is neither HAAR nor LBP, or stageType is not BOOST")
    width, height = _integer(cascade, "width"), _integer(cascade, "height")
    if not (8 <= width <= MAX_WINDOW and 8 <= height <= MAX_WINDOW):
        raise ValueError(f"its window is {width} x {height} pixels")
    _check_categories(cascade, kind)
    features = _children(cascade, "features")
    for feature in features:
        _check_feature(feature, kind, width, height)
    stages = _children(cascade, "stages")
    if not stages or _integer(cascade, "stageNum") != len(stages):
        raise ValueError("stageNum is not the number of stages")
    for stage in stages:
        _check_stage(stage, _NODE[kind], len(features))
    return width, height, len(stages)


def _check_categories(cascade: ElementTree.Element, kind: str) -> None:
    count = _integer(_child(cascade, "featureParams"), "maxCatCount")
    if count != (256 if kind == "LBP" else 0):
        raise ValueError(f"maxCatCount {count} does not fit {kind} features")


def _check_feature(feature: ElementTree.Element, kind: str, width: int, height: int) -> None:
    if kind == "LBP":
        x, y, w, h = _integers(_text(feature, "rect"))
        if min(x, y) < 0 or min(w, h) < 1 or x + 3 * w > width or y + 3 * h > height:
            raise ValueError(f"feature {x} {y} {w} {h} leaves the window")
        return
    tilted = feature.find("tilted") is not None and _integer(feature, "tilted") != 0
    rects = _children(feature, "rects")
    if not 1 <= len(rects) <= 3:
        raise ValueError(f"a feature has {len(rects)} rectangles")
    for rect in rects:
        *corners, _ = _numbers(rect.text)
        x, y, w, h = (int(value) for value in corners)
        left, right, bottom = (x - h, x + w, y + w + h) if tilted else (x, x + w, y + h)
        if min(left, y) < 0 or min(w, h) < 1 or right > width or bottom > height:
            raise ValueError(f"feature {x} {y} {w} {h} leaves the window")


def _check_stage(stage: ElementTree.Element, node_size: int, features: int) -> None:
    _numbers(_text(stage, "stageThreshold"))
    trees = _children(stage, "weakClassifiers")
    if not trees or _integer(stage, "maxWeakCount") != len(trees):
        raise ValueError("maxWeakCount is not the number of weak classifiers")
    for tree in trees:
        numbers = _numbers(_text(tree, "internalNodes"))
        leaves = _numbers(_text(tree, "leafValues"))
        nodes = [numbers[i : i + node_size] for i in range(0, len(numbers), node_size)]
        if not nodes or len(numbers) % node_size or len(leaves) != len(nodes) + 1:
            raise ValueError("a tree has nodes and leaves that do not fit")
        for index, (left, right, feature, *_) in enumerate(nodes):
            for child in (left, right):
                # A child is a later node, or minus the number of a leaf: so no walk can loop.
                if child != int(child) or not (
                    index < child < len(nodes) or -len(leaves) < child <= 0
                ):
                    raise ValueError("a tree leads nowhere")
            if feature != int(feature) or not 0 <= feature < features:
                raise ValueError(f"a tree asks for feature {feature:g} of {features}")


def _child(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    found = parent.findall(name)
    if len(found) != 1:
        raise LookupError(f"<{parent.tag}> has {len(found)} <{name}>")
    return found[0]


def _children(parent: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return list(_child(parent, name))


def _text(parent: ElementTree.Element, name: str) -> str:
    return (_child(parent, name).text or "").strip()


def _numbers(text: str | None) -> list[float]:
    numbers = [float(word) for word in (text or "").split()]
    if not numbers or not all(math.isfinite(n) and abs(n) < 2**31 for n in numbers):
        raise ValueError(f"{(text or '').strip()[:40]!r} are no numbers")
    return numbers


def _integers(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def _integer(parent: ElementTree.Element, name: str) -> int:
    return int(_text(parent, name))
