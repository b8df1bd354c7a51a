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


def of_script(text: str, root: str) -> Parts:
    """A script's, as far as `root` comes to it: systems called, what is fixed in capitals, lines of code."""
    tree = ast.parse(text)
    used = _used(tree, root)
    called = {
        str(node.args[0].value).partition("/")[0]
        for part in used for node in ast.walk(part)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "call"
        and node.args and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    fixed = sum(isinstance(one, ast.Assign) for one in used)
    return Parts(
        processes=1, stores=0, systems=len(called), flows=0, settings=fixed, code_lines=_lines(used, text)
    )  # fmt: skip


def _used(tree: ast.Module, root: str) -> list[ast.stmt]:
    """What of the top of a script `root` needs, itself included: whatever bears a name that one of them mentions."""
    named: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            named[node.name] = node
        elif isinstance(node, ast.Assign):
            named.update({one.id: node for one in node.targets if isinstance(one, ast.Name)})
    found, open_ = dict[str, ast.stmt](), [root]
    while open_:
        name = open_.pop()
        if name in named and name not in found:
            found[name] = named[name]
            open_ += [node.id for node in ast.walk(named[name]) if isinstance(node, ast.Name)]
    return list(found.values())


def _lines(used: list[ast.stmt], text: str) -> int:
    """Their lines on which something stands that is no comment and no docstring."""
    lines, docs = set[int](), set[int]()
    for part in used:
        lines.update(range(part.lineno, (part.end_lineno or part.lineno) + 1))
        for node in ast.walk(part):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
                first = node.body[0]
                docs.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    said = {n for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.strip().startswith("#")}
    return len((lines - docs) & said)


def _leaves(told: Any) -> int:  # noqa: ANN401 - TOML
    if isinstance(told, dict):
        return sum(_leaves(one) for one in told.values())
    if isinstance(told, list) and any(isinstance(one, dict) for one in told):
        return sum(_leaves(one) for one in told)
    return 1
