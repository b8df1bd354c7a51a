"""Documents about fulfilment orders, which are what Shopify's warehouses work by; see `documents`."""

from __future__ import annotations

from typing import Final

_ASKED: Final = """
fragment Asked on FulfillmentOrder {
  id status requestStatus createdAt
  supportedActions { action }
  fulfillmentHolds { id handle heldByRequestingApp }
  fulfillments(first: 5) { nodes { status } pageInfo { hasNextPage endCursor } }
}"""
_GOODS: Final = "fragment Goods on FulfillmentOrderLineItem { id totalQuantity lineItem { id sku variant { id } } }"

FULFILMENTS: Final = (
    """
query PawlineFulfilments($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 5, after: $after) {
      nodes { ...Asked lineItems(first: 20) { nodes { ...Goods } pageInfo { hasNextPage endCursor } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""
    + _ASKED
    + _GOODS
)

FULFILMENT: Final = "query PawlineFulfilment($id: ID!) { fulfillmentOrder(id: $id) { ...Asked } }" + _ASKED

FULFILMENT_GOODS: Final = (
    """
query PawlineFulfilmentGoods($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) { nodes { ...Goods } pageInfo { hasNextPage endCursor } }
  }
}"""
    + _GOODS
)

PARCELS: Final = """
query PawlineParcels($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    fulfillments(first: 4, after: $after) {
      nodes {
        id status
        fulfillmentLineItems(first: 60) {
          nodes { quantity lineItem { id sku variant { id } } } pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

SUBMIT: Final = """
mutation PawlineSubmit($id: ID!, $message: String) {
  fulfillmentOrderSubmitFulfillmentRequest(id: $id, message: $message, notifyCustomer: false) {
    userErrors { field message }
  }
}"""

HOLD: Final = """
mutation PawlineHold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { userErrors { code field message } }
}"""

RELEASE: Final = """
mutation PawlineRelease($id: ID!, $holds: [ID!]) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { userErrors { code field message } }
}"""

WITHDRAW: Final = """
mutation PawlineWithdraw($id: ID!) { fulfillmentOrderCancel(id: $id) { userErrors { field message } } }"""

ASK_BACK: Final = """
mutation PawlineAskBack($id: ID!) {
  fulfillmentOrderSubmitCancellationRequest(id: $id) { userErrors { field message } }
}"""
