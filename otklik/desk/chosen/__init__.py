"""The settings page: made from what the rooms declare, so that a new setting needs no page of its own."""
