import subprocess
import sys

import numpy as np
import pytest

from webtoon_curate.detect import Tiling, detector_id, load_detector, registry
from webtoon_curate.detect.canary import FACES
from webtoon_curate.errors import ModelError
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard, cards, register_card
from webtoon_curate.plugins import load_plugins

PLUGIN = """
from webtoon_curate.detect import Tiling, register
from webtoon_curate.detect.canary import FACES
from webtoon_curate.faces import Detections
from webtoon_curate.models import ModelCard, register_card

class Fixed:
    name, version, tiling, min_score = "fixed", "1", Tiling(), 0.0
    def __init__(self, card): self.card = card
    def __call__(self, windows): return [Detections(FACES[:1], [0.9]) for _ in windows]

register_card(ModelCard(name="fixed", backend="fixed", license="MIT", source="a test"))

@register("fixed", rank=50)
def load(card, path, device): return Fixed(card)
"""


class Blind:
    name, version, tiling, min_score = "blind", "1", Tiling(), 0.0
    boxes = np.zeros((0, 4), np.float32)

    def __init__(self, card):
        self.card = card

    def __call__(self, windows):
        return [Detections(self.boxes, np.ones(len(self.boxes))) for _ in windows]


@pytest.fixture
def clean_registry(monkeypatch):
    registry.backends()
    monkeypatch.setattr(registry.KINDS, "_kinds", dict(registry.KINDS._kinds))
    monkeypatch.setattr(cards, "_registered", dict(cards._registered))
    load_plugins.cache_clear()
    yield
    load_plugins.cache_clear()


def installed(boxes):
    """Registers a detector that always answers `boxes`."""
    register_card(ModelCard(name="blind", backend="blind", license="MIT", source="a test"))

    @registry.register("blind")
    def load(card, path, device):
        detector = Blind(card)
        detector.boxes = np.array(boxes, np.float32).reshape(-1, 4)
        return detector


@pytest.mark.parametrize("boxes", [[], [[0, 0, 5, 5]], [[0, 0, 288, 160]]])
def test_a_backend_that_misses_the_canary_is_an_error_that_says_so(clean_registry, boxes):
    installed(boxes)
    with pytest.raises(ModelError, match="does not see a face in its test picture"):
        load_detector("blind")


def test_a_backend_that_fails_at_the_canary_is_an_error_that_says_why(clean_registry):
    """As networks do that want pictures of one size, or give maps of other shapes."""
    register_card(ModelCard(name="narrow", backend="narrow", license="MIT", source="a test"))

    class Narrow(Blind):
        def __call__(self, windows):
            raise RuntimeError("Got: 224 Expected: 640\nand more")

    registry.register("narrow")(lambda card, path, device: Narrow(card))
    with pytest.raises(ModelError, match=r"fails at its test picture .*640\)"):
        load_detector("narrow")


def test_a_backend_that_sees_one_canary_face_is_taken(clean_registry):
    installed(FACES[1:])
    assert detector_id(load_detector("blind")) == "blind@1"


def test_min_score_is_the_operating_point_unless_given(stock_cascade):
    by_recall = [load_detector(str(stock_cascade), recall=r).min_score for r in registry.RECALLS]
    assert by_recall == sorted(by_recall) and 0 < by_recall[0] < by_recall[-1] < 1
    assert load_detector(str(stock_cascade), min_score=0.33).min_score == 0.33
    assert load_detector(min_score=1.0).min_score == 1.0


def test_unknown_names_and_files_are_told(tmp_path):
    with pytest.raises(ModelError, match=r"no detector is called 'nonsense'.*cascade") as told:
        load_detector("nonsense")
    assert "reader" not in str(told.value)
    with pytest.raises(ModelError, match="no model file"):
        load_detector(str(tmp_path / "gone.xml"))
    with pytest.raises(ModelError, match="recall is one of"):
        load_detector("cascade", recall="best")
    for score in (float("nan"), 1.5):
        with pytest.raises(ModelError, match="min_score is a number of 0 to 1"):
            load_detector("cascade", min_score=score)


def test_a_model_that_is_no_detector_is_told():
    with pytest.raises(ModelError, match=r"webtoon_reader is no detector.*there are auto, "):
        load_detector("webtoon_reader")


def test_two_backends_of_one_name_clash(clean_registry):
    with pytest.raises(ModelError, match="two detector backends"):
        registry.register("cascade")(lambda card, path, device: None)


def test_a_plugin_brings_a_detector_that_auto_prefers(clean_registry, tmp_path, monkeypatch):
    info = tmp_path / "a_plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a-plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[webtoon_curate.plugins]\na = a_plugin\nbroken = no_such_module\n"
    )
    (tmp_path / "a_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    assert detector_id(load_detector("auto")) == "fixed@1"
    assert load_plugins() == ("a",), "a broken plugin does not break the others"


def test_registration_imports_nothing_heavy():
    code = (
        "import sys; from webtoon_curate.detect import backends; backends();"
        "print([m for m in ('cv2', 'dlib', 'onnxruntime', 'torch', 'pooch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
