"""The documents about history in bulk: what runs at Shopify, and what it is to write out; see `documents`.

What runs there has at most five connections, no connection within a list, and none of things without an id: so lines
of parcels and of refunds are not in it. https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

from typing import Final

BULK_RUN: Final = """
mutation PawlineBulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status createdAt query errorCode rootObjectCount fileSize url }
    userErrors { field message code }
  }
}"""

BULK: Final = """
query PawlineBulk($id: ID!) {
  bulkOperation(id: $id) { id status createdAt query errorCode rootObjectCount fileSize url }
}"""

_MONEY: Final = "{ presentmentMoney { amount } }"
_TAXES: Final = f"taxLines {{ title rate priceSet {_MONEY} }}"
_OFF: Final = f"""discountAllocations {{
  allocatedAmountSet {_MONEY}
  discountApplication {{
    __typename
    ... on DiscountCodeApplication {{ code }} ... on AutomaticDiscountApplication {{ title }}
    ... on ManualDiscountApplication {{ title }} ... on ScriptDiscountApplication {{ title }}
  }}
}}"""
_PLACE: Final = "{ name company address1 address2 city zip provinceCode countryCodeV2 phone }"

HISTORY: Final = f"""{{
  orders(query: "created_at:>='$SINCE'", sortKey: CREATED_AT) {{
    edges {{
      node {{
        id name createdAt processedAt edited test sourceName taxesIncluded dutiesIncluded presentmentCurrencyCode
        email phone customerLocale cancelledAt cancelReason tags displayFinancialStatus displayFulfillmentStatus
        customer {{ id }}
        shippingAddress {_PLACE}
        billingAddress {_PLACE}
        totalPriceSet {{ presentmentMoney {{ amount }} shopMoney {{ amount currencyCode }} }}
        currentTotalPriceSet {_MONEY}
        totalTaxSet {_MONEY}
        {_TAXES}
        totalTipReceivedSet {_MONEY}
        totalCashRoundingAdjustment {{
          paymentSet {{ presentmentMoney {{ amount }} shopMoney {{ amount currencyCode }} }}
        }}
        shippingLine {{ id title code isRemoved originalPriceSet {_MONEY} {_OFF} {_TAXES} }}
        additionalFees {{ name price {_MONEY} {_TAXES} }}
        refunds(first: 1) {{ id }}
        transactions(first: 76) {{
          id kind status gateway manualPaymentGateway paymentId createdAt processedAt errorCode
          amountSet {_MONEY}
          amountRoundingSet {_MONEY}
          parentTransaction {{ id }}
          paymentDetails {{ __typename ... on CardPaymentDetails {{ wallet }} }}
        }}
        fulfillments(first: 51) {{
          id status displayStatus createdAt updatedAt inTransitAt deliveredAt requiresShipping
        }}
        lineItems {{
          edges {{
            node {{
              id sku name quantity currentQuantity unfulfilledQuantity requiresShipping
              variant {{ id }}
              weight {{ unit value }}
              originalUnitPriceSet {_MONEY}
              {_OFF}
              {_TAXES}
              duties {{ harmonizedSystemCode countryCodeOfOrigin price {_MONEY} {_TAXES} }}
            }}
          }}
        }}
      }}
    }}
  }}
}}"""
"""It is sent as the text of another document. `$SINCE` is put in, a day."""
