"""How long somebody worked, in words."""

from django.utils.translation import gettext as _


def worked_words(seconds: int | None) -> str:
    """Return a time in minutes and hours, at least a minute; nothing for nothing."""
    if not seconds:
        return ""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
