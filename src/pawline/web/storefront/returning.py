"""The operations of the Storefront API about what is sent back."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.hub.storefront import Cause, Scope
from pawline.hub.storefront.return_forms import ReturnForm, ReturnSaid, ReturnsSaid, WithdrawForm
from pawline.web.storefront.operations import Call, Operation, Said

PATH: Final = "/v1/orders/{order}/returns"


async def ask_return(call: Call) -> Said:
    """A new one."""
    order = call.own("order", call.path["order"])
    known = await call.shop.returns.ask(order, call.form, call.named(), by_shop=call.key.secret)
    name = msgspec.json.decode(known.body)["id"]
    return Said(known.status, known.body, {"location": f"/v1/orders/{order}/returns/{name}"})


async def order_returns(call: Call) -> Said:
    """All of an order's."""
    found = await call.shop.returns.all(call.own("order", call.path["order"]))
    return Said(200, msgspec.json.encode(found))


async def order_return(call: Call) -> Said:
    """How far one is."""
    found = await call.shop.returns.one(call.own("order", call.path["order"]), call.path["return"])
    return Said(200, msgspec.json.encode(found))


async def withdraw_return(call: Call) -> Said:
    """Nothing is to be sent."""
    order = call.own("order", call.path["order"])
    known = await call.shop.returns.withdraw(order, call.path["return"], call.named())
    return Said(known.status, known.body)


RETURNS: Final = (
    Operation(
        "ask_return", "POST", PATH, "Something of an order is to be sent back; its label follows.",
        Scope.RETURNS, ask_return, {202: ReturnSaid}, ReturnForm,
        (Cause.NO_RETURNS, Cause.NOT_BOUGHT, Cause.NOT_SENT, Cause.RETURN_LATE, Cause.NOT_TAKEN_BACK, Cause.NONE_LEFT,
         Cause.RECALLED_HERE),
        writes=True,
    ),
    Operation(
        "list_returns", "GET", PATH, "An order's returns, and what of it may still be sent back.",
        Scope.RETURNS, order_returns, {200: ReturnsSaid, 304: None}, tagged=True,
    ),
    Operation(
        "get_return", "GET", f"{PATH}/{{return}}", "How far a return is, and its label.",
        Scope.RETURNS, order_return, {200: ReturnSaid, 304: None}, tagged=True,
    ),
    Operation(
        "withdraw_return", "POST", f"{PATH}/{{return}}/withdrawal", "It is kept after all: its label is called off.",
        Scope.RETURNS, withdraw_return, {202: ReturnSaid}, WithdrawForm, (Cause.NO_RETURNS, Cause.RETURN_OVER),
        writes=True,
    ),
)  # fmt: skip
"""In the order in which a shop uses them."""
