"""The agents' shell: rail, counters, news, profile. Composes what the rooms below give; holds no rules."""
