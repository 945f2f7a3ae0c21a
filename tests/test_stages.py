"""What every stage shares: the progress that is told while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.stages import Progress, run_stage


@dataclass(frozen=True)
class Task:
    title: str
    episode: str
    pages: int


def work(task: Task) -> dict[str, int]:
    if task.episode == "broken":
        raise ValueError("broken")
    for _ in range(task.pages):
        advance()
    return {"faces": 3}


def test_the_last_progress_has_the_counts_of_the_end(tmp_path):
    told: list[Progress] = []
    tasks = [Task("A", name, 2) for name in ("1", "broken", "2")]
    counts = run_stage(Dataset.create(tmp_path / "data"), "detect", work, tasks, 1, told.append)
    assert counts == {"faces": 6, "failed": 1}
    assert (told[0].done, told[0].total) == (0, 6)
    assert (told[-1].done, told[-1].counts) == (4, counts)
