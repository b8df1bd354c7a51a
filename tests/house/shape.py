"""Rules about shape: sizes, types, docstrings, names."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from tests.house.tree import FunctionNode, Source, functions

FILE_LINES = 300
FUNCTION_LINES = 40
JUNK_DRAWERS = ("utils", "helpers", "common", "manager", "service", "base")


def long_files(source: Source) -> list[str]:
    count = len(source.lines)
    return [f"{source.path}: {count} lines, at most {FILE_LINES}"] if count > FILE_LINES else []


def long_functions(source: Source) -> list[str]:
    sizes = ((node, (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions(source.tree))
    return [
        f"{source.at(node)} {node.name}: {size} lines, at most {FUNCTION_LINES}"
        for node, size in sizes
        if size > FUNCTION_LINES
    ]


def untyped_returns(source: Source) -> list[str]:
    return [f"{source.at(node)} {node.name}: no return type" for node in functions(source.tree) if node.returns is None]


def undocumented(source: Source) -> list[str]:
    """Modules, and the public classes and functions at their top. A method's promise stands at its class or port."""
    public = [
        node
        for node in source.tree.body
        if isinstance(node, ast.ClassDef | FunctionNode) and not node.name.startswith("_") and not _is_overload(node)
    ]
    found = [] if ast.get_docstring(source.tree) else [f"{source.path}: no docstring says what this file is for"]
    return found + [f"{source.at(node)} {node.name}: no docstring" for node in public if not ast.get_docstring(node)]


def _is_overload(node: ast.ClassDef | FunctionNode) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)


def junk_drawers(source: Source) -> list[str]:
    path = PurePosixPath(source.path)
    return [
        f"{source.path}: `{part}` says nothing about what is in it"
        for part in (*path.parts[:-1], path.stem)
        if part.strip("_") in JUNK_DRAWERS
    ]
