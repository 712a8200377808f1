"""Guided work: the next ticket of a folder, for one person at a time. See README.md."""
