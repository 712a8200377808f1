"""``{% panel_slot "ticket.card" "side" ticket %}``: shows all panels that rooms registered for a slot."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from otklik.core.panels import render_slot

register = template.Library()


@register.simple_tag(takes_context=True)
def panel_slot(context: Context, page: str, slot: str, subject: Any) -> SafeString:
    """Show the panels of a slot for the request's actor; nothing when nobody is signed in."""
    request = context.get("request")
    actor = context.get("actor") or getattr(request, "actor", None)
    if actor is None:
        return SafeString("")
    return render_slot(page, slot, actor, subject, request)
