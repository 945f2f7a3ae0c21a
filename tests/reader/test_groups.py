"""Groups from logits and maps, on maps that are made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from webtoon_curate.reader.groups import HINTS, GroupFit, areas, group_fit, log_odds, mean_groups
from webtoon_curate.reader.readings import GROUPS, Readings
from webtoon_curate.synth.labels import Label

SIDE = 96


def points():
    """(68, 2) of a face that fills the middle of its crop."""
    around = np.linspace(np.pi, 0, 17)
    jaw = np.stack([0.5 + 0.25 * np.cos(around), 0.45 + 0.35 * np.sin(around)], axis=1)
    found = np.full((68, 2), 0.5)
    found[:17] = jaw
    found[31:36] = np.stack([np.linspace(0.45, 0.55, 5), np.full(5, 0.55)], axis=1)
    return found.astype(np.float32)


def face(below=Label.SKIN, above=Label.HAIR):
    """(SIDE, SIDE) a map: what is above the face, the face, and what is below its nose."""
    parts = np.full((SIDE, SIDE), Label.SKIN, np.uint8)
    parts[: SIDE // 4] = above
    parts[round(0.57 * SIDE) :] = below
    return parts


def told(parts, logits=(0.0, 0.0, 0.0, 0.0), where=None):
    """Probabilities of one face by name."""
    where = points() if where is None else where
    found = group_fit()(np.float32([logits]), areas(parts[None], where[None]))
    return {name: float(values[0]) for name, values in found.items()}


def test_areas_are_of_the_lower_face_and_of_the_head():
    found = areas(np.stack([face(), face(Label.FACIAL_HAIR, Label.HAT)]), np.stack([points()] * 2))
    assert found["facial_hair"][0] == found["hat"][0] == 0
    assert found["facial_hair"][1] > 0.8
    assert found["hat"][1] > 0.3


def test_hair_below_the_face_is_no_beard():
    parts = face()
    parts[round(0.85 * SIDE) :] = Label.FACIAL_HAIR
    assert areas(parts[None], points()[None])["facial_hair"][0] == 0


def test_a_beard_in_the_map_speaks_for_facial_hair_and_for_a_man():
    shaved, bearded = told(face()), told(face(Label.FACIAL_HAIR))
    assert bearded["facial_hair"] > 0.5 > shaved["facial_hair"]
    assert bearded["woman"] < shaved["woman"] - 0.2
    assert bearded["glasses"] == shaved["glasses"]


def test_a_hat_in_the_map_speaks_for_a_hat_alone():
    bare, hat = told(face()), told(face(above=Label.HAT))
    assert hat["hat"] > bare["hat"] + 0.2
    assert hat["woman"] == bare["woman"]


@pytest.mark.parametrize("name", GROUPS)
def test_a_higher_logit_never_makes_its_own_group_less_likely(name):
    own = np.zeros((20, 4), np.float32)
    own[:, GROUPS.index(name)] = np.linspace(-8, 8, 20)
    shares = {kind: np.full(20, 0.1) for kind in ("facial_hair", "hat")}
    assert (np.diff(group_fit()(own, shares)[name]) > 0).all()


@pytest.mark.parametrize("where", [np.nan, np.inf, 1e30, -1e30])
def test_points_that_are_nowhere_leave_probabilities(where):
    found = told(face(Label.FACIAL_HAIR), where=np.full((68, 2), where, np.float32))
    assert all(0 < chance < 1 for chance in found.values())


def test_extreme_and_missing_logits():
    assert told(face(), (1e30, -1e30, -1e30, 0))["woman"] == pytest.approx(1)
    found = told(face(), (0, float("nan"), 0, 0))
    assert np.isnan(found["glasses"]) and 0 < found["woman"] < 1


def test_a_map_without_anything_has_no_areas():
    found = areas(np.zeros((1, SIDE, SIDE), np.uint8), points()[None])
    assert found["facial_hair"][0] == found["hat"][0] == 0
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert len(areas(np.zeros((0, 1, 1), np.uint8), np.zeros((0, 68, 2)))["hat"]) == 0


def test_the_bundled_fit_has_every_hint_and_the_signs_that_they_must_have():
    fit = group_fit()
    assert set(fit.weights) == set(HINTS) == set(GROUPS)
    for question, names in HINTS.items():
        assert set(fit.weights[question]) == {*names, "bias"}
        assert np.isfinite(list(fit.weights[question].values())).all()
    assert min(fit.weights[name][hint] for name in HINTS for hint in HINTS[name]) > 0


def test_the_looks_at_a_face_are_joined_in_logits_and_the_rest_is_of_the_first():
    def look(woman, yaw):
        empty = vars(Readings.none())
        two = Readings(**{name: np.zeros((2, *v.shape[1:]), v.dtype) for name, v in empty.items()})
        return replace(two, woman=np.float32(woman), yaw=np.full(2, yaw, np.float32))

    joined = mean_groups([look([0.9, 1.0], 3), look([0.1, 0.9], 5)])
    assert joined.woman[0] == pytest.approx(0.5)
    assert 0.9 < joined.woman[1] <= 1
    assert joined.yaw.tolist() == [3, 3]


def test_no_weight_of_the_map_gives_the_network_alone():
    plain = {name: dict.fromkeys(hints, 0.0) | {"logit": 1.0, "bias": 0.0}
             for name, hints in HINTS.items()}  # fmt: skip
    logits = np.float32([[-2, 0, 1, 3]])
    found = GroupFit(plain, "")(logits, {"facial_hair": np.ones(1), "hat": np.ones(1)})
    woman, glasses, beard, hat = 1 / (1 + np.exp(-logits[0].astype(float)))
    assert [found[n][0] for n in GROUPS] == pytest.approx(
        [woman * (1 - beard), glasses, beard, hat]
    )
