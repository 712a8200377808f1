"""Adding and changing forms."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.models import Team
from otklik.channels import actions as channels
from otklik.channels.models import Connection
from otklik.channels.webform import config
from otklik.channels.webform.config import OFF, FormConfig
from otklik.channels.webform.models import WebForm
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, Invalid
from otklik.tickets.models import Channel

_KEY: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What the directory says of a form: its name, the key in its address, the team, the language of its texts."""

    name: str
    key: str
    team: Team | None
    language: str


def _check(facts: FormFacts, settings: FormConfig, by: Actor) -> None:
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))
    if not facts.name:
        raise Invalid(_("Enter a name."), field="name")
    if not _KEY.match(facts.key):
        raise Invalid(_("Use small Latin letters, digits and hyphens."), field="key")
    if settings.email == OFF and settings.phone == OFF:
        raise Invalid(_("Ask for an address or a phone, else nobody can be answered."), field="email")


def add_form(facts: FormFacts, settings: FormConfig, *, enabled: bool = True, by: Actor) -> WebForm:
    """Add a form: a channel of the directory with its connection and its address.

    Records ``channel.configured``. Raises ``Invalid`` naming the field and ``Conflict`` when the key is taken.
    """
    _check(facts, settings, by)
    try:
        with transaction.atomic():
            channel = Channel.objects.create(
                kind="web", name=facts.name, team=facts.team, language=facts.language, enabled=enabled, created_at=now()
            )
            form = WebForm.objects.create(channel=channel, key=facts.key)
            channels.save_connection(
                channel, config=config.dump(settings), secret="", enabled=enabled, facts=_told(None, facts), by=by
            )
            transaction.on_commit(_directory_changed)
    except IntegrityError as error:
        raise Conflict(_("There is a form with this address already.")) from error
    return form


def change_form(
    form: WebForm, facts: FormFacts, settings: FormConfig, *, enabled: bool, version: int | None = None, by: Actor
) -> WebForm:
    """Change a form; equal values change nothing. Records ``channel.configured``.

    Raises ``Invalid`` naming the field, ``Conflict`` when somebody changed it meanwhile or the key is taken.
    """
    _check(facts, settings, by)
    channel = form.channel
    old = Connection.objects.filter(channel=channel).first()
    same = (channel.name, form.key, channel.team_id, channel.language, channel.enabled) == (
        facts.name, facts.key, facts.team.pk if facts.team else None, facts.language, enabled,
    )  # fmt: skip
    if same and old is not None and config.read(old.config) == settings:
        return form
    try:
        with transaction.atomic():
            channels.save_connection(
                channel, config=config.dump(settings), secret="", enabled=enabled, version=version,
                facts=_told(form, facts), by=by,
            )  # fmt: skip
            channel.name, channel.team, channel.language, channel.enabled = (
                facts.name, facts.team, facts.language, enabled,
            )  # fmt: skip
            channel.save(update_fields=["name", "team", "language", "enabled"])
            form.key = facts.key
            form.save(update_fields=["key"])
            transaction.on_commit(_directory_changed)
    except IntegrityError as error:
        raise Conflict(_("There is a form with this address already.")) from error
    return form


def _told(form: WebForm | None, facts: FormFacts) -> dict[str, tuple[Any, Any]]:
    """Return what the directory said and says of a form, for the change log."""
    now_ = {
        "name": facts.name, "key": facts.key, "team": facts.team.name if facts.team else "",
        "language": facts.language,
    }  # fmt: skip
    if form is None:
        return {name: (None, value) for name, value in now_.items()}
    channel = form.channel
    was = {
        "name": channel.name, "key": form.key, "team": channel.team.name if channel.team else "",
        "language": channel.language,
    }  # fmt: skip
    return {name: (was[name], value) for name, value in now_.items()}


def _directory_changed() -> None:
    forget("directories")
