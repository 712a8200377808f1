"""The public form as a kind of channel: requests of people without an account, and their private pages."""
