"""What a file of the system's holds: where its fields stand, what they mean, how one knows that it is whole. Data."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from pawline.connectors.files.layout import Column, check_layout
from pawline.connectors.files.paths import check_below
from pawline.insight.rows import Meant, check_fields, check_meant

MODIFIED: Final = "modified"
NotBelow = Annotated[float, msgspec.Meta(ge=0)]


class Export(Meant, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of one kind that the system writes, and what each column of them is. See the README for every word.

    `columns` has our field's name and where it stands: a header's text, a number from 1 on, or `[from, to]`, both
    included, of fixed width. Columns that nobody names are passed over.
    """

    files: str
    columns: dict[str, Column]
    format: Literal["csv", "fixed"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool | None = None
    multiline: bool = False
    as_of: str = ""
    end: str = ""
    trailer: str = ""
    companion: str = ""
    still: NotBelow | None = None
    done: str = ""
    cumulative: bool = True

    @property
    def headed(self) -> bool:
        """Whether its first line is a header. In fixed width one would name nothing: there only if it is said."""
        return self.format == "csv" if self.header is None else self.header

    @property
    def folder(self) -> tuple[str, ...]:
        """Where its files are, by segments."""
        return tuple(self.files.split("/"))[:-1]

    def cannot_be_of(self, other: Export) -> bool:
        """Whether no name fits both, by how they begin."""
        ours, theirs = (re.split(r"[*?\[]", one.pattern)[0] for one in (self, other))
        return not (ours.startswith(theirs) or theirs.startswith(ours))

    @property
    def pattern(self) -> str:
        """What its files are called."""
        return self.files.rpartition("/")[2]


def check_export(one: Export) -> None:
    """Raises ValueError, naming the export and what to do."""
    where = f"export {one.called}"
    check_below(f"{where}: `files`", one.files)
    if any(sign in part for part in one.folder for sign in "*?["):
        raise ValueError(f"{where}: `files` has * in its last part only")
    if one.done:
        check_below(f"{where}: `done`", one.done)
        if one.done == "/".join(one.folder):
            raise ValueError(f"{where}: `done` is where its files are: name another folder")
    check_layout(where, one)
    check_fields(where, one, one.columns, timed=bool(one.as_of), hint="say `as_of`")
    _check_whole(where, one)
    if one.as_of and one.as_of != MODIFIED and "%" not in one.as_of:
        raise ValueError(f'{where}: `as_of` is "modified", or the file\'s name with %Y%m%d and so on in it')
    check_meant(where, one)


def _check_whole(where: str, one: Export) -> None:
    said = [name for name in ("end", "trailer", "companion") if getattr(one, name)]
    said += ["still"] if one.still is not None else []
    if len(said) > 1:
        raise ValueError(f"{where}: a file is whole by one of `end`, `trailer`, `companion` and `still`, not by all")
    if one.trailer and one.trailer.count("{rows}") != 1:
        raise ValueError(f"{where}: `trailer` is the last line with {{rows}} where their number stands")
    if one.companion and ("/" in one.companion or not re.search(r"\{(name|stem)\}", one.companion)):
        raise ValueError(f"{where}: `companion` is a name such as {{name}}.done or {{stem}}.ok")
