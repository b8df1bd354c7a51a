"""Funnel, return on investment, experiments, reports."""
