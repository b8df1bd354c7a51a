"""The files that the house rules are held against."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[2]
SRC = "src/pawline/"
FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One text file: where it is, seen from the checkout, and what it says."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


Rule: TypeAlias = Callable[[Source], list[str]]


def listed() -> list[str]:
    """Every file that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in out.split("\0") if name and (ROOT / name).is_file()})


def texts() -> Iterator[Source]:
    for path in listed():
        try:
            yield Source(path, (ROOT / path).read_text("utf-8"))
        except UnicodeDecodeError:
            continue  # a picture or an archive: nothing to read


def product() -> list[Source]:
    """The Python files of the product."""
    return [Source(path, (ROOT / path).read_text("utf-8")) for path in listed() if is_product(path)]


def is_product(path: str) -> bool:
    return path.startswith(SRC) and path.endswith(".py")


def functions(tree: ast.AST) -> Iterator[FunctionNode]:
    return (node for node in ast.walk(tree) if isinstance(node, FunctionNode))


def offences(rule: Rule, sources: Iterable[Source]) -> list[str]:
    return [offence for source in sources for offence in rule(source)]
