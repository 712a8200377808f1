"""The directory of reasons to skip a ticket."""

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.queues import events
from otklik.queues.models import SkipReason

MOST = 30


def save_reason(
    row: SkipReason | None, *, name_ru: str, name_en: str = "", enabled: bool = True, by: Actor
) -> SkipReason:
    """Add a reason or change one; records ``skip_reason.saved``. The same again changes nothing.

    A missing English name is the Russian one. Raises ``Invalid`` naming the field, ``Forbidden`` without the right.
    """
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))
    russian, english = (" ".join(name.split())[:60] for name in (name_ru, name_en))
    if not russian:
        raise Invalid(_("Give the reason a name."), field="name_ru")
    with transaction.atomic():
        if row is None and SkipReason.objects.count() >= MOST:
            raise Invalid(_("There are enough reasons; put one out of use or rename it."), field="name_ru")
        current = SkipReason.objects.select_for_update().get(pk=row.pk) if row else SkipReason(position=100)
        wanted = (russian, english or russian, enabled)
        if row is not None and (current.name_ru, current.name_en, current.enabled) == wanted:
            return current
        was = (current.name_ru, current.name_en, current.enabled) if row is not None else (None, None, None)
        changes = {
            name: [old, new]
            for name, old, new in zip(("name_ru", "name_en", "enabled"), was, wanted, strict=True)
            if old != new
        }
        current.name_ru, current.name_en, current.enabled = wanted
        current.save()
        names = {"ru": current.name_ru, "en": current.name_en}
        record(events.SkipReasonSaved(subject_id=current.pk, name=names, enabled=enabled, changes=changes), by=by)
    forget("skip reasons")
    return current
