"""The documents about who is asked for rates; see `documents`."""

from __future__ import annotations

from typing import Final

CARRIERS: Final = """
query PawlineCarriers($after: String) {
  carrierServices(first: 50, after: $after) {
    nodes { id name active callbackUrl supportsServiceDiscovery } pageInfo { hasNextPage endCursor }
  }
}"""

CARRIER: Final = """
mutation PawlineCarrier($to: DeliveryCarrierServiceCreateInput!) {
  carrierServiceCreate(input: $to) { carrierService { id } userErrors { field message code } }
}"""

CARRIER_CHANGED: Final = """
mutation PawlineCarrierChanged($to: DeliveryCarrierServiceUpdateInput!) {
  carrierServiceUpdate(input: $to) { carrierService { id } userErrors { field message code } }
}"""
