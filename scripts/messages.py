"""Translations without external tools: collect the texts, check the Russian ones, compile the catalogues.

    scripts/messages.py extract [ROOM…]   writes otklik/<room>/locale/ru/LC_MESSAGES/django.po
    scripts/messages.py check             missing, stale and fuzzy translations, placeholders, words; exit 1 when any
    scripts/messages.py compile           .po -> .mo, only where the .po is newer

English is the language of the message ids, so it needs no catalogue. A text belongs to the nearest folder that is a
Django app; shared templates, scripts and everything else belong to ``otklik/locale``.
"""

import io
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "otklik"
LANGUAGE = "ru"
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "p_": ((1, "c"), 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|</?[a-z][a-z0-9]*")
# Words of the glossary (ARCHITECTURE.md) that a Russian text must not use.
REFUSED = re.compile(r"тикет|кейс|емейл|е-мейл|инцидент-менеджмент", re.IGNORECASE)
# Dates and names in a header change in every run and tell what git tells better.
_NOISE = re.compile(
    r'^"(Project-Id|Language-Team|Report|POT-Creation|PO-Revision|Last-Translator|Generated)[^\n]*\n', re.MULTILINE
)
HEADER = "# Russian texts of Otklik. Written by `make messages`; the translations are written by people.\n"


def main(arguments: list[str]) -> int:
    """Run one of the three commands; returns the exit code."""
    match arguments:
        case ["compile"]:
            return compile_all()
        case ["extract", *rooms]:
            return extract_all(rooms)
        case ["check"]:
            return check_all()
    print(__doc__)
    return 2


def compile_all() -> int:
    """Compile every catalogue that changed since it was last compiled."""
    stale = [path for path in sorted(PACKAGE.rglob("locale/*/LC_MESSAGES/*.po")) if _is_stale(path)]
    if not stale:
        return 0
    from babel.messages.mofile import write_mo

    for path in stale:
        target = path.with_suffix(".mo")
        fresh = target.with_suffix(".mo.new")
        with fresh.open("wb") as file:
            write_mo(file, _read(path))
        fresh.replace(target)  # a process that starts now sees the old one or the new one, never half of it
    return 0


def _is_stale(path: Path) -> bool:
    target = path.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime < path.stat().st_mtime


def extract_all(rooms: list[str]) -> int:
    """Bring the catalogues in step with the texts: new ones come empty, vanished ones go, translations stay."""
    from babel.messages.pofile import write_po

    for path, template in _templates().items():
        name = path.relative_to(PACKAGE).parts[0]
        if rooms and name not in rooms:
            continue
        old = _read(path) if path.exists() else None
        if not len(template):
            path.unlink(missing_ok=True)
            continue
        for message in template:
            if message.id and old and (known := old.get(message.id, message.context)) and known.string:
                message.string = known.string
                message.flags |= known.flags & {"fuzzy"}
                message.user_comments = known.user_comments
        buffer = io.BytesIO()
        write_po(buffer, template, width=118, sort_output=False, include_lineno=False, omit_header=False)
        text = _NOISE.sub("", buffer.getvalue().decode())
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(ROOT))
    return 0


def check_all() -> int:
    """Print what is wrong with the Russian catalogues and the templates; returns 1 when anything is."""
    problems: list[str] = []
    templates = _templates()
    for path, template in templates.items():
        name = path.relative_to(ROOT)
        catalogue = _read(path) if path.exists() else None
        wanted = {(message.context, _key(message.id)) for message in template if message.id}
        present = {(message.context, _key(message.id)): message for message in catalogue or () if message.id}
        problems += [f"{name}: not collected yet, run `make messages`: {key[1]!r}" for key in wanted - set(present)]
        problems += [f"{name}: no longer used: {key[1]!r}" for key in set(present) - wanted]
        problems += [f"{name}: {fault}" for key in wanted & set(present) for fault in _faults(present[key])]
    for path in PACKAGE.rglob("locale/*/LC_MESSAGES/*.po"):
        if path not in templates:
            problems.append(f"{path.relative_to(ROOT)}: no text belongs to it")
    problems += _hard_texts()
    problems += _said_twice([path for path in templates if path.exists()])
    for problem in sorted(problems):
        print(problem)
    return 1 if problems else 0


