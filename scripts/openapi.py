"""Write the snapshot of the REST API, ``docs/openapi.json``; with ``--check`` compare it with the code.

The snapshot shows in a diff what a change does to the contract with other programs.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = ROOT / "docs" / "openapi.json"


def main(arguments: list[str]) -> int:
    """Write or check; returns 1 when the snapshot is old."""
    with tempfile.TemporaryDirectory() as data:  # reading the settings makes a data folder
        os.environ["OTKLIK_DATA"] = data
        schema = _schema()
    text = json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if "--check" not in arguments:
        SNAPSHOT.write_text(text, encoding="utf-8")
        return 0
    if SNAPSHOT.exists() and SNAPSHOT.read_text(encoding="utf-8") == text:
        return 0
    print("docs/openapi.json is not what the code says; run `make openapi` and look at the diff")
    return 1


def _schema() -> dict[str, object]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")
    import django

    django.setup()
    from django.utils import translation

    from otklik.config.api import api

    with translation.override("en"):
        return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
