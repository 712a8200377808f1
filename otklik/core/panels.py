"""Panels: parts of a page that other rooms bring. A panel that fails leaves a small card; the page lives."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.hot import render_hot
from otklik.core.registry import Registry

logger = logging.getLogger(__name__)

PanelContext = Callable[[Actor, Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: where it stands, who gives its context, which template shows it.

    ``context`` returns None when there is nothing to show for this actor and subject. A ``lazy`` panel shows an empty
    frame first and is fetched from ``core:panel`` afterwards: everything that asks a foreign system is lazy.
    ``subject_kind`` and ``load`` are what the lazy address needs: ``load(actor, id)`` returns the subject or raises
    ``NotFound``; it must start at ``visible_to``. The template of a ``hot`` panel is a part of ``core.hot``: it
    sees the panel and what ``context`` returns.
    """

    key: str
    title: Any
    page: str
    slot: str
    template: str
    context: PanelContext
    order: int = 100
    lazy: bool = False
    hot: bool = False
    load: Callable[[Actor, int], Any] | None = None
    refresh_on: str = ""


panels: Registry[Panel] = Registry("panels")


def register_panel(panel: Panel) -> Panel:
    """Add a panel to its page."""
    if panel.lazy and panel.load is None:
        raise ValueError(f"The lazy panel “{panel.key}” must say how its subject is loaded.")
    return panels.register(panel.key, panel)


def panels_for(page: str, slot: str) -> list[Panel]:
    """Return the panels of a slot, in order."""
    return sorted((p for p in panels if p.page == page and p.slot == slot), key=lambda p: (p.order, p.key))


def render_slot(page: str, slot: str, actor: Actor, subject: Any, request: HttpRequest | None = None) -> SafeString:
    """Return all panels of a slot as HTML."""
    return SafeString("".join(_render_or_frame(panel, actor, subject, request) for panel in panels_for(page, slot)))


def _render_or_frame(panel: Panel, actor: Actor, subject: Any, request: HttpRequest | None) -> str:
    if not panel.lazy:
        return render_panel(panel, actor, subject, request)
    try:
        frame = _frame(panel.key, panel.refresh_on, str(panel.title), get_language())
    except NoReverseMatch:
        logger.exception("The panel “%s” has no address.", panel.key)
        return _broken(panel)
    return frame.replace(_ANY, str(subject.pk))


_ANY: Final = str(7_345_000_000_000_000_000)
"""The number of a subject in a frame that is the same for all: no id comes near."""


@lru_cache(maxsize=200)
def _frame(key: str, refresh_on: str, title: str, _language: str | None) -> str:
    """Return the frame of a lazy panel for the subject ``_ANY``."""
    panel = {"key": key, "refresh_on": refresh_on, "title": title}
    return str(
        render_hot("core/panel_lazy.html", {"panel": panel, "panel_url": reverse("core:panel", args=[key, _ANY])})
    )


def render_panel(panel: Panel, actor: Actor, subject: Any, request: HttpRequest | None = None) -> str:
    """Return one panel as HTML: "" when it has nothing to show, the small “not available” card when it fails.

    The panel's own statements run in a savepoint when a transaction is open, so that a failing one does not spoil it.
    """
    try:
        if transaction.get_connection().in_atomic_block:
            with transaction.atomic():
                return _render(panel, actor, subject, request)
        return _render(panel, actor, subject, request)
    except Exception:
        logger.exception("The panel “%s” failed.", panel.key)
        return _broken(panel)


def _render(panel: Panel, actor: Actor, subject: Any, request: HttpRequest | None) -> str:
    context = panel.context(actor, subject)
    if context is None:
        return ""
    if panel.hot:
        return render_hot(panel.template, {"panel": panel, **context})
    return render_to_string(panel.template, {"panel": panel, "actor": actor, "subject": subject, **context}, request)


def _broken(panel: Panel) -> str:
    return render_to_string("core/panel_broken.html", {"panel": panel})


def render_lazy(key: str, subject_id: int, actor: Actor, request: HttpRequest | None = None) -> str:
    """Return a lazy panel for its own request; raises ``NotFound`` for what the actor may not see."""
    panel = panels.get(key)
    if panel is None or panel.load is None:
        raise NotFound
    return render_panel(panel, actor, panel.load(actor, subject_id), request)
