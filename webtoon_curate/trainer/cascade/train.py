"""Trains a cascade, stage by stage (Viola and Jones 2001): each stage is boosted against the
windows that all before it take for faces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webtoon_curate.errors import CurateError, ModelError
from webtoon_curate.files import digest, replacing, write_json
from webtoon_curate.trainer.cascade.boosting import Samples, StageGoal, boost_stage
from webtoon_curate.trainer.cascade.classifier import Cascade
from webtoon_curate.trainer.cascade.features import codes
from webtoon_curate.trainer.cascade.mining import mine
from webtoon_curate.trainer.cascade.pictures import (
    Picture,
    drawn_crops,
    drawn_episodes,
    labelled_pictures,
    need_synth,
)
from webtoon_curate.trainer.cascade.windows import FaceWindows, face_windows
from webtoon_curate.trainer.cascade.xml import read_cascade, write_cascade

CASCADE, SETTINGS, LOG = "cascade.xml", "settings.json", "log.jsonl"
NEGATIVES = "negatives-{}.npy"
"""What is left after so many stages."""
HELD = 0.2
"""Share of the pictures whose faces no stump is fitted to, and of the other windows."""

TIGHTER, MORE = 0.75, 1.6
MOST_TRIED = 3000
"""Features tried for a stump, of 8464: the best of more is hardly better."""


@dataclass(frozen=True)
class CascadeConfig:
    """Settings of a training.

    Attributes:
        stages: most of them.
        first_stumps: most in the first stage; each later one may have `MORE` times as many, up to
            `stumps`. Few windows get far, so long stages cost little there.
        stumps: most in any stage.
        hit_rate: share of the held-out faces that each of the last stages must let pass.
        first_hit_rate: of the first stage; what the others may lose falls by `TIGHTER` each. Some
            faces cannot be told at 24 pixels, and are best given up before much is spent on them.
        false_alarms: share of the held-out other windows that it may.
        tried: features tried in a stage of full length, spread evenly over its stumps. Many
            stumps of a few features each do better than few well-chosen ones, and as fast.
        crops: drawn single heads.
        episodes: drawn episodes, for faces and for windows without one.
        real_windows, drawn_windows: jittered windows of each face.
        negatives: windows without a face for each stage.
        least_negatives: when the whole cascade takes fewer windows of all pictures, it is done.
        per_picture: most of those from one picture.
        seed: of everything random.
    """

    stages: int = 15
    first_stumps: int = 12
    stumps: int = 500
    hit_rate: float = 0.975
    first_hit_rate: float = 0.9
    false_alarms: float = 0.4
    tried: int = 50000
    crops: int = 5000
    episodes: int = 60
    real_windows: int = 12
    drawn_windows: int = 2
    negatives: int = 9000
    least_negatives: int = 600
    per_picture: int = 60
    seed: int = 0


PRESETS: dict[str, dict[str, Any]] = {
    "full": {},
    "tiny": {
        "stages": 3, "tried": 4000, "crops": 60, "episodes": 1,
        "real_windows": 4, "negatives": 400, "least_negatives": 20,
    },
}  # fmt: skip
"""Settings that differ from the defaults: `full` is how the bundled cascade was made, `tiny` runs
the whole way in seconds."""


def train_cascade(
    data: Sequence[Path],
    output: Path,
    config: CascadeConfig | None = None,
    *,
    resume: bool = False,
    jobs: int = 1,
    note: str = "",
    tell: Callable[[str], None] = lambda line: None,
) -> Path:
    """Trains a cascade for upright drawn faces.

    Args:
        data: folders of labelled pages, see `labelled_pictures`; may be none if faces are drawn.
        output: folder of the run: the cascade after each stage, its log and its state.
        config: settings; the defaults made the bundled cascade.
        resume: go on after the last stage of the run in `output`, to the same end.
        jobs: processes that draw, and threads of the search.
        note: a comment at the head of the file: licence, origin.
        tell: called with a line about each step.

    Returns:
        The cascade's file.

    Raises:
        CurateError: if the data cannot be read or hold no upright faces, or `output` holds
            another run.
    """
    import cv2

    config = config or CascadeConfig()
    cv2.setNumThreads(jobs)
    settings = _settings(data, config)
    cascade = _begin(output, settings, resume)
    pictures = _pictures(data, config, jobs)
    rng = np.random.default_rng([config.seed, 0])
    faces = face_windows(pictures, config.real_windows, config.drawn_windows, rng)
    if not len(faces.pixels):
        raise CurateError("there are no upright human faces in the data to learn from")
    tell(f"{len(pictures):,} pictures, {len(faces.pixels):,} windows with a face")
    run = _Run(pictures, faces, config, output, note, tell)
    write_json(output / SETTINGS, settings)
    while len(cascade.stages) < config.stages:
        longer = run.with_one_more(cascade)
        if longer is None:
            break
        cascade = longer
    return output / CASCADE


def _settings(data: Sequence[Path], config: CascadeConfig) -> dict[str, Any]:
    """What a run is made of."""
    labels = [(folder / name).read_bytes().hex() for folder in data for name in _labels(folder)]
    return {**asdict(config), "data": digest(labels)}


def _begin(output: Path, settings: Mapping[str, Any], resume: bool) -> Cascade:
    """The cascade to go on from."""
    path = output / SETTINGS
    if path.is_file():
        if not resume:
            raise CurateError(f"{output} holds a run; go on with --resume, or choose another -o")
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CurateError(f"{path} is damaged: {error}; choose another -o") from None
        if known != settings:
            raise CurateError(f"the run in {output} has other settings or labels; choose another")
    elif (output / CASCADE).exists():
        raise CurateError(f"{output / CASCADE} is of no run here; choose another -o")
    cascade = read_cascade(output / CASCADE) if (output / CASCADE).is_file() else Cascade()
    _forget_later(output / LOG, len(cascade.stages))
    return cascade


def _forget_later(log: Path, stages: int) -> None:
    """Drops the line of a stage that was logged but not saved."""
    if log.is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        with replacing(log) as part:
            part.write_text("".join(lines[:stages]), encoding="utf-8")


def _labels(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.glob("**/labels.json"))


def _pictures(data: Sequence[Path], config: CascadeConfig, jobs: int) -> list[Picture]:
    pictures = [picture for folder in data for picture in labelled_pictures(folder)]
    if config.crops or config.episodes:
        need_synth()
        pictures += drawn_crops(config.crops, config.seed, jobs)
        pictures += drawn_episodes(config.episodes, config.seed, jobs)
    return pictures


class _Run:
    """What stays the same from stage to stage."""

    def __init__(
        self,
        pictures: list[Picture],
        faces: FaceWindows,
        config: CascadeConfig,
        output: Path,
        note: str,
        tell: Callable[[str], None],
    ) -> None:
        self._pictures, self._faces, self._config = pictures, faces, config
        self._output, self._note, self._tell = output, note, tell
        rng = np.random.default_rng([config.seed, 1])
        held = rng.random(len(pictures)) < HELD
        self._held = held[faces.pictures]
        if self._held.all() or not self._held.any():
            raise CurateError(
                f"{len(set(faces.pictures.tolist()))} pictures with upright human faces are too "
                "few: some are learned from and some are kept out; label a dozen at least, or "
                "have faces drawn"
            )
        self._codes = codes(faces.pixels)

    def with_one_more(self, cascade: Cascade) -> Cascade | None:
        """The cascade with another stage, saved; None if hardly anything is left to refuse."""
        number, config = len(cascade.stages), self._config
        rng = np.random.default_rng([config.seed, 2, number])
        negatives, rate = self._negatives(cascade, rng)
        if len(negatives) < config.least_negatives:
            self._tell(f"done: only {len(negatives):,} windows of all pictures are taken for faces")
            return None
        passed = cascade.accepts(self._faces.pixels)
        samples = self._samples(passed, negatives, rng)
        stage, hits, alarms = boost_stage(samples, _goal(config, number), rng)
        longer = Cascade((*cascade.stages, stage))
        kept = float(self._faces.weights[passed & self._held].sum())
        row = {
            "stage": number + 1,
            "stumps": len(stage.stumps),
            "negatives": len(negatives),
            "false_alarms_before": rate,
            "hit_rate": hits,
            "false_alarms": alarms,
            "faces_left": hits * kept / float(self._faces.weights[self._held].sum()),
        }
        self._save(longer, negatives[stage.accepts(negatives)], row)
        self._tell("  ".join(f"{name} {_short(value)}" for name, value in row.items()))
        return longer

    def _negatives(
        self, cascade: Cascade, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], float]:
        """Windows without a face that pass: the last stage's that still do, and new ones; and
        the share of all windows that pass."""
        config, path = self._config, self._negatives_after(cascade)
        kept = np.zeros((0, 24, 24), np.uint8)
        if cascade.stages:
            try:
                kept = np.load(path, allow_pickle=False)
            except (OSError, ValueError) as error:
                raise ModelError(f"{path} is damaged, the run cannot go on: {error}") from None
        file = self._output / CASCADE if cascade.stages else None
        wanted = config.negatives - len(kept)
        new = mine(self._pictures, file, wanted, config.per_picture, rng)
        rate = new.found / max(new.searched, 1) if cascade.stages else 1.0
        return np.concatenate([kept, new.pixels]), rate

    def _samples(
        self, passed: NDArray[np.bool_], negatives: NDArray[np.uint8], rng: np.random.Generator
    ) -> Samples:
        count = int(passed.sum())
        faces = np.arange(count + len(negatives)) < count
        held = np.concatenate([self._held[passed], rng.random(len(negatives)) < HELD])
        weights = np.concatenate([self._faces.weights[passed], np.ones(len(negatives))])
        both = np.concatenate([self._codes[:, passed], codes(negatives)], axis=1)
        return Samples(both, faces, weights, held)

    def _save(self, cascade: Cascade, left: NDArray[np.uint8], row: dict[str, Any]) -> None:
        """The cascade last: its stages say how far the run is, and which negatives go on."""
        negatives = self._negatives_after(cascade)
        with replacing(negatives) as part, part.open("wb") as file:
            np.save(file, left)
        with (self._output / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        write_cascade(cascade, self._output / CASCADE, self._note)
        for old in set(self._output.glob(NEGATIVES.format("*"))) - {negatives}:
            old.unlink()

    def _negatives_after(self, cascade: Cascade) -> Path:
        return self._output / NEGATIVES.format(len(cascade.stages))


def _goal(config: CascadeConfig, number: int) -> StageGoal:
    """Of stage `number`, counted from 0."""
    lost = max(1 - config.hit_rate, (1 - config.first_hit_rate) * TIGHTER**number)
    stumps = min(config.stumps, round(config.first_stumps * MORE**number))
    features = min(MOST_TRIED, -(-config.tried // stumps))
    return StageGoal(1 - lost, config.false_alarms, stumps, features)


def _short(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
