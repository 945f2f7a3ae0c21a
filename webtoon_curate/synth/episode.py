"""Draws episodes and writes them as pages with their truth; never more than a few blocks at once.

OUT/title-000/episode-000/001.jpg        what `webtoon-curate detect OUT` reads
OUT/truth/.nopages                       so that it is not taken for a title
OUT/truth/dataset.json, tables/…         the truth as a dataset: pages, scenes, faces, truth
OUT/truth/masks/title-000/episode-000/001.png    parsing classes of a page
OUT/truth/labels.json                    the form that `evaluate detect --truth` reads
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance, run_episodes
from webtoon_curate.errors import DatasetError
from webtoon_curate.faces import Page
from webtoon_curate.files import digest, replacing, write_json
from webtoon_curate.ingest.sources import NO_PAGES
from webtoon_curate.schema import FACES, PAGES, SCENES
from webtoon_curate.synth.lettering.lettering import Lettering, sample_lettering
from webtoon_curate.synth.pages.layout import Block, Manner, Planner, sample_manner
from webtoon_curate.synth.pages.sheet import Sheet, draw_block
from webtoon_curate.synth.people.families import HELDOUT_FAMILIES
from webtoon_curate.synth.people.style import sample_style
from webtoon_curate.synth.scenes.casting import sample_cast
from webtoon_curate.synth.scenes.plan import Cast
from webtoon_curate.synth.truth import TIME, TRUTH, EpisodeTruth
from webtoon_curate.tables import StageTables

Image = NDArray[np.uint8]

EPISODES_A_TITLE = 3
TRUTH_FOLDER = "truth"
LICENSE = "CC0-1.0"
"""Drawn pages belong to nobody."""
SCHEMAS = {"pages": PAGES, "scenes": SCENES, "faces": FACES, "truth": TRUTH}
"""Tables of the truth in the order they are written; an episode in the last of them is done."""


@dataclass(frozen=True)
class SynthSettings:
    """What decides the episodes.

    Attributes:
        seed: of everything; episode i depends on it, on i and on these settings alone.
        panels: panels an episode at least has.
        family: a style family; sampled when None.
        heldout: draw in the reserved style families.
        layout: `strip`, `pages` or None for both.
    """

    seed: int = 0
    panels: int = 24
    family: str | None = None
    heldout: bool = False
    layout: str | None = None


@dataclass(frozen=True)
class EpisodePlan:
    """An episode that is decided but not drawn."""

    title: str
    episode: str
    cast: Cast
    manner: Manner
    lettering: Lettering
    blocks: tuple[Block, ...]


def plan_episode(settings: SynthSettings, number: int) -> EpisodePlan:
    """Decide episode `number`; three in a row belong to one title and share style and people."""
    work, part = divmod(number, EPISODES_A_TITLE)
    rng = np.random.default_rng([settings.seed, work])
    style = sample_style(rng, settings.family, settings.heldout)
    cast = sample_cast(rng, style)
    manner = sample_manner(rng, settings.layout)
    lettering = sample_lettering(rng)
    planner = Planner(np.random.default_rng([settings.seed, work, part]), cast, manner, part)
    blocks = tuple(planner.blocks(settings.panels))
    return EpisodePlan(*episode_names(number), cast, manner, lettering, blocks)


def episode_names(number: int) -> tuple[str, str]:
    """Title and episode of episode `number`."""
    work, part = divmod(number, EPISODES_A_TITLE)
    return f"title-{work:03d}", f"episode-{part:03d}"


def draw_sheets(plan: EpisodePlan) -> Iterator[tuple[int, Sheet]]:
    """The blocks, drawn one after the other, each with its first row in the strip."""
    y = 0
    for block in plan.blocks:
        yield y, draw_block(block, plan.manner, plan.lettering, y)
        y += block.height


def cut_pages(
    sheets: Iterator[tuple[int, Sheet]], manner: Manner, truth: EpisodeTruth
) -> Iterator[tuple[Image, Image]]:
    """Page files: (height, width, 3) pictures and (height, width) labels, uint8.

    Strips are cut every `manner.cut` rows wherever that falls; comic pages are the blocks. The
    truth takes in each block as it passes.
    """
    rgb: list[Image] = []
    labels: list[Image] = []
    waiting = 0
    for y, sheet in sheets:
        truth.add(sheet, y)
        if manner.layout == "pages":
            yield sheet.rgb, sheet.labels
            continue
        rgb.append(sheet.rgb)
        labels.append(sheet.labels)
        waiting += len(sheet.rgb)
        while waiting >= manner.cut:
            yield _take(rgb, manner.cut), _take(labels, manner.cut)
            waiting -= manner.cut
    if waiting:
        yield _take(rgb, waiting), _take(labels, waiting)


def _take(rows: list[Image], count: int) -> Image:
    """Remove the first `count` rows from a list of pictures and give them as one."""
    taken: list[Image] = []
    while count > 0:
        part = rows.pop(0)
        taken.append(part[:count])
        if len(part) > count:
            rows.insert(0, part[count:])
        count -= len(taken[-1])
    return np.concatenate(taken)


def worn(rgb: Image, manner: Manner, rng: np.random.Generator) -> bytes:
    """A page as the title's files are: scaled down and up, grainy, JPEG."""
    if manner.soften < 1:
        height, width = rgb.shape[:2]
        small = (max(1, round(width * manner.soften)), max(1, round(height * manner.soften)))
        rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC)
    if manner.grain:
        noise = rng.normal(0, manner.grain, rgb.shape).astype(np.float32)
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, manner.quality]
    return cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)[1].tobytes()


