"""Read models, each kept from the events it follows."""
