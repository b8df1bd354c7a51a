"""`pawline sandbox` in a process of its own: it says where it is, does what it is asked, and keeps its ledger."""

from __future__ import annotations

import asyncio
import json
import signal
import smtplib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pawline.kit import Guard, Http, Secret
from pawline.ports import Rejected
from pawline.sandbox import read_ledger


def use(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["vendors"] == [
        "crm", "fulfilment", "helpdesk", "inventory", "mail", "marketing", "payments", "shipping", "shop",
        "subscriptions"
    ]  # fmt: skip

    assert {name: value[:6] for name, value in told["shopify"].items()} | {"client": ""} == {
        "token": "shpat_", "client": "", "secret": "shpss_"
    }  # fmt: skip

    async def reserve() -> None:
        bearer = Secret(f"Bearer {told['token']}")
        http = Http(told["url"], guard=Guard(["127.0.0.0/8"]), headers={"authorization": bearer})
        given = {"order": "o1", "items": [{"sku": "dog", "quantity": 2}]}
        try:
            await http.send("POST", "inventory", "reserve", json=given, headers={"idempotency-key": "k"}, into=object)
        finally:
            await http.close()

    asyncio.run(reserve())
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_it_answers_keeps_each_effect_and_ends_when_told(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    words = ["sandbox", "--port", "0", "--stock", "dog=2", "--ledger", str(ledger), "--json"]
    with subprocess.Popen([sys.executable, "-m", "pawline.cli", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            use(process)
        finally:
            process.kill()  # else a failed assertion would wait for its end
    assert [(one.operation, one.order, one.items) for one in read_ledger(ledger)] == [
        ("Inventory.reserve", "o1", {"dog": 2})
    ]


def test_its_old_erp_takes_an_order_and_exports(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    order = "order,number,placed_at,currency,sku,quantity,total\no1,1,2026-11-27,EUR,dog,2,1000\n#end\n"
    (tmp_path / "inbox" / "order-o1.csv").write_text(order, "utf-8")
    words = ["sandbox", "--port", "0", "--stock", "dog=5", "--erp", str(tmp_path), "--json"]
    with subprocess.Popen([sys.executable, "-m", "pawline.cli", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            until = time.monotonic() + 20
            while not list((tmp_path / "outbox").glob("stock-*.csv")):
                assert time.monotonic() < until
                time.sleep(0.05)
        finally:
            process.kill()
    (stock,) = sorted((tmp_path / "outbox").glob("stock-*.csv"))[:1]
    assert stock.read_text("utf-8").splitlines()[1].startswith("dog,main,3,")
    assert [one.name for one in (tmp_path / "done").iterdir()] == ["order-o1.csv"]


def test_it_takes_mail_and_writes_it_down(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    words = ["sandbox", "--port", "0", "--smtp", "0", "--ledger", str(ledger), "--json"]
    with subprocess.Popen([sys.executable, "-m", "pawline.cli", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["smtp"]
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
                line.sendmail("a@b.example", ["c@d.example"], "Message-ID: <m1@b.example>\r\nSubject: hi\r\n\r\nhi\r\n")
        finally:
            process.kill()
    assert [(one.operation, one.business, one.again) for one in read_ledger(ledger)] == [
        ("Mail.taken", "<m1@b.example>", False)
    ]


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "pawline.cli",
        "sandbox",
        "--port",
        "0",
        "--stock",
        "dog=2",
        "--keep",
        str(tmp_path),
        "--json",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            use(process)
        finally:
            process.kill()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            with pytest.raises(Rejected, match="answered 422"):  # out of dog: both are taken
                use(process)
        finally:
            process.kill()
    assert [(one.operation, one.again) for one in read_ledger(tmp_path / "ledger.jsonl")] == [
        ("Inventory.reserve", False)
    ]


def test_what_it_cannot_do_is_told_in_a_sentence() -> None:
    words = [sys.executable, "-m", "pawline.cli", "sandbox", "--stock", "dog"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--stock dog: write it as SKU=UNITS, such as kibble-10=500" in done.stderr
