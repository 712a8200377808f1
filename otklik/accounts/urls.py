"""Sign-in, sign-out, reset and change of password: allauth's views, and nothing of its sign-up and address pages."""

from allauth.account import views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods
from django.views.generic import RedirectView

from otklik.accounts.views import entrance, invitation, provider_begin, provider_callback, provider_left

_form = require_http_methods(["GET", "HEAD", "POST"])
_page = require_http_methods(["GET", "HEAD"])

urlpatterns = [
    path("login/", _form(entrance), name="account_login"),
    path("provider/", provider_begin, name="account_provider"),
    path("provider/callback/", provider_callback, name="account_provider_callback"),
    path("provider/left/", provider_left, name="account_provider_left"),
    path("logout/", _form(views.logout), name="account_logout"),
    path("reauthenticate/", _form(views.reauthenticate), name="account_reauthenticate"),
    path("invitation/<str:token>/", invitation, name="account_invitation"),
    path("inactive/", _page(views.account_inactive), name="account_inactive"),
    path("password/change/", _form(views.password_change), name="account_change_password"),
    path("password/set/", _form(views.password_set), name="account_set_password"),
    path("password/reset/", _form(views.password_reset), name="account_reset_password"),
    path("password/reset/done/", _page(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        _form(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        _page(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", _page(RedirectView.as_view(pattern_name="people:security")), name="mfa_index"),
    path("2fa/keys/", _page(RedirectView.as_view(pattern_name="people:security")), name="mfa_list_webauthn"),
    path("2fa/authenticate/", _form(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", _form(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/app/on/", _form(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/app/off/", _form(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/codes/", _page(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("2fa/codes/new/", _form(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("2fa/codes/file/", _page(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
    path("2fa/keys/new/", _form(keys.add_webauthn), name="mfa_add_webauthn"),
    path("2fa/keys/<int:pk>/remove/", _form(keys.remove_webauthn), name="mfa_remove_webauthn"),
    path("2fa/keys/confirm/", _form(keys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("2fa/keys/login/", _form(keys.login_webauthn), name="mfa_login_webauthn"),
]
