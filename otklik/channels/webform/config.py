"""What a form asks for and says, as it is kept in the connection of its channel."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

OFF, OPTIONAL, REQUIRED = "off", "optional", "required"
WANTED: Final = (OFF, OPTIONAL, REQUIRED)


@dataclass(frozen=True, slots=True)
class FormConfig:
    """The settings of a form. Empty texts stand for the built-in ones, which speak the reader's language.

    With neither address nor phone required, one of the two must be given. ``consent`` is a sentence that must be agreed
    to; empty: nothing is asked.
    """

    title: str = ""
    intro: str = ""
    thanks: str = ""
    consent: str = ""
    email: str = OPTIONAL
    phone: str = OPTIONAL
    subject: str = OPTIONAL
    files: bool = True
    confirmation: bool = True


def read(config: Mapping[str, Any] | None) -> FormConfig:
    """Return the settings from what is stored; what is missing or of another kind takes its default."""
    default, values = FormConfig(), {}
    for item in fields(FormConfig):
        value = (config or {}).get(item.name, getattr(default, item.name))
        usable = isinstance(value, type(getattr(default, item.name)))
        if item.name in {"email", "phone", "subject"} and value not in WANTED:
            usable = False
        values[item.name] = value if usable else getattr(default, item.name)
    return FormConfig(**values)


def dump(settings: FormConfig) -> dict[str, Any]:
    """Return the settings as they are stored."""
    return asdict(settings)
