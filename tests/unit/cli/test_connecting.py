"""`pawline connect`: an account is written down once it is proved, and told where its webhooks go; else nothing is."""

from __future__ import annotations

import asyncio
import fcntl
import json
import multiprocessing
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pawline.cli import app, connecting
from pawline.cli.starting import _doctor
from pawline.hub import HubRefused, load_settings
from pawline.store import Keyring
from tests.unit.cli.brought import bring

HEAD = 'shops = ["eu", "us"]\npublic = "https://hooks.pets.example"\nlisten = "127.0.0.1:8081"\n'
AT = "https://hooks.pets.example/hooks/acme/eu"
ALL = ["--secret", "token=ACME_TOKEN", "--secret", "webhook_secrets=ACME_HOOK", "--shop", "eu"]


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_TOKEN", "tok-canary-77")
    monkeypatch.setenv("ACME_HOOK", "hook-canary-77")
    (tmp_path / "pawline.toml").write_text(HEAD, "utf-8")
    Keyring.generate().save(tmp_path / "pawline.key")
    return bring(tmp_path, monkeypatch)


def befalls(system: Path, **what: Any) -> None:
    """What the system's file says besides: see `meanwhile` there."""
    system.write_text(json.dumps(json.loads(system.read_text()) | what), "utf-8")


