"""Documents about what is sold and how much of it there is; see `documents`."""

from __future__ import annotations

from typing import Final

VARIANTS: Final = """
query PawlineVariants($query: String!, $after: String) {
  productVariants(first: 50, after: $after, query: $query) {
    nodes { id sku } pageInfo { hasNextPage endCursor }
  }
}"""

_LEVEL: Final = """
fragment Level on InventoryLevel { location { id } quantities(names: ["available"]) { quantity updatedAt } }"""

STOCK: Final = (
    """
query PawlineStock($query: String!, $after: String) {
  productVariants(first: 10, after: $after, query: $query) {
    nodes {
      id sku
      inventoryItem { id tracked inventoryLevels(first: 15) { nodes { ...Level } pageInfo { hasNextPage endCursor } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
    + _LEVEL
)

STOCK_LEVELS: Final = (
    """
query PawlineStockLevels($id: ID!, $after: String) {
  inventoryItem(id: $id) {
    inventoryLevels(first: 50, after: $after) { nodes { ...Level } pageInfo { hasNextPage endCursor } }
  }
}"""
    + _LEVEL
)

ADJUST: Final = """
mutation PawlineAdjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { code field message }
  }
}"""

SET: Final = """
mutation PawlineSet($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id } userErrors { code field message }
  }
}"""

PRODUCT: Final = """
query PawlineProduct($query: String!) {
  shop { currencyCode }
  productVariants(first: 10, query: $query) {
    nodes {
      id sku barcode displayName price
      inventoryItem { measurement { weight { unit value } } }
      product {
        isGiftCard productType vendor
        kind: metafield(namespace: "pawline", key: "kind") { value }
        species: metafield(namespace: "pawline", key: "species") { value }
        content: metafield(namespace: "pawline", key: "content") { value }
        kcal: metafield(namespace: "pawline", key: "kcal_per_kg") { value }
        ingredients: metafield(namespace: "pawline", key: "ingredients") { value }
        adequacy: metafield(namespace: "pawline", key: "adequacy") { value }
        hazard: metafield(namespace: "pawline", key: "hazard_class") { value }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

SOLD: Final = """
query PawlineSold($after: String) {
  shop { currencyCode }
  productVariants(first: 40, after: $after, sortKey: ID) {
    nodes {
      id sku barcode displayName price updatedAt
      inventoryItem { measurement { weight { unit value } } }
      product {
        isGiftCard productType vendor updatedAt
        kind: metafield(namespace: "pawline", key: "kind") { value }
        species: metafield(namespace: "pawline", key: "species") { value }
        content: metafield(namespace: "pawline", key: "content") { value }
        kcal: metafield(namespace: "pawline", key: "kcal_per_kg") { value }
        ingredients: metafield(namespace: "pawline", key: "ingredients") { value }
        adequacy: metafield(namespace: "pawline", key: "adequacy") { value }
        hazard: metafield(namespace: "pawline", key: "hazard_class") { value }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

PRODUCTS: Final = """
query PawlineProducts($query: String, $after: String) {
  products(first: 10, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes { id variants(first: 25) { nodes { id sku } pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor }
  }
}"""

PRODUCT_VARIANTS: Final = """
query PawlineProductVariants($id: ID!, $after: String) {
  product(id: $id) { variants(first: 100, after: $after) { nodes { id sku } pageInfo { hasNextPage endCursor } } }
}"""

BY_GTIN: Final = """
query PawlineByGtin($query: String!, $after: String) {
  productVariants(first: 50, after: $after, query: $query) {
    nodes { id sku barcode } pageInfo { hasNextPage endCursor }
  }
}"""
