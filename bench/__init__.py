"""Measurements of Otklik: generators of load, and the programs behind ``make bench``."""

import otklik  # noqa: F401 - its first import chooses the SQLite library, before any part of this package asks for one
