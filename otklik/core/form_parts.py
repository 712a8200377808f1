"""Parts that rooms above add to a form of a room below: the words of a person's rules in the form that adds him.

The form shows each part, reads and checks what it says before anything is written, and hands it back once the subject
is there. A part writes by an action of its own room.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from otklik.core.actor import Actor
from otklik.core.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    """A part of a form: its template with its context, the fields it takes, how it reads them and what it does.

    ``read`` raises ``Invalid`` naming the field; ``save`` gets what it returned and the subject.
    """

    key: str
    place: str
    template: str
    fields: Collection[str]
    context: Callable[[HttpRequest], dict[str, Any]]
    read: Callable[[HttpRequest], Any]
    save: Callable[[Any, Any, Actor], object]


parts: Registry[FormPart] = Registry("form parts")


def register_form_part(part: FormPart) -> FormPart:
    """Add a part to a form."""
    return parts.register(part.key, part)


@dataclass(frozen=True, slots=True)
class ReadParts:
    """What the parts of a form said; ``save`` does it."""

    values: tuple[tuple[FormPart, Any], ...]

    def save(self, subject: Any, *, by: Actor) -> None:
        """Let each part do what was said, for the subject that is there now."""
        for part, value in self.values:
            part.save(value, subject, by)


def parts_of(place: str) -> list[FormPart]:
    """Return the parts of a form."""
    return [part for part in parts if part.place == place]


def fields_of(place: str) -> set[str]:
    """Return the names of all fields of the parts of a form."""
    return {name for part in parts_of(place) for name in part.fields}


def shown_parts(place: str, request: HttpRequest) -> list[dict[str, Any]]:
    """Return the parts of a form, ready to include: the template and its context."""
    return [{"template": part.template, **part.context(request)} for part in parts_of(place)]


def read_parts(place: str, request: HttpRequest) -> ReadParts:
    """Read what the parts of a form say. Raises ``Invalid``."""
    return ReadParts(tuple((part, part.read(request)) for part in parts_of(place)))
