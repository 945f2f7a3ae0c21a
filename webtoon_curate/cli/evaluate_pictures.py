"""`webtoon-curate evaluate fid`, `kid`, `memorization`, `nme` and `attributes`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    import numpy as np

    from webtoon_curate.evaluate.features import Extractor
    from webtoon_curate.evaluate.kept import Kept

_folder = click.Path(exists=True, file_okay=False, path_type=Path)
_features = click.option(
    "--features",
    default="reader",
    show_default=True,
    metavar="NAME|FILE",
    help="reader: the embedding of our face reader; inception: that network, once pulled; or an "
    "ONNX or TorchScript file.",
)
_split = click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    help="Of a dataset, only the faces of this split.",
)


def _two_sets(command: Callable) -> Callable:
    """The arguments of measures that compare two sets of pictures."""
    for decorate in (
        shared.json_option,
        shared.device_option,
        _split,
        _features,
        click.argument("second", metavar="PICTURES", type=_folder),
        click.argument("first", metavar="PICTURES", type=_folder),
    ):
        command = decorate(command)
    return command


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(total=total, unit="picture", disable=terminal.no_bar(), leave=False) as bar:
        yield bar.update


def _read(folders: list[Path], split: str | None, extractor: Extractor) -> list[np.ndarray]:
    from webtoon_curate.evaluate.features import features_of, pictures_of

    paths = [pictures_of(f, split if _is_dataset(f) else None) for f in folders]
    with _bar(sum(map(len, paths))) as tell:
        return [features_of(some, extractor, tell) for some in paths]


@click.command()
@_two_sets
@click.option(
    "--force", is_flag=True, help="Also with fewer than 2,048 pictures: then it is biased."
)
def fid(
    first: Path, second: Path, features: str, split: str | None, device: str, as_json: bool,
    force: bool,
) -> None:  # fmt: skip
    """Frechet distance between two sets of pictures.

    PICTURES is a folder of pictures, or a dataset, whose kept crops count. Below 2,048 pictures
    FID is too large by more than models differ; kid is not biased.

    \b
    Example:
      webtoon-curate evaluate fid my-dataset run/samples --split test
    """
    from webtoon_curate.evaluate.distances import frechet_distance
    from webtoon_curate.evaluate.features import load_extractor

    extractor = load_extractor(features, device)
    one, two = _read([first, second], split, extractor)
    value = frechet_distance(one, two, force)
    result = {f"fid@{extractor.name}": value, "pictures": [len(one), len(two)]}
    _tell(result, as_json, [f"fid@{extractor.name}  {value:.4f}  of {len(one):,} and {len(two):,}"])


@click.command()
@_two_sets
@click.option(
    "--subset",
    type=click.IntRange(min=2),
    help="Pictures in each subset; at most as many as the smaller set has.  [default: 1000, or "
    "half of the smaller set]",
)
@click.option(
    "--subsets", type=click.IntRange(min=1), default=100, show_default=True, help="How many."
)
@shared.seed_option
def kid(
    first: Path, second: Path, features: str, split: str | None, device: str, as_json: bool,
    subset: int | None, subsets: int, seed: int,
) -> None:  # fmt: skip
    """Kernel distance between two sets of pictures, times 1,000.

    PICTURES is a folder of pictures, or a dataset, whose kept crops count. The estimate is not
    biased, also for few pictures: for two sets of one kind it scatters around 0.

    \b
    Examples:
      webtoon-curate evaluate kid my-dataset run/samples --split test
      webtoon-curate evaluate kid drawn translated --features inception --json
    """
    from webtoon_curate.evaluate.distances import kernel_distance
    from webtoon_curate.evaluate.features import load_extractor

    extractor = load_extractor(features, device)
    one, two = _read([first, second], split, extractor)
    found = kernel_distance(one, two, subset, subsets, seed)
    name = f"kid_x1000@{extractor.name}"
    value, deviation = 1000 * found.value, 1000 * found.deviation
    result = {name: value, "deviation": deviation, "subset": found.subset,
              "subsets": found.subsets, "pictures": [len(one), len(two)]}  # fmt: skip
    line = f"{name}  {value:.3f} +- {deviation:.3f}  {found.subsets} subsets of {found.subset:,}"
    _tell(result, as_json, [f"{line} of {len(one):,} and {len(two):,}"])


@click.command()
@click.argument("samples", type=_folder)
@click.argument("training", type=_folder)
@click.argument("heldout", type=_folder)
@_features
@shared.device_option
@shared.json_option
def memorization(
    samples: Path, training: Path, heldout: Path, features: str, device: str, as_json: bool
) -> None:
    """Whether SAMPLES of a model repeat the pictures of TRAINING.

    The score is the probability that a sample is nearer to its nearest training picture than a
    HELDOUT picture is: 0.5 for a model that copies nothing, 1 for copies. A dataset given as
    TRAINING or HELDOUT means its train, and its test faces.

    \b
    Example:
      webtoon-curate evaluate memorization run/samples my-dataset my-dataset
    """
    from webtoon_curate.evaluate.distances import memorization as measure
    from webtoon_curate.evaluate.features import features_of, load_extractor, pictures_of

    extractor = load_extractor(features, device)
    paths = [pictures_of(samples), *(
        pictures_of(folder, split if _is_dataset(folder) else None)
        for folder, split in ((training, "train"), (heldout, "test"))
    )]  # fmt: skip
    with _bar(sum(map(len, paths))) as tell:
        found = measure(*(features_of(some, extractor, tell) for some in paths))
    result = {
        f"memorization@{extractor.name}": found.score, "copies": found.copies,
        "sample_distance": found.sample_distance, "heldout_distance": found.heldout_distance,
        "nearest": [str(paths[1][i]) for i in found.nearest],
    }  # fmt: skip
    lines = [
        f"memorization@{extractor.name}  {found.score:.3f}  (0.5: none, 1: copies)",
        f"  nearer than 99% of held-out pictures  {found.copies:.1%}",
        f"  distance to training pictures  {found.sample_distance:.4f}, held-out ones "
        f"{found.heldout_distance:.4f}",
    ]
    _tell(result, as_json, lines)


def _is_dataset(folder: Path) -> bool:
    from webtoon_curate.dataset import Dataset

    return Dataset.exists(folder)


def _kept(sources: Path, outputs: Path, reader: str) -> Kept:
    from webtoon_curate.evaluate.features import pictures_of
    from webtoon_curate.evaluate.kept import evaluate_kept, pairs_of
    from webtoon_curate.reader import load_reader
    from webtoon_curate.wording import plural

    pairs = pairs_of(sources, outputs)
    if alone := len(pictures_of(outputs)) - len(pairs):
        terminal.say(f"left out: {plural(alone, 'picture')} of {outputs} without a source")
    with _bar(len(pairs)) as tell:
        return evaluate_kept(pairs, load_reader(reader), tell)


_reader = click.option(
    "--reader", default="auto", show_default=True, metavar="NAME|FILE", help="What reads the faces."
)


@click.command()
@click.argument("sources", type=_folder)
@click.argument("outputs", type=_folder)
@_reader
@shared.json_option
def nme(sources: Path, outputs: Path, reader: str, as_json: bool) -> None:
    """How far OUTPUTS moved the 68 points of SOURCES.

    Pictures belong together by their names. The error is in distances of the sources' outer eye
    corners.

    \b
    Example:
      webtoon-curate evaluate nme photos translated
    """
    from dataclasses import asdict

    points = _kept(sources, outputs, reader).points
    lines = [f"faces    {points.faces}  {points.measured} measured by their eyes"]
    if points.nme is not None:
        lines.append(f"NME      {points.nme:.2%}  median {points.median:.2%}")
        regions = ((n, v) for n, v in points.by_region.items() if v is not None)
        lines += [f"  {name:<6} {value:.2%}" for name, value in regions]
    _tell(asdict(points), as_json, lines)


@click.command()
@click.argument("sources", type=_folder)
@click.argument("outputs", type=_folder)
@_reader
@shared.json_option
def attributes(sources: Path, outputs: Path, reader: str, as_json: bool) -> None:
    """Whether OUTPUTS keep the group, hair and skin of SOURCES.

    Pictures belong together by their names. Prints which groups became which, the share of kept
    hair colors, and the difference of the skins (median ΔE2000).

    \b
    Example:
      webtoon-curate evaluate attributes photos translated --json
    """
    found = _kept(sources, outputs, reader)
    shares = {"group_kept": found.group_kept, "hair_kept": found.hair_kept}
    result: dict[str, Any] = {"faces": found.faces, **shares, "skin_delta_e": found.skin}
    result["groups"] = [{"source": a, "output": b, "faces": n}
                        for (a, b), n in sorted(found.groups.items())]  # fmt: skip
    lines = [f"faces        {found.faces}"]
    lines += [f"{n.replace('_', ' '):<12} {'-' if v is None else f'{v:.1%}'}"
              for n, v in shares.items()]  # fmt: skip
    lines.append(f"skin ΔE2000  {'-' if found.skin is None else f'{found.skin:.2f}'}")
    lines += [f"  {a} became {b}: {n}" for (a, b), n in sorted(found.groups.items())]
    _tell(result, as_json, lines)


def _tell(result: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    if as_json:
        terminal.print_json(result)
    else:
        click.echo("\n".join(lines))
