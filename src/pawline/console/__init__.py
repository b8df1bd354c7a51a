"""Server-rendered pages for the people who work with the hub."""
