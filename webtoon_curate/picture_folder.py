"""Pictures of an episode's faces: crops, and maps of their parts."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

CROPS, PARSING = "crops", "parsing"
"""Folders of pictures in a dataset, `<title>/<episode>/` in each."""


def picture_name(face_id: str) -> str:
    """The name, without ending, of a face's picture in its episode's folder: `<scene>-<face>`."""
    return "-".join(face_id.split("/")[2:])


def remove_half_written(dataset: Path, title: str, episode: str) -> None:
    """Remove the pictures of an episode whose work failed before they were all there."""
    for kind in (CROPS, PARSING):
        for part in (dataset / kind / title).glob("*.part"):
            if re.fullmatch(re.escape(episode) + r"\.\d+\.part", part.name):
                shutil.rmtree(part, ignore_errors=True)


class PictureFolder:
    """A folder of PNG files, written beside the old one, which it replaces when it is whole.

    Args:
        dataset: its folder.
        kind: `CROPS` or `PARSING`.
        title, episode: whose faces they are.

    Attributes:
        count: pictures that were added.
    """

    def __init__(self, dataset: Path, kind: str, title: str, episode: str) -> None:
        self.count = 0
        self._dataset = dataset
        self._folder = dataset / kind / title / episode
        self._part = self._folder.with_name(f"{self._folder.name}.{os.getpid()}.part")
        shutil.rmtree(self._part, ignore_errors=True)

    def add(self, face_id: str, data: bytes) -> str:
        """Write a face's picture, a PNG file; gives its path in the dataset once committed."""
        name = f"{picture_name(face_id)}.png"
        self._part.mkdir(parents=True, exist_ok=True)
        (self._part / name).write_bytes(data)
        self.count += 1
        return (self._folder / name).relative_to(self._dataset).as_posix()

    def commit(self) -> None:
        """Put the new pictures in the old ones' place."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if self.count:
            self._part.rename(self._folder)
