"""What every stage shares: the progress that is told while it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from webtoon_curate.dataset import Dataset
from webtoon_curate.engine import advance
from webtoon_curate.picture_folder import CROPS, PictureFolder
from webtoon_curate.stages import Progress, run_stage


@dataclass(frozen=True)
class Task:
    title: str
    episode: str
    pages: int


def work(task: Task) -> dict[str, int]:
    for number in range(task.pages):
        if number == 1 and task.episode == "broken":
            raise ValueError("broken")
        if number == 1 and task.episode == "deadly":
            os._exit(1)
        advance()
    return {"faces": 3}


@pytest.mark.parametrize(
    ("fault", "jobs"), [("broken", 1), ("broken", 2), ("deadly", 2)], ids=lambda value: str(value)
)
def test_the_last_progress_has_the_counts_and_the_pages_of_the_end(tmp_path, fault, jobs):
    told: list[Progress] = []
    tasks = [Task("A", name, 3) for name in (fault, "1", "2")]
    counts = run_stage(Dataset.create(tmp_path / "data"), "detect", work, tasks, jobs, told.append)
    assert counts == {"faces": 6, "failed": 1}
    assert (told[0].done, told[0].total) == (0, 9)
    assert (told[-1].done, told[-1].counts) == (9, counts)
    done = [progress.done for progress in told]
    assert done == sorted(done) and max(done) == 9


@dataclass(frozen=True)
class Pictured(Task):
    dataset: Path


def cut(task: Pictured) -> dict[str, int]:
    crops = PictureFolder(task.dataset, CROPS, task.title, task.episode)
    crops.add(f"{task.title}/{task.episode}/0000/00", b"")
    if task.episode == "1":
        raise ValueError("broken")
    if task.episode == "2":
        (crops._folder.parent / f"1.2.{os.getpid()}.part").mkdir()  # of an episode named 1.2
    crops.commit()
    return {}


def test_half_written_pictures_of_an_episode_that_fails_go(tmp_path):
    data = Dataset.create(tmp_path / "data")
    tasks = [Pictured("A", name, 1, data.path) for name in ("2", "1")]
    assert run_stage(data, "detect", cut, tasks, 1) == {"failed": 1}
    left = {path.name for path in (data.path / CROPS / "A").iterdir()}
    assert left == {"2", f"1.2.{os.getpid()}.part"}
