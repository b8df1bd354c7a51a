"""A secret that a system made: kept beside the settings, opened by the hub's key alone, and only where it was put."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pawline.hub import HubRefused, Settings, connections_of, keyring_of, load_settings, seal, sealed_at
from pawline.hub.connecting import secret_of
from pawline.kit import Secret
from pawline.store import Keyring

SECRET = Secret("whsec-canary-77")
AT = sealed_at("stripe/eu", "webhook_secrets")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    Keyring.generate().save(tmp_path / "pawline.key")
    (tmp_path / "pawline.toml").write_text('shops = ["eu"]\n', "utf-8")
    return load_settings(tmp_path / "pawline.toml", {})


def opened(settings: Settings, path: str = AT) -> str:
    return secret_of(settings, {"sealed": path}).reveal()


def test_it_is_opened_by_the_hubs_key_and_read_by_nobody_else(settings: Settings, tmp_path: Path) -> None:
    assert AT == "secrets/stripe-eu.webhook_secrets.sealed"
    seal(settings, keyring_of(settings), AT, SECRET)
    assert opened(settings) == SECRET.reveal()
    assert "canary" not in (tmp_path / AT).read_text("utf-8")
    modes = [stat.S_IMODE((tmp_path / one).stat().st_mode) for one in ("secrets", AT)]
    assert modes == [0o700, 0o600]
    assert [one.name for one in (tmp_path / "secrets").iterdir()] == [Path(AT).name]


def test_a_new_one_takes_its_place_also_where_one_was_killed_in_between(settings: Settings, tmp_path: Path) -> None:
    seal(settings, keyring_of(settings), AT, Secret("old"))
    (tmp_path / f"{AT}.part").write_text("half", "utf-8")
    seal(settings, keyring_of(settings), AT, SECRET)
    assert opened(settings) == SECRET.reveal()
    assert [one.name for one in (tmp_path / "secrets").iterdir()] == [Path(AT).name]


def test_it_is_opened_after_the_key_was_changed(settings: Settings, tmp_path: Path) -> None:
    keyring = keyring_of(settings)
    seal(settings, keyring, AT, SECRET)
    (tmp_path / "pawline.key").unlink()
    keyring.rotated().save(tmp_path / "pawline.key")
    assert opened(settings) == SECRET.reveal()


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_it_is_theirs_whose_the_settings_are(settings: Settings, tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1235)
    seal(settings, keyring_of(settings), AT, SECRET)
    assert [((tmp_path / one).stat().st_uid, (tmp_path / one).stat().st_gid) for one in ("secrets", AT)] == [
        (1234, 1235), (1234, 1235)
    ]  # fmt: skip


def test_what_cannot_be_opened_is_said_and_nothing_of_it(settings: Settings, tmp_path: Path) -> None:
    seal(settings, keyring_of(settings), AT, SECRET)
    (tmp_path / "secrets/other.sealed").write_bytes((tmp_path / AT).read_bytes())  # it is of another place
    (tmp_path / "secrets/odd.sealed").write_text("what is this", "utf-8")
    for path in ("secrets/other.sealed", "secrets/odd.sealed", "secrets/none.sealed"):
        with pytest.raises(ValueError, match="take it out of the settings, and connect again") as no:
            opened(settings, path)
        assert "canary" not in str(no.value)
    (tmp_path / "pawline.key").unlink()
    Keyring.generate().save(tmp_path / "pawline.key")
    with pytest.raises(ValueError, match="cannot be opened"):
        opened(settings)


def test_an_account_that_names_one_is_connected_and_refused_by_its_key_where_it_is_gone(
    settings: Settings, tmp_path: Path
) -> None:
    text = (
        'shops = ["eu"]\nallow_networks = ["127.0.0.0/8"]\n[[accounts]]\nname = "sandbox/eu"\n[accounts.settings]\n'
        f'url = "http://127.0.0.1:1"\ntoken = {{ sealed = "{AT}" }}\n'
    )
    (tmp_path / "pawline.toml").write_text(text, "utf-8")
    seal(settings, keyring_of(settings), AT, SECRET)
    assert connections_of(load_settings(tmp_path / "pawline.toml", {})).deaf == ("sandbox/eu",)
    (tmp_path / AT).unlink()
    with pytest.raises(HubRefused, match=r"`accounts\[0\].settings.token.*cannot be opened"):
        connections_of(load_settings(tmp_path / "pawline.toml", {}))
