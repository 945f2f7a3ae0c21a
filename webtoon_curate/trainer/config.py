"""Settings of a training run: frozen dataclasses, from presets, files and the command line."""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from webtoon_curate.errors import CurateError

PRECISIONS = ("fp32", "bf16")
SCHEDULES = ("cosine", "linear")
DEVICES = ("auto", "cpu", "cuda")
COMPILE = ("auto", "on", "off")
LARGEST_SEED = 2**63
"""PyTorch's seeds, each process's own among them, have 64 bits."""
YAML = (".yaml", ".yml", ".json")
"""Endings of files that are read as YAML, of which JSON is a part."""
_EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""Numbers that YAML 1.1 takes for text: 2e-4 lacks the point it asks for."""


class ConfigError(CurateError):
    """A setting that does not exist or has a value it cannot have."""


@dataclass(frozen=True)
class RunConfig:
    """What every method has; methods add their own in a subclass.

    Attributes:
        steps: optimizer steps of the whole run; the learning rate falls to 0 at the last.
        batch: samples a step.
        size: side of a sample in pixels.
        learning_rate: the highest, after warm-up.
        weight_decay: of AdamW, on matrices and filters only.
        warmup: steps over which the learning rate rises.
        average: steps over which the averaged weights forget half of the past.
        precision: `fp32` or `bf16` (forward pass in bfloat16, weights in float32).
        workers: processes that make samples; 0 makes them in the training process.
        seed: of everything random.
        log_every: steps between lines of `metrics.jsonl`.
        save_every: steps between checkpoints.
        keep: checkpoints that are kept, the newest.
        schedule: of the learning rate after the warm-up: `cosine` to 0, or `linear`, which is even
            for half of the steps and then falls evenly to 0.
        sample_every: steps between pictures of samples, of methods that make pictures.
        device: `cpu`, `cuda`, or `auto` for a GPU where there is one.
        compile: the networks, by `torch.compile`: `on`, `off`, or `auto` for long runs on a GPU,
            see `webtoon_curate.trainer.compiled`.
    """

    steps: int = 1000
    batch: int = 16
    size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup: int = 200
    average: int = 1000
    precision: str = "fp32"
    workers: int = 1
    seed: int = 0
    log_every: int = 50
    save_every: int = 1000
    keep: int = 2
    schedule: str = "cosine"
    sample_every: int = 1000
    device: str = "auto"
    compile: str = "auto"

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"{name} must be a number, not {value}")
            if isinstance(value, tuple) and not all(isinstance(part, str) for part in value):
                raise ConfigError(f"{name} must be a list of texts, not {list(value)}")
        least_one = ("steps", "batch", "size", "average", "log_every", "save_every", "keep")
        for name in (*least_one, "sample_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("warmup", "workers", "seed", "learning_rate", "weight_decay"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} cannot be negative, as {getattr(self, name)} is")
        if self.seed >= LARGEST_SEED:
            raise ConfigError(f"seed must be below {LARGEST_SEED}, not {self.seed}")
        for name, known in (
            ("precision", PRECISIONS),
            ("schedule", SCHEDULES),
            ("device", DEVICES),
            ("compile", COMPILE),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} is {' or '.join(known)}, not {getattr(self, name)!r}")


Config = TypeVar("Config", bound=RunConfig)


def make_config(
    kind: type[Config],
    preset: Mapping[str, Any] | None = None,
    file: Path | None = None,
    settings: Iterable[str] = (),
) -> Config:
    """A configuration: the class's defaults, changed by each argument in turn.

    Args:
        kind: the method's configuration class.
        preset: values by name.
        file: TOML with values by name, or YAML or JSON, such as a run's `config.json`; the name's
            ending tells.
        settings: texts of the form `name=value`, values in TOML (bare words are text).

    Raises:
        ConfigError: if a name is unknown, a value has another type, or the file cannot be read.
    """
    values = dict(preset or {})
    if file is not None:
        parsed = _parsed_yaml if file.suffix.lower() in YAML else _parsed
        values.update(parsed(_text(file), str(file)))
    for setting in settings:
        name, mark, value = setting.partition("=")
        if not mark:
            raise ConfigError(f"{setting!r} is no setting: write name=value")
        values[name.strip()] = _value(value.strip())
    return from_values(kind, values)


def from_values(kind: type[Config], values: Mapping[str, Any]) -> Config:
    """A configuration of plain values, e.g. of a run's `config.json`.

    Raises:
        ConfigError: if a name is unknown or a value has another type.
    """
    defaults = {f.name: f.default for f in dataclasses.fields(kind)}
    checked = {}
    for name, value in values.items():
        if name not in defaults:
            raise ConfigError(f"there is no setting {name!r}; there are {', '.join(defaults)}")
        checked[name] = _typed(name, value, defaults[name])
    return kind(**checked)


def _typed(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple) and isinstance(value, (list, tuple)):
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, float) and isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    if type(value) is not type(default):
        kinds = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        kind = kinds.get(type(default), "a list")
        raise ConfigError(f"{name} must be {kind}, not {value!r}")
    return value


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {file}: {error}") from None


def _value(text: str) -> Any:
    try:
        return _parsed(f"value = {text}", text)["value"]
    except ConfigError:
        return text


def _parsed(text: str, where: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: {error}") from None


def _parsed_yaml(text: str, where: str) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        raise ConfigError(f"{where} needs PyYAML, which accelerate brings: write TOML") from None
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{where} holds no settings by name")
    return {str(name): value for name, value in values.items()}
