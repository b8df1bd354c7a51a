"""The reference of the command line, from the app: `python -m tests.docs.cli_page > docs/reference/cli.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from pawline.cli import app

HEAD = """\
# Command line

Generated from the app (`python -m tests.docs.cli_page > docs/reference/cli.md`); a test compares them.

Every command takes `--json` and then answers in JSON. Exit codes: 0 done; 1 refused, with one sentence on the error
output that says what to do (`{"error": …}` with `--json`); 2 a word or option that does not exist.
"""


def page() -> str:
    return HEAD + "".join(_commands(get_command(app), "pawline"))


def _commands(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        yield _section(command, name)
        return
    for child, found in children.items():
        yield from _commands(found, f"{name} {child}")


def _section(command: Any, name: str) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and one.name not in {"help", "config"}]
    words = " ".join(one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments)
    lines = [f"\n## {name}\n", f"\n    {name} {words}".rstrip() + "\n", f"\n{(command.help or '').strip()}\n\n"]
    lines += [f"- `{one.name.upper()}` {one.help or ''}".rstrip() + "\n" for one in arguments]
    lines += [f"- `{', '.join(one.opts)}` {one.help or ''}".rstrip() + "\n" for one in options]
    return "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
