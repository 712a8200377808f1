"""Signing in to an IMAP server, by password or by an access token."""

from typing import Any

from otklik.channels.email import oauth
from otklik.channels.email.mailbox import Server


def sign_in(imap: Any, server: Server) -> None:
    """Sign in by password or by an access token; raises what the library raises, and ``OAuthError``."""
    if server.oauth is None:
        imap.login(server.user, server.password)
        return
    words = [oauth.xoauth2(server.user, oauth.access_token(server.oauth)).encode()]
    try:
        # a refusal comes as a challenge with its reason, which wants an empty line
        imap.authenticate("XOAUTH2", lambda _challenge: words.pop() if words else b"")
    except imap.error:
        oauth.forget(server.oauth)
        raise
