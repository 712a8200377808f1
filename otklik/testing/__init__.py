"""Helpers for tests that run the real program from outside: journeys, faults, measurements."""
