"""What happens at a time: mail and push of a person are due. Here too: who may answer a notification mail."""

from collections.abc import Collection

from otklik.channels.email.outbound import Door, resolvers
from otklik.core.moments import Moment, moment_handler
from otklik.notifications.actions.boxes import MAIL_MOMENT, PUSH_MOMENT
from otklik.notifications.actions.mailing import mail_due
from otklik.notifications.actions.pushing import push_due
from otklik.notifications.models import AnswerDoor


@moment_handler(MAIL_MOMENT)
def mail_people(moments: list[Moment]) -> None:
    """Mail what waits for people whose time has come."""
    mail_due([moment.subject_id for moment in moments])


@moment_handler(PUSH_MOMENT)
def push_people(moments: list[Moment]) -> None:
    """Plan the push messages of people whose time has come."""
    push_due([moment.subject_id for moment in moments])


def doors(numbers: Collection[int]) -> dict[int, Door]:
    """Return the doors of notification mails; a merged ticket's lead to the one it went into."""
    found = {}
    for row in AnswerDoor.objects.filter(pk__in=numbers).select_related(
        "ticket__channel", "ticket__merged_into__channel"
    ):
        found[row.pk] = Door(row.pk, row.user_id, row.ticket.merged_into or row.ticket, row.as_note, row.newest_id)
    return found


resolvers.register("notifications", doors)
