"""The `ingest` stage: sources become episodes, pages and scenes."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa

from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.errors import CurateError, ImageError, SourceError
from webtoon_curate.faces import Reject, Scene
from webtoon_curate.files import digest, sha256_of
from webtoon_curate.images import open_image
from webtoon_curate.ingest.known import license_of, recorded_path
from webtoon_curate.ingest.names import unescape
from webtoon_curate.ingest.planning import IngestSettings, IngestTask, Plan, plan_sources
from webtoon_curate.ingest.provenance import (
    WITHHELD,
    Provenance,
    Takedown,
    archive_provenance,
    provenance,
)
from webtoon_curate.ingest.seen import keep, page_sha256
from webtoon_curate.ingest.sources import EpisodeReader, EpisodeSource, escape, open_episode
from webtoon_curate.labels.renames import follow
from webtoon_curate.lock import writing
from webtoon_curate.scenes import LOOK, PageProfile, choose_layout, cut
from webtoon_curate.schema import PAGES, SCENES
from webtoon_curate.stages import OnProgress, Summary, finish_run, run_stage
from webtoon_curate.wording import plural

_BAND_ROWS = 2048
_LOOK_PIXELS = 1_000_000_000
"""Of the pages that decide an episode's layout: profiles of 260 MB are held for it."""
_PROVENANCE = ("source", "time", "license")
"""Columns of pages that tell nothing of what is seen: later stages need not follow them."""


def ingest_sources(
    dataset: Dataset,
    sources: str | Path | Sequence[Path],
    settings: IngestSettings | None = None,
    *,
    jobs: int = 1,
    limit: int | None = None,
    force: bool = False,
    prune: bool = False,
    on_progress: OnProgress | None = None,
) -> Summary:
    """Read folders, archives or pictures into the pages and scenes tables of a dataset.

    Args:
        dataset: to add to.
        sources: one or more; each a folder of pictures, of episodes or of titles; a `.cbz`,
            `.zip`, `.cbr` or `.pdf` file; or one long strip.
        settings: layout and licence.
        jobs: episodes done side by side.
        limit: only the first so many episodes of each source.
        force: also episodes that are done and unchanged.
        prune: take out the episodes that were read from the sources and are no longer there.
        on_progress: called as pages are done.

    Raises:
        SourceError: if there is nothing to ingest.
    """
    settings = settings or IngestSettings()
    sources = [Path(sources)] if isinstance(sources, (str, Path)) else sources
    started = datetime.now(timezone.utc)
    with writing(dataset.path, "ingest"):
        withdrawn = honour_takedown(dataset)
        plans = plan_sources(
            dataset,
            sources,
            settings,
            limit=limit,
            force=force,
            prune=prune,
            on_progress=on_progress,
        )
        _record(dataset, settings, dict(zip(sources, plans)))
        tasks = [task for plan in plans for task in plan.tasks]
        covered = {(task.title, task.episode) for task in tasks} | set(withdrawn)
        covered |= {names for plan in plans for names in plan.unchanged}
        counts = run_stage(dataset, "ingest", ingest_episode, tasks, jobs, on_progress)
        _keep_stamps(dataset, plans)
        notes = [note for plan in plans for note in plan.notes]
        pruned = [names for plan in plans for names in plan.gone] if prune else []
        for title, gone in itertools.groupby(sorted(pruned), key=lambda names: names[0]):
            dataset.remove_episodes(title, [episode for _, episode in gone])
        notes += _follow(dataset, None if pruned else covered)
        finish_run(dataset, "ingest", started, counts)
    return Summary(
        dataset.path,
        "ingest",
        len(tasks),
        sum(plan.skipped for plan in plans),
        counts,
        sum(len(plan.rejects) for plan in plans) + dataset.refused("ingest", covered),
        tuple(notes),
    )


def _record(dataset: Dataset, settings: IngestSettings, plans: Mapping[Path, Plan]) -> None:
    """Note the settings, the sources, and what was refused beside the sources' episodes."""
    license = settings.license
    if license is None:
        license = dataset.config["stages"].get("ingest", {}).get("license")
    recorded = {"layout": settings.layout, "license": license}
    for source, plan in plans.items():
        dataset.record_settings("ingest", recorded, escape(str(source)))
        dataset.write_source_rejects(str(source), plan.rejects)


