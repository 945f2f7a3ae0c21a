"""`stylegan`: the zip of NVIDIA's StyleGAN trainers, or the LMDB of rosinality's.

<split>.zip                stored: 00000/img00000000.png … and dataset.json with group labels
<split>.lmdb/              <size>-00000 … and length
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webtoon_curate.errors import CurateError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Item, Parts, json_bytes
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import PLACED, crops, flat_name, placed, write_index
from webtoon_curate.export.settings import setting
from webtoon_curate.images import encode

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

_DATE = (1980, 1, 1, 0, 0, 0)
_FOLDER = 1000
"""Pictures in a folder of the zip, as NVIDIA's dataset_tool counts."""
_AT_ONCE = 100
"""Pictures in one transaction: LMDB holds what one writes in memory until it ends."""
_MAP = 1.5
"""Bytes of the LMDB's map in those of its pictures; pages are not filled."""


@dataclass(frozen=True)
class StyleganSettings:
    """Settings of `stylegan`.

    Attributes:
        container: `zip`, `lmdb` or `both`.
    """

    container: str = setting(
        "zip",
        "zip: NVIDIA's trainers; lmdb: rosinality's.",
        choices=("zip", "lmdb", "both"),
    )


@register(
    "stylegan",
    "A stored zip with dataset.json, or rosinality's LMDB.",
    "--size 512 --align ffhq --container both",
)
class StyleGAN(Format):
    """Square pictures of a power of two, RGB, labelled with the groups' numbers."""

    Settings = StyleganSettings
    packed = True

    def check(self) -> None:
        """Raises `CurateError` if the size is no power of two, or lmdb is missing."""
        size = self.job.crop.size
        if size & (size - 1):
            raise CurateError(f"StyleGAN wants a power of two, not --size {size}")
        if self.settings.container != "zip":
            _lmdb()

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A picture a face."""
        for each in crops(self, episode, faces):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            name = f"{flat_name(face['face_id'])}.png"
            yield Made(face["side"], placed(face, crop), {name: encode(crop.image)})

    def finish(self, parts: Parts) -> Row:
        """A container and an index of each split."""
        for split in self.job.sides:
            if self.settings.container != "lmdb":
                with parts.writing(f"{split}.zip") as path:
                    self._write_zip(path, parts.items(split))
            if self.settings.container != "zip":
                # LMDB wants a folder; only its data file is the export's.
                with parts.writing(f"{split}.lmdb/data.mdb") as path:
                    self._write_lmdb(path, parts.items(split))
            with parts.writing(f"{split}.parquet") as path:
                write_index(path, (item.row for item in parts.items(split)), PLACED)
        return {"labels": list(self.job.groups)}

    def _write_zip(self, path: Path, items: Iterator[Item]) -> None:
        labels: list[Any] = []
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for number, item in enumerate(items):
                (file,) = item.files.values()
                name = f"{number // _FOLDER:05d}/img{number:08d}.png"
                archive.writestr(zipfile.ZipInfo(name, _DATE), file.read_bytes())
                group = item.row["group"]
                labels.append(
                    [name, self.job.groups.index(group)] if group in self.job.groups else None
                )
            # The trainers want a label of every picture, or none at all.
            known = labels if labels and all(labels) else None
            archive.writestr(zipfile.ZipInfo("dataset.json", _DATE), json_bytes({"labels": known}))

    def _write_lmdb(self, path: Path, items: Iterator[Item]) -> None:
        files = [file for item in items for file in item.files.values()]
        size = sum(file.stat().st_size for file in files)
        room = int(size * _MAP) + len(files) * (16 << 10) + (1 << 20)
        environment = _lmdb().open(str(path), map_size=room, subdir=False, lock=False)
        try:
            for first in range(0, len(files), _AT_ONCE):
                with environment.begin(write=True) as transaction:
                    for number, file in enumerate(files[first : first + _AT_ONCE], first):
                        key = f"{self.job.crop.size}-{number:05d}".encode()
                        transaction.put(key, file.read_bytes())
            with environment.begin(write=True) as transaction:
                transaction.put(b"length", str(len(files)).encode())
        finally:
            environment.close()


def _lmdb() -> Any:
    try:
        import lmdb
    except ImportError:
        raise CurateError(
            "lmdb is missing: pip install 'webtoon-curate[export]', or choose --container zip"
        ) from None
    return lmdb
