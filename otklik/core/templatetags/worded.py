"""Django's tags ``translate`` and ``static`` for fixed texts and paths, answered once a language, not each time.

A page of the desk holds over a hundred fixed texts; Django words each anew through lazy objects, which was a fifth of
the time of the ticket card. The settings put this library in the place of ``i18n`` and ``static``, so templates load
those names as ever, and everything that is not fixed is Django's own.

``{% fixed %}…{% endfixed %}`` does the same for a whole piece of a page: what stands between depends on the language
alone and is made once in each. It sees no variable of the page but ``sprite``, so nothing of one reader can stay in it;
a tag that could depend on more is refused when the piece is first shown.
"""

from typing import Any

from django.template import Library, Node, NodeList, TemplateSyntaxError
from django.template.base import TextNode, VariableNode
from django.template.defaulttags import LoadNode, URLNode
from django.template.loader_tags import IncludeNode
from django.templatetags import i18n, static
from django.utils.translation import get_language

register = Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)
register.tags.update(static.register.tags)


class Fixed(Node):
    """A node whose output depends on the active language alone; ``name`` puts it into a variable instead."""

    child_nodelists = ()

    def __init__(self, node: Node, name: str | None) -> None:
        self._node = node
        self._name = name
        self._known: dict[str | None, str] = {}

    def render(self, context: Any) -> str:
        """Return the output, made at the first time in each language."""
        language = get_language()
        text = self._known.get(language)
        if text is None:
            text = self._known[language] = self._node.render(context)
        if self._name is None:
            return text
        context[self._name] = text
        return ""


def _is_literal(expression: Any) -> bool:
    variable = expression.var
    return not expression.filters and (isinstance(variable, str) or getattr(variable, "lookups", None) is None)


@register.tag("translate")
@register.tag("trans")
def do_translate(parser: Any, token: Any) -> Node:
    """Compile ``{% translate %}``; a fixed text without a context becomes a fixed node."""
    node: Any = i18n.do_translate(parser, token)
    if node.noop or node.message_context or not _is_literal(node.filter_expression):
        return node  # type: ignore[no-any-return]
    name, node.asvar = node.asvar, None
    return Fixed(node, name)


@register.tag("static")
def do_static(parser: Any, token: Any) -> Node:
    """Compile ``{% static %}``; a fixed path becomes a fixed node."""
    node: Any = static.do_static(parser, token)
    if not _is_literal(node.path):
        return node  # type: ignore[no-any-return]
    name, node.varname = node.varname, None
    return Fixed(node, name)


class Apart(Node):
    """What stands between ``fixed`` and ``endfixed``: it sees none of the variables of the page."""

    def __init__(self, nodelist: NodeList) -> None:
        self._nodelist = nodelist

    def render(self, context: Any) -> str:
        """Return the piece. Raises ``TemplateSyntaxError`` when a part may depend on more than the language."""
        _refuse_others(self._nodelist, context.template.engine)
        return self._nodelist.render(context.new({"sprite": static.static("icons.svg")}))


def _refuse_others(nodelist: NodeList, engine: Any) -> None:
    for node in nodelist:
        if isinstance(node, IncludeNode) and isinstance(node.template.var, str):
            _refuse_others(engine.get_template(node.template.var).nodelist, engine)
        elif isinstance(node, VariableNode):
            if str(node.filter_expression) != "sprite":
                raise TemplateSyntaxError(f"{node.filter_expression} does not depend on the language alone.")
        elif isinstance(node, URLNode):
            if node.args or node.kwargs or node.asvar:
                raise TemplateSyntaxError("An address with arguments does not depend on the language alone.")
        elif not isinstance(node, TextNode | LoadNode | Fixed):
            raise TemplateSyntaxError(f"{type(node).__name__} may depend on more than the language.")


@register.tag("fixed")
def do_fixed(parser: Any, token: Any) -> Node:
    """Compile ``{% fixed %}…{% endfixed %}``."""
    nodelist = parser.parse(("endfixed",))
    parser.delete_first_token()
    return Fixed(Apart(nodelist), None)
