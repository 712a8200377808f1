"""What the REST API answers about mailboxes: everything but secrets, of which it tells whether there are any."""

from datetime import datetime

from otklik.accounts.shapes import NamedOut, Shape


class MailboxOut(NamedOut):
    """A mailbox: its settings, as its page has them, and its health."""

    address: str
    team: int | None
    language: str
    enabled: bool
    version: int
    state: str
    last_error: str
    last_ok_at: datetime | None
    from_name: str
    confirmation: bool
    confirmation_subject: str
    confirmation_text: str
    quote_history: bool
    way_in: str
    imap_host: str
    imap_port: int
    imap_security: str
    imap_user: str
    imap_kept: bool
    folder: str
    after_import: str
    move_to: str
    delete_after_days: int
    trusted_authserv: list[str]
    way_out: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_kept: bool
    smtp_same: bool
    auth: str
    oauth_provider: str
    oauth_client_id: str
    oauth_token_url: str
    oauth_authorize_url: str
    oauth_scope: str
    oauth_tenant: str
    oauth_secret_kept: bool
    oauth_refresh_kept: bool


class MailboxStepOut(Shape):
    """One step of a test: what was tried, and what happened in words."""

    part: str
    code: str
    state: str
    title: str
    text: str


class MailboxTestOut(Shape):
    """What a test of both connections found."""

    ok: bool
    at: datetime
    steps: list[MailboxStepOut]
