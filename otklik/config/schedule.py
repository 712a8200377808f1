"""Recurring work that belongs to no room; the rooms add theirs in their ``tasks.py`` with ``core.jobs.every``.

``clear_sessions``, daily: sessions that ran out are of no use to anybody and grow the table.
"""

from datetime import timedelta
from importlib import import_module

from django.conf import settings

from otklik.core.jobs import every, task


@task(priority=-10)
def clear_sessions() -> None:
    """Remove sessions that ran out."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


every(timedelta(days=1), "config.clear_sessions", clear_sessions, offset=timedelta(hours=2))