@dataclass(frozen=True)
class EpisodeTask:
    """One episode to draw into a folder."""

    folder: Path
    number: int
    settings: SynthSettings


def write_episode(task: EpisodeTask) -> None:
    """The unit of work: an episode's pages, masks and tables, the one that says "done" last."""
    cv2.setNumThreads(1)
    settings = task.settings
    plan = plan_episode(settings, task.number)
    heldout = plan.cast.style.family in HELDOUT_FAMILIES
    truth = EpisodeTruth(plan.title, plan.episode, "heldout" if heldout else "train")
    pages: list[Page] = []
    rows: list[dict[str, Any]] = []
    masks = task.folder / TRUTH_FOLDER / "masks" / plan.title / plan.episode
    y = 0
    for index, (rgb, labels) in enumerate(cut_pages(draw_sheets(plan), plan.manner, truth)):
        name = f"{index + 1:03d}"
        rng = np.random.default_rng([settings.seed, task.number, index])
        data = worn(rgb, plan.manner, rng)
        _write(task.folder / plan.title / plan.episode / f"{name}.jpg", data)
        _write(masks / f"{name}.png", png(labels))
        pages.append(Page(f"{name}.jpg", y, rgb.shape[1], rgb.shape[0]))
        rows.append(_page_row(plan, index, pages[-1], data))
        y += rgb.shape[0]
    faces, full = truth.face_rows(pages)
    records = {"pages": rows, "scenes": truth.scene_rows(pages), "faces": faces, "truth": full}
    key = _key(settings, task.number)
    note = {"key": key, "content": key, "input": key, "crops": 0, "kind": "folder"}
    note |= {"pages": len(pages), "path": f"../{plan.title}/{plan.episode}"}
    for stage, tables in _tables(task.folder).items():
        if stage == "truth":
            note["labels"] = truth.labels(pages)
        table = pa.Table.from_pylist(records[stage], SCHEMAS[stage])
        tables.write(plan.title, plan.episode, table, note)
    advance()


def _tables(folder: Path) -> dict[str, StageTables]:
    """The tables of the truth, by the names of `SCHEMAS`."""
    truth = folder / TRUTH_FOLDER / "tables"
    return {stage: StageTables(truth / stage, schema) for stage, schema in SCHEMAS.items()}


