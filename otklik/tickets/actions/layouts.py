"""Remembering how a person wants the list."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.models import User, new_stamp
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid
from otklik.tickets.columns import COLUMNS, DEFAULT, SORTS, SUBJECT, WIDTHS, Layout
from otklik.tickets.models import ListLayout


def save_layout(folder: str, *, columns: Sequence[tuple[str, str]], sort: str, by: Actor) -> Layout:
    """Keep columns and order for a folder, or with "" for all that have none of their own; the usual one is not kept.

    It is nobody else's business, so nothing is recorded. Raises ``Invalid`` naming the field.
    """
    if by.kind != "user" or by.id is None:
        raise Forbidden
    keys = [key for key, _width in columns]
    if set(keys) - set(COLUMNS) or len(keys) != len(set(keys)) or {width for _key, width in columns} - set(WIDTHS):
        raise Invalid(_("There is no such column."), field="column")
    if SUBJECT not in keys:
        raise Invalid(_("The subject stays in the list."), field="column")
    if sort not in SORTS:
        raise Invalid(_("There is no such order."), field="sort")
    layout = Layout(tuple(columns), sort)
    with transaction.atomic():
        if layout == DEFAULT and not folder:
            ListLayout.objects.filter(user_id=by.id, folder="").delete()
        else:
            facts = {"columns": [list(pair) for pair in columns], "sort": sort}
            ListLayout.objects.update_or_create(user_id=by.id, folder=folder, defaults=facts)
        _renew(by.id)
    return layout


def forget_layout(folder: str, *, by: Actor) -> bool:
    """Let the list be as usual again: the folder's own layout goes and, with "", the one for all the others."""
    with transaction.atomic():
        gone = ListLayout.objects.filter(user_id=by.id or 0, folder=folder).delete()[0] > 0
        if gone and by.id is not None:
            _renew(by.id)
    return gone


def _renew(user_id: int) -> None:
    """Let every session of the person read the layouts anew: they are kept there, so that lists ask nothing."""
    User.objects.filter(pk=user_id).update(access_stamp=new_stamp())
