"""The tests of Pawline: each folder says what it holds."""