def _key(settings: SynthSettings, number: int) -> str:
    return digest([asdict(settings), number])


def png(labels: Image) -> bytes:
    """A label map as a PNG; light compression, for it is mostly even areas."""
    return cv2.imencode(".png", labels, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(data)


def _page_row(plan: EpisodePlan, index: int, page: Page, data: bytes) -> dict[str, Any]:
    return {
        "title": plan.title,
        "episode": plan.episode,
        "index": index,
        "page": page.name,
        "y": page.y,
        "width": page.width,
        "height": page.height,
        "layout": plan.manner.layout,
        "format": "JPEG",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "source": f"{plan.title}/{plan.episode}/{page.name}",
        "time": TIME,
        "license": LICENSE,
    }


def synth_episodes(
    folder: Path,
    episodes: int,
    settings: SynthSettings | None = None,
    *,
    jobs: int = 1,
    force: bool = False,
    on_advance: Callable[[int], None] = lambda done: None,
) -> dict[str, int]:
    """Draw episodes into a new folder, or those that an earlier run with these settings left out.

    Args:
        folder: where to; see the module's text for what is in it afterwards.
        episodes: how many.
        settings: seed, styles and lay-out.
        jobs: episodes drawn side by side; the bytes do not depend on it.
        force: replace what an earlier run wrote there.
        on_advance: called with the number of episodes that were just finished.

    Returns:
        Counts of all that is there: episodes, pages, scenes, faces.

    Raises:
        DatasetError: if the folder holds other things, or was drawn with other settings.
        CurateError: if a font of the extra `synth` is missing.
    """
    settings = settings or SynthSettings()
    claim(folder, {"episodes": asdict(settings)}, force)
    tables = _tables(folder)
    tasks = []
    for number in range(episodes):
        note = tables["truth"].note(*episode_names(number))
        if note is None or note["key"] != _key(settings, number):
            tasks.append(EpisodeTask(folder, number, settings))
    on_advance(episodes - len(tasks))
    for _, error in run_episodes(write_episode, tasks, jobs, on_advance):
        if error is not None:
            raise error
    pages: dict[str, Any] = {}
    counts = {"episodes": 0}
    for names in tables["truth"].episodes():
        pages |= tables["truth"].note(*names)["labels"]
        counts["episodes"] += 1
    for stage in ("pages", "scenes", "faces"):
        counts[stage] = tables[stage].rows()
    for stage_tables in tables.values():
        stage_tables.merge()
    about = "Pages drawn by `webtoon-curate synth`; boxes x0, y0, x1, y1 in page pixels."
    labels = folder / TRUTH_FOLDER / "labels.json"
    write_json(labels, {"about": about, "license": LICENSE, "pages": pages})
    return counts


def claim(folder: Path, settings: dict[str, Any], force: bool = False) -> None:
    """Make sure that a folder is free to be written to, and make its truth a dataset.

    Args:
        folder: new, empty, or one that an earlier run wrote.
        settings: what decides the drawings; a run with the same ones goes on where it stopped.
        force: whether to remove what that run wrote; other things stay.

    Raises:
        DatasetError: if it holds something else, or was drawn with other settings.
    """
    truth = folder / TRUTH_FOLDER
    free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not free and not (truth / NO_PAGES).is_file():
        raise DatasetError(f"{folder} holds other things; choose a new or empty folder")
    if force:
        for drawn in (*folder.glob("title-*"), folder / "crops", truth):
            shutil.rmtree(drawn, ignore_errors=True)
    dataset = Dataset.create(truth)
    if dataset.config["stages"].setdefault("synth", settings) != settings:
        raise DatasetError(f"{folder} was drawn with other settings; --force draws it anew")
    dataset.record_settings("synth", settings)
    (truth / NO_PAGES).touch()
