"""How a person wants the list."""

from otklik.tickets.models import ListLayout

Kept = dict[str, tuple[list[list[str]], str]]


def layouts_of(user_id: int) -> Kept:
    """Return a person's layouts by folder, in one statement; none for who has the usual one."""
    rows = ListLayout.objects.filter(user_id=user_id)
    return {row.folder: (row.columns, row.sort) for row in rows}
