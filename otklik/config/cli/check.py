"""``otklik check``: what is wrong and what to do, for people and with ``--json`` for programs.

Mailboxes, the provider of sign-in and push servers are asked as well, unless ``--offline`` forbids it.
"""

import argparse
import json
from dataclasses import asdict

from otklik.config.cli.setup import start_django

_SHOWN = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


def run(options: argparse.Namespace) -> int:
    """Run all checks; 0 when nothing is wrong (warnings allowed), else 1."""
    start_django(options)
    from django.utils import translation

    from otklik.config.checks import run_checks

    with translation.override("en"):  # as all commands speak; the page of the system speaks the reader's language
        results = run_checks(live=not options.offline)
    healthy = all(result.level != "error" for result in results)
    if options.json:
        print(json.dumps({"ok": healthy, "findings": [asdict(result) for result in results]}, ensure_ascii=False))
        return 0 if healthy else 1
    width = max(len(result.check) for result in results)
    for result in results:
        print(f"{_SHOWN[result.level]}  {result.check:<{width}}  {result.text}")
        if result.advice:
            print(f"{'':<{width + 11}}→ {result.advice}")
    return 0 if healthy else 1
