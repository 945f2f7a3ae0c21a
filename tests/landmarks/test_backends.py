"""Each backend from its file to points on a page; the libraries that are absent are skipped."""

from __future__ import annotations

import bz2
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from dots import PAPER, SHAPE, draw_face

from webtoon_curate.errors import ModelError
from webtoon_curate.landmarks import registry
from webtoon_curate.landmarks.patches import Patches, crop_of, cut_patch, from_crop
from webtoon_curate.landmarks.registry import Found, load_backend
from webtoon_curate.models import ModelCard

SMALL_PRNET = Path(__file__).with_name("prnet_small.safetensors")


def faces(n, seed, framing):
    """Drawn faces in crops as a framing says: crops, boxes, true points in crop pixels."""
    rng = np.random.default_rng(seed)
    crops, boxes, truth = [], [], []
    for _ in range(n):
        picture = np.full((300, 300, 3), PAPER, np.uint8)
        size = rng.uniform(80, 110)
        points = draw_face(picture, *rng.uniform(140, 160, 2), size)
        low, high = points.min(0), points.max(0)
        box = [*low, *(high - low)]

        def read(x, y, w, h, picture=picture):
            return picture[y : y + h, x : x + w]

        patches = Patches.stacked([cut_patch(read, box, (0, 0, 300, 300), framing)], framing)
        crops.append(crop_of(patches.pixels[0], framing))
        boxes.append(patches.crop_boxes()[0])
        at = patches.taken(points[None].astype(np.float32)) - from_crop(np.zeros((1, 2)), framing)
        truth.append(at[0])
    return np.stack(crops), np.stack(boxes), np.stack(truth)


def error(backend, seed=9):
    """Mean error of points in face sizes, on faces that it has not seen."""
    crops, boxes, truth = faces(8, seed, backend.framing)
    found = backend(crops, boxes)
    away = np.linalg.norm(found.points - truth, axis=2).mean(axis=1)
    return float((away / np.sqrt(boxes[:, 2] * boxes[:, 3])).mean()), found


@pytest.fixture(scope="module")
def predictor(tmp_path_factory):
    """A small shape predictor that was trained on such faces."""
    dlib = pytest.importorskip("dlib")
    from webtoon_curate.landmarks.shape_predictor import FRAMING

    crops, boxes, truth = faces(30, 0, FRAMING)
    found = []
    for box, points in zip(boxes, truth):
        middle, half = box[:2] + box[2:] / 2, box[2:].mean() / 2
        square = dlib.rectangle(*(round(float(v)) for v in (*(middle - half), *(middle + half))))
        parts = dlib.points([dlib.point(*map(round, p.tolist())) for p in points])
        found.append([dlib.full_object_detection(square, parts)])
    options = dlib.shape_predictor_training_options()
    options.cascade_depth, options.num_trees_per_cascade_level, options.tree_depth = 5, 40, 3
    options.oversampling_amount, options.nu, options.num_threads = 5, 0.2, 1
    trained = dlib.train_shape_predictor(list(crops), found, options)
    path = tmp_path_factory.mktemp("dlib") / "small.dat"
    trained.save(str(path))
    return path


def test_a_shape_predictor_places_the_points_of_faces(predictor):
    away, found = error(load_backend(str(predictor)))
    assert away < 0.04
    assert found.depth is None and found.confidence is None


def test_a_packed_shape_predictor_is_unpacked(predictor, tmp_path, monkeypatch):
    from webtoon_curate.landmarks import shape_predictor

    monkeypatch.setattr(shape_predictor, "cache_folder", lambda: tmp_path / "cache")
    packed = tmp_path / "packed.dat.bz2"
    packed.write_bytes(bz2.compress(predictor.read_bytes()))
    assert error(load_backend(str(packed)))[0] == error(load_backend(str(predictor)))[0]
    other = tmp_path / "elsewhere" / packed.name
    other.parent.mkdir()
    other.write_bytes(bz2.compress(b"no predictor at all" * 50))
    with pytest.raises(ModelError, match="elsewhere"):
        load_backend(str(other))


@pytest.mark.parametrize("content", [b"", b"no predictor at all" * 50])
def test_what_is_no_shape_predictor_is_named(tmp_path, content):
    pytest.importorskip("dlib")
    path = tmp_path / "bad.dat"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.dat .*get it anew"):
        load_backend(str(path))


