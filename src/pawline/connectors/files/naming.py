"""What the file of an order is called, where it is put, and what the system that takes it makes of its name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import unquote

from pawline.kit import Entry, safe_name
from pawline.model import OrderId

ORDER: Final = "{order}"
_SAFE: Final = r"([\w~%-]+?)"
"""What `safe_name` makes of an order, as a part of a pattern."""


class Place(NamedTuple):
    """A folder, and what an order's file is called there: a name with `{order}` in it, and `*` for anything."""

    folder: tuple[str, ...]
    pattern: str

    def name(self, order: OrderId) -> str:
        """The file's name, where there is no `*` in it."""
        return self.pattern.replace(ORDER, safe_name(order))

    def fits(self, name: str, order: OrderId) -> bool:
        """Whether a file of this name is that of the order."""
        return re.fullmatch(self._read(re.escape(safe_name(order))), name) is not None

    def order_of(self, entry: Entry) -> OrderId | None:
        """The order whose file this is; None for another's, and for one whose name had to be shortened."""
        found = None if entry.problem is not None else re.fullmatch(self._read(_SAFE), entry.name, re.ASCII)
        if found is None:
            return None
        order = OrderId(unquote(found[1]))
        return order if safe_name(order) == found[1] else None

    def overlaps(self, other: Place) -> bool:
        """Whether files of the other's would be taken for files of this one, as far as that can be told."""
        names = [other.name(OrderId("1")).replace("*", between) for between in ("", "x")]
        return self.folder == other.folder and any(self.fits(name, OrderId("1")) for name in names)

    def _read(self, order: str) -> str:
        before, after = (re.escape(one).replace(r"\*", ".*?") for one in self.pattern.split(ORDER))
        return before + order + after


def place_of(said: str, name: str) -> Place:
    """A folder where the file keeps its `name`, or one and the pattern of what it is called there."""
    path = PurePosixPath(said)
    return Place(path.parent.parts, path.name) if ORDER in path.name else Place(path.parts, name)


def check_place(setting: str, said: str) -> None:
    """Raises ValueError for a pattern that could be another order's, too."""
    folder, _, last = f"/{said}".rpartition("/")
    before, is_pattern, after = last.partition(ORDER)
    literal = folder + before.replace("*", "") + after.replace("*", "") if is_pattern else folder + last
    if any(sign in literal for sign in "*{") or before.endswith("*") or after.startswith("*"):
        raise ValueError(
            f"orders: `{setting}` is {said!r}: a folder, where the file keeps its name, or one and a pattern of its"
            " name, such as done/*order-{order}.csv*, with no * beside {order}"
        )
