"""Everything that writes in the mail channel, by subject; mail on its way out has its own in ``outbox``."""
