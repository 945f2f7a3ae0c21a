"""Where the episodes run: here, in this process or in a pool of processes."""

from webtoon_curate.engine.local import advance, available_cores, run_episodes, threads

__all__ = ["advance", "available_cores", "run_episodes", "threads"]