def _keep_stamps(dataset: Dataset, plans: Sequence[Plan]) -> None:
    """Remember the states of the pages that were read, so that a next run does not compare them."""
    stamps = {names: stamp for plan in plans for names, stamp in plan.stamps.items()}
    done = [names for names in stamps if not dataset.failed("ingest", *names)]
    keep(dataset, {names: stamps[names] for names in done})


def _follow(dataset: Dataset, among: Collection[tuple[str, str]] | None) -> Iterator[str]:
    """Let what people said follow pages to other episodes; what became of it."""
    found, waiting = follow(dataset, among)
    for old, new in found:
        yield f"what people said of {'/'.join(old)} is {'/'.join(new)}'s now, by its pages"
    if waiting and among is None:
        yield (
            f"what people said of {plural(len(waiting), 'gone episode')}, such as "
            f"{'/'.join(waiting[0])}, stays in labels/ for when the pages come back"
        )


def honour_takedown(dataset: Dataset) -> list[tuple[str, str]]:
    """Withdraw pages that were put on a takedown list since they were ingested.

    What was fetched for the dataset is deleted, and the episodes are cut anew without the pages;
    their faces and crops go, too. Other people's files are left alone.

    Returns:
        titles and names of the episodes that had such pages.
    """
    takedown = Takedown.load(dataset.path)
    withdrawn: list[tuple[str, str]] = []
    if not takedown:
        return withdrawn
    if rejects := takedown.purge(dataset.path / "pages"):
        dataset.write_source_rejects("takedown", rejects)
    for title, episode in list(dataset.tables["pages"].episodes()):
        names = ("page", "sha256", "source")
        pages = dataset.tables["pages"].read(title, episode, names)
        note = dataset.tables["scenes"].note(title, episode) or {}
        path = dataset.path / str(note["path"])
        archive, origins = provenance(path.parent).get(path.name), provenance(path)
        whole = str(note.get("sha256", "")) if len(pages) else ""
        if takedown.matches(whole) or any(
            _withheld(takedown, sha256, address, archive or origins.get(unescape(name)))
            for name, sha256, address in zip(*(pages[name].to_pylist() for name in names))
        ):
            source = EpisodeSource(title, episode, path, str(note["kind"]))
            recorded = dataset.config["stages"]["ingest"]
            settings = IngestSettings(recorded["layout"], license_of(dataset, note))
            # Where the source is gone nothing is read: it is not done when it comes back.
            key = str(note["key"]) if path.exists() else ""
            ingest_episode(IngestTask(dataset.path, source, 0, key, settings))
            withdrawn.append((title, episode))
    return withdrawn


def _withheld(
    takedown: Takedown, sha256: str, address: str, origin: Provenance | None
) -> str | None:
    """Why a page must not be used, by the sum and addresses of what was fetched; None where it may.

    Args:
        takedown: the lists that hold.
        sha256: of the page.
        address: as in the pages table.
        origin: of the page, or of the archive that it lies in.
    """
    reason = takedown.matches(sha256, address)
    if reason is None and origin is not None and origin.source == address:
        reason = takedown.matches(origin.sha256, origin.final_address)
    return reason


def ingest_episode(task: IngestTask) -> dict[str, int]:
    """The unit of work: read every page of an episode once, and cut it into scenes."""
    dataset = Dataset(task.dataset)
    rows: list[dict[str, Any]] = []
    rejects: list[Reject] = []
    takedown = Takedown.load(dataset.path)
    whole = _sum_of_archive(task.source)
    profiles = _read_pages(task, takedown, whole, rows, rejects)
    layout = task.settings.layout
    if layout == "auto":
        first = list(_beginning(profiles))
        layout, profiles = choose_layout(first), itertools.chain(first, profiles)
    found = cut(profiles, layout)
    for row in rows:
        row["layout"] = layout
    scenes = _scene_rows(task, rows, found)
    seen = [{name: row[name] for name in row if name not in _PROVENANCE} for row in rows]
    content = digest([seen, scenes])
    note = {
        "key": task.key,
        "content": content,  # what later stages are made from
        "path": recorded_path(dataset, task.source),
        "kind": task.source.kind,
        "pages": len(rows),
        "license": task.settings.license,
    }
    if whole:
        note["sha256"] = whole
    if any(reject.reason.startswith(WITHHELD) for reject in rejects):
        note["takedown"] = takedown.key()  # with other entries the pages are read again
    before = dataset.tables["scenes"].note(task.title, task.episode) or {}
    if before.get("content") != content:
        dataset.remove_crops(task.title, task.episode)
    pages = pa.Table.from_pylist(rows, PAGES)
    dataset.tables["pages"].write(task.title, task.episode, pages, note)
    table = pa.Table.from_pylist(scenes, SCENES)
    dataset.write_rejects("ingest", task.title, task.episode, rejects)
    dataset.tables["scenes"].write(task.title, task.episode, table, note)
    return {"pages": len(rows), "scenes": len(scenes), "rejects": len(rejects)}


