"""Tests that take the ground away from under a whole desk."""
