"""Settings: `pawline.toml` and the environment, refused with a sentence that names the key and what to do."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from pawline.hub.alarms.settings import KINDS, AlarmSettings
from pawline.hub.alarms.settings import check as check_alarms
from pawline.hub.helpdesks import KINDS as HELPDESKS
from pawline.hub.helpdesks import HelpdeskSettings
from pawline.hub.helpdesks import check as check_helpdesks
from pawline.hub.pickups import KINDS as PICKUPS
from pawline.hub.pickups import PickupSettings
from pawline.hub.pickups import check as check_pickups
from pawline.hub.rates import KINDS as RATES
from pawline.hub.rates import RateSettings
from pawline.hub.rates import check as check_rates
from pawline.hub.returning import KINDS as RETURNS
from pawline.hub.returning import ReturnSettings
from pawline.hub.returning import check as check_returns
from pawline.hub.storefront.settings import KINDS as STOREFRONTS
from pawline.hub.storefront.settings import StorefrontSettings
from pawline.hub.storefront.settings import check as check_storefronts
from pawline.hub.surveying import KINDS as SURVEYS
from pawline.hub.surveying import SurveySettings
from pawline.hub.surveying import check as check_surveys
from pawline.ports import EffectKind, How, Limits
from pawline.runtime import Caps, RuntimeSettings
from pawline.store import Retention

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "pawline.toml"
CONFIG, STORE, KEY_FILE = "PAWLINE_CONFIG", "PAWLINE_STORE", "PAWLINE_KEY_FILE"
LISTEN: Final = "PAWLINE_LISTEN"
PUBLIC: Final = re.compile(r"https://[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,4})?/?|http://(127\.0\.0\.1|localhost):[0-9]+/?")
LISTENS: Final = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):([1-9]\d{0,4})")


class HubRefused(Exception):
    """The hub cannot start, or cannot be reached: one sentence that says why, and what to do."""


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the account's plan allows, where that is not what its connector takes for granted; see `ports.Limits`."""

    rate: Annotated[float, msgspec.Meta(gt=0)] | None = None
    burst: Annotated[int, msgspec.Meta(ge=1)] | None = None
    concurrency: Annotated[int, msgspec.Meta(ge=1)] | None = None

    def over(self, usual: Limits) -> Limits:
        """The connector's own, with what is said here."""
        said = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        return msgspec.structs.replace(usual, **said)


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who plays ports: an account of a connector (`name = "sandbox/eu"` and its `settings`), or code of one's own.

    `use = "module:function"` is called without arguments and returns a list of Bindings. `shops` are those that the
    account is for; none named: all. `plays` are the ports that it plays, of those that its connector can; none: all.
    `limits` are those of its plan.
    """

    name: str = ""
    use: str = ""
    shops: list[str] = []
    plays: list[str] = []
    settings: dict[str, Any] = {}
    limits: LimitSettings = LimitSettings()


class MessageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who sends one message. `sender` is the account that is `asked` for it, or whoever sends it by `itself`."""

    name: str
    sender: str = ""
    how: How = How.ASKED


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days that payloads of ended runs, digests of facts, and visits of browsers are kept."""

    payloads: float = 30.0
    facts: float = 60.0
    visits: int = 30


class CapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most effects of a kind in an hour: for each flow, and for those named in `flows`."""

    default: dict[EffectKind, int] = {}
    flows: dict[str, dict[EffectKind, int]] = {}


class RunningSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the runtime may be set from outside; see RuntimeSettings for the meaning of each."""

    live: int = 2_000
    first_retry: float = 0.5
    last_retry: float = 3_600.0
    give_up_days: float = 3.0
    deaths: int = 3
    later: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    observed_first: float = 30.0
    observed_last: float = 3_600.0
    observed_hours: float = 24.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hub's settings. Paths and modules are found from `home`, the folder of the file.

    `stock` says who decides what an own order may have: accounts that play Inventory, or the hub by holds of its own.
    `catalog` who tells flows of products: an account that plays Catalog, or the hub, by what all accounts say.
    `listen` is where webhooks come in (`127.0.0.1:8080`), behind whatever ends TLS; empty: nowhere. `public` is what
    that is called from outside (`https://hooks.pets.example`): systems are told to send there.
    """

    shops: list[str]
    flows: list[str] = []
    accounts: list[AccountSettings] = []
    allow_networks: list[str] = []
    store: str = "sqlite:///pawline.db"
    key_file: str = "pawline.key"
    listen: str = ""
    public: str = ""
    messages: list[MessageSettings] = []
    stock: Literal["accounts", "hub"] = "accounts"
    catalog: Literal["accounts", "hub"] = "accounts"
    retention: RetentionSettings = RetentionSettings()
    caps: CapSettings = CapSettings()
    runtime: RunningSettings = RunningSettings()
    alarms: AlarmSettings | None = None
    pickups: list[PickupSettings] = []
    rates: list[RateSettings] = []
    returns: list[ReturnSettings] = []
    helpdesks: list[HelpdeskSettings] = []
    surveys: SurveySettings = SurveySettings()
    storefronts: list[StorefrontSettings] = []
    home: str = "."

    @property
    def url(self) -> str:
        """The store's address; a relative SQLite path is taken from `home`."""
        if "://" in self.store and not self.store.startswith("sqlite:"):
            return self.store
        path = self.store.removeprefix("sqlite:///").removeprefix("sqlite://")
        return path if path == ":memory:" else "sqlite:///" + str((Path(self.home) / path).resolve())

    @property
    def on_postgres(self) -> bool:
        """Whether many processes share the store, so that a command line may open it beside the hub."""
        return self.url.startswith(("postgresql://", "postgres://"))

    @property
    def key_path(self) -> Path:
        """The key file, which the variable PAWLINE_KEY overrules."""
        return Path(self.home) / self.key_file

    def for_runtime(self) -> RuntimeSettings:
        """The same in the runtime's words."""
        by_flow = {(flow, kind): most for flow, caps in self.caps.flows.items() for kind, most in caps.items()}
        run = self.runtime
        return RuntimeSettings(
            live=run.live, first_retry=run.first_retry, last_retry=run.last_retry, give_up=run.give_up_days * 86_400,
            deaths=run.deaths, later=run.later, observed_first=run.observed_first, observed_last=run.observed_last,
            observed_within=run.observed_hours * 3_600, caps=Caps(self.caps.default, by_flow),
        )  # fmt: skip

    def for_retention(self) -> Retention:
        """The same in the store's words. Raises HubRefused for a time that would double orders."""
        try:
            return Retention(self.retention.payloads, self.retention.facts, visits=self.retention.visits)
        except ValueError as problem:
            raise HubRefused(f"{FILE}: {problem}") from problem


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """From the file (PAWLINE_CONFIG, ./pawline.toml), then PAWLINE_STORE, PAWLINE_KEY_FILE and PAWLINE_LISTEN.

    Raises HubRefused, naming the key and what to do.
    """
    environment = os.environ if environment is None else environment
    path = file or Path(environment.get(CONFIG) or FILE)
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise HubRefused(f"there is no {path}: run `pawline init` here, or name the file with --config") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise HubRefused(f"{path} cannot be read ({problem}): give the hub the right to read it") from problem
    except tomllib.TOMLDecodeError as problem:
        raise HubRefused(f"{path} is no TOML: {problem}") from problem
    if "home" in given:
        raise HubRefused(f"{path}: `home` is no setting: it is the folder of the file; remove it")
    overruled = {
        "store": environment.get(STORE),
        "key_file": environment.get(KEY_FILE),
        "listen": environment.get(LISTEN),
    }
    given |= {name: value for name, value in overruled.items() if value}
    settings = _converted(path, given | {"home": str(path.resolve().parent)})
    _check(path, settings)
    return settings


def _converted(path: Path, given: dict[str, Any]) -> Settings:
    try:
        return msgspec.convert(given, Settings)
    except msgspec.ValidationError as problem:
        raise HubRefused(f"{path}: {_sentence(str(problem))}") from problem


