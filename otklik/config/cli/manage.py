"""``otklik manage``: Django's own commands with our settings."""

import argparse
import os

from otklik.config.cli.setup import SETTINGS_MODULE, choose_data_folder, complain, start_django


def run(options: argparse.Namespace) -> int:
    """Hand the rest of the line to Django; a plain ``migrate`` is our upgrade, with its backup and its lock."""
    if options.arguments == ["migrate"]:
        return _upgrade(options)
    choose_data_folder(options)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["otklik manage", *options.arguments])
    return 0


def _upgrade(options: argparse.Namespace) -> int:
    start_django(options)
    from otklik.config.setup_address import setup_address
    from otklik.config.upgrade import UpgradeRefused, refuse_half_restored, upgrade

    try:
        refuse_half_restored()
        done = upgrade()
    except UpgradeRefused as error:
        complain(str(error))
        return 1
    print("The database fits this version now." if done else "The database fits this version already.")
    if address := setup_address():
        print(f"Nobody can sign in yet; make the first administrator at {address}")
    return 0
