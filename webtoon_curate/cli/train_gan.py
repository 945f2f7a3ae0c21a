"""`webtoon-curate train pix2pix|cyclegan|ugatit|fewshot`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_torch, trained
from webtoon_curate.wording import plural

if TYPE_CHECKING:
    from webtoon_curate.trainer.gan import GanConfig
    from webtoon_curate.trainer.measures import Sides
    from webtoon_curate.trainer.method import Method

Function = Callable[..., Any]


def run_options(presets: tuple[str, ...]) -> Callable[[Function], Function]:
    """The options of every method that is trained on faces."""
    folder = click.Path(file_okay=False, path_type=Path)
    options = [
        click.option(
            "--data",
            required=True,
            multiple=True,
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="A dataset, what `export` wrote of one, or a folder of pictures; photographs and "
            "drawings are two, in this order, or one folder with trainA and trainB.",
        ),
        click.option(
            "-o",
            "--output",
            required=True,
            type=folder,
            help="Folder of the run: settings, losses, samples, checkpoints.",
        ),
        click.option("--steps", type=click.IntRange(min=1), help="Optimizer steps of the run."),
        click.option("--batch", type=click.IntRange(min=1), help="Samples a step and process."),
        click.option("--size", type=click.IntRange(min=32), help="Side of the pictures, pixels."),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda"]),
            help="Where it runs; auto takes a GPU if there is one.",
        ),
        click.option(
            "--preset",
            type=click.Choice(presets),
            default="default",
            show_default=True,
            help="default: as published; tiny: seconds, to see that everything works.",
        ),
        click.option(
            "--config",
            "file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="TOML, YAML or JSON file of settings, over the preset's.",
        ),
        click.option(
            "--set", "settings", multiple=True, metavar="NAME=VALUE", help="One setting more."
        ),
        click.option("--resume", is_flag=True, help="Go on with the run in the output folder."),
        click.option("--force", is_flag=True, help="Train on a split that leaks."),
    ]

    def decorate(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@click.command()
@run_options(("default", "tiny"))
def pix2pix(**options: Any) -> None:
    """Train pix2pix: a picture from its key points, and colors.

    \b
    Examples:
      webtoon-curate train pix2pix --data my-dataset -o runs/p2p --size 128
      webtoon-curate train pix2pix --data my-dataset -o runs/colors --set version=v2
      webtoon-curate train pix2pix --data my-dataset -o runs/try --preset tiny --device cpu
    """
    need_torch()
    from webtoon_curate.trainer.config import ConfigError
    from webtoon_curate.trainer.data import load_faces
    from webtoon_curate.trainer.measures import Sides
    from webtoon_curate.trainer.methods.pix2pix import PRESETS, Pix2PixConfig, Pix2PixMethod
    from webtoon_curate.trainer.samples import Pairs

    config = config_of(Pix2PixConfig, PRESETS, options)
    (source,) = sources_of(options, 1)
    painted = config.version != "v1" and config.colors != "planes"
    faces = load_faces(source, parsing=painted)
    samples = Pairs(faces, config, config.version, colors=config.colors)
    if config.inputs and config.inputs != samples.channels:
        raise ConfigError(
            f"inputs={config.inputs}, but the conditions of {source} have {samples.channels} "
            "channels: leave inputs out"
        )
    if samples.channels != config.channels:
        config = config_of(Pix2PixConfig, PRESETS, options, inputs=samples.channels)
    held = held_side(lambda: load_faces(source, "val", parsing=painted))
    still = Pairs(held, config, config.version, True, config.colors) if held else None
    sides = Sides(held or faces, faces, held)
    checked = "condition", "image"
    _train(lambda p: Pix2PixMethod(config, p), samples, still, sides, config, options, *checked)


@click.command()
@run_options(("default", "tiny"))
def cyclegan(**options: Any) -> None:
    """Train CycleGAN between photographs and drawings, with landmarks.

    \b
    Examples:
      webtoon-curate train cyclegan --data photos --data my-dataset -o runs/cycle
      webtoon-curate train cyclegan --data cyclegan-export -o runs/three --set landmarks=none
      webtoon-curate train cyclegan --data photos --data drawn -o runs/parts --set local=0.3
    """
    need_torch()
    from webtoon_curate.trainer.data import load_sides
    from webtoon_curate.trainer.measures import Sides
    from webtoon_curate.trainer.methods.cyclegan import PRESETS, CycleGANConfig, CycleGANMethod
    from webtoon_curate.trainer.samples import Unpaired

    config = config_of(CycleGANConfig, PRESETS, options)
    sources, marks = sources_of(options), config.landmarks != "none"
    both = load_sides(sources, landmarks=marks)
    samples = Unpaired(both, config, marks)
    held = held_side(lambda: load_sides(sources, "val", marks))
    still = Unpaired(held, config, marks, still=True) if held else None
    checked = ("a", "b", "a_landmarks", "b_landmarks")[: 4 if marks else 2]
    sides = Sides((held or both)[0], both[1], held[1] if held else None)
    _train(lambda p: CycleGANMethod(config, p), samples, still, sides, config, options, *checked)


@click.command()
@run_options(("default", "light", "tiny"))
def ugatit(**options: Any) -> None:
    """Train U-GAT-IT between photographs and drawings.

    \b
    Examples:
      webtoon-curate train ugatit --data photos --data my-dataset -o runs/ugatit
      webtoon-curate train ugatit --data cyclegan-export -o runs/light --preset light
    """
    need_torch()
    from webtoon_curate.trainer.data import load_sides
    from webtoon_curate.trainer.measures import Sides
    from webtoon_curate.trainer.methods.ugatit import PRESETS, UGATITConfig, UGATITMethod
    from webtoon_curate.trainer.samples import Unpaired

    config = config_of(UGATITConfig, PRESETS, options)
    sources = sources_of(options)
    both = load_sides(sources, landmarks=False)
    samples = Unpaired(both, config, False)
    held = held_side(lambda: load_sides(sources, "val", False))
    still = Unpaired(held, config, False, still=True) if held else None
    sides = Sides((held or both)[0], both[1], held[1] if held else None)
    _train(lambda p: UGATITMethod(config, p), samples, still, sides, config, options, "a", "b")


@click.command()
@click.option(
    "--init",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Run of `train ugatit` on the base group, of the same size and width.",
)
@run_options(("default", "light", "tiny"))
def fewshot(init: Path, **options: Any) -> None:
    """Train groups with few faces on a trained U-GAT-IT.

    \b
    Examples:
      webtoon-curate train fewshot --init runs/ugatit --data photos --data my-dataset \\
          -o runs/groups --set 'groups=["woman_no_glasses", "man_glasses"]'
    """
    need_torch()
    from webtoon_curate.trainer.data import load_sides
    from webtoon_curate.trainer.measures import Sides
    from webtoon_curate.trainer.methods.fewshot import (
        FEW,
        PRESETS,
        FewShotConfig,
        fewshot_method,
    )
    from webtoon_curate.trainer.samples import Grouped, of_groups

    config = config_of(FewShotConfig, PRESETS, options)
    sources = sources_of(options)
    both = load_sides(sources, landmarks=False)
    for number, group in enumerate(config.groups):
        counts = [list(side.groups).count(group) for side in both]
        few = min(counts) < FEW
        told = "few" if few and number else "too few for a base" if few else "enough"
        terminal.say(
            f"{group}: {plural(counts[0], 'photograph')}, {plural(counts[1], 'drawing')}: {told}"
        )
    samples = Grouped(both, config.groups, config)
    sides = Sides(*(of_groups(side, config.groups) for side in both), None)
    _train(
        lambda p: fewshot_method(config, init, p), samples, None, sides, config, options, "a", "b"
    )


def config_of(
    kind: type[Any], presets: dict[str, Any], options: dict[str, Any], **more: Any
) -> Any:
    """The configuration that the options say, and `more`."""
    from webtoon_curate.trainer.config import make_config

    preset = dict(presets[options["preset"]])
    settings = list(options["settings"])
    given = {name: options[name] for name in ("steps", "batch", "size", "device")}
    settings += [f"{name}={value}" for name, value in given.items() if value is not None]
    settings += [f"{name}={value}" for name, value in more.items()]
    return make_config(kind, preset, options["file"], settings)


def sources_of(options: dict[str, Any], count: int | None = None) -> list[Path]:
    """The folders of --data, whose splits don't leak."""
    sources = list(options["data"])
    if count is not None and len(sources) != count:
        raise click.UsageError(f"give --data {count} time")
    if not options["force"]:
        from webtoon_curate.trainer.checks import check_leaks

        for source in sources:
            check_leaks(source)
    return sources


