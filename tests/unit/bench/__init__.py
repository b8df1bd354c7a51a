"""Tests of the bench itself: how it judges, not what it measures."""
