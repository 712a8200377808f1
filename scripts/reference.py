"""Write the reference pages that are made from the code: events and settings of the business; ``--check`` compares.

``docs/events.md`` is the contract for whoever reads the event log; ``docs/business-settings.md`` and its Russian sister
list what people with the right to do so choose in the desk.
"""

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from scripts import messages

ROOT = Path(__file__).resolve().parent.parent
NOTE = "Written by `make openapi` from the code."


@dataclass(frozen=True)
class Words:
    """What the page of settings says around them."""

    title: str
    intro: str
    columns: str
    on: str
    off: str


ENGLISH = Words(
    "Settings of the business",
    f"{NOTE} *Settings → Rules of the desk* and the pages beside it: people with the right to do so choose\n"
    "them, and a change is an event. What the environment decides stands in [settings.md](settings.md).\n"
    "[По-русски](business-settings.ru.md)",
    "| setting | default | what it does | key |",
    "on",
    "off",
)
RUSSIAN = Words(
    "Настройки работы",
    "Эту страницу пишет `make openapi` по коду. «Настройки» → «Правила работы» и соседние страницы: выбирают те,\n"
    "у кого есть право; каждое изменение видно в журнале. Что решает окружение — в [settings.ru.md](settings.ru.md).\n"
    "[In English](business-settings.md)",
    "| настройка | по умолчанию | что делает | ключ |",
    "включено",
    "выключено",
)


def main(arguments: list[str]) -> int:
    """Write or check the pages; returns 1 when one is old."""
    messages.compile_all()  # the Russian words come from the catalogues as they are now
    with tempfile.TemporaryDirectory() as data:  # reading the settings makes a data folder
        os.environ["OTKLIK_DATA"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")
        import django
        from django.utils import translation

        django.setup()
        with translation.override("en"):
            pages = {"events.md": "\n".join(_events()), "business-settings.md": "\n".join(_settings(ENGLISH))}
        with translation.override("ru"):
            pages["business-settings.ru.md"] = "\n".join(_settings(RUSSIAN))
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


def _settings(words: Words) -> Iterator[str]:
    from otklik.desk.chosen.groups import groups

    yield f"# {words.title}\n"
    yield f"{words.intro}\n"
    for group in groups():
        yield f"## {group.label}\n"
        yield words.columns
        yield "| --- | --- | --- | --- |"
        for setting in group.settings:
            yield f"| {setting.label} | {_default(setting, words)} | {_meaning(setting)} | `{setting.key}` |"
        yield ""


def _default(setting: Any, words: Words) -> str:
    """Return the default as the page shows it: the words of a choice, on and off, one value after the other."""
    if isinstance(setting.default, bool):
        return words.on if setting.default else words.off
    if isinstance(setting.default, list):
        return "<br>".join(str(value) for value in setting.default)
    return str(next((label for value, label in setting.choices if value == setting.default), setting.default))


def _meaning(setting: Any) -> str:
    offered = "; ".join(str(label) for _value, label in setting.choices)
    return " ".join(text for text in (f"{offered}." if offered else "", str(setting.help)) if text)


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
