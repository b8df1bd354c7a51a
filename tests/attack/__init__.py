"""Kills, cuts and races that take minutes. They run with --run-attack, as `make attack` does."""
