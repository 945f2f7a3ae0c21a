"""What is in a dataset: counts by title, episode, stage and reject reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from webtoon_curate.dataset import Dataset

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
        dicts with the totals and `layout` of each. `faces` is None where detection has not run, or
        ran before the scenes were cut anew.
    """
    kinds: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    episodes = []
    tables = dataset.tables
    for title, episode in tables["scenes"].episodes():
        scenes = tables["scenes"].read(title, episode)
        layouts = tables["pages"].read(title, episode)["layout"]
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
            reasons = tables["faces"].read(title, episode)["keep_reason"].to_pylist()
            left_out.update(reason for reason in reasons if reason)
            row.update(faces=len(reasons), kept=reasons.count(None))
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