def test_a_position_map_becomes_points_of_the_crop(tmp_path):
    """A network whose map is the same place everywhere: a quarter across, half down."""
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    from webtoon_curate.landmarks.resfcn import ResFCN

    net = ResFCN(2)
    place = torch.tensor([0.25, 0.5, 0.1])
    net.up[-1].norm.weight.data.zero_()
    net.up[-1].norm.bias.data = torch.logit(place)
    save_file(net.state_dict(), tmp_path / "still.safetensors")
    backend = load_backend(str(tmp_path / "still.safetensors"), device="cpu")
    crops = np.zeros((1, 256, 256, 3), np.uint8)
    found = backend(crops, np.array([[50, 50, 150, 150]], np.float32))
    assert found.points[0] == pytest.approx(np.tile([0.25 * 281.6, 0.5 * 281.6], (68, 1)), rel=1e-4)
    assert found.depth == pytest.approx(np.zeros((1, 68)), abs=1e-5)


def drawn_faces(n, framing):
    """Drawings of the small network's character that it has not seen, in boxes that are off."""
    from webtoon_curate.synth.crops import face_crops

    rng = np.random.default_rng(7)
    crops, boxes, truth = [], [], []
    for face in face_crops(n, 23, size=256, graded=False, start=5000, drawings=10_000):
        box = np.array(face.truth["box"])
        box[:2] += rng.uniform(-0.2, 0.2, 2) * box[2:].max()

        def read(x, y, w, h, picture=face.rgb):
            return picture[y : y + h, x : x + w]

        patches = Patches.stacked([cut_patch(read, box, (0, 0, 256, 256), framing)], framing)
        points = np.asarray(face.truth["landmarks"], np.float32)[None]
        at = patches.taken(points) - from_crop(np.zeros((1, 2)), framing)
        crops.append(crop_of(patches.pixels[0], framing))
        boxes.append(patches.crop_boxes()[0])
        truth.append(at[0])
    return np.stack(crops), np.stack(boxes), np.stack(truth)


def test_a_small_position_map_network_places_the_points_of_drawn_faces():
    """Weights that `benchmarks/prnet_small.py` made, against the faces' own mean shape."""
    pytest.importorskip("torch", reason="no PyTorch: pip install '.[train]'")
    backend = load_backend(str(SMALL_PRNET), device="cpu")
    crops, boxes, truth = drawn_faces(12, backend.framing)
    found = backend(crops, boxes).points
    sizes = np.sqrt(boxes[:, 2] * boxes[:, 3])
    usual = truth.mean(axis=0)
    away, usually = (np.linalg.norm(p - truth, axis=2).mean(axis=1) / sizes for p in (found, usual))
    assert away.mean() < 0.75 * usually.mean()


def test_weights_of_something_else_are_named(tmp_path):
    pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"other": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    for name in ("other", "bad"):
        with pytest.raises(ModelError, match="no weights of ResFCN256"):
            load_backend(str(tmp_path / f"{name}.safetensors"), device="cpu")


def tensorflow_names(net):
    """The weights of a network by the names and in the layout of the published checkpoint."""
    scopes = {"first": "Conv"}
    for number in range(len(net.down)):
        block = f"resBlock_{number}" if number else "resBlock"
        own = f"down.{number}"
        scopes |= {f"{own}.shortcut": f"{block}/shortcut", f"{own}.narrow": f"{block}/Conv",
                   f"{own}.wide": f"{block}/Conv_1", f"{own}.broad": f"{block}/Conv_2",
                   f"{own}.narrow_norm": f"{block}/Conv/BatchNorm",
                   f"{own}.norm": f"{block}/BatchNorm"}  # fmt: skip
    for number in range(len(net.up)):
        scopes[f"up.{number}"] = f"Conv2d_transpose_{number}" if number else "Conv2d_transpose"
    leaves = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean",
              "running_var": "moving_variance"}  # fmt: skip
    found = {}
    for name, value in net.state_dict().items():
        module, leaf = name.rsplit(".", 1)
        if leaf == "num_batches_tracked":
            continue
        if value.ndim == 4:
            scope = scopes[module.removesuffix(".conv")]
            found[f"resfcn256/{scope}/weights"] = value.permute(2, 3, 1, 0).numpy()
            continue
        scope = scopes.get(module) or f"{scopes[module.removesuffix('.norm')]}/BatchNorm"
        found[f"resfcn256/{scope}/{leaves[leaf]}"] = value.numpy()
    return found


