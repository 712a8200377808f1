"""Addresses of the mail pages."""

from django.urls import path

from otklik.channels.email.views import archives, consent, ledger, mailboxes, outbox

app_name = "email"

urlpatterns = [
    path("mail/", ledger.page, name="ledger"),
    path("mail/<int:inbound_id>/", ledger.entry, name="mail"),
    path("mail/<int:inbound_id>/raw", ledger.raw, name="mail-raw"),
    path("mail/<int:inbound_id>/again/", ledger.again, name="mail-again"),
    path("mail/<int:inbound_id>/joining/", ledger.join, name="mail-join"),
    path("mail/<int:inbound_id>/ticket/", ledger.release, name="mail-release"),
    path("mail/<int:inbound_id>/dismissal/", ledger.dismiss, name="mail-dismiss"),
    path("outbox/", outbox.page, name="outbox"),
    path("outbox/again/", outbox.all_again, name="outbox-again"),
    path("outbox/<int:delivery_id>/again/", outbox.again, name="delivery-again"),
    path("outbox/<int:delivery_id>/end/", outbox.end, name="delivery-end"),
    path("outbox/<int:delivery_id>/arrival/", outbox.arrival, name="delivery-arrival"),
    path("settings/mailboxes/", mailboxes.index, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.new, name="mailbox-new"),
    path("settings/mailboxes/archives/", archives.index, name="archives"),
    path("settings/mailboxes/archives/<int:archive_id>/", archives.one, name="archive"),
    path("settings/mailboxes/archives/<int:archive_id>/start/", archives.start, name="archive-start"),
    path("settings/mailboxes/archives/<int:archive_id>/stop/", archives.stop, name="archive-stop"),
    path("settings/mailboxes/consent/", consent.consent, name="mailbox-consent"),
    path("settings/mailboxes/<int:channel_id>/", mailboxes.edit, name="mailbox"),
    path("settings/mailboxes/<int:channel_id>/test/", mailboxes.test, name="mailbox-test"),
]
