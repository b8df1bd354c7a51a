"""How one operation of one connector behaves: what may be done when its outcome is unknown, how long, how often."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Final

import msgspec

KEY_LIFE: Final = timedelta(hours=24)
"""How long a vendor is trusted to know a key, unless its card says otherwise (Stripe may prune after 24 h)."""


class Settle(enum.StrEnum):
    """How a call that broke, timed out or was in flight at a death is settled before anything else happens to it."""

    KEY = "key"
    """Send the recorded arguments again under the same key, within the key's life."""
    LOOK_UP = "look_up"
    """Ask the other side whether it happened, not before the settle-by time."""
    REPEAT = "repeat"
    """Do it again: twice is as good as once."""
    ASK = "ask"
    """Nobody but a person can tell: a case."""


class EffectKind(enum.StrEnum):
    """What an operation does to the world, for the caps of a flow."""

    MESSAGE = "message"
    REFUND = "refund"
    MONEY = "money"
    CANCELLATION = "cancellation"
    STOCK = "stock"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """The card's word about one method of one port.

    `timeout` is for the whole call, retries of the transport included; `margin` is what clocks and the network may
    add. `key_life` and `after_key_life` belong to `Settle.KEY` only; a `key_life` of None says that the other side
    never forgets a key. `look_up` names the implementation's method that takes the same arguments and returns the
    result, or None if nothing happened. `kind` counts against the flow's caps; None counts nowhere. `patience` is for
    how long it is tried while it keeps failing, before that is a case; None: as long as the hub's settings say.

    Raises ValueError where these contradict each other.
    """

    settle: Settle
    timeout: timedelta = timedelta(seconds=10)
    margin: timedelta = timedelta(seconds=1)
    key_life: timedelta | None = KEY_LIFE
    after_key_life: Settle = Settle.ASK
    look_up: str | None = None
    kind: EffectKind | None = None
    patience: timedelta | None = None

    def __post_init__(self) -> None:
        if self.patience is not None and self.patience <= timedelta(0):
            raise ValueError("patience is above zero; None is the hub's own")
        if self.timeout <= timedelta(0) or self.margin < timedelta(0):
            raise ValueError("an operation needs a time-out above zero and a margin that is not below it")
        if self.settle is Settle.KEY:
            self._check_key()
        elif self.key_life != KEY_LIFE or self.after_key_life is not Settle.ASK:
            raise ValueError(f"key_life and after_key_life mean nothing for Settle.{self.settle.name}")
        if self._looks_up() != (self.look_up is not None):
            raise ValueError("look_up names a method where something is settled by LOOK_UP, and only there")
        if self.look_up is not None and not self.look_up.isidentifier():
            raise ValueError(f"look_up is the name of a method, not {self.look_up!r}")

    def _check_key(self) -> None:
        if self.after_key_life not in (Settle.LOOK_UP, Settle.ASK):
            raise ValueError("once its key is forgotten a call is looked up or asked about, never sent again")
        if self.key_life is None:
            if self.after_key_life is not Settle.ASK:
                raise ValueError("a key that never dies has no after_key_life")
        elif self.key_life <= self.timeout + self.margin:
            raise ValueError("a key must live longer than a call, or it is no way to settle one")

    def _looks_up(self) -> bool:
        return Settle.LOOK_UP in (self.settle, self.after_key_life)

    def settle_by(self, started: datetime) -> datetime:
        """When a call begun at `started` has certainly ended, so that looking it up tells the truth."""
        return started + self.timeout + self.margin

    def settle_at(self, moment: datetime, *, first_sent: datetime) -> Settle:
        """How to settle at `moment` what was first sent at `first_sent`.

        A repeat that could still be on its way when the key dies counts as after the key's life.
        """
        if self.settle is not Settle.KEY or self.key_life is None:
            return self.settle
        return Settle.KEY if self.settle_by(moment) < first_sent + self.key_life else self.after_key_life


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """When an account's circuit opens: after `failures` Transients within `window`.

    It stays open for `cool_down`, then lets `probes` calls through; if they succeed it closes, else it stays open
    for another `cool_down`. Raises ValueError for a number below 1 or a time that is not above zero.
    """

    failures: int = 10
    window: timedelta = timedelta(seconds=60)
    cool_down: timedelta = timedelta(seconds=30)
    probes: int = 1

    def __post_init__(self) -> None:
        if self.failures < 1 or self.probes < 1:
            raise ValueError("a breaker counts at least one failure and sends at least one probe")
        if self.window <= timedelta(0) or self.cool_down <= timedelta(0):
            raise ValueError("a breaker's window and cool_down are above zero")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How hard one account may be driven.

    `rate` is calls per second (None: not limited) with `burst` at once; `concurrency` is calls in flight. Retries
    may add `retry_share` of first tries plus `retry_floor` per second, so that an outage is not followed by a storm.
    Raises ValueError for numbers that would let nothing through.
    """

    rate: float | None = None
    burst: int = 1
    concurrency: int = 8
    breaker: Breaker = Breaker()
    retry_share: float = 0.2
    retry_floor: float = 1.0

    def __post_init__(self) -> None:
        if self.rate is not None and not self.rate > 0:
            raise ValueError("a rate is above zero; None is no limit")
        if self.burst < 1 or self.concurrency < 1:
            raise ValueError("burst and concurrency are at least 1")
        if not (self.retry_share >= 0 and self.retry_floor >= 0) or self.retry_share + self.retry_floor == 0:
            raise ValueError("a retry budget is not below zero, and not zero altogether")
