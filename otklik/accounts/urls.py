"""Sign-in, sign-out, reset and change of password: allauth's views, and nothing of its sign-up and address pages."""

from allauth.account import views
from django.urls import path, re_path
from django.views.decorators.http import require_http_methods

from otklik.accounts.views import invitation

_form = require_http_methods(["GET", "HEAD", "POST"])
_page = require_http_methods(["GET", "HEAD"])

urlpatterns = [
    path("login/", _form(views.login), name="account_login"),
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
]
