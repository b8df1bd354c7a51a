"""The card of a connector: what it is called, which ports it plays and how, what it hears, what it must be told."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from pawline.kit.api import Api
from pawline.kit.database import Database
from pawline.kit.files import Files
from pawline.kit.guard import Guard
from pawline.kit.hook import Hook
from pawline.kit.http import Http
from pawline.kit.listening import Listening
from pawline.kit.moves import Moves
from pawline.kit.past import Past
from pawline.kit.pixel import Pixel
from pawline.kit.secret import Secret
from pawline.kit.signature import Hmac
from pawline.kit.smtp import Smtp
from pawline.kit.watch import Watch
from pawline.model import Basket, DeliveryChoice
from pawline.ports import Limits, Listener, Operation, is_read, port_methods

S = TypeVar("S", bound=msgspec.Struct)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


Client = Http | Files | Smtp | Database
"""What an account speaks through."""


class BadSettings(ValueError):
    """An account's settings do not fit its connector; the text names the setting, never its value.

    `at` is where, from the settings on (`.tokens[0]`), empty for the whole; `text` is what is wrong there.
    """

    def __init__(self, text: str, at: str = "") -> None:
        super().__init__(f"{text} - at `${at}`" if at else text)
        self.text: Final = text
        self.at: Final = at


@dataclass(frozen=True)
class Offer(Generic[S]):
    """How one port is played: `play` makes the implementation of an account's client and settings.

    `when` says of which settings an account plays it at all; None: of all. Where only an account's settings know how
    its effects are settled, `declared` reads it there: `operations` are then those of one that says nothing.
    """

    play: Callable[[Any, S], Any]
    operations: Mapping[str, Operation] = field(default_factory=dict)
    when: Callable[[S], bool] | None = None
    declared: Callable[[S], Mapping[str, Operation]] | None = None

    def settled(self, settings: S) -> Mapping[str, Operation]:
        """How an account of these settings settles each effect."""
        return self.operations if self.declared is None else self.declared(settings)


@dataclass(frozen=True)
class Enrolment(Generic[S]):
    """How a system is told where its webhooks go, or where it asks for rates, by its own API.

    `lacking` names what it does not send to that address now; `enrol` sees to it that it does, says in sentences what
    it did, and does nothing where nothing lacks. Both raise PortError.

    Some systems make the secret themselves, and show it once. `issue` has what tells us made, and hands that secret
    over; None where what is there tells us by one that we have. It is for `pawline connect` alone, which keeps the
    secret: `issues` is the setting that is to name it.
    """

    lacking: Callable[[Any, S, str], Awaitable[tuple[str, ...]]]
    enrol: Callable[[Any, S, str], Awaitable[tuple[str, ...]]]
    issue: Callable[[Any, S, str], Awaitable[Secret | None]] | None = None
    issues: str = ""


@dataclass(frozen=True)
class Quotes(Generic[S]):
    """How a shop's own checkout asks what deliveries cost, while its shopper waits.

    `signature` and `secrets` decide who is believed, as of a hook. `read` makes a basket of a believed body, and raises
    whatever it likes for what is none; `write` makes the body, in JSON, that answers it. It raises ValueError for an
    amount that the system cannot be told. Both are pure. An answer may be shown for `shown` after it was given.
    """

    signature: Hmac
    secrets: Callable[[S], tuple[Secret, ...]]
    read: Callable[[bytes], Basket]
    write: Callable[[Sequence[DeliveryChoice]], bytes]
    shown: timedelta
    enrolment: Enrolment[S] | None = None


@dataclass(frozen=True)
class Connector(Generic[S]):
    """One outside system. Importing it does nothing; `settings` is a frozen Struct whose secrets are `Secret`.

    `http` makes an account's client: `Http`, `Smtp`, for a system of files a `Folder` or `Sftp`, or a `Database`.
    `watches` are how it is looked at, each by a name of its own; a function where settings say which there are.

    `probe` asks whether an account can do its work, which is to play ports of these names: it raises PortError, naming
    what it lacks (a scope). `askable` says of which settings there is anything to ask; None: of all. `enrolment` is for
    a system that is told by its API where its webhooks go, `quotes` for one whose checkout asks for rates, `pixel` for
    one whose pages tell what shoppers look at.

    `shows` is what a system says of itself and only its owner can confirm, by the setting that is still to say it: the
    key of a server. Whoever connects the account is asked; nothing is believed before.

    `counts`: each installation numbers its orders from one, so two accounts of one shop may number theirs alike: people
    are told.

    `past` is how its history is had in bulk, `moves` how its transactions of money are, read-only. `api` is which
    version of the vendor's API it speaks, and until when that is served: people are told before.

    `listens` says what an account that plays Listener is told of, and `tries` tells it something that is no event, for
    `pawline connect` alone: it says in a sentence what came of it, or raises PortError.

    `sends` asks the system which messages it sends by itself now, by the register's names: two senders are found so.

    `hook` is a function where settings say how webhooks are signed and read; it answers None of an account that hears
    none, and raises ValueError. `states` says in sentences what nobody here can verify: what settings declare, or what
    a system that says yes to whatever it is told cannot be asked, where a person looks. `connect` and `doctor` tell.

    Raises ValueError where the card contradicts itself: a name that is no folder's, an operation that is no effect of
    its port or is missing, a look-up that the implementation's class does not have.
    """

    name: str
    title: str
    settings: type[S]
    http: Callable[[S, Guard], Client]
    offers: Mapping[type[Any], Offer[S]] = field(default_factory=dict)
    hook: Hook[S] | Callable[[S], Hook[S] | None] | None = None
    limits: Limits = field(default_factory=Limits)
    probe: Callable[[Any, S, frozenset[str]], Awaitable[None]] | None = None
    askable: Callable[[S], bool] | None = None
    enrolment: Enrolment[S] | None = None
    quotes: Quotes[S] | None = None
    pixel: Pixel[S] | None = None
    sends: Callable[[Any, S], Awaitable[frozenset[str]]] | None = None
    shows: Callable[[Any, S], Awaitable[Mapping[str, str]]] | None = None
    watches: tuple[Watch[S], ...] | Callable[[S], tuple[Watch[S], ...]] = ()
    past: Past[S] | None = None
    moves: Moves[S] | None = None
    api: Api | None = None
    listens: Callable[[S], Listening] | None = None
    tries: Callable[[Any, S], Awaitable[str]] | None = None
    states: Callable[[S], tuple[str, ...]] | None = None
    counts: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no connector's name: lower case, digits and _, as its folder")
        if not (self.offers or self.hook or self.watches or self.quotes):
            raise ValueError(f"{self.name} neither plays a port nor hears anything")
        if self.enrolment is not None and self.hook is None:
            raise ValueError(f"{self.name} has its webhooks sent, and hears none")
        if (self.listens is None) is not (Listener not in self.offers):
            raise ValueError(f"{self.name}: who plays Listener says what it listens to, and nobody else does")
        for port, offer in self.offers.items():
            self._check(port, offer)

    def _check(self, port: type[Any], offer: Offer[S]) -> None:
        effects = {name for name in port_methods(port) if not is_read(port, name)}
        for name in sorted(effects ^ set(offer.operations)):
            wrong = "does not say how it is settled" if name in effects else "is no effect of the port"
            raise ValueError(f"{self.name} as {port.__name__}: {name} {wrong}")
        for name, operation in offer.operations.items():
            look_up = operation.look_up
            if look_up is not None and isinstance(offer.play, type) and not hasattr(offer.play, look_up):
                raise ValueError(f"{self.name} as {port.__name__}: {name} looks up by {look_up}, which is not there")

    def configure(self, given: Mapping[str, object], secret: Callable[[object], Secret] | None = None) -> S:
        """The settings from names and plain values; `secret` makes a secret of what stands for one, wherever it is.

        Raises BadSettings, naming what is missing, unknown or wrong; `secret` says it with ValueError.
        """

        def hook(kind: type, value: object) -> object:
            if kind is not Secret:
                raise NotImplementedError(kind)
            return (_plain if secret is None else secret)(value)

        try:
            read = msgspec.convert(given, self.settings, strict=False, dec_hook=hook)
        except msgspec.ValidationError as problem:
            text, _, at = _without_values(problem).partition(" - at `$")
            raise BadSettings(f"{self.name}: {text}", at.removesuffix("`")) from None
        try:
            for heard in (self.heard(read), self.quotes):
                if heard is not None:
                    heard.signature.check(heard.secrets(read))
        except ValueError as problem:
            raise BadSettings(f"{self.name}: {problem}") from None
        return read

    def heard(self, settings: S) -> Hook[S] | None:
        """How an account of these settings hears webhooks. Raises ValueError where that cannot be."""
        return self.hook(settings) if callable(self.hook) else self.hook

    def asked(self, settings: S) -> Callable[[Any, S, frozenset[str]], Awaitable[None]] | None:
        """What asks an account of these settings whether it can do its work."""
        return self.probe if self.askable is None or self.askable(settings) else None

    def watched(self, settings: S) -> tuple[Watch[S], ...]:
        """How an account of these settings is looked at."""
        return self.watches(settings) if callable(self.watches) else self.watches

    def connect(self, settings: S, guard: Guard, shop: str | None = None) -> Connected:
        """An account: its client, and each port's implementation upon it. The client belongs to the caller.

        `shop` is the one that it is for; None where it is for several.
        """
        http = self.http(settings, guard)
        if shop is not None and isinstance(http, Http):
            http.whose = shop
        return Connected(http, {
            port: offer.play(http, settings) for port, offer in self.offers.items()
            if offer.when is None or offer.when(settings)
        })  # fmt: skip


class Connected(NamedTuple):
    """An account ready for work."""

    http: Client
    plays: Mapping[type[Any], Any]


def _plain(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise TypeError("expected text")
    return Secret(value)


def _without_values(problem: msgspec.ValidationError) -> str:
    """Msgspec quotes an enum's unknown value, which may be a secret in the wrong place."""
    return re.sub(r"Invalid enum value .*? - at", "this value is not known - at", str(problem))
