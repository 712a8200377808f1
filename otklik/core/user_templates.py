"""Templates that people of the desk write: placeholders and ``if``, on plain values, nothing else.

Django's own template language with its library taken away: no ``load``, ``include``, ``for`` or ``debug``, no filters
but the few below, and the context holds only dictionaries of strings, so there is nothing to call and nothing to walk
to. Without loops a template can only grow by its own length.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template.base import Node, VariableNode
from django.template.defaultfilters import capfirst, default, lower, upper
from django.template.defaulttags import IfNode, do_if
from django.utils.translation import gettext as _

from otklik.core.errors import Invalid

LONGEST: Final = 100_000
register = Library()
register.tag("if", do_if)
for _filter in (capfirst, default, lower, upper):
    register.filter(_filter)

Values = Mapping[str, Mapping[str, str]]


class _PlainEngine(Engine):
    """An engine that knows this module's few words and no others."""

    default_builtins: ClassVar[list[str]] = [__name__]


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return _PlainEngine(dirs=[], app_dirs=False, loaders=[], libraries={}, debug=False, autoescape=True)


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return Template(source, engine=_engine())


def check_template(source: str, known: Mapping[str, Any], *, field: str = "body") -> None:
    """Refuse, naming the field, what is too long, cannot be read, or asks for a value that is not among ``known``.

    ``known`` maps "requester.name" and the like to anything.
    """
    if len(source) > LONGEST:
        raise Invalid(_("The text is too long."), field=field)
    try:
        template = _compiled(source)
    except (TemplateSyntaxError, RecursionError) as error:
        raise Invalid(_("The placeholders of this text cannot be read."), field=field) from error
    for name in _names(template.nodelist):
        if name not in known:
            raise Invalid(_("There is no placeholder “%(name)s”.") % {"name": name[:60]}, field=field)


def _names(nodes: Any) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, VariableNode):
            found |= _of_expression(node.filter_expression)
        elif isinstance(node, IfNode):
            for condition, inside in node.conditions_nodelists:
                found |= _of_condition(condition) | _names(inside)
        elif isinstance(node, Node):
            found |= _names(node.child_nodelists and getattr(node, "nodelist", []))
    return found


def _of_condition(condition: Any) -> set[str]:
    """Return the names in a condition: a tree of operators over values."""
    if condition is None:
        return set()
    value = getattr(condition, "value", None)
    names = _of_expression(value) if hasattr(value, "var") else set()
    for side in ("first", "second"):
        if (part := getattr(condition, side, None)) is not None:
            names |= _of_condition(part)
    return names


def _of_expression(expression: Any) -> set[str]:
    variable = getattr(expression, "var", None)
    lookups = getattr(variable, "lookups", None)
    return {".".join(lookups)} if lookups else set()


def render_template(source: str, values: Values, *, escape: bool = True) -> str:
    """Return the text with its placeholders filled; values are escaped for HTML unless told otherwise.

    A text that cannot be read any more is returned as it is: it was checked when it was kept.
    """
    try:
        template = _compiled(source)
    except (TemplateSyntaxError, RecursionError):
        return source
    context = {name: dict(group) for name, group in values.items()}
    return str(template.render(Context(context, autoescape=escape)))
