"""Fakes of each port, conformance suites, a clock, crash points: for us and for partners."""
