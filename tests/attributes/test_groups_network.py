"""A face reader's file as a backend of groups."""

from __future__ import annotations

import numpy as np

from webtoon_curate.attributes.groups import QUESTIONS, load_backend
from webtoon_curate.detect.canary import FACES, canary_picture
from webtoon_curate.evaluate.groups import seen_on
from webtoon_curate.evaluate.landmarks import crops_of
from webtoon_curate.landmarks.network import ReaderBackend
from webtoon_curate.landmarks.passes import VARIANTS, read_passes
from webtoon_curate.landmarks.patches import Patches, cut_patch
from webtoon_curate.models import require_model
from webtoon_curate.reader import load_reader, reader_id, reader_squares
from webtoon_curate.reader.groups import mean_groups


def test_a_readers_file_says_what_the_reader_says_everywhere():
    path = require_model("webtoon_reader")
    backend, reader = load_backend(str(path)), load_reader()
    crops = crops_of(canary_picture(), reader_squares(FACES), backend.framing.size)
    chances, sources = backend([{}] * len(crops), crops)
    found = reader(crops)
    for place, name in enumerate(QUESTIONS):
        assert np.abs(chances[:, place] - getattr(found, name)).max() < 1e-6
    assert sources == [reader_id(reader)] * len(crops)


def test_pages_are_evaluated_as_the_stage_reads_them():
    reader, picture = load_reader(), canary_picture()
    backend = ReaderBackend(reader)
    bounds = (0, 0, picture.shape[1], picture.shape[0])

    def read(x, y, width, height):
        return picture[y : y + height, x : x + width]

    pixels, squares, boxes = cut_patch(read, FACES[0], bounds, backend.framing)
    patches = Patches(pixels[None], squares[None], boxes[None], backend.framing)
    stage = read_passes(backend, patches).readings
    evaluated = seen_on(reader, picture, FACES[:1].astype(float))
    for name in QUESTIONS:
        assert getattr(stage, name) == getattr(evaluated, name)
    assert (stage.parsing == evaluated.parsing).all()
    once = reader(crops_of(picture, reader_squares(FACES[:1]), reader.size))
    assert mean_groups([once] * len(VARIANTS)).woman[0] != stage.woman[0]
