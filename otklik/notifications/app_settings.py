"""Business settings of notifications."""

from django.utils.translation import gettext_lazy as _

from otklik.core.settings_store import Setting, declare

KEEP_DAYS = "notifications_keep_days"
MAIL_DELAY = "notifications_mail_delay"
MAIL_MOST = "notifications_mail_most"
MAIL_TEXTS = "notifications_mail_texts"

declare(
    Setting(
        key=KEEP_DAYS,
        type=int,
        default=30,
        minimum=1,
        maximum=365,
        label=_("Keep notifications, days"),
        help=_("Older ones leave the bell; the tickets keep their history."),
        group="notifications",
    ),
    Setting(
        key=MAIL_DELAY,
        type=int,
        default=180,
        minimum=0,
        maximum=3600,
        label=_("Wait before a notification goes by mail, seconds"),
        help=_(
            "What happens to one ticket meanwhile goes into one mail; what is read in the desk meanwhile into none."
        ),
        group="notifications",
    ),
    Setting(
        key=MAIL_MOST,
        type=int,
        default=20,
        minimum=1,
        maximum=200,
        label=_("Notification mails to one person in an hour"),
        help=_("What is above this comes together in one mail at the end of the hour."),
        group="notifications",
    ),
    Setting(
        key=MAIL_TEXTS,
        type=bool,
        default=True,
        label=_("Put texts of messages into notification mails"),
        help=_("Without them a mail only says what happened and links to the ticket."),
        group="notifications",
    ),
)
