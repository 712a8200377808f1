"""The mail receiver of our own: SMTP in, from the socket to the durable store."""
