"""The sections of the settings page. A group that nobody words here shows its own name, after the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.core.settings_store import Setting, declared
from otklik.search.words import other_layout

_WORDED: dict[str, Any] = {
    "company": _("Company"),
    "tickets": _("Tickets"),
    "people": _("People and sign-in"),
    "security": _("Security"),
    "sign_in": _("Sign-in through a provider"),
    "mail": _("Mail"),
    "notifications": _("Notifications"),
    "form": _("Web form"),
    "storage": _("Storage"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One section and what stands in it, in the order of declaration."""

    key: str
    label: str
    settings: list[Setting]


def groups(words: str = "") -> Iterator[Group]:
    """Yield the sections with the settings whose label, help, choices or key hold every one of ``words``.

    Where none does, what the same keys write in the other layout is meant.
    """
    found = _found(words) or _found(other_layout(words) or words)
    for key in sorted(found, key=_place):
        yield Group(key, str(_WORDED[key]) if key in _WORDED else key.capitalize() or "…", found[key])


def _found(words: str) -> dict[str, list[Setting]]:
    wanted = [_folded(word) for word in words.split()]
    found: dict[str, list[Setting]] = {}
    for setting in declared:
        if all(word in _text_of(setting) for word in wanted):
            found.setdefault(setting.group, []).append(setting)
    return found


def _place(key: str) -> tuple[int, str]:
    return (list(_WORDED).index(key) if key in _WORDED else len(_WORDED), key)


def _text_of(setting: Setting) -> str:
    group = str(_WORDED[setting.group]) if setting.group in _WORDED else setting.group
    parts = (setting.key, group, setting.label, setting.help, *(label for _value, label in setting.choices))
    return _folded(" ".join(str(part) for part in parts))


def _folded(text: str) -> str:
    return text.casefold().replace("ё", "е")
