"""Klaviyo's own SDK against the pretended Klaviyo: an independent witness, where it is installed (`klaviyo-api`)."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from pawline.sandbox import Desk, Vendors, served

sdk = pytest.importorskip("klaviyo_api", reason="the vendor's SDK is installed by whoever wants to ask it")
EMAIL = "ann@example.com"


def witness(told: Callable[[Any, Desk], Any]) -> Any:
    """What comes of it. The SDK is of a later revision, and is told to say ours."""

    async def within() -> Any:
        desk = Desk(Vendors(now=time.time), "tok")
        desk.klaviyo.windows.on = False
        async with served(desk) as url:
            client = sdk.KlaviyoAPI(desk.klaviyo.key, max_retries=0, test_host=url)
            client.api_client.default_headers["revision"] = "2026-07-15"
            return await asyncio.to_thread(told, client, desk)

    return asyncio.run(within())


def profile(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "profile", "attributes": attributes}}


def event(metric: str, unique: str) -> dict[str, Any]:
    attributes = {
        "properties": {"order": "1"}, "unique_id": unique, "profile": profile(email=EMAIL),
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
    }  # fmt: skip
    return {"data": {"type": "event", "attributes": attributes}}


def test_the_vendors_own_client_writes_and_reads_all_that_the_connector_does() -> None:
    def told(client: Any, desk: Desk) -> None:
        assert client.Accounts.get_accounts().data[0].id == "PwLn01"
        made = client.Profiles.create_or_update_profile(profile(email=EMAIL, external_id="h-1", properties={"a": 1}))
        no = made.data.id
        body = profile(first_name="Ann")
        body["data"]["id"] = no
        client.Profiles.update_profile(no, body)
        found = client.Profiles.get_profiles(
            filter='equals(external_id,"h-1")', additional_fields_profile=["subscriptions"]
        )
        (one,) = found.data
        assert (one.id, one.attributes.email, one.attributes.first_name) == (no, EMAIL, "Ann")
        assert one.attributes.subscriptions.email.marketing.consent == "NEVER_SUBSCRIBED"
        for _ in range(2):
            client.Events.create_event(event("Pawline order_confirmation", "k-1"))
        assert [one.unique for one in desk.klaviyo.books.events] == ["k-1"]
        wanted = {"email": EMAIL, "subscriptions": {"email": {"marketing": {"consent": "SUBSCRIBED"}}}}
        jobs = {"profiles": {"data": [{"type": "profile", "attributes": wanted}]}}
        client.Profiles.bulk_subscribe_profiles(
            {"data": {"type": "profile-subscription-bulk-create-job", "attributes": jobs}}
        )
        wanted["subscriptions"]["email"]["marketing"]["consent"] = "UNSUBSCRIBED"  # type: ignore[index]
        client.Profiles.bulk_unsubscribe_profiles(
            {"data": {"type": "profile-subscription-bulk-delete-job", "attributes": jobs}}
        )
        suppressed = {"profiles": {"data": [{"type": "profile", "attributes": {"email": EMAIL}}]}}
        job = client.Profiles.bulk_suppress_profiles(
            {"data": {"type": "profile-suppression-bulk-create-job", "attributes": suppressed}}
        )
        assert client.Profiles.get_bulk_suppress_profiles_job(job.data.id).data.attributes.status == "complete"
        assert len(client.Profiles.get_bulk_suppress_profiles_jobs().data) == 1
        names = {one.attributes.name: one.id for one in client.Metrics.get_metrics(include=["flow-triggers"]).data}
        told = client.Events.get_events(
            filter=f'equals(metric_id,"{names["Unsubscribed from Email Marketing"]}")', include=["profile"],
            sort="datetime",
        )  # fmt: skip
        assert [one.relationships.profile.data.id for one in told.data] == [no]
        assert client.Flows.get_flows().data == []
        topics = [{"type": "webhook-topic", "id": "event:klaviyo.unsubscribed_from_email_marketing"}]
        hook = {
            "type": "webhook",
            "attributes": {"name": "n", "endpoint_url": "https://x.example.com", "secret_key": "s" * 16},
            "relationships": {"webhook-topics": {"data": topics}},
        }
        client.Webhooks.create_webhook({"data": hook})
        assert len(client.Webhooks.get_webhooks().data) == 1

    witness(told)


def test_the_vendors_own_client_knows_our_errors_for_errors() -> None:
    def told(client: Any, _: Desk) -> None:
        ApiException = importlib.import_module("openapi_client.exceptions").ApiException  # noqa: N806 - a class
        body = profile(email="nobody")
        with pytest.raises(ApiException) as wrong:
            client.Profiles.create_or_update_profile(body)
        assert wrong.value.status == 400
        client.Profiles.create_or_update_profile(profile(email=EMAIL))
        other = client.Profiles.create_or_update_profile(profile(email="bo@example.com")).data.id
        body = profile(email=EMAIL)
        body["data"]["id"] = other
        with pytest.raises(ApiException) as conflict:
            client.Profiles.update_profile(other, body)
        assert conflict.value.status == 409
        client.api_client.default_headers["revision"] = "2020-01-01"
        with pytest.raises(ApiException):
            client.Accounts.get_accounts()

    witness(told)
