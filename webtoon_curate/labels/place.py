"""Where the boxes that people draw lie in an episode."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

from webtoon_curate.crops import (
    Bounds,
    CropSettings,
    blank_edges,
    keep_reason,
    page_bounds,
    squares,
)
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Page
from webtoon_curate.labels.events import Box, FaceRef
from webtoon_curate.labels.fold import drawn_id

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset

Row = dict[str, Any]
FILTERS = (None, "short_edge", "aspect", "blank_edge")
"""The `keep_reason`s that depend on the box alone, and are found anew when it is mended."""


class EpisodePlace:
    """An episode's pages, scenes and filters: what a new box needs to become a row."""

    def __init__(self, dataset: Dataset, title: str, episode: str) -> None:
        pages = dataset.tables["pages"].read(title, episode)
        names = ("page", "y", "width", "height")
        columns = [pages[name].to_pylist() for name in names]
        self.title, self.episode = title, episode
        self.pages = [Page(*values) for values in zip(*columns)]
        self.tops = dict(zip(columns[0], columns[1]))
        self.sha256 = dict(zip(columns[0], pages["sha256"].to_pylist()))
        self.origins = dict(
            zip(columns[0], zip(pages["source"].to_pylist(), pages["license"].to_pylist()))
        )
        scenes = dataset.tables["scenes"].read(title, episode)
        self.scenes: list[Row] = scenes.to_pylist()
        box = ("x", "y", "width", "height")
        self._scene_boxes = [scenes[name].to_numpy().astype(np.float64) for name in box]
        layouts = pages["layout"]
        layout = layouts[0].as_py() if len(layouts) else "images"
        self.bounds: dict[str, Bounds] = page_bounds(self.pages, layout)
        self.min_quality = dataset.config["stages"].get("landmarks", {}).get("min_quality", 0)
        settings: Row = dataset.config["stages"].get("detect", {})
        self.filters = {name: settings[name] for name in FILTERS if name and name in settings}
        try:
            self.crop = CropSettings(**settings["crop"]) if settings.get("crop") else None
        except TypeError as error:
            raise DatasetError(
                f"the settings of detect in {dataset.path / 'dataset.json'} are not this "
                f"version's ({error}): run detect --force"
            ) from error

    def scene_at(self, box: Box) -> int:
        """The index of the smallest scene under the box's center, else of the nearest."""
        if not self.scenes:
            return 0
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        left, top, width, height = self._scene_boxes
        dx = np.maximum(np.maximum(left - x, x - left - width), 0)
        dy = np.maximum(np.maximum(top - y, y - top - height), 0)
        far = dx * dx + dy * dy
        nearest = np.flatnonzero(far == far.min())
        return self.scenes[nearest[np.argmin((width * height)[nearest])]]["scene"]

    def page_at(self, box: Box) -> Page:
        """The page under the box's middle, else the first."""
        middle = box[1] + box[3] / 2
        return self.pages[max(0, bisect_right(self.pages, middle, key=lambda page: page.y) - 1)]

    def ref(self, face_id: str | None, box: Box) -> FaceRef:
        """How an event names the face with this box.

        Args:
            face_id: None for a face that no detector found.
            box: in episode pixels.
        """
        page = self.page_at(box)
        page_box = (box[0], box[1] - page.y, box[2], box[3])
        if face_id is None:
            scene = self.scene_at(box)
            face_id = drawn_id(self.title, self.episode, scene, page_box, page.name)
        sha256 = self.sha256[page.name]
        return FaceRef(face_id, self.title, self.episode, box, page.name, page_box, sha256)

    def placed(self, box: Box) -> Row:
        """The columns of a row that follow from its box."""
        x, y, width, height = box
        page = self.page_at(box)
        square = squares(np.array(box), self.crop or CropSettings())[0]
        blank = float(blank_edges(square, self.bounds[page.name])[0])
        reason = keep_reason(width, height, blank, **self.filters)
        source, license = self.origins[page.name]
        return {
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "page": page.name,
            "page_x": x,
            "page_y": y - page.y,
            "source": source,
            "license": license,
            "keep": reason is None,
            "keep_reason": reason,
        }
