"""How a promise is tried: the connector on trial, and each of its calls against a server that answers as told."""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from pawline.kit import Connected, Connector, Hook
from pawline.ports import Attempt, Operation, PortError, attempting, port_methods
from pawline.testing.counter import LOOPBACK, Counter, Request, counter
from pawline.testing.examples import example

TOKEN: Final = "tok-canary-77"  # noqa: S105 - whoever sees it has found a leak
"""The secret that must never be seen."""
KEY: Final = "k3y-of-this-attempt"
"""The attempt's key while promises are tried."""
OTHER_KEY: Final = "k3y-of-another-one"
"""The key of the attempt after that."""
SECRETS: Final = tuple(
    "whsec_" + base64.b64encode(f"webhook secret {which} canary 77".encode()).decode()
    for which in ("new", "old", "of nobody")
)
"""Webhook secrets: the two that an account has while one is changed for the other, and one that it does not have."""


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line that any logger writes while the block lasts, whatever its level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(keep)
        root.setLevel(level)


class Called(NamedTuple):
    """One call that was tried: what came of it, what the vendor heard, and how long it took."""

    name: str
    outcome: Any
    heard: list[Request]
    seconds: float


async def _outcome(call: Callable[[], Awaitable[object]]) -> object:
    try:
        return await call()
    except (PortError, LookupError) as problem:
        return problem


class OnTrial:
    """The connector on trial. `silent` names methods that answer without asking the vendor.

    `unread` names those for which any 2xx is a yes, whatever its body is: nothing of that is read.
    `examples` are values of types of its own (ids that are numbers there) in place of those that all others get.
    `refusal` is the body of a refusal of its vendor's, where one without it is taken for something in between.
    """

    connector: ClassVar[Connector[Any]]
    settings: ClassVar[Mapping[str, object]]
    silent: ClassVar[frozenset[str]] = frozenset()
    unread: ClassVar[frozenset[str]] = frozenset()
    examples: ClassVar[Mapping[Any, object]] = {}
    refusal: ClassVar[bytes] = b"{}"

    def _folder(self) -> Path:
        found = sys.modules[self.connector.settings.__module__].__file__
        assert found is not None
        return Path(found).parent

    def _configured(self, url: str) -> Any:  # noqa: ANN401 - of the connector's own type
        given = {
            name: value.replace("{url}", url) if isinstance(value, str) else value
            for name, value in self.settings.items()
        }
        return self.connector.configure(given)

    def _operations(self) -> dict[type[Any], Mapping[str, Operation]]:
        """Of each port, as the account of these settings settles its effects."""
        settings = self._configured("http://127.0.0.1:1")
        return {port: offer.settled(settings) for port, offer in self.connector.offers.items()}

    def _hook(self) -> Hook[Any] | None:
        """How the account of these settings hears webhooks."""
        return self.connector.heard(self._configured("http://127.0.0.1:1"))

    def _connect(self, url: str) -> Connected:
        return self.connector.connect(self._configured(url), LOOPBACK)

    def _calls(self, account: Connected) -> Iterator[tuple[str, Callable[[], Awaitable[object]]]]:
        operations = self._operations()
        for port, plays in account.plays.items():
            for name, method in port_methods(port).items():
                operation = operations[port].get(name)
                given = [example(kind, self.examples) for kind in method.parameters.values()]
                for one in (name, operation.look_up if operation is not None else None):
                    if one is not None and (called := f"{port.__name__}.{one}") not in self.silent:
                        yield called, partial(getattr(plays, one), *given)

    def _all_calls(
        self, answer: bytes | None, *, before: Callable[[Counter], Awaitable[None]] | None = None,
        seconds: float = 20.0, keys: Sequence[str] = (KEY,), without_attempt: bool = False,
        but: Collection[str] = (), until_heard: bool = False,
    ) -> list[Called]:  # fmt: skip
        """Each call of each port, and each look-up, against that answer, once with each key; those named `but` not.

        `until_heard`: one that a busy machine did not even begin in its `seconds` has four times as many, twice.
        """

        async def run() -> list[Called]:
            found: list[Called] = []
            async with counter(seconds=60) as counted:
                counted.says(answer)
                if before is not None:
                    await before(counted)
                account = self._connect(f"http://127.0.0.1:{counted.port}")
                for (called, call), key in product(self._calls(account), keys):
                    if called in but:
                        continue
                    for longer in (1, 4, 16):
                        heard, begun = len(counted.heard), time.monotonic()
                        until = datetime.now(UTC) + timedelta(seconds=seconds * longer)
                        attempt = Attempt(key, 1, until, "shop", f"{self.connector.name}/test")
                        with nullcontext() if without_attempt else attempting(attempt):
                            outcome = await _outcome(call)
                        if counted.heard[heard:] or not until_heard:
                            break
                    took = time.monotonic() - begun - seconds * (longer - 1)
                    found.append(Called(called, outcome, counted.heard[heard:], took))
                await account.http.close()
            return found

        return asyncio.run(run())
