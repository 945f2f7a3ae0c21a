"""The page of a training run: what was logged and drawn, and nothing from elsewhere."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from webtoon_curate.trainer.page import PICTURES, POINTS, write_page


@pytest.fixture
def run(tmp_path):
    """1000 logged steps of a loss that halves every 100, the last line cut by a kill."""
    folder = tmp_path / "run <1>"
    (folder / "samples").mkdir(parents=True)
    lines = [
        json.dumps({"step": 10 * i, "rate": 5.0, "<b>loss</b>": 2.0 ** (-i / 100)})
        for i in range(1, 1001)
    ]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 100']))
    for step in range(0, 2000, 100):
        pixels = np.full((90, 1500, 3), step % 255, np.uint8)
        Image.fromarray(pixels).save(folder / "samples" / f"{step:08d}.png")
    (folder / "config.json").write_text(json.dumps({"batch": 4, "name": "</style><script>"}))
    (folder / "best.json").write_text(json.dumps({"step": 900, "score": 0.125}))
    return folder


def test_the_page_shows_curves_samples_settings_and_the_best(run):
    text = write_page(run).read_text(encoding="utf-8")
    assert "10,000 steps. Best held-out score 0.125, at step 900." in text
    curve = re.findall(r'<polyline points="([^"]+)"', text)[0].split()
    assert len(curve) <= POINTS
    heights = [float(point.split(",")[1]) for point in curve]
    assert heights == sorted(heights)
    pictures = re.findall(r"<img src=\"(.{22})[^\"]*\" alt=\"Step ([\d,]+)\"", text)
    assert len(pictures) == PICTURES
    assert {head for head, _ in pictures} == {"data:image/webp;base64"}
    assert [pictures[0][1], pictures[-1][1]] == ["1,900", "0"]
    assert "<script" not in text
    assert "&lt;b&gt;loss" in text


def test_the_same_run_gives_the_same_bytes_and_no_other_file(run):
    first = write_page(run).read_bytes()
    assert write_page(run).read_bytes() == first
    assert sorted(path.name for path in run.iterdir()) == [
        *("best.json", "config.json", "index.html", "metrics.jsonl", "samples")
    ]


def test_a_run_that_has_just_begun_or_went_wrong_has_a_page(tmp_path):
    assert "Nothing is logged yet." in write_page(tmp_path).read_text()
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": NaN}\n[1]\nnothing\n')
    (tmp_path / "config.json").write_text("{")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "00000001.png").write_text("no picture")
    text = write_page(tmp_path).read_text()
    assert "Nothing is logged yet." in text
    assert "Nothing is drawn yet." in text


def test_training_writes_the_page(tmp_path):
    torch = pytest.importorskip("torch", reason="training needs the extra train")
    from webtoon_curate.trainer.config import RunConfig
    from webtoon_curate.trainer.loop import train
    from webtoon_curate.trainer.method import Method

    class Line(Method):
        name = "line"

        def __init__(self):
            self.nets = {"net": torch.nn.Linear(1, 1)}
            parameters = self.nets["net"].parameters()
            self.optimizers = {"net": torch.optim.SGD(parameters, lr=0.01)}

        def step(self, batch):
            loss = (self.nets["net"](batch["x"]) - 3).square().mean()
            self.optimizers["net"].zero_grad()
            loss.backward()
            self.optimizers["net"].step()
            return {"distance": loss.detach()}

    class Ones(torch.utils.data.Dataset):
        def __getitem__(self, index):
            return {"x": torch.ones(1)}

    config = RunConfig(steps=6, batch=2, workers=0, log_every=2, save_every=6)
    train(Line(), Ones(), config, tmp_path / "run")
    text = (tmp_path / "run" / "index.html").read_text()
    assert "6 steps." in text
    assert "<b>distance</b>" in text
