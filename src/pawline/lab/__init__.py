"""The same day under each profile, compared: what is played, how it is judged, and the two tables. No process here."""