def test_the_published_checkpoint_fits():
    torch = pytest.importorskip("torch")
    from webtoon_curate.landmarks.resfcn import ResFCN, converted

    torch.manual_seed(1)
    net, other = ResFCN(2).eval(), ResFCN(2).eval()
    variables = tensorflow_names(net)
    other.load_state_dict(converted(variables), strict=True)
    pixels = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(net(pixels), other(pixels))
    del variables["resfcn256/resBlock_3/Conv_1/weights"]
    with pytest.raises(ModelError, match="resBlock_3/Conv_1"):
        converted(variables)


@pytest.mark.parametrize(("side", "stride"), [(8, 1), (8, 2), (6, 2)])
def test_padding_is_tensorflows(side, stride):
    """`SAME`: the output at i sees the input from i * stride - 1 on, four wide."""
    torch = pytest.importorskip("torch")
    from webtoon_curate.landmarks.resfcn import Transposed, Wide

    for layer, ahead in ((Wide(1, 1, stride), True), (Transposed(1, 1, stride), False)):
        layer.eval()
        torch.nn.init.ones_(layer.conv.weight)
        pixels = torch.zeros(1, 1, side, side)
        pixels[0, 0, 2, 2] = 1
        with torch.no_grad():
            out = layer(pixels)[0, 0]
        assert out.shape[0] == (side // stride if ahead else side * stride)
        rows = (out.sum(1) > 1e-3).nonzero().ravel().tolist()
        if ahead:
            assert rows == [i for i in range(side // stride) if 0 <= 2 - (i * stride - 1) < 4]
        else:
            assert rows == [i for i in range(side * stride) if 0 <= i - (2 * stride - 1) < 4]


def test_fan_without_its_library_says_what_to_install(monkeypatch):
    from webtoon_curate.landmarks import fan

    monkeypatch.setattr(fan, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"webtoon-curate\[face-alignment\]"):
        load_backend("face-alignment")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (OSError("Network is unreachable"), "unreachable"),
        (pickle.UnpicklingError("invalid load key\nand so on"), "invalid load key"),
        (KeyError("state_dict"), "state_dict"),
    ],
    ids=["offline", "no weights", "other weights"],
)
def test_fan_without_its_weights_says_where_they_go(monkeypatch, fault, told):
    pytest.importorskip("torch")
    from webtoon_curate.landmarks.fan import FanBackend
    from webtoon_curate.models import find_card

    def fails(*_args, **_kwargs):
        raise fault

    kinds = {"TWO_D": 1, "TWO_HALF_D": 2, "THREE_D": 3}
    library = SimpleNamespace(FaceAlignment=fails, LandmarksType=kinds)
    monkeypatch.setitem(sys.modules, "face_alignment", library)
    for name in ("fan_2d", "fan_2_5d", "fan_3d"):
        with pytest.raises(ModelError, match=rf"{name}: .*{told}.*checkpoints.*delete") as error:
            FanBackend(find_card(name), "cpu")
        assert "\n" not in str(error.value)


def test_fan_whose_library_lacks_something_says_what(monkeypatch):
    from webtoon_curate.landmarks.fan import FanBackend
    from webtoon_curate.models import find_card

    monkeypatch.setitem(sys.modules, "face_alignment", None)  # as an import of it that fails
    with pytest.raises(ModelError, match=r"face_alignment.*webtoon-curate\[face-alignment\]"):
        FanBackend(find_card("fan_2d"), "cpu")


@pytest.fixture
def fan_weights(tmp_path, monkeypatch):
    """Saves weights where the library keeps its downloads: called with FAN's and the depth's."""
    api = pytest.importorskip("face_alignment.api", reason="no face-alignment: pip install it")
    torch = pytest.importorskip("torch")
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"), raising=False)

    def save(points, depth):
        for key, url in api.models_urls.items():
            weights = {"state_dict": depth} if key == "depth" else points
            torch.save(weights, folder / url.rsplit("/", 1)[1])
        return folder

    return save


@pytest.mark.timeout(600)  # numba compiles for long on a loaded machine
def test_fans_networks_read_crops_with_the_librarys_own_code(fan_weights):
    """Both of its networks, with weights of chance."""
    pytest.importorskip("face_alignment")
    from face_alignment.api import FAN, ResNetDepth

    fan_weights(FAN(4).state_dict(), ResNetDepth().state_dict())
    backend = load_backend("fan_3d", device="cpu")
    crops, boxes, _ = faces(1, 0, backend.framing)
    found = backend(crops, boxes)
    assert np.isfinite(found.points).all() and np.isfinite(found.depth).all()
    assert found.confidence.min() >= 0 and found.confidence.max() <= 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["fan_2d", "fan_2_5d", "fan_3d"])
