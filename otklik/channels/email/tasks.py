"""Recurring work of the mail channel.

``watch_mail``, every minute: notices floods. ``remove_raw_mail``, daily: lets go of raw bytes kept long enough.
"""

from datetime import timedelta

from otklik.channels.email.actions.floods import watch_floods
from otklik.channels.email.actions.retention import remove_raw
from otklik.core.jobs import every, task


@task(priority=-10)
def watch_mail() -> int:
    """Notice who sends far more than usual."""
    return watch_floods()


@task(priority=-10, lease=1800)
def remove_raw_mail() -> int:
    """Let go of the raw source of mails that ended long ago."""
    return remove_raw()


every(timedelta(minutes=1), "email.watch_mail", watch_mail)
every(timedelta(days=1), "email.remove_raw_mail", remove_raw_mail, offset=timedelta(minutes=30))
