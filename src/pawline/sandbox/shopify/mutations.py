"""Each mutation: what it is given, what does it, and what it answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.shopify import bulk, carrying, changing, edits, hearing, refunding, stocking, working
from pawline.sandbox.shopify.books import known, stamp
from pawline.sandbox.shopify.doing import Act, Doing, Done
from pawline.sandbox.shopify.orders import Order, added
from pawline.sandbox.shopify.paging import View, later
from pawline.sandbox.shopify.views import edits as edit_views
from pawline.sandbox.shopify.views import fulfilment, payments, refunds, shop, stock
from pawline.sandbox.shopify.views import order as orders
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.sandbox.shopify.books import Books, Work
    from pawline.sandbox.shopify.listeners import Carrier
    from pawline.sandbox.shopify.paging import Resolver

    Told = Mapping[str, Any]

_ERRORS: Final = {"orderCancel": ("orderCancelUserErrors", "userErrors")}


def changes(books: Books, run: bulk.Run) -> dict[str, Resolver]:
    """By field; `run` does what is asked for in bulk."""
    doing = Doing(books)
    acts = _of_orders(books) | _of_stock(books) | _of_work(books) | _of_edits(books) | _of_hearing(books)
    acts |= _of_carriers(books)
    acts |= {"bulkOperationRunQuery": partial(_in_bulk, books, run)}
    return {name: doing.resolver(name, act, _ERRORS.get(name, ("userErrors",))) for name, act in acts.items()}


def _in_bulk(books: Books, run: bulk.Run, told: Told) -> Done:
    made = bulk.begin(books, told["query"], run)
    return Done(view={"bulkOperation": bulk.seen(books, made)}, business=str(made.id))


def _of_orders(books: Books) -> dict[str, Act]:
    def refund(told: Told) -> Done:
        order, wanted = refunding.checked(books, told["input"])
        made = refunding.refund(books, order, wanted)
        paid = added((amount for _, amount in wanted.payouts), order.currency)
        view = {"refund": refunds.refund(books, order, made), "order": later(lambda: orders.seen(books, order))}
        name = f"{order.id}/{made.note or made.id}"
        return Done(view=view, business=name, order=str(order.id), money=paid)

    def cancel(told: Told) -> Done:
        order, job = changing.cancellable(books, told), books.number()

        def work() -> None:
            changing.cancel(books, order, told)
            books.jobs.add(job)

        books.do_after(books.pace, work)
        view = {"job": {"id": f"gid://shopify/Job/{job}", "done": False}}
        return Done(view=view, business=str(order.id), order=str(order.id))

    def capture(told: Told) -> Done:
        order, made = changing.capture(books, told["input"])
        view = {"transaction": payments.transaction(books, order, made)}
        return Done(view=view, business=f"{order.id}/{made.parent}", order=str(order.id), money=made.amount)

    def void(told: Told) -> Done:
        order, made = changing.void(books, told["parentTransactionId"])
        view = {"transaction": payments.transaction(books, order, made)}
        return Done(view=view, business=f"{order.id}/{made.parent}", order=str(order.id), money=made.amount)

    return {
        "refundCreate": refund, "orderCancel": cancel, "orderCapture": capture, "transactionVoid": void,
        "tagsAdd": lambda told: _tag(books, told, off=False), "tagsRemove": lambda told: _tag(books, told, off=True),
    }  # fmt: skip


def _tag(books: Books, told: Told, *, off: bool) -> Done:
    found, changed = changing.tag(books, told["id"], told["tags"], off=off)
    seen = orders.seen(books, found) if isinstance(found, Order) else stock.product(books, found)
    order = str(found.id) if isinstance(found, Order) else ""
    return Done(view={"node": seen}, business=f"{found.id}/{','.join(told['tags'])}", order=order, again=not changed)


def _of_stock(books: Books) -> dict[str, Act]:
    def group(told: Told, made: Sequence[stocking.Change]) -> Done:
        listed = [_change(books, level, part, by) for level, name, by in made for part in _parts(name)]
        view = {
            "id": f"gid://shopify/InventoryAdjustmentGroup/{books.number()}",
            "createdAt": stamp(books.now()),
            "reason": told["reason"],
            "referenceDocumentUri": told.get("referenceDocumentUri"),
            "app": shop.app(),
            "changes": lambda _info, **given: [one for one in listed if _asked_for(one, given)],
        }
        found = [(books.item(level.item), by) for level, _, by in made]
        business = ",".join(f"{one.sku}{by:+}" for one, by in found if one is not None)
        return Done(view={"inventoryAdjustmentGroup": view if made else None}, business=f"{told['reason']}/{business}")

    return {
        "inventorySetQuantities": lambda told: group(told["input"], stocking.to_set(books, told["input"])),
        "inventoryAdjustQuantities": lambda told: group(told["input"], stocking.to_adjust(books, told["input"])),
    }


def _parts(name: str) -> tuple[str, ...]:
    return ("available", "on_hand") if name in {"available", "on_hand"} else (name,)


def _change(books: Books, level: Any, name: str, by: int) -> View:  # noqa: ANN401 - a level, named in books
    variant, place = books.item(level.item), books.places[level.place]
    return {
        "name": name,
        "delta": by,
        "quantityAfterChange": level.count(name),
        "item": None if variant is None else later(lambda: stock.item(books, variant)),
        "location": later(lambda: stock.place(books, place)),
        "ledgerDocumentUri": None,
        "_item": level.item,
        "_place": level.place,
    }


def _asked_for(one: View, given: Mapping[str, Any]) -> bool:
    items, places, names = given.get("inventoryItemIds"), given.get("locationIds"), given.get("quantityNames")
    return (
        (items is None or one["_item"] in {known(gid, "InventoryItem") for gid in items})
        and (places is None or one["_place"] in {known(gid, "Location") for gid in places})
        and (names is None or one["name"] in names)
    )


def _worked(books: Books, one: Work, *, again: bool = False, **views: Work | None) -> Done:
    """Of a fulfilment order; `views` are those that the payload has, by field."""
    view = {name: None if work is None else fulfilment.work(books, work) for name, work in views.items()}
    return Done(view=view, business=str(one.id), order=str(one.order), again=again)


def _of_work(books: Books) -> dict[str, Act]:
    def hold(told: Told) -> Done:
        made, work, others = working.hold(books, told["id"], told["fulfillmentHold"])
        done = _worked(books, work, fulfillmentOrder=work, remainingFulfillmentOrder=others)
        done.view["fulfillmentHold"] = fulfilment.hold(made)
        return done

    def release(told: Told) -> Done:
        held = books.works.get(known(told["id"], "FulfillmentOrder"))
        again = held is not None and not held.holds
        work = working.release(books, told["id"], told.get("holdIds"))
        return _worked(books, work, again=again, fulfillmentOrder=work)

    def cancel(told: Told) -> Done:
        work, others = working.cancel(books, told["id"])
        return _worked(books, work, fulfillmentOrder=work, replacementFulfillmentOrder=others)

    def send(told: Told) -> Done:
        made = working.send(books, told["fulfillment"])
        view = {"fulfillment": fulfilment.parcel(books, made)}
        return Done(view=view, business=str(made.id), order=str(made.order))

    def unsend(told: Told) -> Done:
        gone = working.unsend(books, told["id"])
        return Done(view={"fulfillment": fulfilment.parcel(books, gone)}, business=str(gone.id), order=str(gone.order))

    return {
        "fulfillmentOrderHold": hold, "fulfillmentOrderReleaseHold": release, "fulfillmentOrderCancel": cancel,
        "fulfillmentCreate": send, "fulfillmentCancel": unsend, **_of_services(books),
    }  # fmt: skip


def _of_services(books: Books) -> dict[str, Act]:
    def submit(told: Told) -> Done:
        lines = told.get("fulfillmentOrderLineItems") or ()
        work, others = working.submit(books, told["id"], lines, told.get("message"))
        return _worked(
            books, work, originalFulfillmentOrder=work, submittedFulfillmentOrder=work,
            unsubmittedFulfillmentOrder=others,
        )  # fmt: skip

    def withdraw(told: Told) -> Done:
        work = working.withdraw(books, told["id"], told.get("message"))
        return _worked(books, work, fulfillmentOrder=work)

    def accept(told: Told) -> Done:
        work = working.accept(books, told["id"])
        return _worked(books, work, fulfillmentOrder=work)

    return {
        "fulfillmentOrderSubmitFulfillmentRequest": submit, "fulfillmentOrderSubmitCancellationRequest": withdraw,
        "fulfillmentOrderAcceptFulfillmentRequest": accept,
    }  # fmt: skip


def _of_edits(books: Books) -> dict[str, Act]:
    def answer(edit: edits.Edit, **more: object) -> Done:
        view = {"calculatedOrder": later(lambda: edit_views.calculated(books, edit)), **more}
        view["orderEditSession"] = edit_views.session(edit)
        return Done(view=view, business=str(edit.id), order=str(edit.order.id))

    def add(told: Told) -> Done:
        edit = edits.found(books, told["id"])
        twice = bool(told.get("allowDuplicates"))
        made = edits.add(books, edit, told["variantId"], told["quantity"], twice=twice)
        return answer(edit, calculatedLineItem=edit_views.item(books, edit, made))

    def count(told: Told) -> Done:
        edit, restock = edits.found(books, told["id"]), bool(told.get("restock"))
        made = edits.count(edit, told["lineItemId"], told["quantity"], restock=restock)
        return answer(edit, calculatedLineItem=edit_views.item(books, edit, made))

    def commit(told: Told) -> Done:
        edit = edits.found(books, told["id"])
        order = edits.commit_all(books, edit, told.get("staffNote"))
        view = {"order": orders.seen(books, order), "successMessages": ["Order updated."]}
        return Done(view=view, business=f"{order.id}/{edit.id}", order=str(order.id))

    return {
        "orderEditBegin": lambda told: answer(edits.begin(books, told["id"])),
        "orderEditAddVariant": add, "orderEditSetQuantity": count, "orderEditCommit": commit,
    }  # fmt: skip


def _of_hearing(books: Books) -> dict[str, Act]:
    def create(told: Told) -> Done:
        made = hearing.subscribe(books, told["topic"], told["webhookSubscription"])
        return Done(view={"webhookSubscription": shop.listener(made)}, business=f"{made.topic}/{made.id}")

    def delete(told: Told) -> Done:
        gone = books.listeners.pop(known(told["id"], "WebhookSubscription"), None)
        if gone is None:
            raise Wrong("Webhook subscription does not exist", "id")
        return Done(view={"deletedWebhookSubscriptionId": told["id"]}, business=f"{gone.topic}/{gone.id}")

    return {"webhookSubscriptionCreate": create, "webhookSubscriptionDelete": delete}


def _of_carriers(books: Books) -> dict[str, Act]:
    def answer(made: Carrier) -> Done:
        return Done(view={"carrierService": shop.carrier(made)}, business=f"{made.name}/{made.id}")

    def delete(told: Told) -> Done:
        gone = carrying.remove(books, told["id"])
        return Done(view={"deletedId": told["id"]}, business=f"{gone.name}/{gone.id}")

    return {
        "carrierServiceCreate": lambda told: answer(carrying.add(books, told["input"])),
        "carrierServiceUpdate": lambda told: answer(carrying.change(books, told["input"])),
        "carrierServiceDelete": delete,
    }
