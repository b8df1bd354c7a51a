"""Alarms: what is wrong is told to whoever is on duty, once, again until somebody has seen it, and when it is over."""