def _sentence(text: str) -> str:
    """The words of msgspec as one that names the key and what to do."""
    text, _, place = text.partition(" - at ")
    key = place.strip("`").removeprefix("key` in `").removeprefix("$").removeprefix(".")
    if found := re.search(r"unknown field `(.+)`", text):
        name = f"{key}.{found[1]}" if key else found[1]
        return f"`{name}` is no setting: remove it, or correct it to one of {', '.join(_known(key))}"
    if found := re.search(r"missing required field `(.+)`", text):
        name = f"{key}.{found[1]}" if key else found[1]
        return f"`{name}` is missing: add it"
    return f"`{key}` is wrong: {text[0].lower()}{text[1:]}; correct it"


def _known(key: str) -> list[str]:
    kinds: dict[str, type[msgspec.Struct]] = {
        "retention": RetentionSettings, "caps": CapSettings, "runtime": RunningSettings, "accounts": AccountSettings,
        "accounts.limits": LimitSettings,
        "messages": MessageSettings, **KINDS, **PICKUPS, **RATES, **RETURNS, **HELPDESKS,
        **SURVEYS, **STOREFRONTS,
    }  # fmt: skip
    kind = kinds.get(re.sub(r"\[[^]]*\]", "", key), Settings)
    return [field.encode_name for field in msgspec.structs.fields(kind) if field.name != "home"]


def _check(path: Path, settings: Settings) -> None:
    if not settings.shops or not all(settings.shops) or "*" in settings.shops:
        raise HubRefused(f'{path}: `shops` names at least one shop, and none is "" or "*": e.g. shops = ["pets-eu"]')
    if settings.listen and not LISTENS.fullmatch(settings.listen):
        raise HubRefused(f'{path}: `listen` is {settings.listen!r}: write address and port, such as "127.0.0.1:8080"')
    if settings.public and not PUBLIC.fullmatch(settings.public):
        raise HubRefused(f"{path}: `public` is no https address without a path, such as https://hooks.pets.example")
    named: set[str] = set()
    for n, account in enumerate(settings.accounts):
        _check_account(path, f"accounts[{n}]", settings, account)
        if account.name and account.name in named:
            raise HubRefused(f"{path}: `accounts[{n}].name`: {account.name} is there already: give each its own name")
        named.add(account.name)
    _check_messages(path, settings)
    settings.for_retention()
    try:
        if settings.alarms is not None:
            check_alarms(settings.alarms)
        check_pickups(settings.pickups, settings.shops)
        check_rates(settings.rates, settings.shops)
        check_returns(settings.returns, settings.shops)
        check_helpdesks(settings.helpdesks, settings.shops)
        check_surveys(settings.surveys)
        priced = [shop for one in settings.rates for shop in one.shops or settings.shops]
        check_storefronts(settings.storefronts, settings.shops, priced)
    except ValueError as problem:
        raise HubRefused(f"{path}: {problem}") from problem


def _check_messages(path: Path, settings: Settings) -> None:
    senders: dict[str, MessageSettings] = {}
    for n, one in enumerate(settings.messages):
        before = senders.setdefault(one.name, one)
        if before is not one:
            raise HubRefused(
                f"{path}: `messages[{n}]`: {one.name} has two senders, {before.sender or before.how} and"
                f" {one.sender or one.how}: people would get it twice; leave the one that sends it"
            )
        if not one.name or (one.how is How.ITSELF and not one.sender):
            raise HubRefused(f"{path}: `messages[{n}]` needs a `name`, and a `sender` that sends it by itself")


def _check_account(path: Path, where: str, settings: Settings, account: AccountSettings) -> None:
    if bool(account.use) == bool(account.name):
        raise HubRefused(f'{path}: `{where}` has either a `name` (such as "shopify/eu") or a `use`, not both')
    if account.use and not re.fullmatch(r"[\w.]+:\w+", account.use):
        raise HubRefused(f"{path}: `{where}.use` is {account.use!r}: write it as `module:function`")
    if account.use and (account.shops or account.plays or account.settings or account.limits != LimitSettings()):
        text = "what `use` names says for itself which shops, ports, settings and limits it has"
        raise HubRefused(f"{path}: `{where}`: {text}")
    if unknown := sorted(set(account.shops) - set(settings.shops)):
        raise HubRefused(f"{path}: `{where}.shops` names {unknown[0]}, which is not in `shops`: correct one of them")
