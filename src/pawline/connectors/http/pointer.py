"""Where something stands in JSON: a pointer of RFC 6901, followed to what is there."""

from __future__ import annotations

import re
from typing import Any, Final

Json = Any
"""What JSON may say; a number with a point is a `Decimal`."""
WHOLE: Final = "whole:"
"""Before a pointer inside a list's item, or a part: it begins at the whole body all the same."""
_TOKEN: Final = re.compile(r"(?:[^~/]|~[01])*")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


class NotThere(ValueError):
    """Nothing stands where a pointer leads."""


def check_pointer(where: str, pointer: str) -> None:
    """Raises ValueError for what is no pointer."""
    path = pointer.removeprefix(WHOLE)
    if path and (path[0] != "/" or not all(_TOKEN.fullmatch(one) for one in path[1:].split("/"))):
        raise ValueError(
            f"{where}: {pointer[:60]!r} is no JSON pointer: write /data/id; in a name ~1 is a slash and ~0 a ~"
        )


def found(pointer: str, here: Json, whole: Json) -> Json:
    """What stands there. Raises NotThere, naming the pointer and the part of it that leads nowhere."""
    at = whole if pointer.startswith(WHOLE) else here
    path = pointer.removeprefix(WHOLE)
    for token in path.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(at, dict) and name in at:
            at = at[name]
        elif isinstance(at, list) and _INDEX.fullmatch(name) and int(name) < len(at):
            at = at[int(name)]
        else:
            kind = "a list" if isinstance(at, list) else "an object" if isinstance(at, dict) else "neither"
            raise NotThere(f"{pointer}: nothing is there: {name[:40]!r} is looked for in what is {kind}")
    return at


def is_missing(pointer: str | None, here: Json, whole: Json) -> bool:
    """Whether nothing stands there, or null does."""
    try:
        return pointer is not None and found(pointer, here, whole) is None
    except NotThere:
        return True
