"""The documents by which is found what nobody was told of; see `documents`."""

from __future__ import annotations

from typing import Final

MISSED: Final = """
query PawlineMissed($query: String!, $after: String) {
  orders(first: 10, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes {
      id createdAt processedAt updatedAt edited displayFinancialStatus displayFulfillmentStatus cancelledAt cancelReason
      tags subtotalLineItemsQuantity currentSubtotalLineItemsQuantity
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

SENT: Final = """
query PawlineSent($id: ID!, $changed: String!) {
  order(id: $id) {
    email updatedAt
    fulfillments(first: 51, query: $changed) { id }
    returns(first: 5, reverse: true) {
      nodes {
        id status createdAt
        returnLineItems(first: 20) {
          nodes {
            quantity returnReasonDefinition { handle }
            ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

PARCEL: Final = """
query PawlineParcel($id: ID!, $after: String) {
  fulfillment(id: $id) {
    id status displayStatus createdAt updatedAt inTransitAt deliveredAt
    trackingInfo(first: 10) { company number url }
    fulfillmentLineItems(first: 100, after: $after) {
      nodes { quantity lineItem { id sku requiresShipping variant { id } } } pageInfo { hasNextPage endCursor }
    }
    events(first: 20, sortKey: HAPPENED_AT, reverse: true) {
      nodes { id status happenedAt estimatedDeliveryAt } pageInfo { hasNextPage endCursor }
    }
  }
}"""

ROUND: Final = """
query PawlineRound($query: String!, $changed: String!, $after: String) {
  orders(first: 50, after: $after, sortKey: CREATED_AT, query: $query) {
    nodes {
      id
      fulfillments(first: 1, query: $changed) { id }
      returns(first: 1, reverse: true) { nodes { createdAt } pageInfo { hasNextPage endCursor } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

CONSENTS: Final = """
query PawlineConsents($after: String) {
  customers(first: 50, after: $after, sortKey: UPDATED_AT, reverse: true) {
    nodes { id updatedAt defaultEmailAddress { emailAddress marketingState marketingUpdatedAt } }
    pageInfo { hasNextPage endCursor }
  }
}"""

DISPUTES: Final = """
query PawlineDisputes($query: String!, $after: String) {
  disputes(first: 50, after: $after, query: $query) {
    nodes {
      id type status initiatedAt evidenceDueBy amount { amount currencyCode } reasonDetails { reason } order { id }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
