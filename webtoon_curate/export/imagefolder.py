"""`imagefolder`: the layout of Hugging Face `datasets`, with metadata and a dataset card.

<split>/<name>.png         crops
<split>/metadata.parquet   a row a crop
README.md                  the card
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from webtoon_curate.export.made import Made, Refused, Row
from webtoon_curate.export.parts import Parts
from webtoon_curate.export.registry import Format, register
from webtoon_curate.export.samples import (
    FILE_NAME,
    PLACED,
    crops,
    flat_name,
    picture,
    placed,
    write_index,
)
from webtoon_curate.export.settings import PictureSettings
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.export.pictures import Episode

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
"""The Hub's size categories; beyond, `1M<n<10M`."""
_SPLITS = {"train": "train", "val": "validation", "test": "test"}
"""Names of the splits in `datasets`."""


@register(
    "imagefolder",
    "Hugging Face datasets: crops, metadata.parquet and a card.",
    "--size 512 --image jpeg",
)
class ImageFolder(Format):
    """Crops by split."""

    Settings = PictureSettings

    def make(self, episode: Episode, faces: Sequence[Row]) -> Iterator[Made | Refused]:
        """A crop a face."""
        for each in crops(self, episode, faces):
            if isinstance(each, Refused):
                yield each
                continue
            face, crop = each
            ending, data = picture(crop.image, self.settings.image)
            name = flat_name(face["face_id"]) + ending
            row = placed(face, crop) | {"file_name": name}
            yield Made(face["side"], row, {f"{face['side']}/{name}": data})

    def finish(self, parts: Parts) -> Row:
        """Metadata of each split, and the card; `datasets` loads none that has no picture."""
        counts = parts.counts()
        for split in filter(counts.get, self.job.sides):
            with parts.writing(f"{split}/metadata.parquet") as path:
                rows = (item.row for item in parts.items(split))
                write_index(path, rows, PLACED.append(FILE_NAME))
        groups: Counter[str] = Counter()
        licenses: Counter[str] = Counter()
        for item in parts.items():
            groups[item.row["group"] or "unknown"] += 1
            licenses[item.row["license"] or ""] += 1
        parts.write("README.md", self._card(counts, groups, licenses).encode())
        return {}

    def _card(self, counts: Counter[str], groups: Counter[str], licenses: Counter[str]) -> str:
        total = counts.total()
        size = next((name for limit, name in _SIZES if total < limit), "1M<n<10M")
        side = self.job.crop.size
        head = ["---", "pretty_name: Drawn faces", "size_categories:", f"- {size}"]
        head += ["task_categories:", "- unconditional-image-generation", "- image-classification"]
        head += ["configs:", "- config_name: default", "  drop_labels: true", "  data_files:"]
        for split in filter(counts.get, self.job.sides):
            head += [f"  - split: {_SPLITS[split]}", f"    path: {split}/*"]
        head += ["license: other", "license_name: see-below", "---", ""]
        body = [
            "# Drawn faces",
            "",
            f"{total:,} crops of {side} x {side} pixels, cut from comics by webtoon-curate.",
            "",
            "| split | faces |",
            "|---|---|",
            *(f"| {split} | {counts[split]:,} |" for split in self.job.sides),
            "",
            "| group | faces |",
            "|---|---|",
            *(f"| {name} | {count:,} |" for name, count in sorted(groups.items())),
            "",
            "Groups are gender as presented, and glasses; `group_source` tells who said so. Boxes "
            "and landmarks (68 points, iBUG order) are in pixels of the crop; `crop_matrix` maps "
            "the page to it.",
            "",
            "## Licences",
            "",
            "The pictures have the licences of the pages that they were cut from; each row says "
            "which (`license`) and where from (`source`).",
            "",
            *(f"- {json.dumps(text, ensure_ascii=False)}" for text in sorted(licenses) if text),
            "",
        ]
        if licenses[""]:
            which = plural(licenses[""], "picture")
            body += [f"Of {which} no licence was given: do not publish them.", ""]
        return "\n".join([*head, *body])