def test_points_from_the_library_lie_where_its_network_sees_them(name, fan_weights, monkeypatch):
    """Networks that see the brightest place, in the library's own, on a blurred dot."""
    api = pytest.importorskip("face_alignment.api")
    torch = pytest.importorskip("torch")

    class Brightest(torch.nn.Module):
        def __init__(self, *_):
            super().__init__()
            self.gain = torch.nn.Parameter(torch.ones(1))

        def forward(self, crops):
            maps = torch.nn.functional.avg_pool2d(crops.mean(1, keepdim=True), 4)
            return (maps * self.gain).expand(-1, 68, -1, -1)

    class Ramp(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.depths = torch.nn.Parameter(torch.arange(68.0))

        def forward(self, stacked):
            return self.depths.expand(len(stacked), -1)

    monkeypatch.setattr(api, "FAN", Brightest)
    monkeypatch.setattr(api, "ResNetDepth", Ramp)
    fan_weights(Brightest().state_dict(), Ramp().state_dict())
    backend = load_backend(name, device="cpu")
    framing = backend.framing
    side = framing.size / framing.expand
    left = (framing.size - side) / 2
    box = np.array([left, left - framing.shift * side, side, side], np.float32)
    dots = np.random.default_rng(0).uniform(60, framing.size - 60, (40, 2))
    place = np.arange(framing.size) + 0.5
    crops = [np.exp(-((place - x) ** 2 + (place[:, None] - y) ** 2) / 128) for x, y in dots]
    crops = np.round(np.stack(crops) * 255).astype(np.uint8)[..., None].repeat(3, -1)
    found = backend(crops, np.tile(box, (len(crops), 1)))
    away = found.points[:, 0] - dots
    assert np.abs(away).max() < 2.5  # a cell of its maps has 4.25 pixels and is read to a quarter
    assert np.abs(away.mean(axis=0)).max() < 0.35
    assert found.confidence.min() > 0.8
    if name != "fan_3d":
        assert found.depth is None
        return
    # The library counts depth in pixels of its crop of 2.05 boxes; we in boxes, from the ears.
    expected = (np.arange(68) - 8) * 2.05 / 256
    assert found.depth == pytest.approx(np.tile(expected, (len(crops), 1)), rel=0.01)


def test_fans_weights_that_were_cut_short_are_told(fan_weights):
    for path in fan_weights({}, {}).iterdir():
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"fan_2d.*checkpoints.*delete"):
        load_backend("fan_2d", device="cpu")


def test_unknown_names_tell_the_known_ones(tmp_path):
    with pytest.raises(ModelError, match=r"dlib.*prnet.*reader"):
        load_backend("nothing")
    with pytest.raises(ModelError, match="there is no model file"):
        load_backend(str(tmp_path / "none.dat"))
    with pytest.raises(ModelError, match=r"prnet.*\.safetensors"):
        load_backend("prnet")


def test_a_plugin_brings_a_backend(monkeypatch, tmp_path):
    class Still:
        name, version, framing = "still", "1", SimpleNamespace(size=64)

        def __init__(self, card):
            self.card = card

        def __call__(self, crops, boxes):
            return Found(np.tile(SHAPE * 40 + 32, (len(crops), 1, 1)).astype(np.float32))

    monkeypatch.setattr(registry.KINDS, "_kinds", dict(registry.KINDS._kinds))

    @registry.register("still", suffixes=(".still",))
    def load(card: ModelCard, path, device):
        return Still(card)

    file = tmp_path / "model.still"
    file.write_text("weights")
    backend = load_backend(str(file))
    assert backend(np.zeros((3, 64, 64, 3), np.uint8), None).points.shape == (3, 68, 2)
    assert backend.card.sha256


def test_points_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="68"):
        Found(np.zeros((2, 5, 2), np.float32))
