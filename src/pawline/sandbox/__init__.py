"""The vendors, pretended well, in processes outside the hub."""
