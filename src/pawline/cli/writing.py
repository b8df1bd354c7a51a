"""What an account needs for the settings: given at once, or asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, get_args

import msgspec

from pawline.hub import HubRefused
from pawline.kit import Secret

_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")


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
