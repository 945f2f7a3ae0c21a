"""Networks compiled by `torch.compile`, and runs that go on where no compiler works.

Only the passes that are trained on are compiled, and in place: names of weights, averages and
checkpoints are those of networks that are not.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from webtoon_curate.errors import CurateError
from webtoon_curate.trainer.config import RunConfig
from webtoon_curate.trainer.method import Batch, Method

LONG = 10_000
"""Steps from which on `auto` compiles. An estimate that no GPU has confirmed: the first step takes
about two minutes, which a hundredth of a second gained in each step brings back after as many."""


class Steps:
    """The steps of a method, compiled or not.

    Args:
        method: its networks are compiled at their first step.
        config: of the method.
        on_note: told if the compiler fails; the run goes on without.
    """

    def __init__(self, method: Method, config: RunConfig, on_note: Callable[[str], None]) -> None:
        self._method, self._on_note = method, on_note
        nets = list(method.nets.values())
        self.compiled = is_compiled(config, any(w.is_cuda for n in nets for w in n.parameters()))
        if self.compiled:
            for net in nets:
                net.compile(dynamic=False)  # samples have one size

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """`Method.step`. One that fails while it is compiled is done anew without: what was wrong
        with the step itself is raised then."""
        if self.compiled:
            try:
                return self._method.step(batch)
            except CurateError:
                raise
            except Exception as error:
                self.compiled = False
                self._on_note(
                    "the networks could not be compiled and are trained as they are, slower: "
                    f"{_reason(error)} (compile=off spares the try)"
                )
        with uncompiled():
            return self._method.step(batch)


def _reason(error: Exception) -> str:
    error = getattr(error, "inner_exception", error)  # the compiler's own
    return f"{type(error).__name__}: {str(error).strip()}".partition("\n")[0]


def is_compiled(config: RunConfig, gpu: bool) -> bool:
    """Whether a run compiles its networks: as told, or if it is a long one on a GPU."""
    return config.compile == "on" or (config.compile == "auto" and gpu and config.steps >= LONG)


def uncompiled() -> contextlib.AbstractContextManager[Any]:
    """Within it, networks run as they are written, whether they are compiled or not."""
    if "torch._dynamo" not in sys.modules:  # takes seconds to import, and nothing is compiled
        return contextlib.nullcontext()
    return torch.compiler.set_stance("force_eager")
