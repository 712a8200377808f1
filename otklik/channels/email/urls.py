"""Addresses of the mail pages."""

from django.urls import path

from otklik.channels.email.views import mailboxes, outbox

app_name = "email"

urlpatterns = [
    path("outbox/", outbox.page, name="outbox"),
    path("outbox/<int:delivery_id>/again/", outbox.again, name="delivery-again"),
    path("outbox/<int:delivery_id>/end/", outbox.end, name="delivery-end"),
    path("settings/mailboxes/", mailboxes.index, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.new, name="mailbox-new"),
    path("settings/mailboxes/<int:channel_id>/", mailboxes.edit, name="mailbox"),
    path("settings/mailboxes/<int:channel_id>/test/", mailboxes.test, name="mailbox-test"),
]
