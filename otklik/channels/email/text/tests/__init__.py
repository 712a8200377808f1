"""Tests of the text package: pure, no database."""
