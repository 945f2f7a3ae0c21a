from __future__ import annotations

import pytest

from webtoon_curate.trainer.config import ConfigError, RunConfig, from_values, make_config


def test_later_settings_win(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text('batch = 8\nprecision = "bf16"\n')
    config = make_config(RunConfig, {"batch": 2, "steps": 5}, file, ["batch=3", "seed = 7"])
    assert (config.batch, config.steps, config.seed, config.precision) == (3, 5, 7, "bf16")


def test_a_bare_word_is_text():
    assert make_config(RunConfig, settings=["precision=bf16"]).precision == "bf16"


@pytest.mark.parametrize(
    "setting",
    ["bach=3", "batch=many", "batch=1.5", "batch=true", "batch=0", "precision=fp8", "batch",
     "device=tpu", "compile=always"],
)  # fmt: skip
def test_a_wrong_setting_is_named(setting):
    with pytest.raises(ConfigError, match=setting.partition("=")[0]):
        make_config(RunConfig, settings=[setting])


def test_a_saved_configuration_is_read_back():
    import dataclasses
    import json

    config = RunConfig(batch=3, learning_rate=1.0)
    assert from_values(RunConfig, json.loads(json.dumps(dataclasses.asdict(config)))) == config


def test_yaml_and_the_settings_of_a_run_are_read_alike(tmp_path):
    import dataclasses
    import json

    pytest.importorskip("yaml")
    config = RunConfig(batch=3, learning_rate=2e-5, precision="bf16")
    (tmp_path / "config.json").write_text(json.dumps(dataclasses.asdict(config)))
    (tmp_path / "run.yaml").write_text("batch: 3\nlearning_rate: 2e-5\nprecision: bf16\n")
    for name in ("config.json", "run.yaml"):
        assert make_config(RunConfig, {"batch": 9}, tmp_path / name) == config


@pytest.mark.parametrize(
    ("text", "told"), [("bach: 3", "bach"), ("- 3", "by name"), ("batch: [3", r"run\.yml")]
)
def test_yaml_that_is_no_settings_is_an_error(tmp_path, text, told):
    pytest.importorskip("yaml")
    (tmp_path / "run.yml").write_text(text)
    with pytest.raises(ConfigError, match=told):
        make_config(RunConfig, file=tmp_path / "run.yml")


def test_a_file_that_is_not_toml_is_an_error(tmp_path):
    (tmp_path / "run.toml").write_text("batch: 3")
    with pytest.raises(ConfigError, match=r"run\.toml"):
        make_config(RunConfig, file=tmp_path / "run.toml")


@pytest.mark.parametrize(
    "setting",
    ["learning_rate=nan", "cycle=inf", "enlarge=nan", "width=0", "width=-1", "pool=-1", "blocks=-3",
     "cycle=-1.0", "regressor_steps=-1", "measured=-1"],
)  # fmt: skip
def test_numbers_that_no_setting_can_have_are_refused(setting):
    pytest.importorskip("torch")
    from webtoon_curate.trainer.methods.cyclegan import CycleGANConfig

    with pytest.raises(ConfigError, match=setting.partition("=")[0]):
        make_config(CycleGANConfig, settings=[setting])


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("pix2pix", ["norm=layer"]),
        ("ugatit", ["width=6", "net=hourglass"]),
        ("fewshot", ["groups=[1, 2]"]),
        ("tagger", ["columns=[1]"]),
        ("tagger", ["width=3", "backbone=small"]),
        ("tagger", ["width=5", "backbone=inception"]),
        ("tagger", [f"seed={2**63}"]),
    ],
)
def test_settings_that_no_network_can_be_made_of_are_refused(method, settings):
    pytest.importorskip("torch")
    import importlib

    module = importlib.import_module(f"webtoon_curate.trainer.methods.{method}")
    (kind,) = (value for name, value in vars(module).items() if name.lower() == f"{method}config")
    with pytest.raises(ConfigError, match=settings[0].partition("=")[0]):
        make_config(kind, settings=settings)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("batch=many", "batch must be a whole number, not 'many'"),
        ("log_every=1.5", "a whole number"),
    ],
)
def test_the_kind_of_a_wrong_value_is_told_in_words(setting, told):
    with pytest.raises(ConfigError, match=told):
        make_config(RunConfig, settings=[setting])
