"""One face is not `1 faces`: messages count as people do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import webtoon_curate
from webtoon_curate.wording import plural

_NOUNS = "faces|pages|episodes|scenes|titles|labels|inputs|pictures|images|sets|clusters|components"
_FIXED = {"MAX_FACES", "MAX_PAGES", "MAX_NAMED", "least", "fewest", "FEW"}
"""Limits, which are never 1."""


def test_one_is_one():
    assert [plural(number, "kept face") for number in (0, 1, 1000)] == [
        "0 kept faces",
        "1 kept face",
        "1,000 kept faces",
    ]


@pytest.mark.parametrize("folder", ["cli", "splits", "export"])
def test_no_message_puts_a_number_before_a_fixed_plural(folder):
    found = []
    for path in sorted((Path(webtoon_curate.__file__).parent / folder).glob("*.py")):
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(text, ast.JoinedStr):
                continue
            for value, following in zip(text.values, text.values[1:]):
                if not isinstance(value, ast.FormattedValue) or _names(value) & _FIXED:
                    continue
                word = getattr(following, "value", "")
                if isinstance(word, str) and re.match(rf" (\w+ )?({_NOUNS})\b", word):
                    found.append(f"{path.name}:{text.lineno}: {word[:30]}")
    assert not found


def _names(value: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
