"""REST of mailboxes: the same fields as on their page, read by the same rules. Secrets go in and never come out."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from otklik.accounts.rest import Json, PageQuery, Strict, answered_once, idempotent_alone, needs, takes_key
from otklik.accounts.shapes import PageOf
from otklik.channels.email import forms
from otklik.channels.email.actions import mailboxes as actions
from otklik.channels.email.actions.mailboxes import MailboxFacts
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.email.mailbox_shapes import MailboxOut, MailboxTestOut
from otklik.channels.email.outbox.servers import read_servers
from otklik.channels.email.probe import report as reports
from otklik.channels.email.probe import starting
from otklik.channels.email.probe.client import probe_mailbox
from otklik.channels.models import Connection, Health
from otklik.core.errors import Conflict, NotFound
from otklik.core.locality import desk_language
from otklik.core.pages import keyset_page
from otklik.tickets.models import Channel

router = Router(tags=["administration"])
Security = Literal["tls", "starttls", "none"]


class _Settings(Strict):
    """The settings of a mailbox as its page has them; passwords and tokens are kept when they are left out."""

    name: str | None = Field(None, max_length=120)
    team: int | None = None
    language: Literal["ru", "en"] | None = None
    enabled: bool | None = None
    from_name: Literal["agent", "channel"] | None = None
    confirmation: bool | None = None
    confirmation_subject: str | None = Field(None, max_length=200)
    confirmation_text: str | None = Field(None, max_length=5000)
    quote_history: bool | None = None
    way_in: Literal["imap", "smtp"] | None = None
    imap_host: str | None = Field(None, max_length=253)
    imap_port: int | None = None
    imap_security: Security | None = None
    imap_user: str | None = Field(None, max_length=320)
    imap_password: str | None = Field(None, max_length=500)
    folder: str | None = Field(None, max_length=255)
    after_import: Literal["keep", "seen", "move", "delete"] | None = None
    move_to: str | None = Field(None, max_length=255)
    delete_after_days: int | None = None
    trusted_authserv: list[str] | None = Field(None, max_length=20)
    way_out: Literal["own", "common"] | None = None
    smtp_host: str | None = Field(None, max_length=253)
    smtp_port: int | None = None
    smtp_security: Security | None = None
    smtp_user: str | None = Field(None, max_length=320)
    smtp_password: str | None = Field(None, max_length=500)
    smtp_same: bool | None = None
    auth: Literal["password", "oauth2"] | None = None
    oauth_provider: str | None = Field(None, max_length=40)
    oauth_client_id: str | None = Field(None, max_length=300)
    oauth_client_secret: str | None = Field(None, max_length=1000)
    oauth_token_url: str | None = Field(None, max_length=1000)
    oauth_authorize_url: str | None = Field(None, max_length=1000)
    oauth_scope: str | None = Field(None, max_length=1000)
    oauth_tenant: str | None = Field(None, max_length=253)
    oauth_refresh_token: str | None = Field(None, max_length=4000)


class MailboxIn(_Settings):
    """A mailbox. Without servers those of the ``provider`` are filled in: ``auto`` finds it by the address."""

    address: str = Field(max_length=320)
    provider: str = Field("auto", max_length=40)


class MailboxPatch(_Settings):
    """What to change; ``version`` guards against changing what somebody else changed meanwhile."""

    address: str | None = Field(None, max_length=320)
    version: int | None = None


@router.get("/mailboxes", response=PageOf[MailboxOut], summary="Mailboxes")
def list_mailboxes(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The mailboxes with their settings and their health, oldest first; of secrets only whether there are any."""
    needs(request, "settings.edit", query)
    rows = Channel.objects.filter(kind="email").select_related("team")
    page = keyset_page(rows, order=[("id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_mailbox_json(channel) for channel in page.items], "next": page.next}


@router.post("/mailboxes", response={201: MailboxOut}, summary="Add a mailbox")
@takes_key
def post_mailbox(request: HttpRequest, body: MailboxIn) -> HttpResponse:
    """Add a mailbox. It is switched on by its first good test; what our own receiver takes in is on at once."""
    actor = needs(request, "settings.edit")
    given = _given(body)
    provider = str(given.pop("provider"))
    reader = forms.Reader(_as_form({"language": desk_language()} | given) | {"provider": provider}, _ALL)
    facts = forms.read_facts(reader)
    chosen = reader.choice("provider", starting.CHOICES, starting.AUTO)
    own = given.keys() - {"address", "name", "team", "language", "enabled"}
    settings = forms.read_settings(reader, MailboxConfig()) if own else None
    reader.done()
    if settings is None:
        settings = starting.settings_for(facts.address, chosen)  # may ask a name server: outside any transaction
    enabled = bool(given.get("enabled", settings.imap is None and (bool(own) or chosen == starting.RECEIVER)))

    def work() -> tuple[int, Json]:
        made = actions.add_mailbox(facts, settings, enabled=enabled, by=actor)
        return 201, _mailbox_json(_channel(made.pk))

    return answered_once(request, work)


@router.get("/mailboxes/{int:mailbox_id}", response=MailboxOut, summary="One mailbox")
def get_mailbox(request: HttpRequest, mailbox_id: int) -> Json:
    """A mailbox with its settings and its health."""
    needs(request, "settings.edit")
    return _mailbox_json(_channel(mailbox_id))


@router.patch("/mailboxes/{int:mailbox_id}", response=MailboxOut, summary="Change a mailbox")
def patch_mailbox(request: HttpRequest, mailbox_id: int, body: MailboxPatch) -> Json:
    """Change the settings of a mailbox; a password that is left out stays for the same server and user."""
    actor = needs(request, "settings.edit")
    channel = _channel(mailbox_id)
    given = _given(body)
    connection = Connection.objects.filter(channel=channel).first()
    held, old = _held(channel, connection), actions.read_settings(connection)
    reader = forms.Reader(_as_form(held | given), forms.FIELDS)
    facts, settings = forms.read_facts(reader), forms.read_settings(reader, old)
    reader.done()
    version = given.get("version") if connection is not None else None
    try:
        actions.change_mailbox(
            channel, facts, settings, enabled=reader.flag("enabled"), version=version, by=actor
        )  # fmt: skip
    except Conflict as error:
        raise Conflict(error.message, current=_mailbox_json(_channel(mailbox_id))) from error
    return _mailbox_json(_channel(mailbox_id))


@router.post("/mailboxes/{int:mailbox_id}/test", response=MailboxTestOut, summary="Test a mailbox")
@idempotent_alone
def post_mailbox_test(request: HttpRequest, mailbox_id: int) -> tuple[int, Json]:
    """Test both connections as they are saved; the first good test switches a new mailbox on."""
    actor = needs(request, "settings.edit")
    channel = _channel(mailbox_id)
    settings = actions.read_settings(Connection.objects.filter(channel=channel).first())
    report = probe_mailbox(settings, channel.address, read_servers().common)  # the network: outside any transaction
    check = actions.note_check(channel, report, by=actor)
    steps = [
        {"part": step.part, "code": step.code, "state": step.state, "title": reports.title(step),
         "text": reports.text(step)}
        for step in report.steps
    ]  # fmt: skip
    return 200, {"ok": report.failure() is None, "at": check.at, "steps": steps}


_ALL = forms.FIELDS | forms.NEW_FIELDS


def _channel(mailbox_id: int) -> Channel:
    rows = Channel.objects.select_related("team").filter(kind="email", pk=mailbox_id)
    found = rows.first() if 0 < mailbox_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


def _given(body: Schema) -> Json:
    """Return what was sent; null says nothing, but takes the team away."""
    return {
        key: value for key, value in body.dict(exclude_unset=True).items() if value is not None or key == "team"
    } | {key: value for key, value in body.dict().items() if key == "provider"}


def _as_form(values: Json) -> dict[str, str]:
    """Return values as the page would send them, for its own reader."""
    sent: dict[str, str] = {}
    for key, value in values.items():
        if key.endswith("_kept"):
            continue
        if isinstance(value, bool):
            sent[key] = "on" if value else ""
        elif isinstance(value, list):
            sent[key] = ", ".join(value)
        else:
            sent[key] = "" if value is None else str(value)
    return sent


def _held(channel: Channel, connection: Connection | None) -> dict[str, Any]:
    facts = MailboxFacts(channel.address, channel.name, channel.team, channel.language)
    enabled, version = (connection.enabled, connection.version) if connection else (False, 0)
    return forms.values_of(facts, actions.read_settings(connection), enabled=enabled, version=version)


def _mailbox_json(channel: Channel) -> Json:
    connection = Connection.objects.filter(channel=channel).first()
    held = _held(channel, connection)
    return held | {
        "id": channel.pk, "team": channel.team_id,
        "trusted_authserv": [name for name in held["trusted_authserv"].split(", ") if name],
        "state": connection.state if connection is not None else Health.UNCHECKED,
        "last_error": connection.last_error if connection is not None else "",
        "last_ok_at": connection.last_ok_at if connection is not None else None,
    }  # fmt: skip
