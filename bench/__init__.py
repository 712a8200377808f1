"""Measurements of Otklik: generators of load, and the programs behind ``make bench``."""
