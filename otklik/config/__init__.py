"""Settings, addresses, API assembly, schedule and command line: the room that knows everybody."""
