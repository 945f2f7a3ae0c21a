"""How good the stages are, measured against labels that people made.

Example:
    >>> from webtoon_curate.evaluate import evaluate_dataset, load_truth
    >>> truth = load_truth("labels.json")                            # doctest: +SKIP
    >>> evaluate_dataset("my-dataset", truth).average_precision      # doctest: +SKIP
"""

from __future__ import annotations

from webtoon_curate.evaluate.detect import evaluate_dataset
from webtoon_curate.evaluate.matching import Evaluation, Outcome, evaluate_detections, match
from webtoon_curate.evaluate.truth import Truth, load_truth

__all__ = [
    "Evaluation",
    "Outcome",
    "Truth",
    "evaluate_dataset",
    "evaluate_detections",
    "load_truth",
    "match",
]
