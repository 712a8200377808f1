"""SQLite with a fair queue of writers, full durability, and one process that checkpoints."""
