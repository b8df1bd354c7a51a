"""The Python blocks of a Markdown page, and how they are run: top to bottom, in one namespace, as a reader would."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.*\S.*) -->")


@dataclass(frozen=True)
class Block:
    """One block: its first line in the page, its code, and why it cannot run, if so."""

    line: int
    code: str
    not_run: str | None


def blocks(page: str) -> list[Block]:
    found = []
    for fence in _FENCE.finditer(page):
        above = page[: fence.start()].splitlines()
        mark = _NOT_RUN.fullmatch(above[-1].strip()) if above else None
        found.append(Block(len(above) + 2, fence.group(1), mark["reason"] if mark else None))
    return found


def run(page: str, name: str) -> None:
    """Run a page's blocks. An error names the page and the line in it."""
    namespace: dict[str, object] = {"__name__": "example"}
    for block in blocks(page):
        padded = "\n" * (block.line - 1) + block.code
        if block.not_run:
            compile(padded, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        else:
            exec(compile(padded, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - our own pages
