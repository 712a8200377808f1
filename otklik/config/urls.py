"""All addresses: pages of the rooms, sign-in, health, and the API."""

from django.urls import include, path

from otklik.config import api_door
from otklik.config.health import healthz, readyz
from otklik.config.metrics import metrics
from otklik.config.system import system

handler500 = "otklik.config.outages.failure"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("settings/system/", system, name="system"),
    *api_door.urlpatterns,
    path("accounts/", include("otklik.accounts.urls")),
    path("", include("otklik.accounts.pages_urls")),
    path("", include("otklik.core.urls")),
    path("", include("otklik.desk.urls")),
    path("", include("otklik.tickets.urls")),
    path("", include("otklik.presence.urls")),
    path("", include("otklik.queues.urls")),
    path("", include("otklik.notifications.urls")),
    path("", include("otklik.contacts.urls")),
    path("", include("otklik.channels.urls")),
    path("", include("otklik.channels.email.urls")),
    path("", include("otklik.channels.webform.urls")),
    path("", include("otklik.portal.urls")),
    path("", include("otklik.webhooks.urls")),
]
