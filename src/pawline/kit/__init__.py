"""What connectors are made of: HTTP, signatures, paging, limits, the connector's card."""
