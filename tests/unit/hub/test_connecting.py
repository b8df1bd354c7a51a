"""An account in the settings: found by its name, its secrets from elsewhere, and refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from pawline.connectors import sandbox
from pawline.hub import Hub, HubRefused, connections_of, load_settings
from pawline.kit import Connector, Http, Secret
from pawline.ports import Crm, Inventory, Payments
from pawline.store import Keyring, Store

HEAD = 'shops = ["eu", "us"]\nallow_networks = ["127.0.0.0/8"]\n'
URL = "http://127.0.0.1:1"
ENV = '{ env = "PAWLINE_TEST_TOKEN" }'


def account(name: str = "sandbox/eu", said: str = ENV, url: str = URL, more: str = "") -> str:
    return f'[[accounts]]\nname = "{name}"\n{more}\n[accounts.settings]\nurl = "{url}"\ntoken = {said}\n'


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAWLINE_TEST_TOKEN", "tok-canary")


def bring(folder: Path, monkeypatch: pytest.MonkeyPatch, package: str, card: str, name: str = "acme") -> None:
    """Another package is installed, which says that `card` is a connector called `name`."""
    place = folder / package
    (place / f"{package}-1.dist-info").mkdir(parents=True)
    (place / f"{package}-1.dist-info" / "METADATA").write_text(f"Name: {package}\nVersion: 1\n", "utf-8")
    entry = f"[pawline.connectors]\n{name} = {card}\n"
    (place / f"{package}-1.dist-info" / "entry_points.txt").write_text(entry, "utf-8")
    (place / f"{package}.py").write_text(
        "import dataclasses\n"
        "from pawline.connectors.sandbox import connector as theirs\n"
        "connector = dataclasses.replace(theirs, name='acme')\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(place)


def test_a_connector_of_another_package_is_connected_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(tmp_path, monkeypatch, "bringsacme", "bringsacme:connector")
    bindings = connections_of(load_settings(_written(tmp_path, HEAD + account("acme/eu")), {})).bindings
    assert bindings.accounts("eu", Payments) == ("acme/eu",)


def test_a_larger_plan_is_said_and_the_rest_stays_as_its_connector_has_it(tmp_path: Path) -> None:
    said = account("sandbox/big", more='plays = ["Crm"]\nlimits = { rate = 40, burst = 9 }')
    found = connections_of(load_settings(_written(tmp_path, HEAD + said + account()), {})).bindings
    limits = {one.account: one.limits for one in found if one.account.startswith("sandbox/")}
    usual = sandbox.connector.limits
    assert limits == {"sandbox/big": msgspec.structs.replace(usual, rate=40.0, burst=9), "sandbox/eu": usual}


def test_a_vendor_that_gives_webhooks_to_few_lacks_nothing_without_them(tmp_path: Path) -> None:
    said = f'[[accounts]]\nname = "klaviyo/eu"\nshops = ["eu"]\n[accounts.settings]\nkey = {ENV}\n'
    found = connections_of(load_settings(_written(tmp_path, HEAD + said + account(more='shops = ["eu"]')), {}))
    assert found.deaf == ("sandbox/eu",)


def slack(name: str, channel: str, secret: str) -> str:
    return (
        f'[[accounts]]\nname = "{name}"\nshops = ["eu"]\n[accounts.settings]\ntoken = {ENV}\n'
        f'channel = "{channel}"\nsigning_secrets = [{secret}]\n'
    )


def test_two_accounts_that_their_sender_cannot_tell_apart_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAWLINE_TEST_OTHER", "another")
    other, first = '{ env = "PAWLINE_TEST_OTHER" }', slack("slack/main", "C0CARE", ENV)
    for second in (slack("slack/cats", "C0CATS", ENV), slack("slack/cats", "C0CARE", other)):
        found = connections_of(load_settings(_written(tmp_path, HEAD + first + second), {})).ears
        assert [one.account for one in found] == ["slack/main", "slack/cats"]
    both = slack("slack/cats", "C0CARE", f"{other}, {ENV}")
    with pytest.raises(HubRefused) as refused:
        connections_of(load_settings(_written(tmp_path, HEAD + first + both), {}))
    assert str(refused.value) == (
        "`accounts`: slack/main and slack/cats share a secret and are both C0CARE: nobody could say of which a webhook "
        "is. Give each its own, or leave one out"
    )


@pytest.mark.parametrize(
    ("packages", "name", "says"),
    [
        ([("one", "one:connector"), ("two", "two:connector")], "acme", "one and two both bring a connector acme: remo"),
        ([("three", "three:card")], "acme", "three:card cannot be loaded: "),
        ([("four", "nowhere:connector")], "acme", "nowhere:connector cannot be loaded: No module named 'nowhere'"),
        ([("five", "five:connector")], "other", "five:connector has no card of a connector other"),
        (
            [("six", "six:connector")],
            "nobody",
            "there is no connector nobody: there are acme, database, easypost",
        ),
    ],
)
def test_a_connector_that_another_package_does_not_really_bring_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: list[tuple[str, str]], name: str, says: str
) -> None:
    for package, card in packages:
        bring(tmp_path, monkeypatch, package, card, "acme" if name == "nobody" else name)
    with pytest.raises(HubRefused, match=rf"^`accounts\[0\].name`: {says}"):
        connections_of(load_settings(_written(tmp_path, HEAD + account(f"{name}/eu")), {}))


def test_no_package_takes_the_place_of_a_connector_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path, monkeypatch, "thief", "thief:connector", "sandbox")
    bindings = connections_of(load_settings(_written(tmp_path, HEAD + account("sandbox/eu")), {})).bindings
    assert bindings.accounts("eu", Payments) == ("sandbox/eu",)


def _written(folder: Path, text: str) -> Path:
    (folder / "pawline.toml").write_text(text, "utf-8")
    return folder / "pawline.toml"


def settings_of(folder: Path, text: str) -> object:
    (folder / "pawline.toml").write_text(text, "utf-8")
    return connections_of(load_settings(folder / "pawline.toml", {}))


def test_two_accounts_of_one_connector_work_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("tok-file\n", "ascii")
    (tmp_path / "token.txt").chmod(0o600)
    text = HEAD + account() + account("sandbox/us", '{ file = "token.txt" }', more='shops = ["us"]')
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    settings = load_settings(tmp_path / "pawline.toml", {})
    bindings, clients, ears, sends, watched, deaf, probes, *asked, spoken, listens, tries, sites, states = (
        connections_of(settings)
    )
    assert bindings.accounts("eu", Payments) == ("sandbox/eu",)
    assert bindings.accounts("us", Payments) == ("sandbox/eu", "sandbox/us")
    assert bindings.accounts("us", Crm) == ("sandbox/eu", "sandbox/us")
    assert [one.whose for one in clients if isinstance(one, Http)] == ["*", "us"]
    assert (ears, sorted(sends)) == ((), ["sandbox/eu", "sandbox/us"])
    assert (watched, deaf) == ((), ("sandbox/eu", "sandbox/us"))
    assert [(one.account, one.shop) for one in spoken] == [("sandbox/eu", "eu"), ("sandbox/us", "us")]
    assert sorted(probes) == ["sandbox/eu", "sandbox/us"]
    assert asked == [{}, (), {}]
    assert (listens, tries, sites, states) == ({}, {}, (), {})
    assert "canary" not in repr((settings, list(bindings), clients))


async def test_what_an_account_writes_names_its_shop_and_its_hub_for_good(tmp_path: Path) -> None:
    text = HEAD + account() + account("sandbox/us", more='shops = ["us"]')
    settings = load_settings(_written(tmp_path, text), {})
    keyring, found = Keyring.generate(), list[list[str]]()
    for store in ("one", "one", "other"):
        connections = connections_of(settings)
        here = await Store.open(tmp_path / store, keyring)
        await connections.name(here)
        found.append([one.whose for one in connections.clients if isinstance(one, Http)])
        assert all(re.fullmatch(r"(\*|us)\.[0-9a-f]{8}", one) for one in found[-1])
        assert [one.partition(".")[0] for one in found[-1]] == ["*", "us"]
        await here.close()
        await connections.close()
    assert found[0] == found[1]
    assert not set(found[0]) & set(found[2])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (account("sandbox"), r"`accounts\[0\].name` is 'sandbox': write it as connector/account, such as shopify/eu"),
        (
            account("nobody/eu"),
            r"there is no connector nobody: there are database, easypost",
        ),
        (account(said='"tok-plain-canary"'), r"`accounts\[0\].settings.token`: sandbox: a secret does not"),
        (account(said='{ env = "NOT_SET" }'), r"the variable NOT_SET is not set: set it where the hub is started"),
        (
            account(said='{ file = "gone.txt" }'),
            r"gone.txt cannot be read \(FileNotFoundError\): put the secret there",
        ),
        (account(said='{ file = "open.txt" }'), r"others may read .*open.txt: chmod 600"),
        (account(said='{ file = "a", env = "b" }'), r"settings.token`: sandbox: a secret does not"),
        (account(url="ftp://x"), r"sandbox/eu: an account's address begins with https://"),
        (account(url="https://u:canary@x.example"), r"an account's address holds no user and no password"),
        (account() + "colour = 1\n", r"`accounts\[0\].settings`: sandbox: .*unknown field `colour`"),
        ('[[accounts]]\nname = "sandbox/eu"\n', r"sandbox: .*missing required field `url`"),
        (account() + account(), r"sandbox/eu is there already: give each its own name"),
    ],
)
def test_what_cannot_be_connected_is_told_by_its_key_and_without_the_secret(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "open.txt").write_text("canary", "ascii")
    (tmp_path / "open.txt").chmod(0o644)
    with pytest.raises(HubRefused, match=says) as refused:
        settings_of(tmp_path, HEAD + text)
    assert "canary" not in str(refused.value)


def test_a_network_that_is_not_allowed_by_name_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(HubRefused, match="plain http is for networks that the shop allows by name: use https"):
        settings_of(tmp_path, 'shops = ["eu"]\n' + account())
    with pytest.raises(HubRefused, match=r"`allow_networks`: .*name a network such as"):
        settings_of(tmp_path, 'shops = ["eu"]\nallow_networks = ["erp"]\n')


class Rotated(sandbox.Settings, frozen=True, kw_only=True):
    """Secrets wherever a type may have them."""

    old: Secret | None = None
    live: tuple[Secret, ...] = ()
    inner: dict[str, Secret] = msgspec.field(default_factory=dict)


@pytest.fixture
def rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    card = sandbox.connector
    fields = {name: getattr(card, name) for name in ("name", "title", "http", "offers", "limits")}
    monkeypatch.setattr(sandbox, "connector", Connector(settings=Rotated, **fields))


@pytest.mark.usefixtures("rotated")
@pytest.mark.parametrize(
    ("more", "at"),
    [
        ('old = "tok-plain-canary"', "old"),
        ('live = ["tok-plain-canary"]', r"live\[0\]"),
        ('inner = { a = "tok-plain-canary" }', r"inner\[...\]"),
    ],
)
def test_no_secret_stands_in_the_file_wherever_the_settings_have_it(tmp_path: Path, more: str, at: str) -> None:
    text = rf"^`accounts\[0\].settings.{at}`: sandbox: a secret does not stand in the file itself"
    with pytest.raises(HubRefused, match=text) as refused:
        settings_of(tmp_path, HEAD + account() + more + "\n")
    assert "canary" not in str(refused.value)


@pytest.mark.usefixtures("rotated")
def test_secrets_come_from_elsewhere_wherever_the_settings_have_them(tmp_path: Path) -> None:
    text = HEAD + account() + f"old = {ENV}\nlive = [{ENV}, {ENV}]\ninner = {{ a = {ENV} }}\n"
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    bindings, clients, ears, *_ = connections_of(load_settings(tmp_path / "pawline.toml", {}))
    assert bindings.accounts("eu", Payments) == ("sandbox/eu",)
    assert (len(clients), ears) == (1, ())


def test_two_accounts_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HubRefused, match=r"`accounts\[1\].name`: sandbox/eu is there already"):
        settings_of(tmp_path, HEAD + account() + account())


def test_an_account_plays_what_it_is_told_to(tmp_path: Path) -> None:
    text = HEAD + account(more='plays = ["Crm"]') + account("sandbox/us", more='plays = ["Payments"]')
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    bindings = connections_of(load_settings(tmp_path / "pawline.toml", {})).bindings
    assert (bindings.accounts("eu", Crm), bindings.accounts("eu", Payments)) == (("sandbox/eu",), ("sandbox/us",))
    with pytest.raises(HubRefused, match=r"`accounts\[0\].plays`: sandbox/eu cannot play Dogs: Crm, Fulfilment"):
        settings_of(tmp_path, HEAD + account(more='plays = ["Dogs"]'))


async def test_the_hub_decides_about_stock_also_where_an_account_could(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", "a-token")
    Keyring.generate().save(tmp_path / "pawline.key")
    (tmp_path / "pawline.toml").write_text(
        'shops = ["paws"]\nflows = ["pawline.flows.fulfil_order"]\nstock = "hub"\nstore = ":memory:"\n'
        'allow_networks = ["127.0.0.0/8"]\n[[accounts]]\nname = "sandbox/eu"\n[accounts.settings]\n'
        'url = "http://127.0.0.1:9"\ntoken = { env = "T" }\n',
        "utf-8",
    )
    async with await Hub.open(load_settings(tmp_path / "pawline.toml", {})) as hub:
        assert hub.engine.bindings.accounts("paws", Inventory) == ("pawline/stock-paws", "sandbox/eu")
