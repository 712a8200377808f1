"""What every command shares that needs the application: where the data lies, Django, and short words for errors."""

import argparse
import os
import sys
from pathlib import Path

from otklik.config.backup.unfinished import Busy, finish_unfinished

SETTINGS_MODULE = "otklik.config.settings"


def complain(text: str) -> None:
    """Say on standard error why a command could not do its work."""
    print(f"otklik: {text}", file=sys.stderr)


def choose_data_folder(options: argparse.Namespace) -> Path:
    """Put ``--data`` into the environment, where settings and children read it; answer the folder.

    A restore that was killed in the middle is ended first: the key and the database are among what it replaces.
    """
    chosen = getattr(options, "data", None) or os.environ.get("OTKLIK_DATA", "").strip() or "./data"
    folder = Path(chosen).expanduser().resolve()
    os.environ["OTKLIK_DATA"] = str(folder)
    try:
        if finish_unfinished(folder):
            complain("a restore that had been cut off was brought to its end")
    except Busy as error:
        complain(str(error))
        raise SystemExit(1) from None
    return folder


def start_django(options: argparse.Namespace | None = None) -> None:
    """Load settings and applications; a value that cannot be used ends the command with one sentence."""
    if options is not None:
        choose_data_folder(options)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    from otklik.config.env import ConfigError

    try:
        import django

        django.setup()
        _refuse_bad_mail_server()
    except ConfigError as error:
        complain(str(error))
        raise SystemExit(1) from None


def _refuse_bad_mail_server() -> None:
    """Raise ``ConfigError`` when answers could not leave by ``OTKLIK_SMTP_URL`` for want of sense."""
    from django.conf import settings

    from otklik.channels.email.mailbox import BadUrl, parse_url
    from otklik.config.env import ConfigError

    try:
        parse_url(settings.SMTP_URL)
    except BadUrl as error:
        raise ConfigError(str(error)) from None


def start_with_database(options: argparse.Namespace) -> None:
    """Load the application for a command that writes or reads rows: an empty database is prepared first.

    A database of another version is left alone, so that two versions at work never fight over it: the command then
    ends with one sentence.
    """
    start_django(options)
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    from otklik.config.upgrade import UpgradeRefused, refuse_half_restored, refuse_newer, upgrade

    try:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            refuse_newer(executor)
            return
        refuse_half_restored()
        if executor.loader.applied_migrations:
            complain("the database belongs to an older version: start `otklik serve`, or run `otklik manage migrate`")
            raise SystemExit(1)
        upgrade()
    except UpgradeRefused as error:
        complain(str(error))
        raise SystemExit(1) from None
    except DatabaseError:
        complain("the database does not answer; `otklik check` says more")
        raise SystemExit(1) from None
