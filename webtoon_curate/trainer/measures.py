"""What a trained generator is worth, measured when its run ends: `measures.json` of the run.

Faces that were not learned from are translated. Their distance to true pictures (KID), whether
they repeat training pictures, and what they kept of their sources are told by the face reader.
What of its input the generator does not look at is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import ModelError
from webtoon_curate.evaluate.distances import kernel_distance, memorization
from webtoon_curate.evaluate.features import ReaderFeatures
from webtoon_curate.evaluate.kept import evaluate_kept
from webtoon_curate.files import write_json
from webtoon_curate.reader import FaceReader, load_reader
from webtoon_curate.trainer.condition import condition_test
from webtoon_curate.trainer.face import Face, Faces
from webtoon_curate.trainer.page import MEASURES, write_page
from webtoon_curate.trainer.samples import View
from webtoon_curate.trainer.translate import BATCH, Completed, Translator

TRAINING = 10
"""Times as many training pictures as made ones are looked at for copies."""
SWAPPED = 64
"""Faces whose inputs are swapped, at most."""
Pictures = list[NDArray[np.uint8]]


class Sides(NamedTuple):
    """What a run learned from, and what it did not; the same twice where a side is not translated.

    Attributes:
        sources: faces to translate.
        training: pictures as the generator should make, learned from.
        held: the same, not learned from; None if there are none.
    """

    sources: Faces
    training: Faces
    held: Faces | None


def measure(
    translator: Translator,
    sides: Sides,
    count: int,
    reader: FaceReader,
    on_advance: Callable[[int], None] = lambda n: None,
) -> dict[str, Any]:
    """The figures.

    Args:
        translator: of the run.
        sides: of its data.
        count: faces that are translated, and true pictures they are compared with, at most.
        reader: of all faces.
        on_advance: told of pictures that were read or made.

    Returns:
        `step`, `faces`; `held`: whether none of them was learned from;
        `kid_x1000@reader` of made and true pictures, `kid_x1000_sources@reader` of sources and true
        ones, i.e. before any training; `memorization@reader` and `copies`, None without held-out
        pictures; `condition`: the ratio of each part of the input, and `ignored`: the parts that
        the generator does not look at, see `webtoon_curate.trainer.condition`; `nme`, `group_kept`,
        `hair_kept`, `skin_delta_e` of outputs against their sources,
        and `groups`: which became which.
    """
    features = ReaderFeatures(reader)
    complete = Completed(translator.wants)
    sources, made = [], []
    places = _spread(len(sides.sources), count)
    for at in range(0, len(places), BATCH):
        batch = places[at : at + BATCH]
        faces = [sides.sources[place] for place in batch]
        sources += [_sized(face, translator) for face in faces]
        groups = [sides.sources.groups[place] for place in batch]
        made += translator(complete(faces), groups)
        on_advance(len(batch))

    def vectors(pictures: Pictures) -> NDArray[np.float64]:
        parts = [features(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)]
        return np.concatenate(parts).astype(np.float64)

    def true(faces: Faces, most: int) -> NDArray[np.float64]:
        found = []
        for part in np.array_split(_spread(len(faces), most), -(-most // BATCH)):
            if len(part):
                found.append(vectors([_sized(faces[place], translator) for place in part]))
                on_advance(len(part))
        return np.concatenate(found)

    drawn = vectors(made)
    wanted = true(sides.held or sides.training, count)
    kid, before = (kernel_distance(some, wanted) for some in (drawn, vectors(sources)))
    kept = evaluate_kept(list(zip(sources, made)), reader)
    swapped = [sides.sources[place] for place in _spread(len(sides.sources), min(count, SWAPPED))]
    test = condition_test(translator, complete(swapped))
    found: dict[str, Any] = {
        "step": translator.step,
        "faces": len(made),
        "held": sides.held is not None,
        "kid_x1000@reader": 1000 * kid.value,
        "kid_deviation": 1000 * kid.deviation,
        "kid_x1000_sources@reader": 1000 * before.value,
        "memorization@reader": None,
        "copies": None,
        "nme": kept.points.nme,
        "group_kept": kept.group_kept,
        "hair_kept": kept.hair_kept,
        "skin_delta_e": kept.skin,
        "condition": {swap.part: swap.ratio for swap in test.swaps},
        "ignored": list(test.ignored),
    }
    if sides.held is not None:
        memory = memorization(drawn, true(sides.training, TRAINING * count), wanted)
        found |= {"memorization@reader": memory.score, "copies": memory.copies}
    groups = [{"source": a, "output": b, "faces": n} for (a, b), n in sorted(kept.groups.items())]
    return found | {"groups": groups}


def measured(
    run: Path, sides: Sides, count: int, device: str, on_advance: Callable[[int], None]
) -> dict[str, Any] | None:
    """Measures a run, writes its `measures.json`, and shows it on its page.

    Returns:
        None where no face reader is installed, or there are fewer than two faces.
    """
    if min(count, *(len(side) for side in sides if side is not None)) < 2:
        return None
    try:
        reader = load_reader(device=device)
    except ModelError:
        return None
    found = measure(Translator(run, device), sides, count, reader, on_advance)
    write_json(run / MEASURES, found)
    write_page(run)
    return found


def _spread(count: int, most: int) -> Sequence[int]:
    """At most so many numbers below `count`, evenly spread."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist()


def _sized(face: Face, translator: Translator) -> NDArray[np.uint8]:
    """A face's picture at the size that is made: a smaller one has other features."""
    return np.ascontiguousarray(View(translator.config, None).pixels(face.image))
