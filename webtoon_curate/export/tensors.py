"""`tensors`: the picture with a landmark layer, and more planes on request, as uint8 arrays."""

from __future__ import annotations

import io
import json
import math
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.export import layers
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Item, Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import PLACED, crops, flat_name, placed, write_index
from webtoon_curate.export.settings import setting
from webtoon_curate.synth.labels import Label

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Crop, Episode

FILES = ("npy", "npz", "safetensors", "webdataset")
PLANES = ("colors", "parsing", "group", "noise")
_ENDINGS = {"npy": ".npy", "npz": ".npz", "safetensors": ".safetensors", "webdataset": ".tar"}


@dataclass(frozen=True)
class TensorSettings:
    """Settings of `tensors`.

    Attributes:
        files: form of the shards.
        shard: samples in one.
        marks, width: of the landmark layer; see `layers.landmark_layer`.
        plane: further planes, of `PLANES`.
    """

    files: str = setting("npy", "Form of the shards.", choices=FILES)
    shard: int = setting(1000, "Samples in a shard.", least=1)
    marks: str = setting("points", "How the landmark layer is drawn.", choices=layers.MARKS)
    width: float = setting(
        1.0,
        "Of points and lines, pixels across; of blobs, their standard deviation.",
        least=0.25,
        most=256,
    )
    plane: tuple[str, ...] = setting(
        (),
        "One more kind of planes: colors (of hair, eyes and skin), parsing (one a class), group "
        "(one a group) or noise; may be given again.",
        choices=PLANES,
    )


@register(
    "tensors",
    "Pictures with a landmark layer as 4-channel arrays (more on request).",
    "--marks lines --width 2",
)
class Tensors(Format):
    """`<split>-00000.npy` …, each (samples, channels, size, size) uint8, and `<split>.parquet`."""

    Settings = TensorSettings
    packed = True

    @property
    def parsing(self) -> bool:
        """Whether parsing planes are wanted."""
        return "parsing" in self.settings.plane

    def channels(self) -> list[str]:
        """Names of the channels, in order."""
        more = {
            "colors": layers.COLOR_CHANNELS,
            "parsing": [f"is_{label.name.lower()}" for label in Label],
            "group": [f"group_{name}" for name in self.job.groups],
            "noise": ["noise"],
        }
        chosen = [name for kind in PLANES if kind in self.settings.plane for name in more[kind]]
        return ["red", "green", "blue", "landmarks", *chosen]

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """One array a face."""
        for each in crops(self, episode, faces, landmarks=True):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            yield Made(face["side"], placed(face, crop), planes=self._planes(face, crop))

    def finish(self, parts: Parts) -> Row:
        """The shards and an index of each split."""
        shards: dict[str, list[Row]] = {}
        counts = parts.counts()
        for split in self.job.sides:
            items = parts.items(split)
            shards[split] = []
            for first in range(0, counts[split], self.settings.shard):
                count = min(self.settings.shard, counts[split] - first)
                name = f"{split}-{len(shards[split]):05d}{_ENDINGS[self.settings.files]}"
                with parts.writing(name) as path:
                    self._write(path, [next(items) for _ in range(count)])
                shards[split].append({"file": name, "samples": count})
            with parts.writing(f"{split}.parquet") as path:
                write_index(path, (item.row for item in parts.items(split)), PLACED)
        size = self.job.crop.size
        names = self.channels()
        return {"channels": names, "shape": [len(names), size, size], "shards": shards}

    def _planes(self, face: Row, crop: Crop) -> NDArray[np.uint8]:
        chosen, size = self.settings.plane, self.job.crop.size
        found = [crop.image.transpose(2, 0, 1)]
        marks = layers.landmark_layer(crop.points, size, self.settings.marks, self.settings.width)
        found.append(marks[None])
        if "colors" in chosen:
            found.append(layers.color_planes(layers.colors_of(face), size))
        if "parsing" in chosen:
            found.append(layers.parsing_planes(crop.parsing))
        if "group" in chosen:
            found.append(layers.group_planes(face["group"], self.job.groups, size))
        if "noise" in chosen:
            rng = layers.sample_rng(face["face_id"], self.job.seed)
            found.append(layers.noise_plane(rng, size)[None])
        return np.concatenate(found)

    def _write(self, path: Path, items: list[Item]) -> None:
        writers = {
            "npy": _write_npy,
            "npz": _write_npz,
            "safetensors": _write_safetensors,
            "webdataset": _write_tar,
        }
        writers[self.settings.files](path, items)


def _write_npy(path: Path, items: list[Item]) -> None:
    with path.open("wb") as file:
        _write_array(file, items)


def _write_array(file: Any, items: list[Item]) -> None:
    """An array file of all planes, written one sample after the other."""
    header = {
        "descr": "|u1",
        "fortran_order": False,
        "shape": (len(items), *items[0].planes().shape),
    }
    np.lib.format.write_array_header_1_0(file, header)
    for item in items:
        file.write(item.planes().tobytes())


def _points(items: list[Item]) -> NDArray[np.float32]:
    """(n, 68, 2) float32, pixels of the crop."""
    return np.array([item.row["landmarks"] for item in items], np.float32).reshape(-1, 68, 2)


def _write_npz(path: Path, items: list[Item]) -> None:
    """`planes`, `landmarks` and `face_id`; with a fixed date, so that bytes repeat."""
    ids = np.array([item.row["face_id"] for item in items])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in (("planes", None), ("landmarks", _points(items)), ("face_id", ids)):
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w", force_zip64=True) as file:
                if array is None:
                    _write_array(file, items)
                else:
                    np.lib.format.write_array(file, array, allow_pickle=False)


def _write_safetensors(path: Path, items: list[Item]) -> None:
    """`planes` and `landmarks`; the faces' ids are in the metadata, as JSON.

    Byte for byte as the library `safetensors` does it, which wants all planes in memory, twice.
    """
    points, shape = _points(items), [len(items), *items[0].planes().shape]
    ids = json.dumps([item.row["face_id"] for item in items], ensure_ascii=False)
    end = points.nbytes + math.prod(shape)
    about = {
        "__metadata__": {"face_id": ids},
        "landmarks": _tensor("F32", points.shape, 0, points.nbytes),
        "planes": _tensor("U8", shape, points.nbytes, end),
    }
    head = json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head + points.astype("<f4").tobytes())
        for item in items:
            file.write(item.planes().tobytes())


def _tensor(kind: str, shape: Sequence[int], start: int, end: int) -> Row:
    return {"dtype": kind, "shape": list(shape), "data_offsets": [start, end]}


def _write_tar(path: Path, items: list[Item]) -> None:
    """`<key>.npy` and `<key>.json` of each sample, as WebDataset groups them."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for item in items:
            key = flat_name(item.row["face_id"])
            buffer = io.BytesIO()
            np.save(buffer, item.planes(), allow_pickle=False)
            text = json.dumps(item.row, ensure_ascii=False).encode()
            for ending, data in (("json", text), ("npy", buffer.getvalue())):
                _add(archive, f"{key}.{ending}", data)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """A file of a tar without owner and time."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))
