"""What allauth asks of us: nobody signs up by himself, links come from the configured base, passwords end sessions."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from otklik.accounts import actions
from otklik.accounts.models import User
from otklik.accounts.provider.door import PROVIDER_SESSION, must_use_provider
from otklik.accounts.queries import actor_for


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in, reset and change of password for users that an administrator has added."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: users are added by an administrator."""
        return False

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        """Let only administrators in by password or passkey where the provider is the one door of all others."""
        answer: HttpResponse | None = super().pre_login(request, user, **more)
        if answer is None and not getattr(request, "by_provider", False) and must_use_provider(user):
            messages.error(request, _("Sign in through the provider: here only administrators use a password."))
            return HttpResponseRedirect(reverse("account_login"))
        return answer

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Lead on to the provider's own sign-out where the settings say so."""
        if request.session.get(PROVIDER_SESSION, {}).get("leave"):
            return reverse("account_provider_left")
        return str(super().get_logout_redirect_url(request))

    def is_safe_url(self, url: str) -> bool:
        """Let ``next`` lead to a path of ours only; a full address is never needed, whatever host it names."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send only about people who exist: an unknown address gets no mail at all, so the form is no spam relay."""
        if context.get("user") is None:
            return
        super().send_mail(template_prefix, email, self._with_configured_links(context))

    def set_password(self, user: User, password: str) -> None:
        """Set the password, record it, and end the user's other sessions."""
        super().set_password(user, password)
        actions.note_password_change(user, by=actor_for(user))

    @staticmethod
    def _with_configured_links(context: dict[str, Any]) -> dict[str, Any]:
        if not settings.BASE_URL:
            return context
        request = context.get("request")
        here = f"{request.scheme}://{request.get_host()}" if request is not None else ""
        return {
            key: settings.BASE_URL + value[len(here) :]
            if isinstance(value, str) and here and value.startswith(here + "/")
            else value
            for key, value in context.items()
        }
