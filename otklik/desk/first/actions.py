"""What happens in the first hour: a desk begins, a sample request, the checklist is put away."""

from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from otklik.accounts import actions as accounts
from otklik.accounts.models import Role, User
from otklik.accounts.policies import can
from otklik.accounts.queries import actor_for
from otklik.core import locality
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.leases import hold
from otklik.core.settings_store import set_value
from otklik.desk.app_settings import FIRST_STEPS
from otklik.desk.first.tokens import fits, is_new
from otklik.tickets import actions as tickets
from otklik.tickets.models import Channel, Ticket

_LEASE = 60.0


def begin_desk(
    *, token: str, company: str, name: str, email: str, password: str, language: str, time_zone: str
) -> User:
    """Make the first administrator and name the company; return him. The token stands for the right to do it.

    Records ``user.added`` and ``setting.changed``. Raises ``NotFound`` for a wrong token and once there is a user,
    ``Conflict`` when somebody else is doing it this moment, ``Invalid`` naming the field.
    """
    if not fits(token) or not is_new():
        raise NotFound
    wrong: list[tuple[str, object]] = []
    if not name.strip():
        wrong.append(("name", _("Enter your name.")))
    if language not in {"ru", "en"}:
        wrong.append(("language", _("Choose Russian or English.")))
    if time_zone and time_zone not in available_timezones():
        wrong.append(("time_zone", _("There is no such time zone.")))
    if len(company.strip()) > 80:
        wrong.append(("company", _("The name is too long.")))
    if wrong:
        raise Invalid(errors=wrong)
    with hold("desk.first", _LEASE) as alone:
        if not alone:
            raise Conflict
        with transaction.atomic():
            if not is_new():
                raise NotFound
            user = accounts.add_user(
                email, name=name, role=Role.ADMIN, password=password, language=language, by=Actor.system()
            )
            by = actor_for(user)
            accounts.change_profile(
                user, name=name, language=language, theme=user.theme, time_zone=time_zone, signature="", by=by
            )
            set_value(locality.NAME, company.strip(), by)
            set_value(locality.LANGUAGE, language, by)
            set_value(locality.TIME_ZONE, time_zone, by)
            set_value(FIRST_STEPS, True, by)
    return user


def make_sample(*, user: User, by: Actor) -> Ticket:
    """Open a sample request in the name of the user himself, so that the answer to it comes to him.

    Records what ``open_ticket`` records. Raises ``NotFound`` without the right to change settings and ``Conflict`` once
    there is any ticket.
    """
    if not can(by, "settings.edit"):
        raise NotFound
    with hold("desk.first", _LEASE) as alone:
        if not alone or Ticket.objects.exists():
            raise Conflict(_("There are tickets already."))
        channels = Channel.objects.filter(enabled=True).exclude(kind="api").order_by("id")
        channel = channels.filter(kind="email").first() or channels.first()
        if channel is None:
            raise Conflict(_("Add a mailbox first."))
        with override(user.language):
            return tickets.open_ticket(
                subject=_("Sample: the display case does not cool"),
                requester_name=user.name,
                requester_email=user.email,
                body_text=_(
                    "Hello! The display case in our shop shows +11 since the morning.\n\nThis is a sample in your own"
                    " name: answer it and the answer comes to your mailbox, write a note, assign it, solve it."
                ),
                channel=channel,
                by=by,
            )


def put_steps_away(*, by: Actor) -> bool:
    """Stop showing the checklist; false when it is not shown. Raises ``NotFound`` without the right."""
    if not can(by, "settings.edit"):
        raise NotFound
    return set_value(FIRST_STEPS, False, by)