def _said_twice(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the texts that rooms translate differently: Django knows one for all, so each wants its own context."""
    told: dict[tuple[str | None, str], dict[str, str]] = defaultdict(dict)
    for path in paths:
        for message in _read(path):
            if message.id and message.string:
                string = message.string if isinstance(message.string, str) else " | ".join(message.string)
                told[message.context, _key(message.id)][string] = str(path.relative_to(ROOT))
    for (_context, label), strings in told.items():
        if len(strings) > 1:
            yield f"translated differently without a context: {label!r}: " + "; ".join(
                f"{string!r} in {path}" for string, path in strings.items()
            )


def _key(identifier: str | Sequence[str]) -> str:
    return identifier if isinstance(identifier, str) else identifier[0]


def _faults(message: Any) -> Iterator[str]:
    label = repr(_key(message.id))
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    strings = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    if not all(strings) or (len(ids) > 1 and len(strings) != 3):
        yield f"not translated: {label}"
        return
    if message.fuzzy:
        yield f"fuzzy: {label}"
    expected = [sorted(PLACEHOLDER.findall(text)) for text in ids]
    for string in strings:
        # "one file" may leave the number out where the source does so in its singular.
        if sorted(PLACEHOLDER.findall(string)) not in expected:
            yield f"placeholders differ: {label} -> {string!r}"
        if found := REFUSED.search(string):
            yield f"the glossary has another word for {found[0]!r}: {string!r}"
        if _key(message.id)[-1:].isspace() != string[-1:].isspace():
            yield f"blank at the end differs: {label}"


def _templates() -> "dict[Path, Catalog]":
    """Read all sources; returns an empty catalogue with the texts for each file that should exist."""
    found: dict[Path, dict[tuple[str | None, Any], set[str]]] = defaultdict(lambda: defaultdict(set))
    for source in sorted(PACKAGE.rglob("*")):
        relative = source.relative_to(PACKAGE)
        if {"tests", "migrations", "locale", "vendor"} & set(relative.parts) or not source.is_file():
            continue
        domain = "djangojs" if source.suffix == ".js" else "django"
        path = _room(source) / "locale" / LANGUAGE / "LC_MESSAGES" / f"{domain}.po"
        for context, identifier in _texts(source):
            found[path][context, identifier].add(str(source.relative_to(ROOT)))
    return {path: _catalogue(texts) for path, texts in found.items()}


def _catalogue(texts: "dict[tuple[str | None, Any], set[str]]") -> "Catalog":
    catalogue = _empty()
    plurals = {identifier[0] for _, identifier in texts if isinstance(identifier, tuple)}
    for (context, identifier), places in texts.items():
        if isinstance(identifier, str) and identifier in plurals:
            continue  # gettext keeps one entry for a text and its plural
        catalogue.add(identifier, context=context, locations=[(place, 0) for place in sorted(places)])
    return catalogue


def _empty() -> "Catalog":
    from babel.messages.catalog import Catalog

    catalogue = Catalog(locale=LANGUAGE, domain="django", project="Otklik", fuzzy=False, header_comment=HEADER)
    catalogue.mime_headers = [
        ("Language", LANGUAGE),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
        ("Plural-Forms", catalogue.plural_forms),
    ]
    return catalogue


def _room(source: Path) -> Path:
    if source.suffix == ".js":
        return PACKAGE
    for folder in source.parents:
        if folder == PACKAGE or (folder / "apps.py").exists() or (folder / "migrations").exists():
            return folder
    return PACKAGE


def _texts(source: Path) -> Iterator[tuple[str | None, Any]]:
    """Yield (context, id) of every text of one file; id is a tuple when there is a plural."""
    from babel.messages.extract import extract

    if source.suffix not in {".py", ".html", ".txt", ".js"}:
        return
    text = source.read_text(encoding="utf-8")
    method: Any = "javascript" if source.suffix == ".js" else "python"
    if "jinja2" in source.parts:
        method = _jinja_texts
    elif source.suffix in {".html", ".txt"}:
        # The result is not Python but contains its calls; brackets keep the tokenizer from minding indentation.
        text = "(" + _templatize(text, str(source.relative_to(ROOT))) + "\n)"
    for _, identifier, _, context in extract(method, io.BytesIO(text.encode()), keywords=KEYWORDS):
        if identifier and any(identifier):
            yield context, identifier


def _jinja_texts(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Any:
    """Find the calls in a template of the other kind; its ``p_`` is ``pgettext``."""
    from jinja2.ext import babel_extract

    return babel_extract(file, keywords, tags, options | {"trim_blocks": "true", "silent": "false"})


def _templatize(text: str, origin: str) -> str:
    from django.utils.translation.template import templatize

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return str(templatize(text, origin))


def _read(path: Path) -> "Catalog":
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


_BLOCK = re.compile(
    r"{%\s*blocktrans(late)?\b.*?{%\s*endblocktrans(late)?\s*%}|{%\s*comment.*?endcomment\s*%}", re.DOTALL
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|<!--.*?-->|<(script|style|svg|kbd|code)\b.*?</\1>|&\w+;|&#\w+;", re.DOTALL)
_SHOWN = re.compile(r"""\b(?:title|placeholder|aria-label|alt)=(["'])(.*?)\1""", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{3,}|[А-Яа-яЁё]+")
# Names, keys of a keyboard and addresses are the same in every language; languages name themselves.
_NAMES = {
    "Otklik", "otklik", "html", "DOCTYPE", "body", "SMTP", "IMAP", "API", "TLS", "STARTTLS", "CSV", "Message", "eml",
    "English", "Русский", "Ctrl", "Shift", "Alt", "Enter", "Esc", "Tab",
}  # fmt: skip
_ADDRESS = re.compile(r"\w+://\S*|\S+@\S+|\w+(\.\w+)+")


def _hard_texts() -> Iterator[str]:
    """Yield the words that stand in a template outside of any translation."""
    for path in sorted([*PACKAGE.rglob("templates/**/*.html"), *PACKAGE.rglob("jinja2/**/*.html")]):
        if "tests" in path.parts:
            continue
        text = _TAG.sub(" ", _BLOCK.sub(" ", path.read_text(encoding="utf-8")))
        shown = [match[2] for match in _SHOWN.finditer(text)] + re.sub(r"<[^>]*>", "\n", text).split("\n")
        for words in _unknown(shown):
            yield f"{path.relative_to(ROOT)}: not translatable: {words!r}"


def _unknown(pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        if any(word not in _NAMES for word in _WORD.findall(_ADDRESS.sub(" ", piece))):
            yield piece.strip()[:60]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
