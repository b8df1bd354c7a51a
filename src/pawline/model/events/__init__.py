"""The events that Pawline itself knows. Importing it enters their names in the registry."""
