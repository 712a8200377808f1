"""Reads the stories of the demo company and tells them with the words of one case.

A story is a text file: headers, then steps that begin with ``@``. ``{a|b}`` is a choice, ``{name}`` a word of the case;
choices may hold words and other choices. Choices that begin with ``§`` and a digit fall alike in one case.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

_INNERMOST: Final = re.compile(r"\{([^{}]*)\}")
FILES: Final = ("cold.txt", "office.txt", "desk.txt", "english.txt", "web.txt")


@dataclass(frozen=True, slots=True)
class Step:
    """``kind`` is in, re, note or do; options are ``by``, ``status``, ``files``, ``gap``, ``assign``, ``priority``."""

    kind: str
    options: Mapping[str, str]
    text: str


@dataclass(slots=True)
class Story:
    """A story as written."""

    key: str
    about: tuple[str, ...] = ()
    unit: str = ""
    team: str = "desk"
    type: str = ""
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    language: str = "ru"
    channel: str = "email"
    numbered: bool = False
    subjects: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def by_hand(self) -> bool:
        """Tell whether somebody of ours writes down what the customer says."""
        return self.channel in {"call", "visit"}


@cache
def all_stories() -> tuple[Story, ...]:
    """Return every story, in the order of the files."""
    found: list[Story] = []
    for name in FILES:
        text = resources.files("otklik.demo.content").joinpath(name).read_text(encoding="utf-8")
        found += [_read(record) for record in text.split("=== ")[1:]]
    return tuple(found)


def _read(record: str) -> Story:
    head, *steps = record.split("\n@")
    key, *lines = head.strip().split("\n")
    story = Story(key.strip())
    for line in lines:
        name, _, value = line.partition(":")
        _set(story, name.strip(), value.strip())
    for step in steps:
        first, _, text = step.partition("\n")
        kind, *words = first.split()
        options = dict(word.partition("=")[::2] for word in words)
        story.steps.append(Step(kind, options, text.strip()))
    return story


def _set(story: Story, name: str, value: str) -> None:
    match name:
        case "subject":
            story.subjects.append(value)
        case "about":
            story.about = tuple(value.split())
        case "tags":
            story.tags = tuple(tag.strip() for tag in value.split(","))
        case "ref":
            story.numbered = True
        case "lang":
            story.language = value
        case "unit" | "team" | "type" | "priority" | "channel":
            setattr(story, name, value)
        case _:
            raise ValueError(f"{story.key}: {name}")


def tell(text: str, words: Mapping[str, str], rng: random.Random, links: dict[str, int]) -> str:
    """Return the text with its choices made and its words filled in. Raises ``KeyError`` for a word nobody gave.

    ``links`` remembers the choices that belong together within a case: the answer to the question that was asked.
    """
    while found := _INNERMOST.search(text):
        inside = found[1]
        if inside.startswith("§"):
            options = inside[2:].split("|")
            value = options[links.setdefault(inside[1], rng.randrange(60)) % len(options)]
        else:
            value = rng.choice(inside.split("|")) if "|" in inside else words[inside]
        text = text[: found.start()] + value + text[found.end() :]
    return text
