"""Recurring work of the mail channel.

``watch_mail``, every minute: notices floods. ``remove_raw_mail``, daily: lets go of raw bytes kept long enough,
and of archives. ``count_archive`` and ``take_archive``: look an archive of old mail through, take it in.
"""

from datetime import timedelta

from otklik.channels.email.actions import archives
from otklik.channels.email.actions.floods import watch_floods
from otklik.channels.email.actions.retention import remove_letter_files, remove_raw
from otklik.core.jobs import every, task


@task(priority=-10)
def watch_mail() -> int:
    """Notice who sends far more than usual."""
    return watch_floods()


@task(priority=-10, lease=1800)
def remove_raw_mail() -> int:
    """Let go of the raw source of mails that ended long ago."""
    archives.forget_archives()
    remove_letter_files()
    return remove_raw()


@task(priority=-5, lease=archives.LEASE)
def count_archive(archive_id: int) -> int:
    """Look an archive of old mail through."""
    return archives.count_archive(archive_id)


@task(priority=-5, lease=archives.LEASE, max_attempts=30)
def take_archive(archive_id: int) -> int:
    """Take in what is left of an archive of old mail."""
    return archives.take_archive(archive_id)


every(timedelta(minutes=1), "email.watch_mail", watch_mail)
every(timedelta(days=1), "email.remove_raw_mail", remove_raw_mail, offset=timedelta(minutes=30))
