"""The first hour of a desk: the page that makes its first administrator, and what he has yet to do."""
