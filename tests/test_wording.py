"""One face is not `1 faces`: messages count as people do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import webtoon_curate
from webtoon_curate.wording import plural, quoted

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


def test_paths_are_quoted_as_shells_take_them():
    assert quoted(Path("my data"), windows=False) == "'my data'"
    assert quoted("C:\\my data", windows=True) == '"C:\\my data"'
    assert quoted("data", windows=False) == quoted("data", windows=True) == "data"


_PATHS = {"path", "folder", "dataset", "output", "parent"}


def test_commands_in_messages_quote_the_paths_in_them():
    """So that what a message suggests runs when it is copied, also in folders with spaces."""
    root, found = Path(webtoon_curate.__file__).parent, []
    for path in sorted(root.rglob("*.py")):
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(text, ast.JoinedStr):
                continue
            before = ""
            for value in text.values:
                if isinstance(value, ast.Constant):
                    before += value.value
                elif re.search(r"webtoon-curate [a-z{][^:;,]*$", before):
                    called = isinstance(value.value, ast.Call) and ast.unparse(value.value.func)
                    if not str(called).endswith("quoted") and _last(value.value) in _PATHS:
                        found.append(f"{path.relative_to(root)}:{text.lineno}")
                    before += "{}"
    assert not found


def _last(value: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
