"""From a dataset to a tagger, and from the tagger to the groups of a dataset."""

from __future__ import annotations

import copy
import json

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("safetensors")
pytest.importorskip("skia", reason="drawing needs the extra synth")

import torch
from truth_dataset import make, split

from webtoon_curate.attributes.groups import load_backend
from webtoon_curate.cli import main
from webtoon_curate.crops import CropSettings
from webtoon_curate.errors import ModelError
from webtoon_curate.manifest import read_manifest
from webtoon_curate.synth.shards import synth_faces
from webtoon_curate.trainer.data import load_faces
from webtoon_curate.trainer.methods.tagger import Tagged, TaggerConfig, settle, tag_scores
from webtoon_curate.trainer.nets.classifiers import Classifier
from webtoon_curate.trainer.tagger_export import export_tagger

TRAINING = {
    "columns": '["gender", "glasses"]', "steps": 90, "size": 48, "width": 16, "batch": 8,
    "workers": 0, "least": 2, "average": 10, "warmup": 5, "learning_rate": 0.003,
    "device": "cpu", "save_every": 90, "flip": "false", "enlarge": 1.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """Two titles: women and men, with glasses and without, two and more of each."""
    dataset = make(tmp_path_factory.mktemp("tagger") / "truth", 4, panels=5, seed=9, layout="pages")
    split(dataset, ("train",))
    return dataset.path


def ran(*command):
    result = CliRunner().invoke(main, [str(part) for part in command])
    assert result.exit_code == 0, result.output
    return result


def kept(path):
    rows = read_manifest(path).to_pylist()
    return {row["face_id"]: row for row in rows if row["keep"] and row["crop"]}


def test_a_tagger_that_was_trained_on_a_dataset_labels_its_groups(truth, tmp_path):
    before = kept(truth)
    settings = [part for item in TRAINING.items() for part in ("--set", f"{item[0]}={item[1]}")]
    ran("train", "tagger", "--data", truth, "-o", tmp_path / "run", *settings)
    network = tmp_path / "run" / "tagger.onnx"
    ran("label", "groups", truth, "--backend", network, "--min-probability", 0.5)
    after = kept(truth)
    assert after.keys() == before.keys()
    assert {row["group_source"].split("@")[0] for row in after.values()} == {"tagger"}
    for column in ("gender", "glasses"):
        known = [n for n, row in before.items() if row[column] not in (None, "unknown")]
        right = np.mean([before[name][column] == after[name][column] for name in known])
        most = [before[name][column] for name in known]
        assert right > max(0.8, max(most.count(value) for value in set(most)) / len(most) - 0.05)


def exported(path, labels):
    net = Classifier("small", len(labels), 8)
    export_tagger(net, path, labels, 32, CropSettings(expand=1.5, shift=0.1))
    return net.eval()


def test_groups_are_shares_of_what_the_labels_say(tmp_path):
    labels = ["group=man_glasses", "group=man_no_glasses", "group=woman_no_glasses", "tags=hat"]
    net = exported(tmp_path / "t.onnx", labels)
    backend = load_backend(str(tmp_path / "t.onnx"))
    assert (backend.framing.size, backend.framing.expand, backend.framing.shift) == (32, 1.5, 0.1)
    crops = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    chances, sources = backend([{}] * 3, list(crops))
    with torch.no_grad():
        x = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
        each = net(x).sigmoid().numpy()
    men = each[:, :2].max(1)
    bare = each[:, 1:3].max(1)
    wanted = np.stack([each[:, 2] / (each[:, 2] + men), each[:, 0] / (each[:, 0] + bare)], 1)
    np.testing.assert_allclose(chances, wanted, atol=1e-5)
    assert len(sources) == 3


def test_a_question_without_labels_stays_open(tmp_path):
    exported(tmp_path / "t.onnx", ["gender=man", "gender=woman"])
    chances, _ = load_backend(str(tmp_path / "t.onnx"))([{}], [np.zeros((32, 32, 3), np.uint8)])
    assert np.isnan(chances[0, 1]) and 0 <= chances[0, 0] <= 1


def test_taggers_of_other_things_and_lost_labels_are_refused(tmp_path):
    path = tmp_path / "t.onnx"
    exported(path, ["tags=hat", "tags=scarf"])
    with pytest.raises(ModelError, match=r"tells no groups.*tags=hat"):
        load_backend(str(path))
    note = path.with_suffix(".json")
    note.write_text(json.dumps({"labels": ["gender=man"], "size": 32}))
    with pytest.raises(ModelError, match="keep the two"):
        load_backend(str(path))
    note.unlink()
    with pytest.raises(ModelError, match=r"t\.json"):
        load_backend(str(path))


def half_way(first, second):
    """What `follow` makes of two networks: weights and statistics, averaged."""
    net, state = copy.deepcopy(first), first.state_dict()
    for name, tensor in second.state_dict().items():
        if tensor.is_floating_point():
            state[name] = (state[name] + tensor) / 2
    net.load_state_dict(state)
    return net


def far_off(net, pictures):
    """How far the inputs of normalisations are from what these hold to be their means, at most,
    in deviations."""
    away, hooks = [], []
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):

            def told(layer, inputs):
                mean = inputs[0].mean((0, 2, 3))
                away.append(
                    float(((mean - layer.running_mean) / layer.running_var.sqrt()).abs().max())
                )

            hooks.append(layer.register_forward_pre_hook(told))
    with torch.no_grad():
        net.eval()(pictures)
    for hook in hooks:
        hook.remove()
    return max(away)


def test_averaged_weights_get_statistics_of_their_own(tmp_path):
    synth_faces(tmp_path, 8, 1, size=64)
    faces = load_faces(tmp_path)
    config = TaggerConfig(columns=("gender",), size=32, device="cpu", flip=False, enlarge=1.0)
    samples = Tagged(faces, ["gender=woman"], config)
    pictures = torch.stack([samples[n]["image"] for n in range(len(faces))])
    nets = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        nets.append(Classifier("small", 1, 16).train())
        for _ in range(60):  # so that each knows its own statistics
            nets[-1](pictures)
    average = half_way(*nets)
    before = far_off(average, pictures)
    assert before > 0.5
    settle(average, samples, len(faces))
    assert far_off(average, pictures) < before / 3
    assert not average.training


def test_the_scores_that_are_told_are_those_of_the_exported_network(tmp_path):
    synth_faces(tmp_path / "faces", 60, 3, size=64)
    run, columns = tmp_path / "run", ("gender", "glasses")
    settings = {**TRAINING, "steps": 12, "size": 32, "save_every": 12}
    more = [part for item in settings.items() for part in ("--set", f"{item[0]}={item[1]}")]
    told = ran("train", "tagger", "--data", tmp_path / "faces", "-o", run, *more).output
    labels = json.loads((run / "tagger.json").read_text())["labels"]
    config = TaggerConfig(columns=columns, size=32)
    held = Tagged(load_faces(tmp_path / "faces", "val"), labels, config, still=True)
    pictures = torch.stack([held[n]["image"] for n in range(len(held))])
    pixels = ((pictures + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    (chances,) = onnxruntime.InferenceSession(run / "tagger.onnx").run(None, {"pixels": pixels})
    found = tag_scores(chances, held.targets, held.known)
    assert "  ".join(f"{name} {value:.3f}" for name, value in found.items()) in told
