"""The loaders that docs/exports.md shows work on what the commands wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webtoon_curate.export import registry
from webtoon_curate.export.registry import find_format, formats
from webtoon_curate.export.settings import CropSettings
from webtoon_curate.export.stage import ExportSettings, export

TEXT = (Path(__file__).parents[2] / "docs" / "exports.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
FOLDERS = {"pix2pix": "pairs", "imagefolder": "faces", "csv": "table"}
NEEDS = {"tensors": "torch", "coco": "pycocotools"}


def code(section: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", SECTIONS[section], re.DOTALL)


def test_every_format_has_a_section():
    assert set(formats()) <= set(SECTIONS)


@pytest.mark.parametrize("name", [n for n in SECTIONS if code(n) and "own" not in n])
def test_the_loader_loads_what_was_exported(drawn, tmp_path, monkeypatch, name):
    pytest.importorskip(NEEDS.get(name, "PIL"))
    monkeypatch.chdir(tmp_path)
    if name == "imagefolder":  # its cache knows folders by their relative names
        config = pytest.importorskip("datasets").config
        monkeypatch.setattr(config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    image = {"image": "jpeg"} if name == "coco" else {}
    settings = ExportSettings(find_format(name).Settings(**image), CropSettings(size=64))
    export(drawn, name, Path(FOLDERS.get(name, name)), settings)
    for snippet in code(name):
        exec(compile(snippet, "exports.md", "exec", dont_inherit=True), {})


def test_the_format_of_the_docs_is_one(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_formats", dict(registry._formats))
    names = {"__name__": "grey_format"}
    exec(compile(code("Your own format")[0], "exports.md", "exec", dont_inherit=True), names)
    settings = ExportSettings(names["GreySettings"](1.5), CropSettings(size=32))
    record = export(drawn, "grey", tmp_path / "out", settings).record
    assert len(list((tmp_path / "out").rglob("*.png"))) == sum(record["faces"].values()) > 8
