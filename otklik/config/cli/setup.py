"""What every command shares that needs the application: where the data lies, Django, and short words for errors."""

import argparse
import os
import sys
from pathlib import Path

SETTINGS_MODULE = "otklik.config.settings"


def complain(text: str) -> None:
    """Say on standard error why a command could not do its work."""
    print(f"otklik: {text}", file=sys.stderr)


def choose_data_folder(options: argparse.Namespace) -> Path:
    """Put ``--data`` into the environment, where settings and children read it; answer the folder."""
    chosen = getattr(options, "data", None) or os.environ.get("OTKLIK_DATA", "").strip() or "./data"
    folder = Path(chosen).expanduser().resolve()
    os.environ["OTKLIK_DATA"] = str(folder)
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
    except ConfigError as error:
        complain(str(error))
        raise SystemExit(1) from None
