"""Parts of pages that hold hundreds of values: written in Jinja2, which compiles a template to Python.

Django's own engine walks a tree of nodes; on the ticket card that was half of the whole answer (docs/adr/0011). Only
such parts live in a room's ``jinja2/`` folder, everything else stays with Django's templates, and both speak the same
presenters. A part sees what it is given and nothing else: no request, no context processor, no query.

In a part ``_("Text")`` is a fixed text in the reader's language, ``p_("context", "Text")`` one with a context, and
``icon("name")`` a picture of the sprite. A name that was not given is an error, not an empty place. Each language has
templates of its own, in which fixed texts and pictures that stand alone are part of the page before it is compiled: a
card holds two hundred of them.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template import TemplateDoesNotExist, engines
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, override, pgettext
from jinja2 import Environment, StrictUndefined, Template, TemplateNotFound
from markupsafe import Markup, escape

ENGINE: Final = "hot"
"""The name of the engine in the settings."""


_FIXED: Final = re.compile(
    r'\{\{ (?:_\("(?P<text>[^"\\{}%#]+)"\)|icon\("(?P<icon>[a-z0-9-]+)"(?:, "(?P<size>[sml])")?\)) \}\}'
)


class HotEnvironment(Environment):
    """Jinja2 as the parts use it: what presenters hand over are dictionaries, so keys are looked for first."""

    language: str | None = None
    """The language whose words are put into the templates before they are compiled; none are without one."""

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """Return the source with fixed texts and pictures in their places, but for those that Jinja2 would misread."""
        source = super().preprocess(source, name, filename)
        if self.language is None:
            return source
        with override(self.language):
            return _FIXED.sub(_fixed, source)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return ``obj.attribute`` of a template: the key of a dictionary, else the attribute."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class _Texts(dict[str, Markup]):
    """The fixed texts of the parts in one language, escaped; each is worded once."""

    def __missing__(self, text: str) -> Markup:
        worded = self[text] = escape(gettext(text))
        return worded


class _TextsInContext(dict[tuple[str, str], Markup]):
    """The same for texts with a context."""

    def __missing__(self, key: tuple[str, str]) -> Markup:
        worded = self[key] = escape(pgettext(*key))
        return worded


@cache
def _words(_language: str | None) -> dict[str, Callable[..., Markup]]:
    plain, in_context = _Texts(), _TextsInContext()
    return {"_": plain.__getitem__, "p_": lambda context, text: in_context[context, text]}


@cache
def icon(name: str, size: str = "") -> Markup:
    """Return a picture of the sprite as HTML; ``size`` is ``s``, ``m``, ``l`` or nothing. Names are our own."""
    return Markup('<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        f" icon--{size}" if size else "", static("icons.svg"), name
    )  # fmt: skip


def csrf_token(request: HttpRequest) -> str:
    """Return the token of the request's forms, masked once a page: each mask costs sixty calls to the system."""
    token: str | None = getattr(request, "masked_token", None)
    if token is None:
        token = request.masked_token = get_token(request)  # type: ignore[attr-defined]
    return token


def csrf_field(request: HttpRequest) -> Markup:
    """Return the hidden field of a form that is sent without script; one serves all forms of a page."""
    return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="%s">') % csrf_token(request)


def environment(**options: Any) -> HotEnvironment:
    """Make the engine; called by Django with the options of the settings."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = HotEnvironment(**options)
    made.globals["icon"] = icon
    return made


def _fixed(found: re.Match[str]) -> str:
    words = found["text"]
    shown = escape(gettext(words)) if words else icon(found["icon"], found["size"] or "")
    return found[0] if re.search(r"\{[{%#]", shown) else str(shown)


def in_language(engine: HotEnvironment, language: str | None) -> HotEnvironment:
    """Return the engine for readers of a language, which keeps compiled templates of its own."""
    made: HotEnvironment = engine.overlay()
    made.language = language
    return made


@cache
def _engine(language: str | None) -> HotEnvironment:
    return in_language(engines[ENGINE].env, language)  # type: ignore[attr-defined]


@cache
def _template(name: str, language: str | None) -> Template:
    try:
        return _engine(language).get_template(name)
    except TemplateNotFound as error:
        raise TemplateDoesNotExist(name) from error


def render_hot(name: str, context: Mapping[str, Any]) -> SafeString:
    """Return a part as safe HTML, in the active language. Raises ``TemplateDoesNotExist`` for an unknown name."""
    language = get_language()
    return SafeString(_template(name, language).render(_words(language), **context))


@cache
def _macro(name: str, macro: str, language: str | None) -> Callable[..., Markup]:
    made: Callable[..., Markup] = getattr(_template(name, language).make_module(_words(language)), macro)
    return made


def render_macro(name: str, macro: str, *arguments: Any) -> SafeString:
    """Return what a macro of a part makes of its arguments: for pieces that are made one by one."""
    return SafeString(_macro(name, macro, get_language())(*arguments))
