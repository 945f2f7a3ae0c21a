from __future__ import annotations

import numpy as np
import pytest

from webtoon_curate.landmarks.quality import MEASURES, WRONG_WHEN_LOW, calibration, told

KNOWN = calibration()
GOOD = {"dispersion": 0.008, "recrop": 0.0, "edges": 0.5, "skin": 0.99, "spill": 0.01,
        "parts": 0.03, "shape": 1.0, "agreement": 0.02}  # fmt: skip
BAD = {"dispersion": 0.08, "recrop": 0.3, "edges": 0.0, "skin": 0.5, "spill": 0.5,
       "parts": 0.2, "shape": 5.0, "agreement": 0.2}  # fmt: skip


def quality(n=1, **measures):
    columns = {name: np.full(n, np.nan) for name in MEASURES}
    return KNOWN.quality(columns | {k: np.broadcast_to(v, n) for k, v in measures.items()})


def test_good_is_good_and_bad_is_bad():
    assert quality(**GOOD)[0] > 0.8 > 0.1 > quality(**BAD)[0]


@pytest.mark.parametrize("lacking", [(), ("agreement",), ("agreement", "skin", "spill", "parts")])
def test_with_whatever_measures_there_are(lacking):
    good, bad = ({n: v for n, v in one.items() if n not in lacking} for one in (GOOD, BAD))
    assert quality(**good)[0] > 0.7 > 0.2 > quality(**bad)[0]


@pytest.mark.parametrize("name", MEASURES)
def test_worse_evidence_never_raises_the_quality(name):
    values = np.linspace(GOOD[name], BAD[name], 50)
    found = quality(50, **(GOOD | {name: values}))
    assert (np.diff(found) <= 1e-6).all()


@pytest.mark.parametrize("name", MEASURES)
def test_better_than_usual_is_not_rewarded(name):
    best = 1.0 if name in WRONG_WHEN_LOW else 0.0
    usual = 0.5
    assert told(name, np.array([best]), usual) == told(name, np.array([np.nan]), usual)


def test_absurd_measures_give_a_number():
    for value in (np.inf, -np.inf, 1e30, -1.0):
        found = quality(**dict.fromkeys(MEASURES, value))
        assert 0 <= found[0] <= 1


def test_no_faces_are_no_crash():
    assert len(quality(0, **GOOD)) == 0
