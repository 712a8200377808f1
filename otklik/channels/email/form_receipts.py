"""Confirms requests that came by a form, under the same limits as those that came by mail.

The mail holds nothing of what was written there: neither name nor subject nor text, because anybody may have named this
address.
"""

from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.channels import receipts
from otklik.channels.email import confirmation
from otklik.core.clock import now
from otklik.core.locality import language_or_ours
from otklik.tickets.queries import default_channel


def confirm(receipt: receipts.Receipt) -> bool:
    """Queue the confirmation with the private link; false without a mailbox or when a limit is reached."""
    channel = default_channel("email")
    if channel is None:
        return False
    with override(language_or_ours(receipt.language)):
        subject = _("Your request has been received")
        text = _(
            "Hello!\n\n"
            "We have received a request that names this address. Its number is %(number)s.\n"
            "Read our answers and add to it here:\n%(link)s\n\n"
            "The link is yours alone: whoever has it sees the conversation. You can also reply to this mail.\n"
            "If you have not written to us, ignore this mail.\n\n"
            "%(name)s\n\n"
            "This mail was sent automatically."
        ) % {"number": receipt.ticket.pk, "link": receipt.link, "name": channel.name}
    queued = confirmation.queue(
        [confirmation.Receipt(receipt.ticket, channel, receipt.address, subject=subject, text=text)], at=now()
    )
    return bool(queued)


receipts.use_confirmer(confirm)
