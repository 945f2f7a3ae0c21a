"""`webtoon-curate train tagger`."""

from __future__ import annotations

from typing import Any

import click

from webtoon_curate.cli import _terminal as terminal
from webtoon_curate.cli._training import need_torch, trained
from webtoon_curate.cli.train_gan import config_of, held_side, run_options, sources_of


@click.command()
@run_options(("default", "tiny"))
def tagger(**options: Any) -> None:
    """Train a classifier of groups and tags, and export it as ONNX.

    \b
    Examples:
      webtoon-curate train tagger --data my-dataset -o runs/groups
      webtoon-curate train tagger --data my-dataset -o runs/tags --set 'columns=["tags", "gender"]'
      webtoon-curate train tagger --data my-dataset -o runs/vgg --set backbone=vgg
    """
    need_torch()
    from webtoon_curate.crops import CropSettings
    from webtoon_curate.trainer.checks import check_samples
    from webtoon_curate.trainer.data import load_faces
    from webtoon_curate.trainer.dist import Processes
    from webtoon_curate.trainer.methods import tagger as method
    from webtoon_curate.trainer.tagger_export import export_tagger

    config = config_of(method.TaggerConfig, method.PRESETS, options)
    (source,) = sources_of(options, 1)
    faces = load_faces(source, landmarks=False)
    labels = method.learnable(method.label_values(faces, config.columns), config.least)
    samples = method.Tagged(faces, labels, config)
    check_samples(samples, ["image"])
    other = held_side(lambda: load_faces(source, "val", landmarks=False))
    rest = None if other is None else method.Tagged(other, labels, config, True)
    held = [] if rest is None else list(method.held_faces(rest, method.HELD))
    processes = Processes(config.device, config.precision)
    training = method.TaggerMethod(config, len(labels), samples.weights(), processes)
    output, resume = options["output"], options["resume"]
    run = trained(training, samples, config, output, resume, processes, held)
    if processes.rank:
        return
    path = output / "tagger.onnx"
    crop = getattr(faces, "crop", CropSettings())  # exports do not tell theirs
    net = run.averages["tagger"]
    method.settle(net, samples, config.batch)
    export_tagger(net, path, labels, config.size, crop)
    terminal.say(f"exported: {path}")
    if rest is not None:
        found = training.scores_of(net, method.held_faces(rest))
        told = "  ".join(f"{name} {value:.3f}" for name, value in found.items())
        terminal.say(told or "not scored: on the side val no label both holds and does not")
