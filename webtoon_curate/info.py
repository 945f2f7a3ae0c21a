"""What is in a dataset: counts by title, episode, stage and reject reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pads

from webtoon_curate.dataset import Dataset
from webtoon_curate.manifest import MANIFEST_FILE

KEPT = ""
EXAMPLES = 3
"""Rejects of each reason that are named."""


def place(reject: Mapping[str, str]) -> str:
    """Where a refused input is: a path, or one in its episode, after title and episode."""
    episode = f"{reject['title']}/{reject['episode']}"
    path = reject["path"]
    return path if not reject["title"] or path.startswith(episode) else f"{episode}/{path}"


def info(dataset: Dataset) -> dict[str, Any]:
    """Counts of everything in a dataset, one episode in memory at a time.

    Returns:
        `dataset`, `domain`, `sources`; totals `titles`, `episodes`, `pages`, `scenes`, `faces`,
        `kept`; `scene_kinds`, `left_out` (faces by `keep_reason`), `rejects` (by reason) and
        `reject_examples` (where, of each reason the first `EXAMPLES`); and `by_episode`, a list of
        dicts with the totals and `layout` of each. Faces are those of the manifest, or of the
        faces table where that has none of the episode; `faces` is None where detection has not
        run, or ran before the scenes were cut anew.
    """
    kinds: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    episodes = []
    tables = dataset.tables
    faces = _faces(dataset)
    for title, episode in tables["scenes"].episodes():
        scenes = tables["scenes"].read(title, episode, ("kind",))
        layouts = tables["pages"].read(title, episode, ("layout",))["layout"]
        row: dict[str, Any] = {
            "title": title,
            "episode": episode,
            "layout": layouts[0].as_py() if len(layouts) else None,
            "pages": len(layouts),
            "scenes": len(scenes),
            "faces": None,
            "kept": None,
        }
        kinds.update(scenes["kind"].to_pylist())
        if dataset.current("faces", title, episode):
            reasons = faces.get((title, episode))
            if reasons is None:  # a run that was stopped has not joined the manifest
                reasons = _reasons(tables["faces"].read(title, episode, ("keep", "keep_reason")))
            row.update(faces=reasons.total(), kept=reasons.pop(KEPT, 0))
            left_out.update(reasons)
        episodes.append(row)
    totals = {
        name: sum(row[name] or 0 for row in episodes)
        for name in ("pages", "scenes", "faces", "kept")
    }
    refused = dataset.rejects().to_pylist()
    rejects = Counter(row["reason"] for row in refused)
    examples: dict[str, list[str]] = {reason: [] for reason, _ in rejects.most_common()}
    for row in refused:
        if len(examples[row["reason"]]) < EXAMPLES:
            examples[row["reason"]].append(place(row))
    return {
        "dataset": str(dataset.path),
        "domain": dataset.domain,
        "sources": dataset.config["sources"],
        "titles": len({row["title"] for row in episodes}),
        "episodes": len(episodes),
        **totals,
        "scene_kinds": dict(kinds.most_common()),
        "left_out": dict(left_out.most_common()),
        "rejects": dict(rejects.most_common()),
        "reject_examples": examples,
        "by_episode": episodes,
    }


def _faces(dataset: Dataset) -> dict[tuple[str, str], Counter[str]]:
    """Faces by title and episode, and by why they are left out, or `KEPT`: all stages' word."""
    found: dict[tuple[str, str], Counter[str]] = {}
    path = dataset.path / MANIFEST_FILE
    if not path.exists():
        return found
    columns = ["title", "episode", "keep", "keep_reason"]
    for batch in pads.dataset(path, format="parquet").to_batches(columns=columns):
        rows = pa.Table.from_batches([batch]).group_by(columns).aggregate([([], "count_all")])
        for row in rows.to_pylist():
            reasons = found.setdefault((row["title"], row["episode"]), Counter())
            reasons[KEPT if row["keep"] else row["keep_reason"]] += row["count_all"]
    return found


def _reasons(faces: pa.Table) -> Counter[str]:
    """Faces by why they are left out, or `KEPT`."""
    pairs = zip(faces["keep"].to_pylist(), faces["keep_reason"].to_pylist())
    return Counter(KEPT if keep else reason for keep, reason in pairs)
