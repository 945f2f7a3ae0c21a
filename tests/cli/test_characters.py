"""`webtoon-curate characters`: what it says."""

from __future__ import annotations

import numpy as np
from click.testing import CliRunner
from faces_dataset import make, read

from webtoon_curate.cli import main


def test_a_run_with_nothing_to_do_says_so(tmp_path):
    data = make(tmp_path / "data", episodes=1)
    read(data, np.eye(2, 128).tolist())
    first, again = (CliRunner().invoke(main, ["characters", str(data.path)]) for _ in range(2))
    assert "2 likely characters of 2 faces in 1 title; 0 titles done before" in first.stderr
    assert "nothing new: 1 title done before" in again.stderr and "0 faces" not in again.stderr
