"""Settings are read as they are written, and refused with a sentence that names the key and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawline.hub import Hub, HubRefused, connections_of, flows_of, keyring_of, load_settings
from pawline.ports import EffectKind
from pawline.store import StoreInUse
from tests.unit.hub.shop import Dispenser, hub_of, write


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def given(folder: Path, text: str) -> Path:
    file = folder / "pawline.toml"
    file.write_text(text, "utf-8")
    return file


def refusal(file: Path) -> str:
    with pytest.raises(HubRefused) as refused:
        load_settings(file, {})
    return str(refused.value).removeprefix(f"{file}: ")


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    settings = load_settings(given(tmp_path, 'shops = ["eu"]'), {})
    assert (settings.shops, settings.flows, settings.accounts) == (["eu"], [], [])
    assert settings.url == f"sqlite:///{tmp_path}/pawline.db"
    assert settings.key_path == tmp_path / "pawline.key"
    assert not settings.on_postgres


def test_the_environment_overrules_the_file(tmp_path: Path) -> None:
    file = given(tmp_path, 'shops = ["eu"]\nstore = "here.db"')
    url = "postgresql://db/pawline"
    settings = load_settings(None, {"PAWLINE_CONFIG": str(file), "PAWLINE_STORE": url, "PAWLINE_KEY_FILE": "k"})
    assert (settings.url, settings.on_postgres, settings.key_path) == (url, True, tmp_path / "k")


def test_caps_reach_the_runtime(tmp_path: Path) -> None:
    text = 'shops = ["eu"]\n[caps.default]\nrefund = 50\n[caps.flows.welcome]\nmessage = 5\n[runtime]\nlive = 7'
    running = load_settings(given(tmp_path, text), {}).for_runtime()
    assert running.live == 7
    assert running.caps.of("any", EffectKind.REFUND) == 50
    assert running.caps.of("welcome", EffectKind.MESSAGE) == 5
    assert running.caps.of("other", EffectKind.MESSAGE) is None


KNOWN = "remove it, or correct it to one of"
EU = 'shops = ["eu"]\n'
LIMITS = "retention: `facts` is at least 60 days, `payloads` not below 0, `batch` at least 1"
ALL = (
    "shops, flows, accounts, allow_networks, store, key_file, listen, public, messages, stock, catalog, retention,"
    " caps, runtime, alarms, pickups, rates, returns, helpdesks, surveys, storefronts"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "`shops` is missing: add it"),
        ("shops = []", '`shops` names at least one shop, and none is "" or "*": e.g. shops = ["pets-eu"]'),
        ('shops = "eu"', "`shops` is wrong: expected `array`, got `str`; correct it"),
        (EU + "[retention]\nfact = 1", f"`retention.fact` is no setting: {KNOWN} payloads, facts, visits"),
        (EU + "[retention]\nfacts = 30", LIMITS),
        (EU + "[surveys]\ndays = 0", "`surveys.days` is 0: give more than 0, and 3650 at most"),
        (EU + "[surveys]\nday = 9", f"`surveys.day` is no setting: {KNOWN} days, exit_intent, post_purchase"),
        (EU + '[[accounts]]\nuse = "connect"', "`accounts[0].use` is 'connect': write it as `module:function`"),
        (
            EU + "[[accounts]]",
            '`accounts[0]` has either a `name` (such as "shopify/eu") or a `use`, not both',
        ),
        (
            EU + '[[accounts]]\nname = "a/b"\nuse = "a:b"',
            '`accounts[0]` has either a `name` (such as "shopify/eu") or a `use`, not both',
        ),
        (
            EU + '[[accounts]]\nname = "a/b"\nshops = ["us"]',
            "`accounts[0].shops` names us, which is not in `shops`: correct one of them",
        ),
        (
            EU + '[[accounts]]\nuse = "a:b"\nshops = ["eu"]',
            "`accounts[0]`: what `use` names says for itself which shops, ports, settings and limits it has",
        ),
        (
            EU + '[[accounts]]\nuse = "a:b"\nlimits = { rate = 1 }',
            "`accounts[0]`: what `use` names says for itself which shops, ports, settings and limits it has",
        ),
        (
            EU + '[[accounts]]\nname = "a/b"\nlimits = { rate = 0 }',
            "`accounts[0].limits.rate` is wrong: expected `float` > 0.0; correct it",
        ),
        (
            EU + '[[accounts]]\nname = "a/b"\nlimits = { speed = 1 }',
            f"`accounts[0].limits.speed` is no setting: {KNOWN} rate, burst, concurrency",
        ),
        (EU + "[caps.default]\nhugs = 3", "`caps.default` is wrong: invalid enum value 'hugs'; correct it"),
        ("flow = []", f"`flow` is no setting: {KNOWN} {ALL}"),
        ('home = "x"', "`home` is no setting: it is the folder of the file; remove it"),
    ],
)
def test_a_mistake_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    assert refusal(given(tmp_path, text)).removeprefix("pawline.toml: ") == told


def test_a_file_that_is_not_there_or_no_toml(tmp_path: Path) -> None:
    with pytest.raises(HubRefused, match="run `pawline init` here, or name the file with --config"):
        load_settings(tmp_path / "pawline.toml", {})
    file = given(tmp_path, "shops = [")
    with pytest.raises(HubRefused) as refused:
        load_settings(file, {})
    assert str(refused.value).startswith(f"{file} is no TOML: ")


def wired(folder: Path, text: str) -> str:
    settings = load_settings(given(folder, 'shops = ["eu"]\n' + text), {})
    with pytest.raises(HubRefused) as refused:
        (flows_of if text.startswith("flows") else connections_of)(settings)
    return str(refused.value)


def test_modules_and_accounts_that_do_not_fit_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken_one.py").write_text("1 / 0", "utf-8")
    (tmp_path / "empty_one.py").write_text(
        "def connect():\n    return [1]\ndef fails():\n    raise OSError('down')", "utf-8"
    )
    absent = wired(tmp_path, 'flows = ["not_there"]')
    assert absent == f"`flows`: there is no module not_there in {tmp_path} or installed"
    assert wired(tmp_path, 'flows = ["broken_one"]') == (
        "`flows`: broken_one failed with ZeroDivisionError: division by zero"
    )
    assert wired(tmp_path, 'flows = ["empty_one"]').startswith("`flows`: empty_one defines no flow: decorate one with")
    account = 'accounts = [{{ use = "empty_one:{}" }}]'
    assert wired(tmp_path, account.format("gone")) == (
        "`accounts[0].use`: empty_one has no function gone: correct the name"
    )
    assert wired(tmp_path, account.format("connect")).endswith("returns what is no Binding: return a list of Bindings")
    assert wired(tmp_path, account.format("fails")) == "`accounts[0].use`: empty_one:fails failed with OSError: down"


def test_a_key_that_is_missing_or_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAWLINE_KEY", raising=False)
    settings = load_settings(given(tmp_path, 'shops = ["eu"]'), {})
    with pytest.raises(HubRefused, match="`pawline init` makes one; a store opens with its own only"):
        keyring_of(settings)
    settings.key_path.write_text("x", "ascii")
    settings.key_path.chmod(0o644)
    with pytest.raises(HubRefused, match="chmod 600"):
        keyring_of(settings)


async def test_a_second_hub_on_the_same_file_is_refused_and_the_first_goes_on(
    tmp_path: Path, vendor: Dispenser
) -> None:
    write(tmp_path, 1, module="feeding_twice")
    async with hub_of(tmp_path) as hub:
        with pytest.raises(StoreInUse, match="stop it first, or use its command line"):
            await Hub.open(load_settings(tmp_path / "pawline.toml", {}))
        assert (await hub.desk.answer("ping", {}))["alive"] is True


async def test_the_line_is_for_its_owner_only_also_in_a_deep_folder(tmp_path: Path, vendor: Dispenser) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    write(deep, 1, module="feeding_deep")
    async with hub_of(deep):
        assert rights(deep / "pawline.db.sock") == 0o600
    assert sorted(one.name for one in deep.glob("*.sock")) == []
