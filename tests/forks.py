"""Commands in processes of their own whose start takes no time, so that all of it is their work."""

from __future__ import annotations

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
        for stream in range(3):
            os.dup2(os.open(os.devnull, os.O_RDWR), stream)
        main(json.loads(line))
    os.setpgid(child, child)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Forks:
    """A process that has imported what commands need and forks itself for each of them.

    Args:
        modules: what is imported before; none may start threads.
    """

    def __init__(self, *modules: str) -> None:
        command = [sys.executable, "-c", _SERVER, *modules]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._server = subprocess.Popen(command, text=True, **pipes)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def start(self, *arguments: str) -> None:
        """Run `webtoon-curate`, until `wait` or `kill`."""
        self._say(json.dumps(arguments))
        self._group = int(self._server.stdout.readline())

    def wait(self) -> int:
        """How the command ended: 0, or a status as of `os.waitpid`."""
        self._say("")
        return int(self._server.stdout.readline())

    def kill(self) -> None:
        """Kill the command, if it still runs, and the processes that it has started."""
        os.killpg(self._group, signal.SIGKILL)
        self.wait()

    def _say(self, line: str) -> None:
        self._server.stdin.write(line + "\n")
        self._server.stdin.flush()
