"""Tests of the demo company and of the bulk writer."""
