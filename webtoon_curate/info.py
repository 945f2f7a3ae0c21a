"""What is in a dataset: counts by title, episode, stage and reject reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from webtoon_curate.dataset import Dataset
from webtoon_curate.manifest import manifest_batches

KEPT = ""
EXAMPLES = 3
"""Rejects of each reason that are named."""


def place(reject: Mapping[str, str]) -> str:
    """Where a refused input is: a path, or one in its episode, after title and episode."""
    episode = f"{reject['title']}/{reject['episode']}"
    path = reject["path"]
    if not reject["title"] or path.startswith(episode) or reason(reject) != reject["reason"]:
        return path
    return f"{episode}/{path}"


def reason(reject: Mapping[str, str]) -> str:
    """Why an input was refused, without its path: a source's own reject begins with it."""
    path, why = reject["path"], reject["reason"]
    return why[len(path) :].lstrip(": ") if why.startswith((f"{path} ", f"{path}: ")) else why


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
    rows = []
    known = _faces(dataset)
    for names in dataset.tables["scenes"].episodes():
        row, scenes = _pages_and_scenes(dataset, *names)
        kinds.update(scenes)
        reasons = _reasons(dataset, *names, known)
        if reasons is not None:
            row.update(faces=reasons.total(), kept=reasons.pop(KEPT, 0))
            left_out.update(reasons)
        rows.append(row)
    totals = {
        name: sum(row[name] or 0 for row in rows) for name in ("pages", "scenes", "faces", "kept")
    }
    return {
        "dataset": str(dataset.path),
        "domain": dataset.domain,
        "sources": dataset.config["sources"],
        "titles": len({row["title"] for row in rows}),
        "episodes": len(rows),
        **totals,
        "scene_kinds": dict(kinds.most_common()),
        "left_out": dict(left_out.most_common()),
        **_rejects(dataset),
        "by_episode": rows,
    }


def totals(dataset: Dataset) -> dict[str, int]:
    """`episodes`, `pages`, `scenes`, `faces`, `kept` and `rejects` of a dataset, all in all.

    As `info` counts them, from the manifest and what the tables' files say of themselves; and
    `waiting`, how many episodes have pages in which no face was looked for yet.
    """
    known = _faces(dataset)
    counts = dict.fromkeys(("episodes", "waiting", "pages", "scenes", "faces", "kept"), 0)
    for names in dataset.tables["scenes"].episodes():
        counts["episodes"] += 1
        rows = {
            stage: (dataset.tables[stage].note(*names) or {}).get("rows", 0)
            for stage in ("pages", "scenes")
        }
        for stage, number in rows.items():
            counts[stage] += number
        reasons = _reasons(dataset, *names, known)
        if reasons is None:
            counts["waiting"] += bool(rows["pages"])
            continue
        counts["faces"] += reasons.total()
        counts["kept"] += reasons[KEPT]
    return {**counts, "rejects": len(dataset.rejects())}


def _pages_and_scenes(
    dataset: Dataset, title: str, episode: str
) -> tuple[dict[str, Any], list[str]]:
    """An episode's row, whose faces are not known yet, and the kinds of its scenes."""
    kinds = dataset.tables["scenes"].read(title, episode, ("kind",))["kind"].to_pylist()
    layouts = dataset.tables["pages"].read(title, episode, ("layout",))["layout"]
    row = {
        "title": title,
        "episode": episode,
        "layout": layouts[0].as_py() if len(layouts) else None,
        "pages": len(layouts),
        "scenes": len(kinds),
        "faces": None,
        "kept": None,
    }
    return row, kinds


def _rejects(dataset: Dataset) -> dict[str, Any]:
    """`rejects` and `reject_examples` of `info`."""
    refused = dataset.rejects().to_pylist()
    counts = Counter(map(reason, refused))
    examples: dict[str, list[str]] = {why: [] for why, _ in counts.most_common()}
    for row in refused:
        if len(examples[reason(row)]) < EXAMPLES:
            examples[reason(row)].append(place(row))
    return {"rejects": dict(counts.most_common()), "reject_examples": examples}


def _faces(dataset: Dataset) -> dict[tuple[str, str], Counter[str]]:
    """Faces by title and episode, and by why they are left out, or `KEPT`: all stages' word."""
    found: dict[tuple[str, str], Counter[str]] = {}
    columns = ["title", "episode", "keep", "keep_reason"]
    for batch in manifest_batches(dataset.path, columns):
        rows = pa.Table.from_batches([batch]).group_by(columns).aggregate([([], "count_all")])
        for row in rows.to_pylist():
            reasons = found.setdefault((row["title"], row["episode"]), Counter())
            reasons[KEPT if row["keep"] else row["keep_reason"]] += row["count_all"]
    return found


def _reasons(
    dataset: Dataset, title: str, episode: str, known: dict[tuple[str, str], Counter[str]]
) -> Counter[str] | None:
    """An episode's faces by why they are left out, or `KEPT`; None where nothing looked for any."""
    if not dataset.current("faces", title, episode):
        return None
    if (title, episode) in known:
        return known[title, episode]
    # A run that was stopped has not joined the manifest.
    faces = dataset.tables["faces"].read(title, episode, ("keep", "keep_reason"))
    pairs = zip(faces["keep"].to_pylist(), faces["keep_reason"].to_pylist())
    return Counter(KEPT if keep else reason for keep, reason in pairs)
