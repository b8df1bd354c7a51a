"""What a new connector's files say: taken from the ports as they are, so that they are never out of date."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pawline import model, ports
from pawline.ports import is_read, port_methods
from pawline.testing.conformance import RULES

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_TYPE: Final = re.compile(r"[A-Za-z_]\w*")
_PLACES: Final = (("pawline.model", model), ("pawline.ports", ports))
_DATES: Final = ("date", "datetime", "timedelta")
_WIDE: Final = 88
"""What formatters leave in one line."""


def files(name: str, roles: Sequence[type[Any]]) -> dict[str, str]:
    """The texts by path of a connector that plays these ports."""
    package, title = f"src/pawline_{name}", name.replace("_", " ").title()
    made = {
        "pyproject.toml": _project(name, title),
        f"{package}/__init__.py": _card(name, title, roles),
        f"{package}/settings.py": _settings(title),
        f"{package}/README.md": _readme(name, title),
        f"{package}/quality.toml": _quality(),
        f"tests/test_{name}.py": _test(name, roles),
    }
    return made | {f"{package}/{_word(role)}.py": _player(name, title, role) for role in roles}


def _word(role: type[Any]) -> str:
    return role.__name__.lower()


def _class(name: str, role: type[Any]) -> str:
    return "".join(part.title() for part in name.split("_")) + role.__name__


def _project(name: str, title: str) -> str:
    dashed = name.replace("_", "-")
    return f"""[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "pawline-{dashed}"
version = "0.1.0"
description = "{title} for Pawline."
requires-python = ">=3.11"
dependencies = ["pawline"]

[project.entry-points."pawline.connectors"]
{name} = "pawline_{name}:connector"

[tool.hatch.build.targets.wheel]
packages = ["src/pawline_{name}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
"""


def _settings(title: str) -> str:
    return f'''"""What an account of {title} needs."""

from __future__ import annotations

import msgspec

from pawline.kit import Secret


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it is, and what it knows us by."""

    url: str = "https://api.example.com/v1"
    token: Secret
'''


def _card(name: str, title: str, roles: Sequence[type[Any]]) -> str:
    plays = [f"from pawline_{name}.{_word(role)} import {_class(name, role)}\n" for role in roles]
    offers = [
        f"        {role.__name__}: Offer({_class(name, role)}, {_class(name, role)}.OPERATIONS),\n" for role in roles
    ]
    named = sorted(["Limits", *(role.__name__ for role in roles)])
    return f'''"""{title}: its card."""

from __future__ import annotations

from pawline.kit import Connector, Guard, Http, Offer, Secret
{_from("pawline.ports", named)}{"".join(sorted(plays))}from pawline_{name}.settings import Settings


def http(settings: Settings, guard: Guard) -> Http:
    """An account's client. Whatever else it sends with each call stands here, and nothing secret in an address."""
    return Http(settings.url, guard=guard, headers={{"authorization": Secret(f"Bearer {{settings.token.reveal()}}")}})


connector = Connector(
    name="{name}",
    title="{title}",
    settings=Settings,
    http=http,
    offers={{
{"".join(offers)}    }},
    limits=Limits(rate=5, concurrency=4),  # what its documentation allows
)
'''


def _player(name: str, title: str, role: type[Any]) -> str:
    methods = [(one, inspect.signature(getattr(role, one))) for one in port_methods(role)]
    effects = [one for one, _ in methods if not is_read(role, one)]
    used = {word for _, how in methods for kind in _kinds(how) for word in _TYPE.findall(kind)}
    operations = "".join(f'        "{one}": Operation(settle=Settle.ASK),\n' for one in effects)
    bodies = "\n".join(_method(_word(role), one, how) for one, how in methods)
    return f'''"""{title} in the role of {role.__name__}."""

from __future__ import annotations

{_imports(used | {"Operation"} | ({"Settle"} if effects else set()), name)}

class {_class(name, role)}:
    """See `{role.__name__}`."""

    OPERATIONS: Final{f" = {{{chr(10)}{operations}    }}" if effects else "[dict[str, Operation]] = {}"}
    """After a call that broke a person says whether it happened. Say KEY, LOOK_UP or REPEAT where that is true."""

    def __init__(self, http: Http, _: Settings) -> None:
        self._http = http

{bodies}'''


def _kinds(how: inspect.Signature) -> list[str]:
    """The types as the port's own file writes them."""
    said = [one.annotation for one in list(how.parameters.values())[1:]]
    return [str(one) for one in (*said, how.return_annotation)]


def _method(word: str, name: str, how: inspect.Signature) -> str:
    arguments = list(how.parameters.values())[1:]
    taken = "".join(f", {one.name}: {one.annotation}" for one in arguments)
    given = ", ".join(f'"{one.name}": {one.name}' for one in arguments)
    return f'''    async def {name}(self{taken}) -> {how.return_annotation}:
        """Which call of theirs it is, by the page of their documentation that says so."""
        given = {{{given}}}
        return await self._http.post("{word}", "{name}", json=given, into={how.return_annotation})
'''


def _imports(used: Iterable[str], name: str) -> str:
    words, lines = set(used), []
    if dates := sorted(words.intersection(_DATES)):
        lines.append(f"from datetime import {', '.join(dates)}\n")
    lines.append("from typing import Final\n\nfrom pawline.kit import Http\n")
    for place, module in _PLACES:
        if found := sorted(word for word in words if word in vars(module) and word in module.__all__):
            lines.append(_from(place, found))
            words.difference_update(found)
    return "".join([*lines, f"from pawline_{name}.settings import Settings\n"])


def _from(place: str, names: Sequence[str]) -> str:
    line = f"from {place} import {', '.join(names)}\n"
    if len(line) <= _WIDE:
        return line
    listed = "".join(f"    {name},\n" for name in names)
    return f"from {place} import (\n{listed})\n"


def _readme(name: str, title: str) -> str:
    return f"""# {title}

What it is to the shop, which scopes its key needs, what it allows, and what is known to be missing.

```toml
[[accounts]]
name = "{name}/eu"

[accounts.settings]
token = {{ env = "{name.upper()}_TOKEN" }}
```

| setting | what it is |
|---|---|
| `url` | where its API is |
| `token` | the key that it gives out |
"""


def _quality() -> str:
    todo = {"limits", "reconciliation", "set-up", "health", "import"}
    said = {
        "scopes": 'status = "todo", why = "which scopes does its key need?"',
        "settling": 'status = "todo", why = "every effect is asked about: does it know keys, or can it be looked up?"',
        "samples": 'status = "todo", why = "answers and webhooks as the vendor really sends them"',
    }
    more = dict.fromkeys(todo, 'status = "todo", why = "not looked at yet"')
    return "".join(f"{rule} = {{ {(said | more)[rule]} }}\n" for rule in RULES)


def _test(name: str, roles: Sequence[type[Any]]) -> str:
    paged = [
        f'        "{role.__name__}.{one}": ({_page(role, one, "2")}, {_page(role, one, None)}),\n'
        for role in roles
        for one, method in port_methods(role).items()
        if method.is_read and "after" in method.parameters
    ]
    pages = f"    vendor_pages = {{\n{''.join(paged)}    }}\n" if paged else ""
    title = "".join(part.title() for part in name.split("_"))
    return f'''"""What every connector keeps, and what this one does beyond it."""

from __future__ import annotations

from pawline.testing.conformance import TOKEN, ConnectorPromises
from pawline_{name} import connector as its_card


class Test{title}(ConnectorPromises):
    """Each promise is tried against a server on this machine that answers as vendors do on their worst days."""

    connector = its_card
    settings = {{"url": "{{url}}", "token": TOKEN}}
{pages}'''


def _page(role: type[Any], method: str, after: str | None) -> str:
    """A page as our own types have it; the vendor's stands here once it is known."""
    page = port_methods(role)[method].returns
    listed = next(field for field in page.__struct_fields__ if field != "after")
    end = "" if after is None else f', "after": "{after}"'
    return f"b'{{\"{listed}\": []{end}}}'"
