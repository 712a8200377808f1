"""Merging with its way back, taking a message out, links, and one answer to many tickets."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from otklik.channels.email.case import Facts
from otklik.channels.email.gather import _follow_merges
from otklik.channels.email.models import Outgoing
from otklik.channels.email.standing import empty_facts
from otklik.core.errors import Conflict, Forbidden, Invalid, NotFound
from otklik.core.events import timeline
from otklik.testing.people import People, people
from otklik.tickets import actions
from otklik.tickets.actions.answering_many import send_to_many
from otklik.tickets.actions.following import follow
from otklik.tickets.actions.linking import link, unlink
from otklik.tickets.actions.merging import merge, split_message, undo_merge
from otklik.tickets.actions.stepping import undo_step
from otklik.tickets.models import Attachment, Merge, Message, Ticket, TicketLink


def _kinds(ticket: Ticket) -> list[str]:
    return [row.kind for row in timeline(1, ticket.pk)]


def _facts(ticket: Ticket) -> dict[str, Any]:
    names = (
        "category", "is_open", "message_count", "preview", "awaits_us", "activity_at", "people", "followers_shown",
        "merged_into",
    )  # fmt: skip
    return Ticket.objects.filter(pk=ticket.pk).values(*names)[0]


def _two(company: People) -> tuple[Ticket, Ticket]:
    anna = company.actor(company.anna)
    first = company.ticket("Витрина", requester=company.clara)
    second = company.ticket("Та же витрина", requester=company.dmitri, foreign_refs=[("sd", "RP7", None)])
    follow(second, users=[company.boris], by=anna)
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=anna)
    actions.add_note(second, body_text="Проверили", attachments=[file.pk], by=anna)
    return first, second


def test_merge_brings_everything_over_and_undo_takes_it_back(company: People) -> None:
    anna = company.actor(company.anna)
    target, source = _two(company)
    before = (_facts(source), _facts(target), target.references.count())
    row, step = merge(source, into=target, by=anna)
    assert step is not None
    assert Message.objects.filter(ticket=target).count() == 3
    assert Attachment.objects.get().ticket_id == target.pk
    assert (source.category, source.merged_into_id, source.message_count) == ("closed", target.pk, 0)
    assert [person["contact_id"] for person in target.people] == [company.dmitri.pk]
    assert [row["id"] for row in target.followers_shown or []] == [company.boris.pk]
    assert target.references.get().number == "RP7"
    assert merge(source, into=target, by=anna) == (row, None)
    actions.add_note(target, body_text="Уже вместе", by=anna)
    assert undo_step(step, by=anna).number == target.pk
    assert not undo_merge(row, by=anna)
    now_source, now_target = _facts(source), _facts(target)
    assert now_source == before[0]
    assert now_target == {**before[1], "message_count": before[1]["message_count"] + 1}
    assert target.references.count() == before[2]
    assert not Message.objects.exclude(origin_number=None).exists()
    for kind in ("ticket.merged", "ticket.merge_undone"):
        assert kind in _kinds(source)
    for kind in ("ticket.absorbed", "ticket.merge_undone"):
        assert kind in _kinds(target)


def test_stranger_and_other_teams_agent_merge_nothing(company: People) -> None:
    from otklik.core.actor import Actor
    from otklik.core.settings_store import set_value

    target, source = _two(company)
    for stranger in (company.contact_actor(company.dmitri), company.actor(company.technician)):
        with pytest.raises((NotFound, Forbidden)):
            merge(source, into=target, by=stranger)
    with pytest.raises(Forbidden):
        merge(source, into=target, by=company.actor(company.observer))
    actions.assign(target, team=company.field, by=company.actor(company.vera))
    set_value("agents_see", "teams", by=Actor.system())
    with pytest.raises(NotFound):
        merge(source, into=target, by=company.actor(company.anna))
    assert not Merge.objects.exists()


def test_merge_refuses_itself_closed_and_merged(company: People) -> None:
    anna = company.actor(company.anna)
    target, source = _two(company)
    third = company.ticket("Третья")
    with pytest.raises(Invalid):
        merge(target, into=target, by=anna)
    merge(source, into=target, by=anna)
    for bad in (source,):
        with pytest.raises(Invalid):
            merge(third, into=bad, by=anna)
    with pytest.raises(Invalid):
        merge(source, into=third, by=anna)
    row, _step = merge(target, into=third, by=anna)
    first = Merge.objects.exclude(pk=row.pk).get()
    with pytest.raises(Conflict):
        undo_merge(first, by=anna)
    assert undo_merge(row, by=anna)
    assert undo_merge(first, by=anna)
    assert Message.objects.filter(ticket=source).count() == 2


def test_mail_to_a_merged_ticket_is_for_the_one_that_stays(company: People) -> None:
    anna = company.actor(company.anna)
    target, source = _two(company)
    last = company.ticket("Итоговая")
    merge(source, into=target, by=anna)
    merge(target, into=last, by=anna)
    facts: Facts = empty_facts()
    facts.tickets = {source.pk: Ticket.objects.select_related("channel").get(pk=source.pk)}
    _follow_merges(facts)
    assert facts.tickets[source.pk] == last


def test_page_merges_shows_where_and_parts_again(company: People) -> None:
    target, source = _two(company)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    base = f"/tickets/{source.pk}/"
    assert "merge/" in client.get(f"{base}more/").content.decode()
    answer = client.post(f"{base}merge/", {"into": f"№{target.pk}"})
    assert answer["HX-Redirect"] == f"/tickets/{target.pk}/"
    assert f'href="/tickets/{target.pk}/"' in client.get(base).content.decode()
    assert f"№&nbsp;{source.pk}" in client.get(f"/tickets/{target.pk}/").content.decode()
    assert client.delete(f"{base}merge/").status_code == 204
    assert not Merge.objects.filter(undone_at=None).exists()
    assert client.post(f"{base}merge/", {"into": "99999999"}).status_code == 422


def test_message_taken_out_becomes_a_ticket_of_its_author(company: People) -> None:
    anna = company.actor(company.anna)
    ticket = company.ticket()
    actions.add_incoming(ticket, body_text="И ещё: не работает дверь", by=anna)
    message = Message.objects.latest("pk")
    with pytest.raises(Forbidden):
        split_message(message, by=company.actor(company.observer))
    fresh = split_message(message, subject="Дверь", by=anna)
    message.refresh_from_db()
    assert (message.ticket_id, message.origin_number) == (fresh.pk, ticket.pk)
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.preview[:6]) == (1, "Добрый")
    fresh = Ticket.objects.get(pk=fresh.pk)
    assert (fresh.subject, fresh.requester, fresh.message_count, fresh.link_count) == ("Дверь", company.clara, 1, 1)
    with pytest.raises(Conflict):
        split_message(Message(pk=message.pk, ticket=ticket, kind="incoming"), by=anna)
    with pytest.raises(Invalid):
        split_message(message, by=anna)


def test_links_show_on_both_ends_and_parents_make_no_circle(company: People) -> None:
    anna = company.actor(company.anna)
    a, b, c = (company.ticket(name) for name in "абв")
    assert link(a, other=b, kind="parent", by=anna)
    assert not link(a, other=b, kind="parent", by=anna)
    assert link(b, other=c, kind="parent", by=anna)
    for child, parent in ((c, a), (b, a), (a, c), (a, a)):
        with pytest.raises(Invalid):
            link(child, other=parent, kind="parent", by=anna)
    assert link(c, other=a, kind="related", by=anna)
    assert not link(a, other=c, kind="related", by=anna)
    with pytest.raises(Forbidden):
        link(a, other=c, kind="caused_by", by=company.actor(company.observer))
    client = Client()
    client.force_login(company.anna)
    page = client.get(f"/tickets/{b.pk}/").content.decode()
    assert f'href="/tickets/{a.pk}/"' in page
    assert f'href="/tickets/{c.pk}/"' in page
    row = TicketLink.objects.get(ticket=a, other=b)
    assert unlink(b, link_id=row.pk, by=anna)
    assert not unlink(b, link_id=row.pk, by=anna)
    a.refresh_from_db()
    assert a.link_count == 1
    assert "ticket.unlinked" in _kinds(a)


@pytest.mark.django_db(transaction=True)
def test_two_who_link_at_once_close_no_circle() -> None:
    company = people()
    a, b = company.ticket("а"), company.ticket("б")
    both = Barrier(2)

    def run(pair: tuple[Ticket, Ticket]) -> bool:
        try:
            both.wait(120)
            return link(pair[0], other=pair[1], kind="parent", by=company.actor(company.anna))
        except Invalid:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, ((a, b), (b, a)))) == [False, True]
    assert TicketLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_crosswise_end_with_one_merge() -> None:
    company = people()
    a, b = company.ticket("а"), company.ticket("б")
    both = Barrier(2)

    def run(pair: tuple[Ticket, Ticket]) -> bool:
        try:
            both.wait(120)
            merge(pair[0], into=pair[1], by=company.actor(company.anna))
        except Invalid:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(run, ((a, b), (b, a)))) == [False, True]
    assert Message.objects.count() == 2
    assert Ticket.objects.filter(merged_into=None).count() == 1


def test_one_answer_goes_to_many_and_is_taken_back_together(company: People) -> None:
    anna = company.actor(company.anna)
    first, second, shut = company.ticket("а"), company.ticket("б"), company.ticket("в")
    file = actions.upload(BytesIO(b"x"), name="a.txt", content_type="", size=1, by=anna)
    sent = send_to_many(first, [second], body_text="Свет дали", attachments=[file.pk], by=anna)
    assert (sent.also, Outgoing.objects.count()) == (1, 2)
    assert Attachment.objects.values("blob").distinct().count() == 1
    assert Attachment.objects.exclude(message=None).count() == 2
    assert sent.step is not None
    undo_step(sent.step, by=anna)
    assert not Message.objects.filter(kind="reply").exists()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(company.anna)
    client.post(f"/tickets/{first.pk}/replies/", {"mode": "reply", "reply_text": "Всем", "also": [second.pk, shut.pk]})
    assert Message.objects.filter(kind="reply").count() == 3


def test_api_merges_and_links(company: People) -> None:
    from otklik.accounts import actions as accounts

    anna = company.actor(company.anna)
    target, source = _two(company)
    _row, token = accounts.create_token(company.anna, name="t", scopes=["read", "write"], by=anna)
    client = Client(headers={"authorization": f"Bearer {token}"})
    base = f"/api/v1/tickets/{source.pk}"
    json = {"content_type": "application/json"}
    linked = client.post(f"{base}/links", {"ticket": target.pk, "kind": "caused_by"}, **json)
    assert linked.status_code == 201
    (row,) = client.get(f"/api/v1/tickets/{target.pk}/links").json()["items"]
    assert (row["kind"], row["ticket"]) == ("of_caused_by", source.pk)
    assert client.delete(f"{base}/links/{row['id']}").json()["items"] == []
    assert client.post(f"{base}/merge", {"into": target.pk, "x": 1}, **json).status_code == 422
    assert client.post(f"{base}/merge", {"into": 99999}, **json).json()["errors"][0]["field"] == "into"
    assert client.post(f"{base}/merge", {"into": target.pk}, **json).json()["number"] == target.pk
    assert client.delete(f"{base}/merge").json()["status"]["key"] == "new"
