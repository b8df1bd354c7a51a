"""What the hub tells the runtime: who plays which port, how each operation behaves, what it may cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pawline.ports import Limits, Operation, Settle
from pawline.runtime.port import methods_of
from pawline.runtime.step import FlowError

UNLIMITED: Final = Limits(concurrency=1_000_000, retry_floor=1_000_000.0)
"""For fakes and tests: no rate, no bound on calls in flight or on retries."""


@dataclass(frozen=True)
class Binding:
    """One account in the role of one port. `operations` must name each method that has an effect.

    Raises FlowError for an operation that is missing, unknown, or looks up through a method that is not there.
    """

    account: str
    port: type[Any]
    implementation: Any = field(repr=False)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    limits: Limits = UNLIMITED
    shops: frozenset[str] | None = None
    terms: dict[str, tuple[float, float]] = field(init=False, repr=False)  # time-out and margin in seconds, by method

    def __post_init__(self) -> None:
        times = {
            name: (one.timeout.total_seconds(), one.margin.total_seconds()) for name, one in self.operations.items()
        }
        object.__setattr__(self, "terms", times)
        methods = methods_of(self.port)
        effects = {name for name, method in methods.items() if not method.read}
        named = set(self.operations)
        if effects != named:
            wrong = sorted(effects - named) or sorted(named - effects)
            what = "does not say how it is settled" if effects - named else "is no effect of the port"
            raise FlowError(f"{self.account} as {self.port.__name__}: {wrong[0]} {what}")
        for name, operation in self.operations.items():
            looks = operation.look_up
            if Settle.LOOK_UP in (operation.settle, operation.after_key_life) and not hasattr(
                self.implementation, str(looks)
            ):
                raise FlowError(
                    f"{self.account} as {self.port.__name__}: {name} looks up by {looks}, which is not there"
                )


class Bindings:
    """All bindings of a hub, by port and account."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self._by: dict[tuple[str, str], Binding] = {}
        self._accounts: dict[str, list[Binding]] = {}
        self._of_shop: dict[tuple[str, type[Any]], tuple[str, ...]] = {}
        for one in bindings:
            if (one.port.__name__, one.account) in self._by:
                raise FlowError(f"{one.account} plays {one.port.__name__} twice")
            self._by[one.port.__name__, one.account] = one
            self._accounts.setdefault(one.port.__name__, []).append(one)

    def __iter__(self) -> Any:
        return iter(self._by.values())

    def accounts(self, shop: str, port: type[Any]) -> tuple[str, ...]:
        """The accounts that play this port for the shop, the hub's first choice first."""
        known = self._of_shop.get((shop, port))
        if known is None:
            found = self._accounts.get(port.__name__, ())
            known = tuple(one.account for one in found if one.shops is None or shop in one.shops)
            self._of_shop[shop, port] = known
        return known

    def get(self, port: str, account: str) -> Binding | None:
        """The binding, or None: the account is not connected (any more)."""
        return self._by.get((port, account))
