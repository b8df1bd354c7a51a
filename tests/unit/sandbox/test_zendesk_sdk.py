"""A public client for Python against the pretended Zendesk: a witness, where it is installed (`zenpy`).

Zendesk has no client of its own for Python. Nothing here depends on this one: it is under the GPL.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.zendesk.zendesk import Zendesk

zenpy = pytest.importorskip("zenpy", reason="the client is installed by whoever wants to ask it")


def witness(told: Callable[[Any, Zendesk], None]) -> None:
    """The client knows addresses at zendesk.com only: what it sends there goes to the sandbox."""
    requests = __import__("requests")

    class Here(requests.adapters.HTTPAdapter):  # type: ignore[misc,name-defined]
        """Sends it on."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self._url = url

        def send(self, request: Any, *args: Any, **more: Any) -> Any:
            asked = request.url
            request.url = asked.replace("https://paws.zendesk.com", f"{self._url}/zendesk")
            answer = super().send(request, *args, **more | {"proxies": {}})
            request.url = answer.url = asked  # by which the client knows what it is
            return answer

    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        desk.zendesk.api.fresh = 0
        async with served(desk) as url:
            session = requests.Session()
            session.trust_env = False
            session.mount("https://", Here(url))
            known = {"email": desk.zendesk.email, "token": desk.zendesk.token}
            client = zenpy.Zenpy(subdomain="paws", session=session, **known)
            await asyncio.to_thread(told, client, desk.zendesk)
            session.close()

    asyncio.run(within())


@pytest.mark.filterwarnings("ignore")
def test_the_client_reads_and_writes_all_that_the_connector_does() -> None:
    objects = __import__("zenpy.lib.api_objects", fromlist=["Ticket"])

    def told(client: Any, vendor: Zendesk) -> None:
        assert client.users.me().email == vendor.email
        made = client.tickets.create(
            objects.Ticket(
                subject="It is late", external_id="pawline/order/1", priority="urgent", tags=["pawline"],
                comment=objects.Comment(body="Call them", public=False),
            )
        ).ticket  # fmt: skip
        assert (made.subject, made.status, made.external_id) == ("It is late", "new", "pawline/order/1")
        assert [one.id for one in client.tickets(external_id="pawline/order/1")] == [made.id]
        found = client.tickets(id=made.id)
        found.comment = objects.Comment(body="Monday", public=False)
        found.status, found.assignee_id = "solved", vendor.books.me.id
        assert client.tickets.update(found).ticket.status == "solved"
        comments = [(one.body, one.public) for one in client.tickets.comments(ticket=made.id)]
        assert comments == [("Call them", False), ("Monday", False)]
        audits = list(client.tickets.audits(ticket=made.id))
        assert [one.author_id for one in audits] == [vendor.books.me.id] * 2
        seen = client.tickets.incremental(start_time=int(time.time()) - 600, paginate_by_time=False)
        assert [one.id for one in seen] == [made.id]
        hook = objects.Webhook(
            name="p", endpoint="https://x.example/", http_method="POST", request_format="json", status="active",
            subscriptions=["zen:event-type:ticket.created"],
        )  # fmt: skip
        listener = client.webhooks.create(hook)
        assert [one.id for one in client.webhooks.list()] == [listener.id]
        secret = client.webhooks.show_secret(listener)
        assert vendor.books.listeners[listener.id].secret in str(secret.to_dict())

    witness(told)
