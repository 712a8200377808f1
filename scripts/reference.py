"""Write the reference pages that are made from the code: events and settings of the business; ``--check`` compares.

``docs/events.md`` is the contract for whoever reads the event log; ``docs/business-settings.md`` lists what people with
the right to do so choose in the desk.
"""

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

ROOT = Path(__file__).resolve().parent.parent
NOTE = "Written by `make openapi` from the code."


def main(arguments: list[str]) -> int:
    """Write or check both pages; returns 1 when one is old."""
    with tempfile.TemporaryDirectory() as data:  # reading the settings makes a data folder
        os.environ["OTKLIK_DATA"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")
        import django
        from django.utils import translation

        django.setup()
        with translation.override("en"):
            pages = {"events.md": "\n".join(_events()), "business-settings.md": "\n".join(_settings())}
    old = [name for name, text in pages.items() if not _is_current(ROOT / "docs" / name, text)]
    if "--check" in arguments:
        for name in old:
            print(f"docs/{name} is not what the code says; run `make openapi`")
        return 1 if old else 0
    for name in old:
        (ROOT / "docs" / name).write_text(pages[name], encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _events() -> Iterator[str]:
    from otklik.core.events.base import event_classes

    yield "# Events\n"
    yield f"{NOTE} Every fact is one row of the event table: kind, subject, actor, time, version and these fields."
    room = ""
    classes = [cls for cls in event_classes.values() if _is_ours(cls)]
    for cls in sorted(classes, key=lambda cls: (_room(cls), cls.kind)):
        if room != _room(cls):
            room = _room(cls)
            yield f"\n## {room}\n"
            yield "| kind | fields | meaning |"
            yield "| --- | --- | --- |"
        hints = get_type_hints(cls)
        shown = ", ".join(
            f"`{field.name}` {_type(hints[field.name])}" for field in fields(cls) if field.name != "subject_id"
        )
        silent = " (not shown in the history)" if cls.silent else ""
        yield f"| `{cls.kind}` | {shown} | {_first_sentence(cls)}{silent} |"
    yield ""


def _settings() -> Iterator[str]:
    from otklik.core.settings_store import declared

    yield "# Settings of the business\n"
    yield f"{NOTE} People with the right to do so choose them, and a change is an event."
    yield "What the environment decides stands in [settings.md](settings.md).\n"
    yield "| key | kind | default | label |"
    yield "| --- | --- | --- | --- |"
    for setting in sorted(declared, key=lambda setting: (setting.group, setting.key)):
        yield f"| `{setting.key}` | {setting.type.__name__} | `{setting.default}` | {setting.label} |"
    yield ""


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith("otklik.") and ".tests" not in cls.__module__


def _room(cls: type) -> str:
    name = cls.__module__.removeprefix("otklik.").split(".events")[0]
    return "core" if name.startswith("core.") else name


def _type(hint: Any) -> str:
    plain = isinstance(hint, type) and not getattr(hint, "__args__", ())
    return (hint.__name__ if plain else str(hint)).replace("|", "or").replace("typing.", "")


def _first_sentence(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