def _beginning(profiles: Iterator[PageProfile]) -> Iterator[PageProfile]:
    """The pages that decide a layout: the first `LOOK`, fewer where they are huge."""
    pixels = 0
    for profile in itertools.islice(profiles, LOOK):
        yield profile
        pixels += profile.width * profile.height
        if pixels >= _LOOK_PIXELS:
            return


def _sum_of_archive(source: EpisodeSource) -> str:
    """The sha256 of the file that holds all pages; empty where each is a file, or it is gone."""
    if source.kind not in ("archive", "pdf"):
        return ""
    try:
        return sha256_of(source.path)
    except OSError:
        return ""


def _read_pages(
    task: IngestTask,
    takedown: Takedown,
    whole: str,
    rows: list[dict[str, Any]],
    rejects: list[Reject],
) -> Iterator[PageProfile]:
    """The profiles of the pages one after another; rows and rejects are added as they are read.

    `whole` is the sum of the file that holds them.
    """
    y = 0
    try:
        if reason := takedown.matches(whole):
            raise SourceError(reason)
        with open_episode(task.source) as reader:
            rejects += reader.rejects()
            origins = provenance(task.source.path)
            archive = archive_provenance(task.source.path)
            for name in reader.names():
                origin = archive or origins.get(unescape(name))
                try:
                    row, profile = _read_page(task, reader, name, origin, takedown)
                except CurateError as error:
                    rejects.append(task.source.reject(name, str(error)))
                else:
                    rows.append({**row, "index": len(rows), "y": y})
                    y += profile.height
                    yield profile
                advance()
    except SourceError as error:
        rejects.append(task.source.reject(escape(str(task.source.path)), str(error)))


def _read_page(
    task: IngestTask,
    reader: EpisodeReader,
    name: str,
    origin: Provenance | None,
    takedown: Takedown,
) -> tuple[dict[str, Any], PageProfile]:
    """A page's row (but for its place in the strip) and its profile.

    Raises:
        ImageError: if the page cannot be decoded or was taken down.
    """
    data = reader.open(name)
    sha256, size = page_sha256(data)
    if origin is not None and origin.file == unescape(name) and origin.sha256 != sha256:
        origin = None  # the file was replaced after it was fetched
    address = origin.source if origin else f"{escape(task.source.path.as_posix())}/{name}"
    reason = _withheld(takedown, sha256, address, origin)
    if reason:
        raise ImageError(reason)
    with open_image(data) as image:
        profile = PageProfile(image.width, image.height)
        for y in range(0, image.height, _BAND_ROWS):
            profile.add(image.read(y, min(_BAND_ROWS, image.height - y)))
        row = {
            "title": task.title,
            "episode": task.episode,
            "page": name,
            "width": image.width,
            "height": image.height,
            "format": image.format,
            "bytes": size,
            "sha256": sha256,
            "source": address,
            "time": origin.time if origin else _modified(data, task.source.path),
            "license": (origin.license if origin else None) or task.settings.license,
        }
    return row, profile


def _scene_rows(
    task: IngestTask, pages: Sequence[dict[str, Any]], scenes: Sequence[Scene]
) -> list[dict[str, Any]]:
    rows = []
    page = 0
    for index, scene in enumerate(scenes):
        while pages[page]["y"] + pages[page]["height"] <= scene.y:
            page += 1
        while pages[page]["y"] > scene.y:
            page -= 1
        last = page
        while last + 1 < len(pages) and pages[last + 1]["y"] < scene.y + scene.height:
            last += 1
        rows.append(
            {
                "title": task.title,
                "episode": task.episode,
                "scene": index,
                "x": scene.x,
                "y": scene.y,
                "width": scene.width,
                "height": scene.height,
                "kind": scene.kind,
                "page": pages[page]["page"],
                "pages": last + 1 - page,
            }
        )
    return rows


def _modified(data: bytes | Path, source: Path) -> str:
    """Modification time of a page's file, or of the archive it lies in."""
    seconds = (data if isinstance(data, Path) else source).stat().st_mtime
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
