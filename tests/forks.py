"""Commands in processes of their own whose start takes no time, so that all of it is their work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys

_SERVER = """
import importlib, json, os, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
from webtoon_curate.cli import main
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        print(os.getpid(), flush=True)
        for stream in (0, 2):
            os.dup2(os.open(os.devnull, os.O_RDWR), stream)
        main(json.loads(line))
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Forks:
    """A process that has imported what commands need and forks itself for one after the other.

    Args:
        modules: what is imported before; none may start threads.
    """

    def __init__(self, *modules: str) -> None:
        command = [sys.executable, "-c", _SERVER, *modules]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._server = subprocess.Popen(command, text=True, **pipes)
        self._process: int | None = None

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._server.communicate()

    def start(self, *arguments: str) -> None:
        """Run `webtoon-curate`, until `wait` or `kill`."""
        self._server.stdin.write(json.dumps(arguments) + "\n")
        self._server.stdin.flush()
        self._process = int(self.line())

    def line(self) -> str:
        """A line that the command prints; all must be read before `wait` or `kill`."""
        return self._server.stdout.readline().strip()

    def wait(self) -> int:
        """How the command ended: 0, or a status as of `os.waitpid`."""
        self._process = None
        return int(self.line())

    def interrupt(self) -> int:
        """Ctrl-C, and how the command then ended."""
        os.kill(self._process, signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """kill -9, if it was not waited for, also of the processes that it has started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.killpg(self._process, signal.SIGKILL)
            self.wait()
