"""The lazy panel of the card about its mails: lines, verdicts, hints; the card itself pays nothing for it."""

from typing import Any

import pytest
from django.test import Client

from otklik.channels.email.models import EmailFact
from otklik.channels.email.tests.mails import arrive, mail
from otklik.testing.people import People
from otklik.testing.tools import desk_client

pytestmark = pytest.mark.django_db


def test_the_panel_names_addresses_and_technical_facts(company: People) -> None:
    (row,) = arrive(mail(Cc="Босс <boss@berezka.example>", Reply_To="x@y.example"), channel=company.mailbox)
    EmailFact.objects.update(sender_state="failed", auth={"server": "mx.example", "spf": "pass", "dmarc": "fail"})
    browser: Client = desk_client(company.anna)
    card = browser.get(f"/tickets/{row.ticket_id}/").content.decode()
    assert 'data-panel="email.facts"' in card
    assert row.mail_id not in card
    page = browser.get(f"/panels/email.facts/{row.ticket_id}/").content.decode()
    for words in ("Босс &lt;boss@berezka.example&gt;", "dmarc fail (mx.example)", "подделан", "x@y.example"):
        assert words in page, words
    assert row.mail_id.strip("<>") in page


def test_a_stranger_to_the_ticket_gets_no_panel(company: People, settings: Any) -> None:
    (row,) = arrive(mail(), channel=company.mailbox)
    assert desk_client(company.technician).get(f"/panels/email.facts/{row.ticket_id}/").status_code == 404
