"""An account's words for the settings: asked for, written beside the file first, and kept once they are proved."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, get_args

import msgspec

from pawline.hub import HubRefused
from pawline.kit import Secret

SECRETS: Final = "secrets"
"""The folder beside the settings, for what a person typed."""
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_NAME: Final = re.compile(r"[^a-z0-9_.-]")


class Asks(Protocol):
    """Asks a person for one setting."""

    def __call__(self, name: str, *, hidden: bool, optional: bool) -> str:
        """The answer; empty where it is optional and there is none."""
        ...


@dataclass(frozen=True)
class Answers:
    """What is known: plain values, variables that hold secrets, and secrets that were typed."""

    shop: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Secret] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    """Settings that are text, whatever they look like: a client's id may be all digits."""
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further variables, of a setting that takes several secrets: two while one is changed."""


def questions(kind: type[msgspec.Struct], given: Answers, ask: Asks | None) -> Answers:
    """The answers, and those that lacked. Raises HubRefused for what is no setting, or lacks where nobody is asked.

    What has a default is asked for only where that is nothing, or where it is a secret.
    """
    fields = {one.name: one for one in msgspec.structs.fields(kind)}
    secret = {name for name, one in fields.items() if _holds_secret(one.type)}
    _check(given, fields, secret)
    values, typed = dict(given.values), dict[str, Secret]()
    for name, one in fields.items():
        if name in given.values or name in given.variables:
            continue
        if ask is None and one.required:
            raise HubRefused(f"it needs {name}: give {'--secret' if name in secret else '--set'} {name}=…")
        if ask is None or not (one.required or name in secret or one.default is None) or _is_table(one.type):
            continue
        said = ask(name, hidden=name in secret, optional=not one.required)
        if said and name in secret:
            typed[name] = Secret(said)
        elif said:
            values[name] = said
    lists = frozenset(name for name, one in fields.items() if _is_list(one.type))
    texts = frozenset(name for name, one in fields.items() if str in _parts(one.type))
    if several := sorted(set(given.more) - lists):
        raise HubRefused(f"--secret {several[0]} is given more than once, and takes one: give it once")
    return Answers(given.shop, values, given.variables, typed, lists, texts, given.more)


def given_by(said: Answers) -> dict[str, object]:
    """The same as a connector takes it."""
    given: dict[str, object] = dict(said.values) | dict(said.typed)
    for name, variable in said.variables.items():
        given[name] = Secret(os.environ[variable])
    whole = {name: [value] if name in said.lists else value for name, value in given.items()}
    for name, more in said.more.items():
        whole[name] = [given[name], *(Secret(os.environ[one]) for one in more)]
    return whole


def confirmed(said: Answers, shown: Mapping[str, str], sure: Callable[[str, str], bool]) -> Answers:
    """The answers, with what the system shows and a person knows to be true. Raises HubRefused where it is not."""
    for name, value in shown.items():
        if not sure(name, value):
            raise HubRefused(f"{name} is not what it shows: ask its owner; nothing was changed")
    return replace(said, values={**said.values, **shown})


def _check(given: Answers, fields: Collection[str], secret: Collection[str]) -> None:
    for name in (*given.values, *given.variables):
        if name not in fields:
            raise HubRefused(f"{name} is no setting of it; there are {', '.join(fields)}")
        if name in given.values and name in secret:
            raise HubRefused(f"{name} is a secret: give --secret {name}=VARIABLE, and the variable holds it")
        if name in given.variables and name not in secret:
            raise HubRefused(f"{name} is no secret: give --set {name}=VALUE")
        named = (given.variables[name], *given.more.get(name, ())) if name in given.variables else ()
        if not all(map(_VARIABLE.fullmatch, named)):
            raise HubRefused(f"--secret {name}: name the variable that holds it, in capitals; never the secret itself")
        if not all(map(os.environ.get, named)):  # not named here: people take the secret itself for its variable
            raise HubRefused(f"--secret {name}: no such variable is set: set it here, and where the hub is started")


def _parts(kind: Any) -> Iterator[Any]:
    yield kind
    for part in get_args(kind):
        yield from _parts(part)


def _holds_secret(kind: Any) -> bool:
    return Secret in _parts(kind)


def _is_table(kind: Any) -> bool:
    """What nobody says in a line: it is written into the settings."""
    return any(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in _parts(kind))


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) in {tuple, list}


class Written:
    """A draft of the settings with the account at its end; left without `keep`, nothing of it is there any more."""

    def __init__(self, file: Path, account: str, answers: Answers) -> None:
        self.file, self._account, self._answers = file.resolve(), account, answers  # what a link leads to
        self.draft: Final = self.file.with_name(f"{self.file.name}.connecting-{os.getpid()}")
        self._made: list[Path] = []
        self._before = ""

    def __enter__(self) -> Self:
        self._before = _read(self.file)
        try:
            self.draft.touch(0o600)
            end = "\r\n" if "\r\n" in self._before else "\n"
            block = self._block().replace("\n", end)
            self.draft.write_text(self._before.rstrip("\r\n") + end + end + block, "utf-8", newline="")
        except BaseException:
            self._undo()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self.draft.exists():
            self._undo()

    def keep(self) -> None:
        """It is proved: the draft takes the file's place. Raises HubRefused where that was changed meanwhile."""
        if _read(self.file) != self._before:
            raise HubRefused(f"{self.file} was changed meanwhile: nothing was written; connect again")
        shutil.copymode(self.file, self.draft)
        owner = self.file.stat()
        if (owner.st_uid, owner.st_gid) != (self.draft.stat().st_uid, self.draft.stat().st_gid):
            os.chown(self.draft, owner.st_uid, owner.st_gid)  # whoever runs the hub reads it still
        self.draft.replace(self.file)

    def _undo(self) -> None:
        for one in (self.draft, *self._made):
            one.unlink(missing_ok=True)

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
        words |= {name: f"{{ file = {_text(self._kept(name, value))} }}" for name, value in said.typed.items()}
        lines += [f"{name} = {f'[{word}]' if name in said.lists else word}" for name, word in words.items()]
        return "\n".join(lines) + "\n"

    def _kept(self, name: str, value: Secret) -> str:
        """The secret in a file that nobody else may read, and its name beside the settings."""
        folder = self.file.parent / SECRETS
        folder.mkdir(mode=0o700, exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", "utf-8")
        place = folder / f"{_NAME.sub('-', self._account)}.{name}"
        if place.exists():
            raise HubRefused(f"{place} is there already: is it of an account that was taken out? move it away")
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            self._made.append(place)
            file.write(value.reveal())
        return f"{SECRETS}/{place.name}"


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
