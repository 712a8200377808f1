"""Who has a ticket open and who is writing on it. See README.md."""
