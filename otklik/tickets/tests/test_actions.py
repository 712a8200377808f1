"""Each action on a ticket with its stranger, its repeat, and what it records."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooLarge
from otklik.core.events import Event, timeline
from otklik.core.moments import Moment
from otklik.core.settings_store import set_value
from otklik.testing.people import People
from otklik.tickets import actions
from otklik.tickets.models import Attachment, Message, Participant, Tag, Ticket

Act = Callable[[Ticket, People, Actor], object]

ACTS: dict[str, Act] = {
    "reply": lambda t, c, by: actions.reply(t, body_text="Приедем завтра", by=by),
    "note": lambda t, c, by: actions.add_note(t, body_text="Взять датчик", by=by),
    "incoming": lambda t, c, by: actions.add_incoming(t, body_text="Звонил клиент", by=by),
    "assign": lambda t, c, by: actions.assign(t, assignee=c.boris, team=c.field, by=by),
    "status": lambda t, c, by: actions.change_status(t, status="pending", by=by),
    "snooze": lambda t, c, by: actions.snooze(t, until=_TOMORROW, by=by),
    "tags": lambda t, c, by: actions.set_tags(t, tags=["Холод", "гарантия"], by=by),
    "edit": lambda t, c, by: actions.edit_properties(t, priority=4, subject="Новая тема", by=by),
    "references": lambda t, c, by: actions.set_references(t, references=[("sd", "RP1", None)], by=by),
    "person": lambda t, c, by: actions.add_person(t, address="boss@berezka.example", name="Шеф", by=by),
    "requester": lambda t, c, by: actions.change_requester(t, requester=c.dmitri, by=by),
}
REPEATS = {"assign", "status", "snooze", "tags", "edit", "references", "person", "requester"}
_TOMORROW = now() + timedelta(days=1)


def _state(ticket: Ticket) -> tuple[object, ...]:
    row = Ticket.objects.filter(pk=ticket.pk).values_list()[0]
    return (*row, Message.objects.count(), Participant.objects.count(), Event.objects.count(), Moment.objects.count())


@pytest.mark.parametrize("act", ACTS)
def test_stranger_changes_nothing(company: People, act: str) -> None:
    ticket = company.ticket()
    before = _state(ticket)
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.technician)):
        with pytest.raises(NotFound):
            ACTS[act](ticket, company, stranger)
    with pytest.raises(Forbidden):
        ACTS[act](ticket, company, company.actor(company.observer))
    assert _state(ticket) == before


@pytest.mark.parametrize("act", ACTS)
def test_limited_agent_cannot_touch_another_teams_ticket(company: People, act: str) -> None:
    ticket = company.ticket(team=company.field)
    set_value("agents_see", "teams", by=Actor.system())
    before = _state(ticket)
    with pytest.raises(NotFound):
        ACTS[act](ticket, company, company.actor(company.anna))
    assert _state(ticket) == before


@pytest.mark.parametrize("act", sorted(REPEATS))
def test_second_time_changes_nothing(company: People, act: str) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    assert ACTS[act](ticket, company, anna)
    before = _state(ticket)
    assert not ACTS[act](ticket, company, anna)
    assert _state(ticket) == before


@pytest.mark.parametrize("act", ACTS)
def test_every_change_is_worded_in_both_languages(company: People, act: str) -> None:
    from django.utils import translation

    ticket = company.ticket()
    ACTS[act](ticket, company, company.actor(company.anna))
    event = timeline(1, ticket.pk)[-1].event
    for language in ("ru", "en"):
        with translation.override(language):
            assert event.describe()
            assert "%(" not in event.describe()


def test_old_object_does_not_undo_a_newer_change(company: People) -> None:
    """Two people hold the ticket; each changes another property; both changes stay."""
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    stale = Ticket.objects.get(pk=ticket.pk)
    actions.edit_properties(ticket, priority=4, by=anna)
    actions.change_status(stale, status="pending", by=boris)
    row = Ticket.objects.get(pk=ticket.pk)
    assert (row.priority, row.category) == (4, "pending")


def test_older_version_is_told_the_current_ticket(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    seen = ticket.version
    actions.edit_properties(ticket, priority=4, by=anna)
    with pytest.raises(Conflict) as refused:
        actions.edit_properties(ticket, subject="Другая", version=seen, by=company.actor(company.boris))
    assert refused.value.current.priority == 4
    assert Ticket.objects.get(pk=ticket.pk).subject != "Другая"


def test_reply_takes_files_once_and_only_own(company: People) -> None:
    ticket, anna, boris = company.ticket(), company.actor(company.anna), company.actor(company.boris)
    file = actions.upload(BytesIO(b"%PDF"), name="../акт.pdf", content_type="application/pdf", size=4, by=anna)
    assert file.name == "акт.pdf"
    with pytest.raises(Invalid):
        actions.reply(ticket, body_text="Вот акт", attachments=[file.pk], by=boris)
    message = actions.reply(ticket, body_text="Вот акт", attachments=[file.pk], by=anna)
    assert list(message.attachments.all()) == [file]
    before = _state(ticket)
    with pytest.raises(Invalid):
        actions.reply(ticket, body_text="Ещё раз", attachments=[file.pk], by=anna)
    assert _state(ticket) == before


def test_upload_over_the_limit_leaves_nothing(company: People) -> None:
    with pytest.raises(TooLarge):
        actions.upload(BytesIO(b""), name="big", content_type="", size=26 * 1024 * 1024, by=company.actor(company.anna))
    assert not Attachment.objects.exists()


def test_reply_cleans_what_the_agent_wrote(company: People) -> None:
    html = '<p>Да <script>alert(1)</script><a href="javascript:x()">сюда</a><img src=x onerror=y></p>'
    message = actions.reply(company.ticket(), body_html=html, by=company.actor(company.anna))
    assert "script" not in message.body_html
    assert "onerror" not in message.body_html
    assert message.body_text.startswith("Да")


def test_empty_reply_is_refused_naming_the_field(company: People) -> None:
    with pytest.raises(Invalid) as refused:
        actions.reply(company.ticket(), body_html="<p> </p>", by=company.actor(company.anna))
    assert refused.value.field == "body"


def test_reply_opens_a_new_ticket_and_goes_to_everybody(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_person(ticket, address="boss@berezka.example", name="Шеф", by=anna)
    message = actions.reply(ticket, body_text="Выезжаем", by=anna)
    assert [(r["role"], r["address"]) for r in message.recipients] == [
        ("to", "clara@berezka.example"),
        ("cc", "boss@berezka.example"),
    ]
    ticket.refresh_from_db()
    assert (ticket.category, ticket.awaits_us, ticket.last_author_kind) == ("open", False, "user")


def test_named_copies_replace_the_participants_for_one_answer(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.add_person(ticket, address="boss@berezka.example", by=anna)
    message = actions.reply(ticket, body_text="Только вам", cc=[], by=anna)
    assert [r["role"] for r in message.recipients] == ["to"]


def test_solved_ticket_closes_by_time_unless_reopened(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.change_status(ticket, status="solved", by=anna)
    moment = Moment.objects.get(kind="ticket.close")
    assert timedelta(days=13) < moment.due_at - now() <= timedelta(days=14)
    actions.change_status(ticket, status="open", by=anna)
    assert not Moment.objects.filter(kind="ticket.close").exists()
    assert not actions.close_solved(ticket.pk, by=Actor.system())
    actions.change_status(ticket, status="solved", by=anna)
    assert actions.close_solved(ticket.pk, by=Actor.system())
    assert not actions.close_solved(ticket.pk, by=Actor.system())
    ticket.refresh_from_db()
    assert ticket.category == "closed"


@pytest.mark.parametrize("until", [now() - timedelta(minutes=1), now() + timedelta(days=400)])
def test_snooze_refuses_the_past_and_the_far(company: People, until: object) -> None:
    with pytest.raises(Invalid) as refused:
        actions.snooze(company.ticket(), until=until, by=company.actor(company.anna))  # type: ignore[arg-type]
    assert refused.value.field == "until"


def test_tags_are_one_in_any_case(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.set_tags(ticket, tags=["Ёлка", "елка", " ЁЛКА "], by=anna)
    assert ticket.tags_shown == ["Ёлка"]
    assert Tag.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "  "}, "subject"),
        ({"priority": 9}, "priority"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_input_names_its_field(company: People, change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.edit_properties(company.ticket(), by=company.actor(company.anna), **change)
    assert refused.value.field == field


def test_blocked_user_gets_no_tickets(company: People) -> None:
    company.boris.is_active = False
    for user in (company.boris, company.observer):
        with pytest.raises(Invalid):
            actions.assign(company.ticket(), assignee=user, by=company.actor(company.anna))


def test_closed_ticket_takes_no_words_of_the_customer(company: People) -> None:
    ticket, anna = company.ticket(), company.actor(company.anna)
    actions.change_status(ticket, status="closed", by=anna)
    with pytest.raises(DomainError):
        actions.add_incoming(ticket, body_text="Снова сломалось", by=anna)
