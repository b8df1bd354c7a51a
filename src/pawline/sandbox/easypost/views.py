"""EasyPost's objects in JSON: every field that was recorded of it, in its order, with nothing of ours."""

from __future__ import annotations

from typing import Any

from pawline.sandbox.easypost.books import NOWHERE, Books, Listener, Order, Shipment, Word

MODE = "test"
ACCOUNT = "ca_b25657e9896e4d63ac8151ac346ac41e"


def address(books: Books, one: dict[str, Any], *, asked: bool = False) -> dict[str, Any]:
    """`asked`: whether it was to be verified. What exists is written as the post writes it."""
    at = books.moment(one["made"]).replace("Z", "+00:00")
    good = NOWHERE not in str(one.get("street1", "")).lower()
    post = str.upper if asked and good else str
    said = {name: post(str(one[name])) if one.get(name) else None for name in ("name", "company", "street1", "street2")}
    found = {
        "id": one["id"], "object": "Address", "created_at": at, "updated_at": at, **said,
        "city": post(str(one["city"])) if one.get("city") else None, "state": one.get("state"), "zip": one.get("zip"),
        "country": one.get("country", "US"), "phone": one.get("phone"), "email": one.get("email"), "mode": MODE,
        "carrier_facility": None, "residential": True if asked and good else None, "federal_tax_id": None,
        "state_tax_id": None, "verifications": {},
    }  # fmt: skip
    if asked:
        found["verifications"] = {"zip4": _verified(good=good, details=None), "delivery": _verified(good=good)}
    return found


def _verified(*, good: bool, details: Any = ...) -> dict[str, Any]:  # noqa: ANN401 - JSON
    wrong = {"code": "E.ADDRESS.NOT_FOUND", "field": "address", "message": "Address not found", "suggestion": None}
    place = {"latitude": 37.77551, "longitude": -122.39697, "time_zone": "America/Los_Angeles"}
    return {
        "success": good, "errors": [] if good else [wrong],
        "details": (place if good else {}) if details is ... else details,
    }  # fmt: skip


def rate(books: Books, one: Shipment, service: str) -> dict[str, Any]:
    """What a service of it costs."""
    price, days = next((price, days) for name, price, days in one.services if name == service)
    amount, at = f"{price / 100:.2f}", books.moment(one.made)
    return {
        "id": one.rates[service], "object": "Rate", "created_at": at, "updated_at": at, "mode": MODE,
        "service": service, "carrier": one.carrier, "rate": amount, "currency": one.currency, "retail_rate": amount,
        "retail_currency": one.currency, "list_rate": amount, "list_currency": one.currency,
        "billing_type": "easypost", "delivery_days": days, "delivery_date": None, "delivery_date_guaranteed": False,
        "est_delivery_days": days, "shipment_id": one.id, "carrier_account_id": ACCOUNT,
    }  # fmt: skip


def tracker(books: Books, one: Shipment) -> dict[str, Any] | None:
    """Where its parcel is; None before there is a label."""
    if one.label is None:
        return None
    return {
        "id": one.id.replace("shp_", "trk_"), "object": "Tracker", "mode": MODE, "tracking_code": one.tracking,
        "status": one.status, "status_detail": one.detail, "created_at": books.moment(one.label),
        "updated_at": books.moment(one.moved), "signed_by": None, "weight": None,
        "est_delivery_date": None if one.expected is None or not one.words else books.moment(one.expected),
        "shipment_id": one.id, "carrier": one.carrier,
        "tracking_details": [_word(books, each, one.carrier) for each in one.words], "fees": [],
        "carrier_detail": None, "public_url": f"https://track.easypost.com/{one.id[4:]}",
    }  # fmt: skip


def _word(books: Books, one: Word, carrier: str) -> dict[str, Any]:
    place = {"object": "TrackingLocation", "city": "HOUSTON", "state": "TX", "country": None, "zip": "77063"}
    return {
        "object": "TrackingDetail", "message": one.message, "description": "", "status": one.status,
        "status_detail": one.detail, "datetime": books.moment(one.at), "source": carrier, "carrier_code": "",
        "tracking_location": place,
    }  # fmt: skip


def _label(books: Books, one: Shipment) -> dict[str, Any] | None:
    if one.label is None:
        return None
    kind = str((one.given.get("options") or {}).get("label_format", "PNG")).lower()
    at = books.moment(one.label)
    return {
        "object": "PostageLabel", "id": one.id.replace("shp_", "pl_"), "created_at": at, "updated_at": at,
        "date_advance": 0, "integrated_form": "none", "label_date": at, "label_resolution": 300, "label_size": "4x6",
        "label_type": "default", "label_file_type": "image/png" if kind == "png" else f"application/{kind}",
        "label_url": f"https://easypost-files.s3.us-west-2.amazonaws.com/files/postage_label/{one.id[4:]}.{kind}",
        "label_pdf_url": None, "label_zpl_url": None, "label_epl2_url": None, "label_file": None,
    }  # fmt: skip


