"""`webtoon-curate detect`."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webtoon_curate.cli import _options as shared
from webtoon_curate.cli import _terminal as terminal

if TYPE_CHECKING:
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.stage import DetectSettings
    from webtoon_curate.ingest.planning import IngestSettings


@click.command()
@click.argument("source", type=shared.SourcePath())
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Dataset folder.  [default: <source's name>-dataset, here]",
)
@shared.source_options
@click.option(
    "--detector",
    default="auto",
    show_default=True,
    help="A name from `models list`, or the path of an OpenCV cascade or of a detector.onnx of "
    "`train`; auto: the best installed.",
)
@click.option(
    "--recall",
    type=click.Choice(["high", "balanced", "precise"]),
    default="balanced",
    show_default=True,
    help="Operating point of the detector's model card.",
)
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1),
    help="Keep every detection above this in the faces table.  [default: that of --recall]",
)
@click.option("--flip", is_flag=True, help="Look at each window mirrored as well: twice the time.")
@click.option(
    "--turned",
    is_flag=True,
    help="Look for lying and upside-down faces as well: nearly twice the time.",
)
@click.option("--creatures", is_flag=True, help="Keep faces of animals and monsters too.")
@click.option(
    "--short-edge",
    type=click.FloatRange(min=0),
    default=64,
    show_default=True,
    help="Faces with a shorter edge than this many pixels get keep = false.",
)
@click.option(
    "--aspect",
    type=click.FloatRange(min=1),
    default=1.3,
    show_default=True,
    help="Faces longer than this many times their width (or wider) get keep = false.",
)
@click.option(
    "--blank-edge",
    type=click.FloatRange(0, 1),
    default=0.075,
    show_default=True,
    help="Faces whose crop lies beyond the page by more than this share get keep = false.",
)
@click.option("--crops/--no-crops", default=True, show_default=True, help="Cut crops of faces.")
@click.option(
    "--crop-size",
    type=click.IntRange(8, 4096),
    default=256,
    show_default=True,
    help="Side of the crops, pixels.",
)
@click.option(
    "--crop-expand",
    type=click.FloatRange(0.5, 10),
    default=1.8,
    show_default=True,
    help="Side of the crop's square in longer edges of the face.",
)
@click.option(
    "--crop-shift",
    type=click.FloatRange(-2, 2),
    default=0.2,
    show_default=True,
    help="How far down the square is moved, in longer edges of the face.",
)
@shared.device_option
@shared.jobs_option
@shared.limit_option
@shared.force_option
@shared.dry_run_option
@shared.json_option
def detect(
    source: Path,
    output: Path | None,
    domain: str,
    layout: str,
    license: str | None,
    prune: bool,
    jobs: int,
    limit: int | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    **finding: Any,
) -> None:
    """Find the faces in SOURCE and write a dataset.

    SOURCE is a folder of pictures, of episodes, or of titles with episodes; a .cbz, .zip, .cbr or
    .pdf file; one long strip; or a dataset made by `ingest`. Nothing in it is changed. A second
    run does only what is new or was cut short.

    \b
    Examples:
      webtoon-curate detect ./episodes
      webtoon-curate detect ./episodes -o my-dataset --recall high --jobs 4
      webtoon-curate detect strip.png --no-crops --json
      webtoon-curate detect ./photos --domain photo -o people
    """
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.stage import check_detector, detect_faces
    from webtoon_curate.ingest.planning import required_episodes
    from webtoon_curate.ingest.stage import ingest_sources
    from webtoon_curate.lock import writing

    output, ready = shared.dataset_folder(source, output)
    settings = detect_settings(finding)
    ingest = shared.ingest_settings(domain, layout, license)
    which: dict[str, Any] = {"limit": limit, "force": force}
    if dry_run and ready:
        _tell_tasks(source, settings, which, as_json)
        return
    if dry_run:
        _tell_pages(source, output, domain, settings, ingest, which, as_json)
        return
    if not Dataset.exists(output):
        required_episodes(source)  # so that nothing is left behind where there are none
        check_detector(settings, domain)
    notes: tuple[str, ...] = ()
    refused = 0
    dataset = Dataset(source) if ready else Dataset.create(output, domain)
    tell_changes(dataset, settings)
    run = {"jobs": jobs, **which}
    with writing(output, "detect"), terminal.progress_bar() as on_progress:
        if not ready:
            read = ingest_sources(
                dataset, source, ingest, prune=prune, **run, on_progress=on_progress
            )
            notes, refused = read.notes, read.rejects
        summary = detect_faces(dataset, settings, **run, on_progress=on_progress)
    summary = dataclasses.replace(summary, rejects=summary.rejects + refused)
    terminal.tell_notes(notes)
    if as_json:
        terminal.print_json(summary)
    else:
        terminal.tell_dataset(dataset, summary)
        _tell_next(dataset)
    sys.exit(terminal.EXIT_REJECTS if summary.rejects else 0)


def detect_settings(given: Mapping[str, Any]) -> DetectSettings:
    """What options say of detector, filters and crops; others may be among them."""
    from webtoon_curate.crops import CropSettings
    from webtoon_curate.detect.stage import DetectSettings

    names = {each.name for each in dataclasses.fields(DetectSettings)} - {"crop"}
    crop = CropSettings(given["crop_size"], given["crop_expand"], given["crop_shift"])
    return DetectSettings(
        **{name: given[name] for name in names}, crop=crop if given["crops"] else None
    )


def tell_changes(dataset: Dataset, settings: DetectSettings) -> bool:
    """Tell that faces are looked for anew where settings are not those of the last run.

    Returns:
        whether that is so.
    """
    from webtoon_curate.detect.stage import changed_settings

    if changes := changed_settings(dataset, settings):
        terminal.tell_notes(
            [
                "faces are looked for anew, for settings are not those of the last run: "
                f"{', '.join(changes)} (webtoon-curate.toml keeps settings for all runs)"
            ]
        )
    return bool(changes)


def _tell_tasks(
    source: Path, settings: DetectSettings, which: dict[str, Any], as_json: bool
) -> None:
    """What a run on a dataset would do."""
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.stage import plan_detect

    tell_changes(Dataset(source), settings)
    to_do = plan_detect(Dataset(source), settings, **which)
    terminal.tell_tasks(*to_do, unit="page", as_json=as_json)


def _tell_pages(
    source: Path,
    output: Path,
    domain: str,
    settings: DetectSettings,
    ingest: IngestSettings,
    which: dict[str, Any],
    as_json: bool,
) -> None:
    """What a run on pages would read, after a look whether the detector works."""
    from webtoon_curate.dataset import Dataset
    from webtoon_curate.detect.stage import check_detector
    from webtoon_curate.ingest.planning import plan_ingest

    known = Dataset(output) if Dataset.exists(output) else None
    check_detector(settings, known.domain if known else domain)
    if known is not None:
        tell_changes(known, settings)
    terminal.tell_plans([plan_ingest(known, source, ingest, **which)], as_json=as_json)


def _tell_next(dataset: Dataset) -> None:
    """Where the results are, and how to look at them."""
    if (dataset.path / "crops").is_dir():
        terminal.say(f"crops of the kept faces: {dataset.path / 'crops'}")
    if dataset.tables["faces"].rows():
        terminal.say(
            f"look at them in their panels, and correct them: webtoon-curate review "
            f"{terminal.quoted(dataset.path)}"
        )
    elif dataset.tables["pages"].rows():
        terminal.say(dataset.why_no_faces())
