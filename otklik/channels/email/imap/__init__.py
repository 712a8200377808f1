"""Fetching mail from IMAP servers: what is there, what we have, and what may be done there after our commit."""
