"""What workers leave behind for the end of an export: a folder for each run of an episode.

<export>/.export/000012/rows.jsonl       a line a face or scene: split, files, row
<export>/.export/000012/counts.json      how many of each split, and what was refused
<export>/.export/000012/planes.bin       their planes, in the same order; planes.json: the shape
<export>/.export/000012/files/…          their files
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError
from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.files import replacing, sha256_of

FOLDER = ".export"
SUMS = "SHA256SUMS"
_WRITTEN = "written.txt"
"""Names of the files that `finish` began to write."""


@dataclass(frozen=True)
class Item:
    """One `Made` of a finished part.

    Attributes:
        split, row: as made.
        files: paths of its files by name.
        folder, index: of its part, and its place in it.
    """

    split: str
    row: Row
    files: dict[str, Path]
    folder: Path
    index: int

    def planes(self) -> NDArray[np.uint8]:
        """(channels, height, width) as made, read anew: a shard's samples may be of a thousand
        episodes, and so many files cannot be open at once.

        Raises:
            FileNotFoundError: if it was made without planes.
        """
        _, *shape = json.loads((self.folder / "planes.json").read_text("utf-8"))
        size = math.prod(shape)
        flat = np.fromfile(self.folder / "planes.bin", np.uint8, size, offset=self.index * size)
        return flat.reshape(shape)


def part_folder(out: Path, number: int) -> Path:
    """Where the part of run `number` lies."""
    return out / FOLDER / f"{number:06d}"


def write_part(out: Path, number: int, made: Iterable[Made | Refused]) -> list[Refused]:
    """Write a run's part, whole or not at all; what was refused."""
    target = part_folder(out, number)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "files").mkdir(parents=True)
    refused: list[Refused] = []
    items: Counter[str] = Counter()
    faces: Counter[str] = Counter()
    try:
        with (part / "rows.jsonl").open("w", encoding="utf-8") as lines:
            planes = _Planes(part)
            for each in made:
                if isinstance(each, Refused):
                    refused.append(each)
                    continue
                names = {}
                for name, data in each.files.items():
                    path = part / "files" / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    if path.exists():
                        raise CurateError(f"two pictures of this export are named {name}")
                    path.write_bytes(data)
                    names[name] = hashlib.sha256(data).hexdigest()
                planes.add(each.planes)
                items[each.split] += 1
                faces[each.split] += each.faces
                row = {"split": each.split, "files": names, "row": each.row}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            planes.close()
        # What a number stands for after a colon is another for each face.
        reasons = Counter(each.reason.partition(":")[0] for each in refused)
        counts = {"items": items, "faces": faces, "refused": reasons}
        (part / "counts.json").write_text(json.dumps(counts, ensure_ascii=False), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return refused


class _Planes:
    """Arrays of one shape, one after the other in a file, and their number and shape beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._count = 0
        self._shape: tuple[int, ...] = ()

    def add(self, planes: NDArray[np.uint8] | None) -> None:
        if planes is None:
            return
        if self._file is None:
            self._file = (self._folder / "planes.bin").open("wb")
            self._shape = planes.shape
        self._file.write(np.ascontiguousarray(planes).data)
        self._count += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            shape = json.dumps([self._count, *self._shape])
            (self._folder / "planes.json").write_text(shape, "utf-8")


class Parts:
    """The finished parts of an export, in order, and its folder to write to.

    Attributes:
        out: the export's folder.
    """

    def __init__(self, out: Path, numbers: Iterable[int], packed: bool) -> None:
        self.out = out
        self._numbers, self._packed = list(numbers), packed
        self._sums: dict[str, str] = {}

    def items(self, split: str | None = None) -> Iterator[Item]:
        """What was made, in the manifest's order; of one split only, if one is named."""
        for folder in self._folders():
            start = "{" if split is None else json.dumps({"split": split})[:-1] + ","
            with (folder / "rows.jsonl").open(encoding="utf-8") as lines:
                for index, line in enumerate(lines):
                    if line.startswith(start):
                        told = json.loads(line)
                        files = {name: folder / "files" / name for name in told["files"]}
                        yield Item(told["split"], told["row"], files, folder, index)

    def counts(self, of: str = "items") -> Counter[str]:
        """Items (or `faces`) by split; `refused` faces by reason."""
        found: Counter[str] = Counter()
        for folder in self._folders():
            found.update(json.loads((folder / "counts.json").read_text("utf-8"))[of])
        return found

    def failed(self) -> int:
        """Runs without a part: their episode is among the rejects."""
        return len(self._numbers) - sum(1 for _ in self._folders())

    def _folders(self) -> Iterator[Path]:
        folders = (part_folder(self.out, number) for number in self._numbers)
        return (folder for folder in folders if folder.is_dir())

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the export."""
        with self.writing(name) as path:
            path.write_bytes(data)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A path to write a file of the export to; it gets its name when it is whole."""
        with (self.out / FOLDER / _WRITTEN).open("a", encoding="utf-8") as names:
            names.write(f"{name}\n")
        with replacing(self.out / name) as part:
            yield part
            self._sums[name] = sha256_of(part)

    def place_files(self) -> None:
        """Move the files of formats that do not pack them to their places."""
        if self._packed:
            return
        for folder in self._folders():
            with (folder / "rows.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    for name, sha256 in json.loads(line)["files"].items():
                        self._place(folder / "files" / name, name, sha256)

    def _place(self, source: Path, name: str, sha256: str) -> None:
        if name in self._sums:
            raise CurateError(f"two pictures of this export are named {name}")
        self._sums[name] = sha256
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.exists():  # else an earlier run, cut short here, moved it
            source.replace(target)

    def write_sums(self) -> Row:
        """Write the checksums in the form of `sha256sum -c`; how many and their own."""
        lines = [f"{sha256}  {name}\n" for name, sha256 in sorted(self._sums.items())]
        data = "".join(lines).encode()
        with replacing(self.out / SUMS) as part:
            part.write_bytes(data)
        return {
            "files": len(lines),
            "list": SUMS,
            "sha256": hashlib.sha256(data).hexdigest(),
        }


def written_files(out: Path) -> Iterator[Path]:
    """The files that an export, finished or cut short, wrote here; only inside the folder."""
    root = out.resolve()
    for name in _written_names(out):
        path = (out / name).resolve()
        if path != root and path.is_relative_to(root):
            yield path


def _written_names(out: Path) -> Iterator[str]:
    if (out / SUMS).exists():
        for line in (out / SUMS).read_text("utf-8").splitlines():
            yield line.partition("  ")[2]
    if (out / FOLDER / _WRITTEN).exists():
        yield from (out / FOLDER / _WRITTEN).read_text("utf-8").splitlines()
    for rows in sorted((out / FOLDER).glob("*/rows.jsonl")):
        if rows.parent.suffix == ".part":  # of a process that was killed: nothing was moved yet
            continue
        with rows.open(encoding="utf-8") as lines:
            for line in lines:
                yield from json.loads(line)["files"]


def json_bytes(value: Any) -> bytes:
    """Indented JSON in UTF-8 with a newline at its end."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
