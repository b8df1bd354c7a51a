"""The same day under each profile, compared."""