def held_side(load: Callable[[], Any]) -> Any:
    """What is not learned from, None where there is no such side."""
    from webtoon_curate.trainer.face import NoFaces

    try:
        held = load()
    except NoFaces:
        return None
    sides = held if isinstance(held, tuple) else (held,)
    return held if all(len(side) for side in sides) else None


def _train(
    method: Callable[[Any], Method],
    samples: Any,
    still: Any,
    sides: Sides,
    config: GanConfig,
    options: dict[str, Any],
    *checked: str,
) -> None:
    from webtoon_curate.trainer.checks import check_samples
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.samples import held_batches

    check_samples(samples, checked)
    held = (
        held_batches(still, len(sides.sources)) if still is not None else held_batches(samples, 4)
    )
    processes = Processes(config.device, config.precision)
    output, resume = options["output"], options["resume"]
    trained(method(processes), samples, config, output, resume, processes, held)
    terminal.say(f"trained: {output}")
    if config.measured and not processes.rank:
        _measure(output, sides, config)


def _measure(run: Path, sides: Sides, config: GanConfig) -> None:
    from tqdm import tqdm

    from webtoon_curate.trainer.measures import measured

    with tqdm(unit="picture", desc="measure", disable=terminal.no_bar(), leave=False) as bar:
        found = measured(run, sides, config.measured, config.device, bar.update)
    if found is None:
        terminal.say("not measured: that needs two faces and a face reader")
        return
    numbers = {name: value for name, value in found.items() if isinstance(value, float)}
    terminal.say("  ".join(f"{name} {value:.3g}" for name, value in numbers.items()))
    if found["ignored"]:
        terminal.say(
            f"the model does not look at its {', '.join(found['ignored'])}: see "
            "webtoon-curate evaluate condition"
        )
