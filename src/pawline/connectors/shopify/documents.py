"""Every document that is sent, each checked against the schema of the version in a test: no field in it is deprecated.

A document may cost 1,000 points, whatever the plan: lists that nest are short, and go on in documents of their own.
"""

from __future__ import annotations

from typing import Final

from pawline.connectors.shopify.documents_bulk import BULK, BULK_RUN
from pawline.connectors.shopify.documents_fulfilment import (
    ASK_BACK,
    FULFILMENT,
    FULFILMENT_GOODS,
    FULFILMENTS,
    HOLD,
    PARCELS,
    RELEASE,
    SUBMIT,
    WITHDRAW,
)
from pawline.connectors.shopify.documents_goods import (
    ADJUST,
    BY_GTIN,
    PRODUCT,
    PRODUCT_VARIANTS,
    PRODUCTS,
    SET,
    SOLD,
    STOCK,
    STOCK_LEVELS,
    VARIANTS,
)
from pawline.connectors.shopify.documents_hooks import LISTEN, LISTENERS, TOLD_SINCE
from pawline.connectors.shopify.documents_looks import CONSENTS, DISPUTES, MISSED, PARCEL, ROUND, SENT
from pawline.connectors.shopify.documents_rates import CARRIER, CARRIER_CHANGED, CARRIERS

__all__ = [
    "ACCESS", "ADJUST", "ASK_BACK", "BOUGHT", "BULK", "BULK_RUN", "BY_GTIN", "CALLED_OFF", "CANCEL",
    "CAPTURE", "CARRIER", "CARRIERS", "CARRIER_CHANGED", "CHANGED", "CONSENTS", "DISPUTES", "EDIT_ADD", "EDIT_BEGIN",
    "EDIT_COMMIT", "EDIT_QUANTITY", "FULFILMENT", "FULFILMENTS", "FULFILMENT_GOODS", "HOLD", "LISTEN", "LISTENERS",
    "MISSED", "ORDER", "ORDER_LINES", "PARCEL", "PARCELS", "PRODUCT", "PRODUCTS", "PRODUCT_VARIANTS", "REFUND",
    "REFUND_CREATE", "REFUND_LINES", "RELEASE", "ROUND", "SENT", "SET", "SOLD",
    "STOCK", "STOCK_LEVELS", "SUBMIT", "TAG",
    "TOLD_SINCE", "TRANSACTIONS", "UNTAG", "VARIANTS", "VOID", "WITHDRAW",
]  # fmt: skip
_PRICE: Final = "fragment Price on MoneyBag { presentmentMoney { amount } }"
_TAX: Final = "fragment TaxPart on TaxLine { title rate priceSet { ...Price } }"
_OFF: Final = """
fragment Off on DiscountAllocation {
  allocatedAmountSet { ...Price }
  discountApplication {
    __typename
    ... on DiscountCodeApplication { code }
    ... on AutomaticDiscountApplication { title }
    ... on ManualDiscountApplication { title }
    ... on ScriptDiscountApplication { title }
  }
}"""
_ITEM: Final = """
fragment Item on LineItem {
  id sku name quantity currentQuantity unfulfilledQuantity requiresShipping
  variant { id }
  weight { unit value }
  originalUnitPriceSet { ...Price }
  discountAllocations { ...Off }
  taxLines { ...TaxPart }
  duties { harmonizedSystemCode countryCodeOfOrigin price { ...Price } taxLines { ...TaxPart } }
}"""
_PLACE: Final = """
fragment Place on MailingAddress {
  name company address1 address2 city zip provinceCode countryCodeV2 phone
}"""
_LINE_PARTS: Final = _ITEM + _OFF + _TAX + _PRICE

ORDER: Final = """
query PawlineOrder($id: ID!) {
  order(id: $id) {
    id name createdAt edited test sourceName taxesIncluded dutiesIncluded presentmentCurrencyCode
    email phone customerLocale
    customer { id }
    shippingAddress { ...Place }
    billingAddress { ...Place }
    totalPriceSet { presentmentMoney { amount } shopMoney { amount currencyCode } }
    currentTotalPriceSet { ...Price }
    totalTaxSet { ...Price }
    totalTipReceivedSet { ...Price }
    totalCashRoundingAdjustment { paymentSet { presentmentMoney { amount } shopMoney { amount currencyCode } } }
    lineItems(first: 10) { nodes { ...Item } pageInfo { hasNextPage endCursor } }
    shippingLines(first: 5, includeRemovals: true) {
      nodes {
        id title code isRemoved
        originalPriceSet { ...Price }
        discountAllocations { ...Off }
        taxLines { ...TaxPart }
      }
      pageInfo { hasNextPage endCursor }
    }
    taxLines { ...TaxPart }
    additionalFees { name price { ...Price } taxLines { ...TaxPart } }
    refunds(first: 51) { id }
  }
}""" + _PLACE + _LINE_PARTS  # fmt: skip

ORDER_LINES: Final = (
    """
query PawlineOrderLines($id: ID!, $after: String) {
  order(id: $id) { lineItems(first: 12, after: $after) { nodes { ...Item } pageInfo { hasNextPage endCursor } } }
}"""
    + _LINE_PARTS
)

