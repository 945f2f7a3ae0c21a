"""Where the work runs: here, in this process or in a pool of processes."""

from webtoon_curate.engine.local import (
    WorkerError,
    advance,
    available_cores,
    ordered_pool,
    run_episodes,
    threads,
)

__all__ = ["WorkerError", "advance", "available_cores", "ordered_pool", "run_episodes", "threads"]
