"""The documents about who is told what; see `documents`."""

from __future__ import annotations

from typing import Final

LISTENERS: Final = """
query PawlineListeners($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format filter includeFields } pageInfo { hasNextPage endCursor }
  }
}"""

TOLD_SINCE: Final = """
query PawlineToldSince {
  webhookSubscriptions(first: 1, reverse: true, topics: [ORDERS_CREATE]) {
    nodes { createdAt } pageInfo { hasNextPage endCursor }
  }
}"""

LISTEN: Final = """
mutation PawlineListen($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) {
    webhookSubscription { id } userErrors { field message }
  }
}"""
