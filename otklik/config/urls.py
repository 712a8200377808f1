"""All addresses: pages of the rooms, sign-in, health, and the API."""

from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from otklik.config.api import api
from otklik.config.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/", api.urls),
    path("accounts/", include("otklik.accounts.urls")),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["otklik.desk"]), name="javascript-catalog"),
    path("", include("otklik.core.urls")),
    path("", include("otklik.desk.urls")),
    path("", include("otklik.tickets.urls")),
    path("", include("otklik.contacts.urls")),
    path("", include("otklik.channels.email.urls")),
]

handler400 = "otklik.desk.views.errors.bad_request"
handler403 = "otklik.desk.views.errors.forbidden"
handler404 = "otklik.desk.views.errors.not_found"
handler500 = "otklik.desk.views.errors.server_error"
