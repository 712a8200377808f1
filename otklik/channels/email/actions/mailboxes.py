"""Everything that writes mailboxes: the channel, its connection, and what the last test found."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.accounts.models import Team
from otklik.channels import actions as channels
from otklik.channels.email import mailbox
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.models import MailboxCheck
from otklik.channels.email.oauth import rotated
from otklik.channels.email.outbox.enqueue import wake_sender
from otklik.channels.email.outbox.servers import KEPT
from otklik.channels.email.probe.report import Report
from otklik.channels.email.smtp_answers import plain_response
from otklik.channels.models import Connection, Health
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden
from otklik.core.secrets import SecretUnreadable
from otklik.tickets.models import Channel

TEST_AGAIN_AFTER = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """What the directory says of a mailbox."""

    address: str
    name: str
    team: Team | None
    language: str


def check_right(by: Actor) -> None:
    """Refuse whoever may not change settings."""
    if not rights.can(by, "settings.edit"):
        raise Forbidden(_("You have no right to do this."))


def read_settings(connection: Connection | None) -> MailboxConfig:
    """Return the settings of a connection; passwords that were sealed with a lost key count as absent."""
    try:
        return mailbox.read(connection)
    except (SecretUnreadable, ValueError):
        assert connection is not None
        return mailbox.read(Connection(config=connection.config, secret=""))


def add_mailbox(facts: MailboxFacts, settings: MailboxConfig, *, enabled: bool, by: Actor) -> Channel:
    """Add a mailbox: a channel of the directory with its connection. Raises ``Conflict`` when the address is taken."""
    check_right(by)
    try:
        with transaction.atomic():
            channel = Channel.objects.create(
                kind="email",
                name=facts.name,
                address=facts.address,
                team=facts.team,
                language=facts.language,
                enabled=True,
                created_at=now(),
            )
            config, secret = mailbox.dump(settings)
            channels.save_connection(
                channel, config=config, secret=secret, enabled=enabled, facts=_told(None, facts), by=by
            )
            transaction.on_commit(_settings_changed)
    except IntegrityError as error:
        raise Conflict(_("There is a mailbox with this address already.")) from error
    return channel


def _told(channel: Channel | None, facts: MailboxFacts) -> dict[str, tuple[Any, Any]]:
    """Return what the directory said and says of a mailbox, for the change log."""
    now_ = {
        "name": facts.name, "address": facts.address, "team": facts.team.name if facts.team else "",
        "language": facts.language,
    }  # fmt: skip
    if channel is None:
        return {name: (None, value) for name, value in now_.items()}
    was = {
        "name": channel.name, "address": channel.address, "team": channel.team.name if channel.team else "",
        "language": channel.language,
    }  # fmt: skip
    return {name: (was[name], value) for name, value in now_.items()}


def change_mailbox(
    channel: Channel, facts: MailboxFacts, settings: MailboxConfig, *, enabled: bool, version: int | None, by: Actor
) -> Connection:
    """Change a mailbox. An empty password field keeps the old password for the same server and user.

    Raises ``Conflict`` when somebody changed it meanwhile or the address is taken. Equal values change nothing.
    """
    check_right(by)
    old = Connection.objects.filter(channel=channel).first()
    if old is not None and version is not None and version != old.version:
        raise Conflict(_("Somebody else changed these settings meanwhile."), current=old)
    kept = mailbox.keep_passwords(settings, read_settings(old))
    same_facts = (channel.address, channel.name, channel.team_id, channel.language) == (
        facts.address, facts.name, facts.team.pk if facts.team else None, facts.language,
    )  # fmt: skip
    if old is not None and same_facts and kept == read_settings(old) and enabled == old.enabled:
        return old
    config, secret = mailbox.dump(kept)
    try:
        with transaction.atomic():
            connection = channels.save_connection(
                channel, config=config, secret=secret, enabled=enabled, version=version,
                facts=_told(channel, facts), by=by,
            )  # fmt: skip
            channel.address, channel.name, channel.team, channel.language = (
                facts.address, facts.name, facts.team, facts.language,
            )  # fmt: skip
            channel.save(update_fields=["address", "name", "team", "language"])
            transaction.on_commit(_settings_changed)
    except IntegrityError as error:
        raise Conflict(_("There is a mailbox with this address already.")) from error
    return connection


def keep_consent(channel: Channel, refresh_token: str, *, by: Actor) -> Connection:
    """Keep the refresh token that a provider gave for a mailbox. Raises ``Conflict`` when it does not use OAuth2."""
    check_right(by)
    old = Connection.objects.filter(channel=channel).first()
    settings = read_settings(old)
    if old is None or settings.oauth is None:
        raise Conflict(_("Somebody else changed these settings meanwhile."), current=old)
    config, secret = mailbox.dump(replace(settings, oauth=replace(settings.oauth, refresh_token=refresh_token)))
    with transaction.atomic():
        connection = channels.save_connection(
            channel, config=config, secret=secret, enabled=old.enabled, version=old.version, by=by
        )
        transaction.on_commit(_settings_changed)
    return connection


def follow_rotation(old_token: str, new_token: str) -> None:
    """Keep the refresh token by which a provider replaced another; running services are not disturbed by it."""
    for row in Connection.objects.filter(channel__kind="email").exclude(secret=""):
        settings = read_settings(row)
        if settings.oauth is None or settings.oauth.refresh_token != old_token:
            continue
        _config, secret = mailbox.dump(replace(settings, oauth=replace(settings.oauth, refresh_token=new_token)))
        Connection.objects.filter(pk=row.pk, secret=row.secret).update(secret=secret)


rotated.append(follow_rotation)


def _settings_changed() -> None:
    forget("directories")
    forget(KEPT)
    # mail that waited for a server may leave now
    wake_sender()


def note_check(channel: Channel, report: Report, *, by: Actor) -> MailboxCheck:
    """Keep what a test found. A mailbox that was never used is switched on by its first good test of the way in."""
    check_right(by)
    with transaction.atomic():
        check, _made = MailboxCheck.objects.update_or_create(
            channel=channel, defaults={"at": now(), "report": report.dump()}
        )
        connection = Connection.objects.filter(channel=channel).first()
        if connection is None:
            return check
        failure = report.failure("imap")
        if failure is not None:
            channels.report_failure(connection.pk, failure.code, plain_response(0, failure.response))
        elif report.ok("imap"):
            if not connection.enabled and connection.last_ok_at is None:
                connection = channels.save_connection(
                    channel, config=connection.config, secret=connection.secret, enabled=True, by=by
                )
            channels.report_ok(connection.pk)
    return check


def begins_by_receiver(connection: Connection | None, settings: MailboxConfig) -> bool:
    """Tell whether a mailbox just added is set to our own receiver: that needs no test, so it is on from then."""
    return connection is not None and not connection.enabled and connection.version == 1 and settings.imap is None


def is_new(connection: Connection | None) -> bool:
    """Tell whether a mailbox waits for its first good test."""
    return (
        connection is not None
        and not connection.enabled
        and connection.state in {Health.OFF, Health.UNCHECKED}
        and (connection.last_ok_at is None)
    )
