"""Tickets, their messages and everything that is done to them: the heart of the desk."""
