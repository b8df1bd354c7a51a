"""Where EasyPost sends its webhooks and by which secret; whether a key is good; what its refusals mean."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pawline.connectors.easypost import connector
from pawline.connectors.easypost.enrolling import NEWS, SAYS, digest, enrol, lacking
from pawline.connectors.easypost.errors import explain
from pawline.connectors.easypost.health import probe
from pawline.kit import Answer
from pawline.ports import Code, PortError, Rejected, Transient, Unauthorised
from pawline.sandbox import Manner
from pawline.sandbox.easypost.books import Listener
from tests.unit.connectors.easypost_scene import Scene, run

AT, OTHER = "https://hooks.pets.example/hooks/easypost/us", "https://old.example/hooks"
NEW, OLD = "a secret that is new", "a secret that is old"
SIGNED = f"{NEWS} signed with the first of `webhook_secrets`"


def mine(secret: str) -> dict[str, str]:
    return {"name": SAYS, "value": digest(AT, secret)}


def there(here: Scene) -> list[Listener]:
    return list(here.books.listeners.values())


def test_a_webhook_is_made_once_with_the_first_secret_which_is_shown_to_nobody() -> None:
    async def told(here: Scene) -> None:
        here.books.listeners["hook_1"] = Listener("hook_1", OTHER, "x", here.books.now())
        assert await lacking(here.http, here.settings, AT) == (NEWS,)
        assert await enrol(here.http, here.settings, AT) == (f"{NEWS} are sent to {AT}",)
        assert await lacking(here.http, here.settings, AT) == ()
        assert await enrol(here.http, here.settings, AT) == ()
        (other, made) = there(here)
        assert (made.url, made.secret, made.headers, made.off) == (AT, NEW, [mine(NEW)], None)
        assert (other.secret, other.headers) == ("x", [])
        assert NEW not in mine(NEW)["value"]
        assert digest(AT, NEW) != digest(OTHER, NEW)
        assert here.did() == [f"webhook {AT}"]

    run(told, webhook_secrets=[NEW, OLD])


def test_a_secret_that_was_changed_is_told_and_what_the_shop_added_stays() -> None:
    async def told(here: Scene) -> None:
        shops = {"name": "X-Shop", "value": "1"}
        one = Listener("hook_1", AT, OLD, here.books.now(), [shops, mine(OLD)])
        here.books.listeners[one.id] = one
        assert await lacking(here.http, here.settings, AT) == (SIGNED,)
        assert await enrol(here.http, here.settings, AT) == (
            f"{NEWS} are sent to {AT}, signed with the first of `webhook_secrets`",
        )
        assert (one.secret, one.headers) == (NEW, [shops, mine(NEW)])
        assert await lacking(here.http, here.settings, AT) == ()

    run(told, webhook_secrets=[NEW, OLD])


def test_one_that_the_shop_made_itself_is_told_our_secret() -> None:
    async def told(here: Scene) -> None:
        one = Listener("hook_1", AT, "somebody's", here.books.now())
        here.books.listeners[one.id] = one
        assert await lacking(here.http, here.settings, AT) == (SIGNED,)
        await enrol(here.http, here.settings, AT)
        assert [(each.secret, each.headers) for each in there(here)] == [(NEW, [mine(NEW)])]

    run(told, webhook_secrets=[NEW])


def test_one_that_is_switched_off_is_said_and_switched_on_again() -> None:
    async def told(here: Scene) -> None:
        one = Listener("hook_1", AT, NEW, here.books.now(), [mine(NEW)], off=here.books.now())
        here.books.listeners[one.id] = one
        assert await lacking(here.http, here.settings, AT) == (f"{NEWS} (its webhook is switched off)",)
        await enrol(here.http, here.settings, AT)
        assert one.off is None
        assert await lacking(here.http, here.settings, AT) == ()

    run(told, webhook_secrets=[NEW])


def test_without_a_secret_nothing_is_sent_anywhere() -> None:
    async def told(here: Scene) -> None:
        assert await enrol(here.http, here.settings, AT) == ()
        assert there(here) == []

    run(told)


def test_a_key_that_is_not_known_or_of_the_other_mode_is_said() -> None:
    async def told(here: Scene) -> None:
        await probe(here.http, here.settings, frozenset({"Shipping"}))
        live = connector.configure({"key": "x", "url": f"{here.url}/easypost"})
        await probe(here.http, live, frozenset())  # nobody shipped anything yet: it cannot be told
        await here.booked()
        with pytest.raises(Unauthorised) as other:
            await probe(here.http, live, frozenset())
        assert other.value.text == 'the key is none of mode "production"'
        here.desk.manners["easypost"] = Manner(stranger=True)
        with pytest.raises(Unauthorised) as unknown:
            await probe(here.http, here.settings, frozenset())
        assert unknown.value.code is Code.CREDENTIALS

    run(told)


def said(code: str) -> bytes:
    return b'{"error": {"code": "%s", "message": "388 Townsend St", "errors": []}}' % code.encode()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b"{}",
         Unauthorised("EasyPost wants money: its wallet is empty, or no billing is set up", Code.FORBIDDEN)),
        (429, said("RATE_LIMITED"), Transient("too many calls at once", Code.RATE_LIMITED)),
        (422, said("SHIPMENT.POSTAGE.EXISTS"),
         Transient("EasyPost is at it, or was (SHIPMENT.POSTAGE.EXISTS)", Code.IN_PROGRESS)),
        (422, said("SHIPMENT.POSTAGE.NO_RESPONSE"),
         Transient("EasyPost is at it, or was (SHIPMENT.POSTAGE.NO_RESPONSE)", Code.IN_PROGRESS)),
        (422, said("ADDRESS.VERIFY.UNAVAILABLE"),
         Transient("EasyPost cannot say just now (ADDRESS.VERIFY.UNAVAILABLE)", Code.UNAVAILABLE)),
        (422, said("SHIPMENT.RATE.EXPIRED"),
         Rejected("EasyPost will not do it any more (SHIPMENT.RATE.EXPIRED)", Code.EXPIRED)),
        (422, said("SHIPMENT.REFUND.UNAVAILABLE"),
         Rejected("EasyPost will not do it any more (SHIPMENT.REFUND.UNAVAILABLE)", Code.TOO_LATE)),
        (422, said("SHIPMENT.CUSTOMS_INFO.REQUIRED"),
         Rejected("it needs papers for the customs (SHIPMENT.CUSTOMS_INFO.REQUIRED)", Code.UNSUPPORTED)),
        (422, said("ADDRESS.VERIFY.FAILURE"), Rejected("an address is none (ADDRESS.VERIFY.FAILURE)", Code.INVALID)),
        (422, said("SHIPMENT.POSTAGE.FAILURE"),
         Rejected("EasyPost does not take it (SHIPMENT.POSTAGE.FAILURE)", Code.INVALID)),
        (422, said("388 Townsend St"), Rejected("EasyPost does not take it", Code.INVALID)),
        (400, b"<html>", Rejected("EasyPost does not take it", Code.INVALID)),
        (404, said("SHIPMENT.NOT_FOUND"), None),
        (401, said("APIKEY.INACTIVE"), None),
        (403, said("ADDRESS.X"), None),
        (500, said("SHIPMENT.POSTAGE.EXISTS"), None),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_its_word_and_never_by_what_it_quotes(
    status: int, body: bytes, error: PortError | None
) -> None:
    found = explain(Answer(status, {}, body))
    assert repr(found) == repr(error)
    if isinstance(found, Transient) and found.code is not Code.UNAVAILABLE:
        assert found.retry_after == timedelta(seconds=1 if status == 429 else 5)
