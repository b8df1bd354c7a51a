"""Complexity, counted: of a hub from its settings, of a script from its code. Nobody types these numbers in."""

from __future__ import annotations

import ast
import tomllib
from typing import TYPE_CHECKING, Any

from pawline.lab.rows import Parts

if TYPE_CHECKING:
    from collections.abc import Iterable


def of_settings(text: str, views: int, tools: Iterable[str]) -> Parts:
    """A hub's: one process, its store, its accounts and flows, and every value in its settings."""
    told = tomllib.loads(text)
    return Parts(
        processes=1, stores=1, systems=len(told.get("accounts", [])), flows=len(told.get("flows", [])),
        settings=_leaves(told), code_lines=0, views=views, tools=tuple(tools),
    )  # fmt: skip


def of_script(text: str) -> Parts:
    """A script's: the systems that it calls, what it reads or fixes in capitals, and its lines of code."""
    tree = ast.parse(text)
    called = {
        str(node.args[0].value).partition("/")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "call"
        and node.args and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    fixed = {
        one.id for node in tree.body if isinstance(node, ast.Assign)
        for one in node.targets if isinstance(one, ast.Name) and one.id.isupper()
    }  # fmt: skip
    return Parts(
        processes=1, stores=0, systems=len(called), flows=0, settings=len(fixed), code_lines=_lines(tree, text)
    )


def _lines(tree: ast.Module, text: str) -> int:
    """Lines on which something stands that is no comment and no docstring."""
    docs: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            first = node.body[0]
            docs.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for n, line in lines if n not in docs and line.strip() and not line.strip().startswith("#"))


def _leaves(told: Any) -> int:  # noqa: ANN401 - TOML
    if isinstance(told, dict):
        return sum(_leaves(one) for one in told.values())
    if isinstance(told, list) and any(isinstance(one, dict) for one in told):
        return sum(_leaves(one) for one in told)
    return 1
