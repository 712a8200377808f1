"""The demo company: complete, the same each time, natural to read, and every fact on a ticket borne out by its rows."""

import random
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from otklik.accounts.models import Team, User
from otklik.accounts.queries import actor_for
from otklik.channels.email.fingerprint import fingerprint
from otklik.channels.email.ids import read_message_id
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import Delivery, EmailFact, Inbound, Outgoing
from otklik.channels.email.parse import parse
from otklik.channels.email.text import split_quotes
from otklik.channels.webform.models import WebForm
from otklik.channels.webform.queries import open_request
from otklik.contacts.models import Contact, Organization
from otklik.contacts.references import find_references
from otklik.core.blobs import Blob
from otklik.core.clock import now
from otklik.core.events import Outbox
from otklik.core.markup import html_to_text
from otklik.demo import load_demo
from otklik.demo.casting import sentences
from otklik.demo.stories import all_stories, tell
from otklik.demo.tests.facts import differences
from otklik.tickets.actions.saving import fill
from otklik.tickets.models import Attachment, Message, SavedReply, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[float]:
    """The company, loaded once for all tests of this file; yields the seconds of processor it took."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        began = time.process_time()
        load_demo()
        yield time.process_time() - began
        transaction.set_rollback(True)


def test_loads_quickly(demo: float):
    assert demo < 10, f"{demo:.1f} s"  # twice what it takes alone, for a machine that does other things too


def test_is_complete(demo: float):
    assert Team.objects.count() == 3
    assert Counter(User.objects.values_list("role", flat=True)) == {
        "agent": 5,
        "technician": 4,
        "admin": 1,
        "supervisor": 1,
        "observer": 1,
    }
    assert Organization.objects.count() == 40
    assert Contact.objects.count() == 302  # of whom two are third parties of side conversations
    assert Ticket.objects.count() == 600
    assert Ticket.objects.order_by("id").values_list("id", flat=True)[0] >= 1001
    assert Attachment.objects.count() > 250
    assert Message.objects.filter(kind="note").count() > 100


def test_everybody_of_the_contract_signs_in(demo: float):
    for role in ("admin", "supervisor", "agent", "technician", "observer"):
        user = User.objects.get(email=f"{role}@demo.otklik.test")
        assert user.role == role
        assert user.check_password("demo")
    clara = Contact.objects.get(addresses__address="clara@berezka.example")
    assert clara.tickets.count() >= 3


def test_every_page_has_life(demo: float):
    assert set(Ticket.objects.values_list("category", flat=True)) == {
        "new",
        "open",
        "pending",
        "on_hold",
        "solved",
        "closed",
    }
    assert set(Ticket.objects.values_list("channel__kind", flat=True)) == {"email", "call", "visit", "web"}
    assert set(Ticket.objects.values_list("priority", flat=True)) == {1, 2, 3, 4}
    assert Ticket.objects.filter(is_open=True).count() > 60
    assert Ticket.objects.filter(snoozed_until__gt=now()).exists()
    assert Ticket.objects.filter(woke_at__isnull=False).exists()
    assert Ticket.objects.filter(assignee=None, is_open=True).exists()
    assert Ticket.objects.filter(assignee__email="technician@demo.otklik.test", is_open=True).exists()
    assert Ticket.objects.filter(language="en").exists()
    assert Ticket.objects.filter(references__isnull=False).exists()
    assert Message.objects.filter(is_automatic=True).exists()
    states = set(Inbound.objects.values_list("state", flat=True))
    assert states == {"ticket", "message", "ignored", "quarantined", "failed"}
    assert Inbound.objects.filter(copies__gt=0).exists()
    assert {"sent", "delivered", "bounced", "failed", "uncertain"} <= set(
        Delivery.objects.values_list("state", flat=True)
    )
    assert not Delivery.objects.filter(run_at__isnull=False).exists()  # nothing of the past leaves by mistake


def test_people_ask_by_the_form_of_the_site(demo: float):
    form = WebForm.objects.select_related("channel").get()
    assert (form.channel.enabled, form.channel.team.name, form.requests.count() >= 8) == (True, "Диспетчерская", True)
    assert form.requests.count() == Ticket.objects.filter(channel=form.channel).count()
    request = form.requests.filter(ticket__message_count__gte=3).order_by("id")[0]
    opened = open_request(request.mail_token)
    assert len(opened.messages) >= 2
    assert not opened.held_back
    assert Client().get(f"/portal/f/{form.key}/").status_code == 200
    assert Client().get(f"/portal/r/{request.token}/").status_code == 200
    assert Attachment.objects.filter(ticket__channel=form.channel).exists()


def test_saved_replies_wait_in_the_composer(demo: float):
    rows = SavedReply.objects.all()
    assert Counter(rows.values_list("sharing", flat=True)) == {"all": 5, "team": 5, "own": 2}
    anna = actor_for(User.objects.get(email="agent@demo.otklik.test"))
    ticket = Ticket.objects.filter(requester__organization=None, team__isnull=False).order_by("-id")[0]
    for row in rows:
        text = html_to_text(fill(row, ticket, by=anna))
        assert "{" not in text
        assert ticket.requester.name.split()[0] in text or "requester" not in row.body_html


def test_the_facts_on_tickets_are_those_of_their_rows(demo: float):
    assert differences() == []


def test_history_tells_nobody(demo: float):
    assert not Outbox.objects.exists()


def test_nothing_lies_in_the_future_or_before_ninety_days(demo: float):
    at = now()
    assert not Message.objects.filter(created_at__gt=at).exists()
    assert not Ticket.objects.filter(created_at__lt=at - timedelta(days=91)).exists()
    assert Ticket.objects.filter(created_at__gt=at - timedelta(minutes=10)).exists()


def test_no_list_shows_a_sentence_twice(demo: float):
    every = Ticket.objects.order_by("-activity_at", "-id")
    for rows in (every, every.filter(is_open=True)):
        near: deque[set[str]] = deque(maxlen=49)
        repeated = []
        for subject, preview in rows.values_list("subject", "preview"):
            shown = {subject.casefold(), *sentences(preview)}
            repeated += [same for other in near for same in shown & other]
            near.append(shown)
        assert repeated == []


def test_the_ledger_adds_up_and_mail_hangs_together(demo: float):
    assert Inbound.objects.filter(state="ticket").count() == Ticket.objects.filter(channel__kind="email").count()
    mailed = Message.objects.filter(kind="incoming", channel__kind="email")
    assert EmailFact.objects.count() == mailed.count()
    assert Outgoing.objects.exclude(kind="side").count() == Message.objects.filter(kind="reply").count()
    key = thread_key()
    letters = Outgoing.objects.exclude(kind="side").order_by("-id")  # a third party's letter answers another token
    for message_id, ticket in letters.values_list("message_id", "ticket_id")[:50]:
        ours = read_message_id(key, message_id)
        assert ours is not None
        assert ours.ticket == ticket


def test_raw_mail_says_what_the_message_says(demo: float):
    rows = Inbound.objects.filter(message__isnull=False, state__in=["ticket", "message"]).exclude(reason="bounce")
    for row in rows.select_related("message", "blob").order_by("id")[::23]:
        raw = row.blob.read()
        mail = parse(raw)
        assert row.message is not None
        assert fingerprint(raw).digest == row.dedupe
        assert mail.body_text.replace("\r\n", "\n").strip() == row.message.body_text.strip()
        assert mail.message_id == row.mail_id
        split = split_quotes(row.message.body_text, new_ticket=row.state == "ticket")
        assert split.visible == row.message.visible_text or row.message.is_automatic
        assert {part.name for part in mail.attachments} == set(row.message.attachments.values_list("name", flat=True))


def test_pictures_and_papers_open(demo: float):
    from PIL import Image

    for row in Attachment.objects.filter(content_type="image/jpeg").select_related("blob").order_by("id")[:12]:
        assert row.blob.read()[:3] == b"\xff\xd8\xff"
        with row.blob.open() as file:
            Image.open(file).verify()
    paper = Attachment.objects.filter(content_type="application/pdf").select_related("blob")[0].blob.read()
    assert paper.startswith(b"%PDF-1.4")
    assert b"startxref" in paper
    assert Blob.objects.count() < Attachment.objects.count() + Inbound.objects.count()


def test_numbers_of_customers_match_their_templates(demo: float):
    tickets = (
        Ticket.objects.filter(references__isnull=False).select_related("organization").prefetch_related("references")
    )
    for ticket in tickets[:20]:
        assert ticket.organization is not None
        found = find_references([ticket.subject], ticket.organization.reference_patterns)
        assert [item.number for item in found] == [row.number for row in ticket.references.all()]


def test_there_are_enough_stories_and_each_can_be_told():
    stories = all_stories()
    assert len(stories) >= 60
    assert len({story.key for story in stories}) == len(stories)
    for story in stories:
        assert story.about
        assert story.subjects
        assert story.steps[0].kind == "in"
        assert 2 <= sum(1 for step in story.steps if step.kind != "do") <= 9


def test_telling_is_the_same_for_the_same_dice_and_keeps_linked_choices():
    text = "{§1вопрос А|вопрос Б} {x} {раз|два|{три|четыре}} {§1ответ А|ответ Б}"
    told = [tell(text, {"x": "слово"}, random.Random(number), {}) for number in range(40)]
    assert told == [tell(text, {"x": "слово"}, random.Random(number), {}) for number in range(40)]
    assert all(("вопрос А" in line) == ("ответ А" in line) for line in told)
    assert len(set(told)) > 4
    with pytest.raises(KeyError):
        tell("{nobody}", {}, random.Random(1), {})
