"""Where the episodes run: here, in this process or in a pool of processes."""

from webtoon_curate.engine.local import available_cores, run_episodes

__all__ = ["available_cores", "run_episodes"]