TRANSACTIONS: Final = """
query PawlineTransactions($id: ID!) {
  order(id: $id) {
    presentmentCurrencyCode
    transactions(first: 76) {
      id kind status gateway manualPaymentGateway paymentId createdAt processedAt errorCode
      amountSet { ...Price }
      amountRoundingSet { ...Price }
      parentTransaction { id }
      paymentDetails { __typename ... on CardPaymentDetails { wallet } }
    }
  }
}""" + _PRICE  # fmt: skip

_REFUND: Final = (
    """
fragment RefundParts on Refund {
  id note processedAt
  duties { amountSet { ...Price } }
  orderAdjustments(first: 10) {
    nodes { reason amountSet { ...Price } taxAmountSet { ...Price } } pageInfo { hasNextPage endCursor }
  }
  refundLineItems(first: 50) { nodes { ...Gone } pageInfo { hasNextPage endCursor } }
  refundShippingLines(first: 5) {
    nodes { subtotalAmountSet { ...Price } taxAmountSet { ...Price } shippingLine { id } }
    pageInfo { hasNextPage endCursor }
  }
  transactions(first: 20) {
    nodes { id kind status gateway amountSet { ...Price } amountRoundingSet { ...Price } parentTransaction { id } }
    pageInfo { hasNextPage endCursor }
  }
}
fragment Gone on RefundLineItem {
  quantity restocked lineItem { id } subtotalSet { ...Price } totalTaxSet { ...Price }
}"""
    + _PRICE
)

REFUND: Final = "query PawlineRefund($id: ID!) { refund(id: $id) { ...RefundParts } }" + _REFUND
REFUND_LINES: Final = """
query PawlineRefundLines($id: ID!, $after: String) {
  refund(id: $id) {
    refundLineItems(first: 50, after: $after) {
      nodes { quantity restocked lineItem { id } subtotalSet { ...Price } totalTaxSet { ...Price } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""" + _PRICE  # fmt: skip

CHANGED: Final = """
query PawlineChanged($query: String!, $after: String) {
  orders(first: 100, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { id } pageInfo { hasNextPage endCursor }
  }
}"""

BOUGHT: Final = """
query PawlineBought($query: String!, $after: String) {
  orders(first: 100, after: $after, sortKey: CREATED_AT, query: $query) {
    nodes { id createdAt cancelledAt email customer { id } } pageInfo { hasNextPage endCursor }
  }
}"""

CALLED_OFF: Final = """
query PawlineCalledOff($id: ID!) { order(id: $id) { id cancelledAt tags fulfillments(first: 50) { status } } }"""

CANCEL: Final = """
mutation PawlineCancel($id: ID!, $note: String) {
  orderCancel(
    orderId: $id, reason: OTHER, restock: true, notifyCustomer: false, staffNote: $note,
    refundMethod: { originalPaymentMethodsRefund: false }
  ) { job { id done } orderCancelUserErrors { code field message } }
}"""

REFUND_CREATE: Final = (
    """
mutation PawlineRefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { ...RefundParts } userErrors { field message } }
}"""
    + _REFUND
)

UNTAG: Final = """
mutation PawlineUntag($id: ID!, $tags: [String!]!) {
  tagsRemove(id: $id, tags: $tags) { userErrors { field message } }
}"""

TAG: Final = """
mutation PawlineTag($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { userErrors { field message } }
}"""

EDIT_BEGIN: Final = """
mutation PawlineEditBegin($id: ID!) {
  orderEditBegin(id: $id) { calculatedOrder { id } userErrors { field message } }
}"""

EDIT_QUANTITY: Final = """
mutation PawlineEditQuantity($id: ID!, $line: ID!, $quantity: Int!) {
  orderEditSetQuantity(id: $id, lineItemId: $line, quantity: $quantity, restock: true) { userErrors { field message } }
}"""

EDIT_ADD: Final = """
mutation PawlineEditAdd($id: ID!, $variant: ID!, $quantity: Int!) {
  orderEditAddVariant(id: $id, variantId: $variant, quantity: $quantity, allowDuplicates: false) {
    calculatedLineItem { id originalUnitPriceSet { presentmentMoney { amount } } } userErrors { field message }
  }
}"""

EDIT_COMMIT: Final = """
mutation PawlineEditCommit($id: ID!, $note: String) {
  orderEditCommit(id: $id, notifyCustomer: false, staffNote: $note) {
    order { currentTotalPriceSet { presentmentMoney { amount currencyCode } } }
    userErrors { field message }
  }
}"""

ACCESS: Final = """
query PawlineAccess { currentAppInstallation { accessScopes { handle } } shop { myshopifyDomain } }"""

CAPTURE: Final = (
    """
mutation PawlineCapture($input: OrderCaptureInput!) {
  orderCapture(input: $input) { transaction { ...Money } userErrors { field message } }
}
fragment Money on OrderTransaction {
  id kind status gateway amountSet { ...Price } amountRoundingSet { ...Price } parentTransaction { id }
}"""
    + _PRICE
)

VOID: Final = """
mutation PawlineVoid($id: ID!) {
  transactionVoid(parentTransactionId: $id) { transaction { id status } userErrors { code field message } }
}"""
