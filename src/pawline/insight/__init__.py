"""Judgement without I/O: feeding, refill forecasts, recommendations, segments, themes, experiments."""
