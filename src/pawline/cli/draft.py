"""The settings with one account more: a draft beside the file, which takes its place once the account is proved.

Settings are whoever runs the hub's to read: what is written here is theirs as well, whoever connects.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from pawline.hub import HubRefused

if TYPE_CHECKING:
    from pawline.cli.writing import Answers
    from pawline.kit import Secret

SECRETS: Final = "secrets"
"""The folder beside the settings, for what a person typed."""
MAKES: Final = "# `pawline connect` makes:"
"""The last line of a draft: the secrets that were written for it. Without that line, it is not known to be whole."""
_NAME: Final = re.compile(r"[^a-z0-9_.-]")


class Draft:
    """A draft of the settings with the account at its end; left without `keep`, nothing of it is there any more.

    It is locked for as long as it is ours: one that is not locked is of a process that was killed.
    """

    def __init__(self, file: Path, account: str, answers: Answers) -> None:
        self.file, self._account, self._answers = file.resolve(), account, answers  # what a link leads to
        self.place: Final = _draft_of(self.file)
        self._secrets = {name: f"{SECRETS}/{_NAME.sub('-', account)}.{name}" for name in answers.typed}
        self._before, self._size, self._lock = "", 0, -1
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        """Raises HubRefused where another one is under way, or something is in its way."""
        self._before = _read(self.file)
        lock = _claimed(self.place, make=True)
        if lock is None:
            raise HubRefused(f"another `pawline connect` is under way with {self.file}: wait until it has ended")
        self._lock = lock
        self._made.append(self.place)
        try:
            self._give(lock)
            self._write()
        except BaseException:
            self._undo()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._undo()

    def keep(self) -> None:
        """It is proved: the draft takes the file's place. Raises HubRefused where that was changed meanwhile."""
        if _read(self.file) != self._before:
            raise HubRefused(f"{self.file} was changed meanwhile: nothing was written; connect again")
        shutil.copymode(self.file, self.place)
        os.truncate(self.place, self._size)
        self.place.replace(self.file)
        self._made.clear()

    def _undo(self) -> None:
        """The draft last, for it names the others."""
        for one in reversed(self._made):
            one.unlink(missing_ok=True)
        os.close(self._lock)

    def _write(self) -> None:
        """The draft first, and then the secrets that it names: what is cleared after a death is what it names."""
        for name in self._secrets.values():
            if (self.file.parent / name).exists():
                raise HubRefused(
                    f"{self.file.parent / name} is there already: is it of an account that was taken out? move it away"
                )
        end = "\r\n" if "\r\n" in self._before else "\n"
        block = self._block().replace("\n", end)
        text = (self._before.rstrip("\r\n") + end + end + block).encode()
        self._size = len(text)
        self.place.write_bytes(text + " ".join([MAKES, *self._secrets.values()]).encode() + b"\n")
        for name, value in self._answers.typed.items():
            self._keep_apart(self.file.parent / self._secrets[name], value)

    def _keep_apart(self, place: Path, value: Secret) -> None:
        """In a file that nobody else may read."""
        folder = place.parent
        if not folder.exists():
            folder.mkdir(mode=0o700)
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                self._give(held)
            finally:
                os.close(held)
        if not (folder / ".gitignore").exists():
            self._new(folder / ".gitignore", 0o644, "*\n")
        self._new(place, 0o600, value.reveal(), self._made)

    def _new(self, place: Path, mode: int, text: str, undo: list[Path] | None = None) -> None:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            if undo is not None:
                undo.append(place)
            self._give(file.fileno())
            file.write(text)

    def _give(self, held: int) -> None:
        """To whose the settings are. What is open, not what is named: a name may lead elsewhere by now."""
        owner, now = self.file.stat(), os.fstat(held)
        if (owner.st_uid, owner.st_gid) == (now.st_uid, now.st_gid):
            return
        try:
            os.fchown(held, owner.st_uid, owner.st_gid)
        except PermissionError:
            raise HubRefused(f"{self.file} is somebody else's: connect as whoever it belongs to") from None

    def _block(self) -> str:
        said = self._answers
        lines = ["[[accounts]]", f"name = {_text(self._account)}"]
        if said.shop:
            lines.append(f"shops = [{_text(said.shop)}]")
        lines += ["", "[accounts.settings]"]
        words = {name: _literal(value, text=name in said.texts) for name, value in said.values.items()}
        words |= {
            name: ", ".join(f"{{ env = {_text(one)} }}" for one in (value, *said.more.get(name, ())))
            for name, value in said.variables.items()
        }
        words |= {name: f"{{ file = {_text(place)} }}" for name, place in self._secrets.items()}
        lines += [f"{name} = {f'[{word}]' if name in said.lists else word}" for name, word in words.items()]
        return "\n".join(lines) + "\n"


def cleared(file: Path) -> list[Path]:
    """Removes what a `pawline connect` that was killed left beside these settings; one under way keeps its own."""
    file = file.resolve()
    draft = _draft_of(file)
    lock = _claimed(draft, make=False)
    if lock is None:
        return []
    try:
        left = [*_secrets_left(draft, file), draft]
        for one in left:
            one.unlink(missing_ok=True)
        return left
    finally:
        os.close(lock)


def _secrets_left(draft: Path, file: Path) -> list[Path]:
    """Those that were made for it: in their place, theirs whose the settings are, and not named there by now."""
    *_, last = draft.read_bytes().splitlines(keepends=True) or [b""]
    if not (last.startswith(MAKES.encode()) and last.endswith(b"\n")):
        return []
    named, known, owner = last.decode().removeprefix(MAKES).split(), _read(file), file.stat().st_uid
    places = {one: file.parent / one for one in named if Path(one).parent == Path(SECRETS)}
    return [at for one, at in places.items() if one not in known and at.is_file() and at.lstat().st_uid == owner]


def _draft_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.connecting")


def _claimed(draft: Path, *, make: bool) -> int | None:
    """The draft, open and locked; None where it is somebody else's, or is not there and not to be made."""
    while True:
        try:
            held = os.open(draft, os.O_RDWR | os.O_NOFOLLOW | (os.O_CREAT if make else 0), 0o600)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if draft.exists() and os.path.samestat(os.fstat(held), draft.stat()):
                return held
        except BlockingIOError:
            os.close(held)
            return None
        os.close(held)  # it was kept or taken away between the two: that is no draft any more


def _read(file: Path) -> str:
    """With its line ends as they are."""
    return file.read_bytes().decode("utf-8")


def _text(value: str) -> str:
    """As TOML says it: what JSON writes as halves of a character is none there."""
    return json.dumps(value, ensure_ascii=False)


def _literal(value: str, *, text: bool) -> str:
    """A value as TOML says it: numbers and yes or no as such, unless it is `text`."""
    if text:
        return _text(value)
    if value in {"true", "false"} or re.fullmatch(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?", value):
        return value
    return _text(value)
