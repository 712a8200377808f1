"""What the ledger page tells beside the mails: how folders compare with the servers, and who floods."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from otklik.channels.email.models import Flood, FolderCount
from otklik.core import shown


def counted(number: int) -> str:
    """Return a number as the ledger shows it, with thin groups."""
    return f"{number:,}".replace(",", shown.NBSP)


def present_folder(count: FolderCount, at: datetime) -> dict[str, Any]:
    """Return how a folder on its server compares with the ledger."""
    parts = [
        (count.received, _("received")),
        (count.left, _("left there on purpose")),
        (count.unfetched, _("not fetched yet")),
    ]
    return {
        "box": count.channel.name,
        "folder": count.folder,
        "there": counted(count.there),
        "parts": ", ".join(f"{label} {counted(number)}" for number, label in parts if number or label == parts[0][1]),
        "vanished": counted(count.vanished) if count.vanished else "",
        "equal": not count.unfetched,
        "time": shown.moment(count.at, at),
        "exact": shown.exact(count.at),
    }


def present_flood(flood: Flood, at: datetime) -> dict[str, Any]:
    """Return who floods, how much, and since when."""
    values = {"count": counted(flood.count), "sender": flood.sender, "box": flood.channel.name}
    if flood.sender:
        text = _("%(sender)s sent %(count)s mails to “%(box)s” within ten minutes") % values
    else:
        text = _("“%(box)s” received %(count)s mails within ten minutes, far more than usual") % values
    return {"text": text, "time": shown.moment(flood.began_at, at), "exact": shown.exact(flood.began_at)}