def connect(system: Path, *words: str) -> Any:
    done = CliRunner().invoke(
        app,
        ["connect", "acme/eu", *words, "--json", "--config", str(system.parent / "pawline.toml")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    assert "canary" not in done.output
    return json.loads(done.output)["told"]


def test_it_is_checked_written_down_and_its_webhooks_are_sent_to_us(system: Path) -> None:
    file = system.parent / "pawline.toml"
    told = connect(system, "--set", f"place={system}", "--set", "pages=5", *ALL)
    assert told == [
        f"acme/eu is in {file}", "it lets us in, and lacks nothing", f"orders is sent to {AT}",
        f"refunds is sent to {AT}",
    ]  # fmt: skip
    assert file.read_text("utf-8") == HEAD + (
        f'\n[[accounts]]\nname = "acme/eu"\nshops = ["eu"]\n\n[accounts.settings]\nplace = "{system}"\npages = 5\n'
        'token = { env = "ACME_TOKEN" }\nwebhook_secrets = [{ env = "ACME_HOOK" }]\n'
    )
    assert json.loads(system.read_text())["sends"] == {"orders": AT, "refunds": AT}
    assert load_settings(file, {}).accounts[0].name == "acme/eu"
    assert connect(system) == ["it lets us in, and lacks nothing", f"its webhooks are sent to {AT}"]
    assert not list(system.parent.glob("*.connecting*"))


def test_who_wrote_it_down_is_told_to_start_the_hub_anew_and_who_mends_it_is_not(system: Path) -> None:
    words = ["connect", "acme/eu", "--set", f"place={system}", *ALL]
    config = ["--json", "--config", str(system.parent / "pawline.toml")]
    said = "start the hub anew: one that runs knows nothing of acme/eu, and tells its webhooks 404 until then"
    assert json.loads(CliRunner().invoke(app, [*words, *config]).stdout)["next"] == [said]
    assert json.loads(CliRunner().invoke(app, [*words[:2], *config]).stdout)["next"] == []


def test_two_secrets_are_live_while_one_is_changed(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOOK_2", "hook-canary-78")
    connect(system, "--set", f"place={system}", *ALL, "--secret", "webhook_secrets=ACME_HOOK_2")
    text = (system.parent / "pawline.toml").read_text("utf-8")
    assert text.splitlines()[-1] == 'webhook_secrets = [{ env = "ACME_HOOK" }, { env = "ACME_HOOK_2" }]'


def test_line_ends_and_what_is_no_ascii_are_written_as_they_are(system: Path) -> None:
    file = system.parent / "pawline.toml"
    head = ("# ours\n" + HEAD).replace("\n", "\r\n").encode()
    file.write_bytes(head)
    connect(system, "--set", f"place={system}", "--set", "region=paws 🐾", *ALL)
    written = file.read_bytes()
    assert written.startswith(head + b"\r\n[[accounts]]\r\n")
    assert written.count(b"\n") == written.count(b"\r\n")
    assert 'region = "paws 🐾"' in written.decode("utf-8")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_what_was_typed_is_theirs_too_whose_the_settings_are(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(system.parent / "pawline.toml", 1234, 1235)
    typed(system, monkeypatch)
    found = {one.name: one.stat() for one in (system.parent / "secrets", *(system.parent / "secrets").iterdir())}
    assert {name: (one.st_uid, one.st_gid, stat.S_IMODE(one.st_mode)) for name, one in found.items()} == {
        "secrets": (1234, 1235, 0o700), ".gitignore": (1234, 1235, 0o644), "acme-eu.token": (1234, 1235, 0o600),
        "acme-eu.webhook_secrets": (1234, 1235, 0o600),
    }  # fmt: skip


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_whose_the_file_is_it_stays(system: Path) -> None:
    file = system.parent / "pawline.toml"
    file.chmod(0o600)
    os.chown(file, 1234, 1235)
    connect(system, "--set", f"place={system}", *ALL)
    now = file.stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (1234, 1235, 0o600)


def test_another_account_whose_secret_is_elsewhere_keeps_none_out(system: Path) -> None:
    file = system.parent / "pawline.toml"
    other = f'name = "acme/us"\nshops = ["us"]\nsettings = {{ place = "{system}", token = {{ env = "ELSEWHERE" }} }}\n'
    file.write_text(f"{HEAD}\n[[accounts]]\n{other}", "utf-8")
    told = connect(system, "--set", f"place={system}", *ALL)
    assert [one for one in told if one.startswith("another account cannot be connected here: ")] == told[1:2]
    assert 'name = "acme/eu"' in file.read_text("utf-8")


def test_another_account_whose_connector_is_not_installed_keeps_none_out(system: Path) -> None:
    file = system.parent / "pawline.toml"
    file.write_text(f'{HEAD}\n[[accounts]]\nname = "elsewhere/us"\nshops = ["us"]\n', "utf-8")
    told = connect(system, "--set", f"place={system}", *ALL)
    assert "another account cannot be connected here: " in told[1]
    assert 'name = "acme/eu"' in file.read_text("utf-8")


def test_the_file_stays_what_it_was_but_for_the_account(system: Path) -> None:
    """Whose it is to read, what a link leads to, a number that is a name, and what somebody wrote meanwhile."""
    real, link = system.parent / "real.toml", system.parent / "pawline.toml"
    link.replace(real)
    real.chmod(0o600)
    link.symlink_to(real)
    connect(system, "--set", f"place={system}", "--set", "region=007", *ALL)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert 'region = "007"\n' in real.read_text("utf-8")
    real.write_text(HEAD, "utf-8")
    befalls(system, sends={}, changes={"probe": str(real)})
    with pytest.raises(HubRefused, match=r"was changed meanwhile: nothing was written; connect again$"):
        connect(system, "--set", f"place={system}", *ALL)
    assert real.read_text("utf-8") == "# somebody was here\n"
    assert json.loads(system.read_text())["sends"] == {}  # nobody outside was told of it
    assert not list(system.parent.glob("*.connecting*"))


def test_a_person_is_asked_for_what_lacks_and_a_typed_secret_is_kept_apart(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool, bool]] = []

    def answer(name: str, *, hidden: bool, optional: bool) -> str:
        asked.append((name, hidden, optional))
        return {"place": str(system), "token": "tok-canary-77"}.get(name, "")

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(connecting, "_ask", answer)
    monkeypatch.setattr("sys.stdin", Terminal())
    file = system.parent / "pawline.toml"
    connecting.connect("acme/eu", "", None, None, file, json=False)
    assert asked == [
        ("place", False, False), ("token", True, False), ("region", False, True), ("webhook_secrets", True, True),
    ]  # fmt: skip
    kept = system.parent / "secrets" / "acme-eu.token"
    assert (kept.read_text("utf-8"), stat.S_IMODE(kept.stat().st_mode)) == ("tok-canary-77", 0o600)
    assert (kept.parent / ".gitignore").read_text("utf-8") == "*\n"
    assert 'token = { file = "secrets/acme-eu.token" }' in file.read_text("utf-8")
    assert "canary" not in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--set", "colour=red", *ALL],
            "colour is no setting of it; there are place, token, pages, region, webhook_se",
        ),
        (
            ["--set", "token=tok", *ALL[2:]],
            "token is a secret: give --secret token=VARIABLE, and the variable holds it",
        ),
        (["--secret", "place=X", *ALL], "place is no secret: give --set place=VALUE"),
        (["--set", "place", *ALL], "--set 'place': write NAME=VALUE"),
        (
            ["--set", "place=x", "--secret", "token=shpat_canary"],
            "^--secret token: name the variable that holds it, in ca",
        ),
        (ALL, "it needs place: give --set place=…"),
        (["--set", "place={system}"], "it needs token: give --secret token=…"),
        (
            ["--set", "place={system}", "--secret", "token=AKIA_CANARY"],
            "^--secret token: no such variable is set: set it here, and",
        ),
        (["--set", "place={system}", "--secret", "token=ACME_HOOK", *ALL], "--secret token is given more than once"),
        (["--set", "place={system}", "--set", "place=x", *ALL], "--set place is given 2 times: give it once"),
        (["--set", "place={system}", "--secret", "token=ACME_HOOK"], "acme/eu: the key lacks the scope read_orders"),
        (["--set", "place={system}", "--set", "pages=many", *ALL], r"accounts\[0\].settings.pages"),
    ],
)
def test_what_does_not_work_is_told_and_nothing_is_written(system: Path, words: list[str], says: str) -> None:
    before = sorted(one.name for one in system.parent.iterdir())
    with pytest.raises(HubRefused, match=says):
        connect(system, *(word.replace("{system}", str(system)) for word in words))
    assert (system.parent / "pawline.toml").read_text("utf-8") == HEAD
    assert json.loads(system.read_text())["sends"] == {}
    assert sorted(one.name for one in system.parent.iterdir() if one.name != "__pycache__") == before


