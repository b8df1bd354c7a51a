"""What an account of a table is told: where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account needs: a folder of this machine, `place`, with the table and the folder of its books.

    The table is read again every so many seconds. Raises ValueError, naming what is wrong and what to do.
    """

    place: str
    table: str = "taxes.csv"
    books: str = "books"
    every: Annotated[float, msgspec.Meta(ge=1, le=3_600)] = 60.0

    def __post_init__(self) -> None:
        if not Path(self.place).is_absolute():
            raise ValueError("`place` is an absolute path to the folder that the table is in, such as /srv/taxes")
        for name in ("table", "books"):
            said = getattr(self, name)
            if not said or said in {".", ".."} or "/" in said or "\0" in said:
                raise ValueError(f"`{name}` is a name in the folder `place`, and no path")
