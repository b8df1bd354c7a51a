"""The documents about who is told what, and what nobody was; see `documents`."""

from __future__ import annotations

from typing import Final

LISTENERS: Final = """
query PawlineListeners($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format filter includeFields } pageInfo { hasNextPage endCursor }
  }
}"""

LISTEN: Final = """
mutation PawlineListen($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) {
    webhookSubscription { id } userErrors { field message }
  }
}"""

MISSED: Final = """
query PawlineMissed($query: String!, $after: String) {
  orders(first: 10, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes {
      id processedAt updatedAt edited displayFinancialStatus displayFulfillmentStatus cancelledAt cancelReason tags
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
