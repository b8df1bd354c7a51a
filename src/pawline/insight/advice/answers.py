"""What a shop says of itself before anything is installed. None is "I don't know", and stays that to the end."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from pawline.model import Channel

Count = Annotated[float, msgspec.Meta(ge=0, le=10_000_000)]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
LONGEST_WEEK: Final = 60.0
"""Hours that one person works in a week at the most."""


class Access(StrEnum):
    """How a system can be reached."""

    API = "api"
    WEBHOOKS = "webhooks"
    FILES = "files"
    DATABASE = "database"
    NONE = "none"


class Goal(StrEnum):
    """What the shop wants of it, beside less work by hand."""

    LESS_WORK = "less work"
    NO_OVERSELL = "no oversell"
    FASTER_CHECKOUT = "faster checkout"
    FEEDBACK = "feedback"
    PERSONAL = "personal pages"
    RECALLS = "recalls"
    ALWAYS_ON = "always on"


ROLES: Final = (
    "shop", "erp", "inventory", "fulfilment", "payments", "subscriptions", "shipping", "helpdesk", "marketing", "crm",
    "mail", "surveys", "analytics", "board", "catalog", "tax",
)  # fmt: skip
"""The ports that outside systems play, small, in the order in which they are connected where nothing else decides."""


class System(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system, the roles it has, and how it can be reached; `access` is None where nobody knows.

    `connected`: an account of it is in the hub's settings already. Raises ValueError for a role that is none.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    roles: tuple[str, ...]
    access: tuple[Access, ...] | None = None
    connected: bool = False

    def __post_init__(self) -> None:
        if not self.roles or (wrong := [one for one in self.roles if one not in ROLES]):
            raise ValueError(f"{self.name}: {wrong[0] if self.roles else 'nothing'!r} is no role: {', '.join(ROLES)}")
        if self.access is not None and Access.NONE in self.access and len(self.access) > 1:
            raise ValueError(f"{self.name} has no access, and some: leave out one of them")

    @property
    def reachable(self) -> bool:
        """Whether there is a way in, as far as somebody knows of one."""
        return bool(self.access) and self.access != (Access.NONE,)


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shop in figures. Minutes of work are means over all of them, those that nobody touches at 0.

    But `minutes_per_touch` is of one time that a person has a hand in an order: an X-ray counts those.

    `orders_peak_day` and `orders_peak_hour` are the highest that the shop has had, or means to have.
    `autoship_share` and `where_is_it_share` are between 0 and 1: of orders, and of tickets that ask where an order is.
    `checkout`: who owns it. `systems` is None where nobody counted them. `editor`: somebody edits text files and
    restarts a program. `tell_later`: a shopper may be told a minute after the order that the card was declined.
    `must_confirm`: every system has said yes before a shopper reads thank you. `agree_within`: seconds in which two
    systems must agree, both ways, before work can go on.
    Raises ValueError where two answers contradict each other.
    """

    people: Count | None = None
    editor: bool | None = None
    orders_a_day: Count | None = None
    orders_peak_day: Count | None = None
    orders_peak_hour: Count | None = None
    autoship_share: Share | None = None
    checkout: Literal["theirs", "ours"] | None = None
    tell_later: bool | None = None
    must_confirm: bool | None = None
    agree_within: Annotated[float, msgspec.Meta(gt=0)] | None = None
    channels: tuple[Channel, ...] | None = None
    countries: tuple[str, ...] | None = None
    zones: tuple[str, ...] | None = None
    minutes_per_order: Minutes | None = None
    minutes_per_touch: Minutes | None = None
    returns_a_week: Count | None = None
    minutes_per_return: Minutes | None = None
    tickets_a_week: Count | None = None
    minutes_per_ticket: Minutes | None = None
    where_is_it_share: Share | None = None
    stock_minutes_a_day: Minutes | None = None
    renewal_minutes_a_week: Minutes | None = None
    goals: tuple[Goal, ...] = ()
    systems: tuple[System, ...] | None = None

    def __post_init__(self) -> None:
        for less, more in (("orders_a_day", "orders_peak_day"), ("orders_peak_hour", "orders_peak_day")):
            low, high = getattr(self, less), getattr(self, more)
            if low is not None and high is not None and low > high:
                raise ValueError(f"`{less}` is {low:g} and `{more}` {high:g}: the peak is the higher of the two")
        for name in ("orders_a_day", "orders_peak_day"):
            day, hour = getattr(self, name), self.orders_peak_hour
            if day is not None and hour is not None and hour * 24 < day:
                says = f"a day has 24 hours, and none of them more than {hour:g}"
                raise ValueError(f"`{name}` is {day:g} and `orders_peak_hour` {hour:g}: {says}")
        if self.people is not None and (hours := self._hours()) > self.people * LONGEST_WEEK:
            raise ValueError(
                f"the minutes by hand come to {hours:,.0f} hours a week, and `people` is {self.people:g}: nobody works"
                f" more than {LONGEST_WEEK:g}; count in those who work for the shop elsewhere"
            )

    def _hours(self) -> float:
        """Of work by hand in a week, as far as it was said."""
        return (
            (self.orders_a_day or 0) * 7 * (self.minutes_per_order or 0)
            + (self.returns_a_week or 0) * (self.minutes_per_return or 0)
            + (self.tickets_a_week or 0) * (self.minutes_per_ticket or 0)
            + (self.stock_minutes_a_day or 0) * 7 + (self.renewal_minutes_a_week or 0)
        ) / 60  # fmt: skip

    def unknown(self) -> tuple[str, ...]:
        """The names of what nobody answered; what only an X-ray makes something of is asked for where there is one."""
        return tuple(
            name for name in self.__struct_fields__ if getattr(self, name) is None and name != "minutes_per_touch"
        )

    def playing(self, *roles: str) -> list[System]:
        """The systems that have one of these roles."""
        return [one for one in self.systems or () if any(role in one.roles for role in roles)]
