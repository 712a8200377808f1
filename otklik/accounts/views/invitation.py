"""The page an invited person sets his first password on. Only the link leads to it."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from otklik.accounts import actions
from otklik.accounts.actions.invitations import invited
from otklik.accounts.provider.door import must_use_provider
from otklik.accounts.views.reading import refuse_unknown, words_of
from otklik.core.errors import DomainError, Invalid, NotFound

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_LONGEST = 400


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for a password, set it, and sign the person in. A link that no longer works says so (404)."""
    user = invited(token) if len(token) <= _LONGEST else None
    if user is None:
        return render(request, "accounts/invitation.html", {"dead": True}, status=404)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            refuse_unknown(request, ("password1", "password2"))
            if request.POST.get("password1") != request.POST.get("password2"):
                raise Invalid(field="password2")
            taken = actions.accept_invitation(token, password=request.POST.get("password1", ""))
        except NotFound:
            return render(request, "accounts/invitation.html", {"dead": True}, status=404)
        except DomainError as error:
            errors = words_of(error)
        else:
            if must_use_provider(taken):
                messages.success(request, _("The password is set. Sign in through the provider."))
                return redirect("account_login")
            login(request, taken, backend=_BACKEND)
            return redirect("desk:home")
    context = {"name": user.name, "email": user.email, "errors": errors}
    return render(request, "accounts/invitation.html", context, status=422 if errors else 200)
