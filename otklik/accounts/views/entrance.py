"""The sign-in page, and the way through the provider: there, back, and out again.

What speaks to the provider is imported when it is needed: most processes never do.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.views import LoginView
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from otklik.accounts import actions
from otklik.accounts.models import User
from otklik.accounts.provider import config
from otklik.accounts.provider.door import PROVIDER_SESSION
from otklik.accounts.provider.problems import ProviderError
from otklik.accounts.views.reading import base_of
from otklik.core.clock import now
from otklik.core.errors import DomainError

if TYPE_CHECKING:
    from otklik.accounts.provider.tokens import Identity

_BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
_FLOWS: Final = "provider_flows"
_LASTS: Final = 600  # seconds a person may take at the provider
_MOST: Final = 5  # tabs in which he may try at once


class Entrance(LoginView):
    """The sign-in page with the button of the provider, if there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the provider."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"provider": config.in_use(), "next": _next_of(self.request)}


entrance = Entrance.as_view()


def _next_of(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if len(wanted) < 1000 and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _provider() -> config.Provider:
    found = config.in_use()
    if found is None:
        raise Http404
    return found


def _problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    context = {"problem": str(error.message), **_other_languages()}
    return render(request, "account/provider_problem.html", context, status=error.status)


def _other_languages() -> dict[str, str]:
    """Say where links to other languages lead: a page on the way through the provider cannot be asked for again."""
    return {"languages_at": reverse("account_login")}


def callback_url(request: HttpRequest) -> str:
    """Return the address to which the provider sends people back; it must be entered there."""
    return base_of(request) + reverse("account_provider_callback")


@require_POST
def provider_begin(request: HttpRequest) -> HttpResponse:
    """Remember what this sign-in will be known by, and lead on to the provider."""
    from otklik.accounts.provider import client

    provider = _provider()
    try:
        description = client.describe(provider)
    except ProviderError as error:
        return _problem(request, error)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _part in range(3))
    flows = dict(list(request.session.get(_FLOWS, {}).items())[1 - _MOST :])
    flows[state] = {
        "nonce": nonce, "verifier": verifier, "at": int(now().timestamp()), "next": _next_of(request),
        "issuer": description.issuer,
    }  # fmt: skip
    request.session[_FLOWS] = flows
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code", "client_id": provider.client, "redirect_uri": callback_url(request),
        "scope": "openid email profile", "state": state, "nonce": nonce, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    return _go(request, description.authorization, asked)


def _go(request: HttpRequest, address: str, asked: dict[str, str]) -> HttpResponse:
    """Lead to another host by a page: the policy of our forms forbids that a form ends anywhere else."""
    url = address + ("&" if "?" in address else "?") + urlencode(asked)
    response = render(request, "account/provider_go.html", {"url": url, **_other_languages()})
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def provider_callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, sign the person in whom it vouches for, or say plainly why not."""
    provider = _provider()
    try:
        flow = _taken_flow(request)
        user = actions.enter(_identity(request, provider, flow), provider)
    except DomainError as error:
        return _problem(request, error)
    return _let_in(request, user, provider, flow)


def _taken_flow(request: HttpRequest) -> dict[str, Any]:
    """Return what this browser remembered of the sign-in, once."""
    flows, state = request.session.get(_FLOWS, {}), request.GET.get("state", "")
    known = next((key for key in flows if compare_digest(key.encode(), state.encode())), None)
    if known is None:
        raise ProviderError("state")
    flow: dict[str, Any] = flows.pop(known)
    request.session[_FLOWS] = flows
    if now().timestamp() - flow["at"] > _LASTS:
        raise ProviderError("state")
    if request.GET.get("error"):
        raise ProviderError("denied")
    if request.GET.get("iss", flow["issuer"]) != flow["issuer"] or not 0 < len(request.GET.get("code", "")) < 4000:
        raise ProviderError("state")
    return flow


def _identity(request: HttpRequest, provider: config.Provider, flow: dict[str, Any]) -> "Identity":
    from otklik.accounts.provider import client, tokens

    description = client.describe(provider)
    if description.issuer != flow["issuer"]:
        raise ProviderError("state")
    answer = client.exchange(
        provider, description, code=request.GET["code"], verifier=flow["verifier"], back=callback_url(request)
    )
    fits = {"issuer": description.issuer, "client": provider.client, "nonce": flow["nonce"], "at": now()}
    try:
        claims = tokens.read_token(answer.get("id_token"), client.keys_of(description), **fits)
    except tokens.UnknownKey:  # keys change; what is kept may be old
        claims = tokens.read_token(answer.get("id_token"), client.keys_of(description, fresh=True), **fits)
    more: dict[str, Any] = {}
    known = claims.get("email") and (not provider.claim or provider.claim.partition(".")[0] in claims)
    if description.userinfo and not known and isinstance(answer.get("access_token"), str):
        more = client.userinfo(description, answer["access_token"])
    return tokens.identity_of(claims, more, issuer=description.issuer, claim=provider.claim)


def _let_in(request: HttpRequest, user: User, provider: config.Provider, flow: dict[str, Any]) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)
    request.by_provider = True  # type: ignore[attr-defined]
    mark = {"strong": False, "leave": provider.leave}
    target = flow["next"] or reverse("desk:home")
    record_authentication(request, user, method="provider")
    if provider.strong:
        login(request, user, backend=_BACKEND)
        request.session[PROVIDER_SESSION] = mark | {"strong": True}
        return redirect(target)
    request.session[PROVIDER_SESSION] = mark
    return perform_login(request, Login(user=user, redirect_url=target, email=user.email))


@require_safe
def provider_left(request: HttpRequest) -> HttpResponse:
    """After leaving the desk: lead on to the provider's own sign-out; where it has none, say that one is out here."""
    from otklik.accounts.provider import client

    provider = _provider()
    try:
        end = client.describe(provider).end
    except ProviderError:
        end = ""
    if not end:
        return redirect("account_login")
    return _go(
        request,
        end,
        {"client_id": provider.client, "post_logout_redirect_uri": base_of(request) + reverse("account_login")},
    )