def shipment(books: Books, one: Shipment) -> dict[str, Any]:
    """All of it. What is bought has its address as the post writes it."""
    given, bought = one.given, one.label is not None
    at, abroad = books.moment(one.made), one.given["from_address"]["country"] != "US"
    here, there = (address(books, given["from_address"]), address(books, given["to_address"], asked=bought))
    price = f"{one.price / 100:.5f}" if bought else ""
    fees = [("LabelFee", "0.00000"), ("PostageFee", price)] if bought else []
    return {
        "id": one.id, "created_at": at, "is_return": False, "messages": _messages(one), "mode": MODE,
        "options": {**(given.get("options") or {}), "currency": one.currency, "payment": {"type": "SENDER"},
                    "date_advance": 0},
        "reference": given.get("reference"), "status": one.status, "tracking_code": one.tracking,
        "updated_at": books.moment(one.changed), "batch_id": None, "batch_status": None, "batch_message": None,
        "customs_info": _customs(one, at), "from_address": here, "insurance": None, "order_id": one.order,
        "parcel": {
            "id": one.id.replace("shp_", "prcl_"), "object": "Parcel", "created_at": at, "updated_at": at,
            "length": given["parcel"].get("length"), "width": given["parcel"].get("width"),
            "height": given["parcel"].get("height"), "predefined_package": None,
            "weight": float(given["parcel"]["weight"]), "mode": MODE,
        },
        "postage_label": _label(books, one), "rates": [rate(books, one, name) for name in one.rates],
        "refund_status": one.refund, "scan_form": None,
        "selected_rate": rate(books, one, one.service) if one.service else None, "tracker": tracker(books, one),
        "to_address": there, **({} if abroad else {"usps_zone": 4}), "return_address": here, "buyer_address": there,
        "forms": [],
        "fees": [
            {"object": "Fee", "type": kind, "amount": amount, "charged": True, "refunded": one.refund == "refunded"}
            for kind, amount in fees
        ],
        "object": "Shipment",
    }  # fmt: skip


def _customs(one: Shipment, at: str) -> dict[str, Any] | None:
    """What was declared, as EasyPost keeps it."""
    given = one.given.get("customs_info")
    if not given:
        return None
    kept = {"created_at": at, "updated_at": at, "mode": MODE}
    items = [
        {
            "id": f"{one.id.replace('shp_', 'cstitem_')}{n}", "object": "CustomsItem", **kept, "code": None,
            "currency": None, "eccn": None, "manufacturer": None, "printed_commodity_identifier": None,
            **item, "value": str(item["value"]),
        }
        for n, item in enumerate(given["customs_items"])
    ]  # fmt: skip
    return {
        "id": one.id.replace("shp_", "cstinfo_"), "object": "CustomsInfo", **kept, "contents_explanation": "",
        "declaration": None, "eel_pfc": "", "restriction_comments": None, **given, "customs_items": items,
    }  # fmt: skip


def order(books: Books, one: Order) -> dict[str, Any]:
    """Several parcels, in the order in which they were asked for; its rates are of all of them together."""
    first = one.parcels[0]
    told = shipment(books, first)
    rates = [
        rate(books, first, name) | {
            "created_at": None, "updated_at": None,
            **dict.fromkeys(("rate", "retail_rate", "list_rate"), f"{price * len(one.parcels) / 100:.2f}"),
        }
        for name, price, _ in first.services
        if all(name in each.rates for each in one.parcels)
    ]  # fmt: skip
    at = books.moment(one.made)
    return {
        "mode": MODE, "reference": one.reference, "is_return": False,
        "options": {"currency": first.currency, "payment": {"type": "SENDER"}}, "messages": told["messages"],
        "created_at": at, "updated_at": at, "customs_info": None,
        **{name: told[name] for name in ("from_address", "to_address", "buyer_address", "return_address")},
        "shipments": [shipment(books, each) for each in one.parcels], "rates": rates, "id": one.id, "object": "Order",
    }  # fmt: skip


def _messages(one: Shipment) -> list[dict[str, Any]]:
    if one.rates:
        return []
    said = "Shipment cannot weigh more than 70 pounds"
    return [{"carrier": one.carrier, "carrier_account_id": ACCOUNT, "type": "rate_error", "message": said}]


def listener(books: Books, one: Listener) -> dict[str, Any]:
    """A webhook, without its secret."""
    return {
        "id": one.id, "object": "Webhook", "mode": MODE, "url": one.url, "created_at": books.moment(one.made),
        "disabled_at": None if one.off is None else books.moment(one.off), "custom_headers": one.headers,
    }  # fmt: skip


def event(books: Books, id: str, what: str, one: Shipment, to: str) -> dict[str, Any]:
    """What a webhook is sent."""
    at = books.moment(books.now()).replace("Z", ".000Z")
    return {
        "description": what, "mode": MODE, "created_at": at, "pending_urls": [to],
        "previous_attributes": {} if one.before is None else {"status": one.before},
        "completed_urls": [], "updated_at": at, "id": id, "user_id": "user_1", "status": "pending", "object": "Event",
        "result": {**(tracker(books, one) or {}), "finalized": False, "is_return": False},
    }  # fmt: skip