def typed(system: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """A person connects it, and types its secrets."""
    answers = {"place": str(system), "token": "tok-canary-77", "webhook_secrets": "hook-canary-77"} | more

    class Terminal:
        def isatty(self) -> bool:
            return True

    def answer(name: str, *, hidden: bool, optional: bool) -> str:
        return answers.get(name, "")

    with monkeypatch.context() as sitting:
        sitting.setattr(connecting, "_ask", answer)
        sitting.setattr("sys.stdin", Terminal())
        connecting.connect("acme/eu", "eu", None, None, system.parent / "pawline.toml", json=False)


def test_a_typed_secret_of_an_account_that_does_not_work_is_not_left_behind(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubRefused, match="lacks the scope read_orders"):
        typed(system, monkeypatch, token="another-canary")  # noqa: S106 - a canary
    assert (system.parent / "pawline.toml").read_text("utf-8") == HEAD
    assert [one.name for one in (system.parent / "secrets").iterdir()] == [".gitignore"]
    assert not list(system.parent.glob("*.connecting*"))


def killed(system: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> list[str]:
    """Somebody types, and is killed then: what is there besides the settings."""
    befalls(system, killed=when)
    process = multiprocessing.get_context("fork").Process(target=typed, args=(system, monkeypatch))
    process.start()
    process.join(60)
    assert process.exitcode == 9
    befalls(system, killed="")
    return beside(system)


def beside(system: Path) -> list[str]:
    found = [*system.parent.glob("*.connecting*"), *(system.parent / "secrets").glob("[!.]*")]
    return sorted(str(one.relative_to(system.parent)) for one in found)


def said_of(system: Path, *words: str) -> tuple[str, Any]:
    """The error output, and what was told."""
    done = CliRunner().invoke(
        app, ["connect", "acme/eu", *words, "--json", "--config", str(system.parent / "pawline.toml")],
        catch_exceptions=False,
    )  # fmt: skip
    return done.stderr, json.loads(done.stdout)["told"]


DRAFT, TOKEN, HOOK = "pawline.toml.connecting", "secrets/acme-eu.token", "secrets/acme-eu.webhook_secrets"


def removed(system: Path, *names: str) -> str:
    left = [f"a `pawline connect` that was killed had left {system.parent / name}: it is removed\n" for name in names]
    return "".join(left)


def test_what_one_that_was_killed_left_behind_is_told_and_removed(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = system.parent / "pawline.toml"
    assert killed(system, monkeypatch, "probe") == [DRAFT, TOKEN, HOOK]
    assert file.read_text("utf-8") == HEAD
    said, told = said_of(system, "--set", f"place={system}", *ALL)
    assert said == removed(system, TOKEN, HOOK, DRAFT)
    assert told[0] == f"acme/eu is in {file}"
    assert beside(system) == []
    assert said_of(system)[0] == ""


def test_one_that_is_killed_while_its_webhooks_are_seen_to_is_in_the_settings_already(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert killed(system, monkeypatch, "enrol") == [TOKEN, HOOK]
    assert [one.name for one in load_settings(system.parent / "pawline.toml", {}).accounts] == ["acme/eu"]
    assert json.loads(system.read_text())["sends"] == {}
    said, told = said_of(system)
    assert (said, told[1:]) == ("", [f"orders is sent to {AT}", f"refunds is sent to {AT}"])
    assert beside(system) == [TOKEN, HOOK]


@pytest.mark.parametrize(
    ("settings", "last", "stays"),
    [
        (f'# token = {{ file = "{TOKEN}" }}\n', f"# `pawline connect` makes: {TOKEN}\n", True),  # they took it over
        ("", f"# `pawline connect` makes: {TOKEN}", True),  # not whole: whose it is is not known
        ("", "# `pawline connect` makes:\n", True),  # somebody else's
        ("", "# `pawline connect` makes: secrets/../secrets/acme-eu.token\n", True),
        ("", f"# `pawline connect` makes: {TOKEN}\n", False),
    ],
)
def test_a_secret_that_may_be_somebody_elses_is_left_alone(system: Path, settings: str, last: str, stays: bool) -> None:
    (system.parent / "secrets").mkdir()
    (system.parent / TOKEN).write_text("another", "utf-8")
    (system.parent / DRAFT).write_text(f"{HEAD}\n{last}", "utf-8")
    (system.parent / "pawline.toml").write_text(HEAD + settings, "utf-8")
    assert said_of(system, "--set", f"place={system}", *ALL)[0] == removed(system, *[TOKEN] * (not stays), DRAFT)
    assert beside(system) == [TOKEN] * stays


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_secret_that_is_another_users_is_left_alone(system: Path) -> None:
    (system.parent / "secrets").mkdir()
    (system.parent / TOKEN).write_text("another", "utf-8")
    os.chown(system.parent / TOKEN, 1234, 1235)
    (system.parent / DRAFT).write_text(f"{HEAD}\n# `pawline connect` makes: {TOKEN}\n", "utf-8")
    assert said_of(system, "--set", f"place={system}", *ALL)[0] == removed(system, DRAFT)
    assert beside(system) == [TOKEN]


def test_one_that_is_under_way_keeps_its_own_and_another_is_refused(system: Path) -> None:
    (system.parent / "secrets").mkdir()
    (system.parent / TOKEN).write_text("another", "utf-8")
    with (system.parent / DRAFT).open("w+", encoding="utf-8") as draft:
        draft.write(f"# `pawline connect` makes: {TOKEN}\n")
        draft.flush()
        fcntl.flock(draft, fcntl.LOCK_EX)
        with pytest.raises(HubRefused, match=r"another `pawline connect` is under way with .*: wait until"):
            connect(system, "--set", f"place={system}", *ALL)
        assert (beside(system), (system.parent / "pawline.toml").read_text("utf-8")) == ([DRAFT, TOKEN], HEAD)


@pytest.mark.parametrize(
    ("head", "words", "says"),
    [
        (
            HEAD,
            ALL[:2],
            "it believes no webhook, for it has no webhook secret: add it to the settings, and connect agai",
        ),
        (HEAD.replace("https://hooks.pets.example", ""), ALL, "`public` is empty in the settings: name what `listen`"),
    ],
)
def test_who_cannot_hear_yet_is_told_what_lacks(system: Path, head: str, words: list[str], says: str) -> None:
    (system.parent / "pawline.toml").write_text(head, "utf-8")
    more = ["--shop", "eu"] if "--shop" not in words else []
    told = connect(system, "--set", f"place={system}", *words, *more)
    assert [says in one for one in told] == [False, False, True]
    assert json.loads(system.read_text())["sends"] == {}


def test_the_doctor_finds_what_is_not_sent_and_who_is_not_let_in(system: Path) -> None:
    file = system.parent / "pawline.toml"
    connect(system, "--set", f"place={system}", *ALL)

    def found() -> dict[str, tuple[str, str]]:
        return {
            one["name"]: (one["state"], one["says"])
            for one in asyncio.run(_doctor(file))
            if one["name"] in {"access", "enrolled"}
        }

    assert found() == {
        "access": ("good", "acme/eu: all that is needed is allowed"),
        "enrolled": ("good", "acme/eu sends its webhooks to us"),
    }  # fmt: skip
    there = json.loads(system.read_text())
    system.write_text(json.dumps(there | {"sends": {"orders": "https://old.example"}, "token": "changed"}))
    assert found() == {
        "access": ("bad", "acme/eu: the key lacks the scope read_orders"),
        "enrolled": (
            "bad", "acme/eu does not send orders, refunds: `pawline connect acme/eu` has it sent",
        ),
    }  # fmt: skip
    system.write_text(json.dumps(there | {"broken": True}))
    assert found()["enrolled"] == ("look", "acme/eu does not say: it does not let us look")
    file.write_text(file.read_text("utf-8").replace("https://hooks.pets.example", ""), "utf-8")
    assert found()["enrolled"][0] == "look"
    assert found()["enrolled"][1].startswith("`public` is empty")
