"""What the commands of `webtoon-curate train` share."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from torch.utils.data import Dataset

    from webtoon_curate.trainer.config import RunConfig
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.method import Batch, Method, Report
    from webtoon_curate.trainer.run import Run


def share(text: str) -> tuple[Path, float]:
    """A folder and its share from `DIR` or `DIR=SHARE`."""
    folder, mark, share = text.rpartition("=")
    try:
        path, weight = (Path(folder), float(share)) if mark else (Path(text), 1.0)
    except ValueError:
        path, weight = Path(text), 1.0
    if not path.is_dir():
        raise click.BadParameter(f"there is no folder {path}", param_hint="--data")
    if not 0 < weight < math.inf:
        raise click.BadParameter(
            f"the share of {path} must be a number above 0", param_hint="--data"
        )
    return path, weight


init_option = click.option(
    "--init",
    metavar="WEIGHTS",
    help="Weights to begin with: bundled, a run's folder, or its .safetensors file.",
)


more_option = click.option(
    "--labels",
    "more",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File in the form of labels.json that knows more of the labelled pictures: points, hats "
    "and facial hair of faces, and what detectors took for faces.",
)


def labelled_pictures(
    data: Sequence[str], run: Path, processes: Processes
) -> list[tuple[Path, float]]:
    """Folders of labelled pictures with their shares; datasets' corrected scenes are written to
    the run's folder, by the first process."""
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.trainer.corrected import write_corrected

    folders = []
    for number, (folder, part) in enumerate(map(share, data)):
        if Dataset.exists(folder):
            scenes = run / f"corrected-{number}"
            if not processes.rank:
                count = write_corrected(Dataset(folder), scenes)
                terminal.say(f"{plural(count, 'corrected scene')} of {folder}")
            folder = scenes
        folders.append((folder, part))
    processes.together()
    return folders


def tell(report: Report) -> None:
    """Says how far training is."""
    losses = "  ".join(f"{name} {value:.4f}" for name, value in report.losses.items())
    terminal.say(f"step {report.step:,}  {losses}  {report.rate:.1f} samples/s")


def trained(
    method: Method,
    samples: Dataset,
    config: RunConfig,
    output: Path,
    resume: bool,
    processes: Processes,
    held: Sequence[Batch] = (),
) -> Run:
    """The run of `webtoon_curate.trainer.loop.train`, with a bar and notes on stderr."""
    from webtoon_curate.trainer.checkpoint import newest_checkpoint
    from webtoon_curate.trainer.loop import train

    if resume and newest_checkpoint(output) is None:
        need_run(output, "config.json")
    with _training_bar(config.steps, processes.rank == 0) as tell:
        return train(method, samples, config, output, resume, tell, held, processes, terminal.say)


def need_run(folder: Path, settings: str) -> None:
    """Says that there is nothing to resume where a folder lacks the settings of a run."""
    if not (folder / settings).is_file():
        raise click.UsageError(
            f"{folder} holds no run to go on with: look at -o, or leave --resume out to begin one"
        )


@contextlib.contextmanager
def _training_bar(steps: int, shown: bool) -> Iterator[Callable[[Report], None]]:
    """A bar on stderr with losses and samples a second; lines off a terminal.

    Args:
        steps: of the run.
        shown: false in all processes but the first.
    """
    from tqdm import tqdm

    if not shown or sys.stderr is None or not sys.stderr.isatty():
        yield tell if shown else lambda report: None
        return
    with tqdm(total=steps, unit="step", file=sys.stderr, dynamic_ncols=True) as bar:

        def show(report: Report) -> None:
            losses = {name: f"{value:.3f}" for name, value in report.losses.items()}
            bar.set_postfix({**losses, "samples/s": f"{report.rate:.1f}"}, refresh=False)
            bar.update(report.step - bar.n)

        yield show


def need_torch() -> None:
    """Says what to install where PyTorch is absent."""
    from importlib.util import find_spec

    missing = [name for name in ("torch", "safetensors") if find_spec(name) is None]
    if missing:
        raise click.ClickException(
            f"training needs {' and '.join(missing)}: {sys.executable} -m pip install "
            "'webtoon-curate[train]'"
        )
