"""``otklik manage``: Django's own commands with our settings."""

import argparse
import os

from otklik.config.cli.setup import SETTINGS_MODULE, choose_data_folder


def run(options: argparse.Namespace) -> int:
    """Hand the rest of the line to Django."""
    choose_data_folder(options)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS_MODULE)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["otklik manage", *options.arguments])
    return 0
