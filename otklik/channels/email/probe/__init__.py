"""The test of a mailbox's connections: every step by itself, each answer one of a fixed list of texts."""
