"""The way to a provider and back: its owner allows the access to a mailbox, and what it gives is kept.

The provider sends the browser back with GET, which changes nothing here: the page shows what is about to happen, and
its button does it. The state in the address is signed and belongs to one person and one mailbox.
"""

from typing import Any, cast

from django.conf import settings as configuration
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts.web import StaffRequest, permission_required
from otklik.channels.email import oauth
from otklik.channels.email.actions import mailboxes as actions
from otklik.channels.email.mailbox import MailboxConfig
from otklik.channels.models import Connection
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.tickets.models import Channel

_SALT = "email.consent"
_GOOD_FOR = 3600
_FIELDS = {"csrfmiddlewaretoken", "code", "state"}


def redirect_uri(request: HttpRequest) -> str:
    """Return the address that must be registered with the provider."""
    path = reverse("email:mailbox-consent")
    return f"{configuration.BASE_URL}{path}" if configuration.BASE_URL else request.build_absolute_uri(path)


def consent_context(request: HttpRequest, channel: Channel, settings: MailboxConfig) -> dict[str, Any]:
    """Return what the page of a mailbox needs to lead to the provider."""
    back = redirect_uri(request)
    url = ""
    if settings.oauth is not None:
        state = signing.dumps([channel.pk, cast(StaffRequest, request).actor.id], salt=_SALT)
        url = oauth.consent_url(settings.oauth, address=channel.address, state=state, redirect_uri=back)
    return {"consent_url": url, "redirect_uri": back}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("settings.edit")
def consent(request: HttpRequest) -> HttpResponse:
    """Show that the provider has agreed; the button keeps what it gave."""
    data = request.POST if request.method == "POST" else request.GET
    channel = _channel_of(request, data.get("state", ""))
    code, refused = data.get("code", "")[:2000], data.get("error", "")[:100]
    if request.method != "POST":
        return render(request, "email/consent.html", {"channel": channel, "code": code, "refused": refused})
    if unknown := set(request.POST) - _FIELDS:
        raise Invalid(_("There is no field “%(field)s”.") % {"field": min(unknown)[:40]})
    settings = actions.read_settings(Connection.objects.filter(channel=channel).first())
    try:
        if settings.oauth is None:
            raise Conflict(_("Somebody else changed these settings meanwhile."))
        # the network is asked outside any transaction
        refresh = oauth.exchange(settings.oauth, code, redirect_uri(request))
        actions.keep_consent(channel, refresh, by=cast(StaffRequest, request).actor)
    except oauth.OAuthError as error:
        messages.error(request, _("The provider did not agree: %(detail)s") % {"detail": error.detail or error.code})
    except Conflict as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The provider lets Otklik in. Now test the connection."))
    return redirect("email:mailbox", channel.pk)


def _channel_of(request: HttpRequest, state: str) -> Channel:
    """Return the mailbox of a state that was signed for this person within the hour."""
    try:
        channel_id, person = signing.loads(state, salt=_SALT, max_age=_GOOD_FOR)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
    channel = Channel.objects.filter(pk=channel_id, kind="email").first()
    if channel is None or person != cast(StaffRequest, request).actor.id:
        raise NotFound
    return channel
