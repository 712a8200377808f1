"""The change log says in both languages what was and what is, of every kind of setting and right, and no secret."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from otklik.accounts import actions as accounts
from otklik.accounts.models import Role
from otklik.channels.email.actions import mailboxes
from otklik.channels.email.actions.mailboxes import MailboxFacts
from otklik.channels.email.mailbox import STARTTLS, MailboxConfig, Server
from otklik.channels.email.oauth import OAuth
from otklik.channels.webform import actions as forms
from otklik.channels.webform.actions import FormFacts
from otklik.channels.webform.config import FormConfig
from otklik.contacts.actions.erasing import blank_contact
from otklik.contacts.actions.exporting import note_export
from otklik.contacts.actions.people import change_contact
from otklik.core.clock import now
from otklik.core.events import Event
from otklik.desk import audit
from otklik.notifications.actions.choosing import Wanted as WantedNews
from otklik.notifications.actions.choosing import change_wishes
from otklik.queues.actions.reasons import save_reason
from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.actions.channels import save_channel
from otklik.tickets.actions.saving import save_reply
from otklik.tickets.actions.spam_list import add_spam_sender
from otklik.webhooks.actions import Wanted, add_webhook, change_webhook, new_secret

pytestmark = pytest.mark.django_db


def told(company: People, language: str = "en", **narrow: Any) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    """Return sentences and changes as the administrator reads them, newest first."""
    with translation.override(language):
        rows = [row.stored() for row in audit.changes(company.actor(company.admin), **narrow)]
        return [
            (line.what, {change.name: (change.old, change.new) for change in line.changes})
            for line in audit.present(rows, now())
        ]


def test_a_mailbox(company: People) -> None:
    admin = company.actor(company.admin)
    old = MailboxConfig(imap=Server("imap.old.example", 993, user="support", password="first-secret"))
    facts = MailboxFacts("help@desk.example", "Помощь", None, "ru")
    channel = mailboxes.add_mailbox(facts, old, enabled=False, by=admin)
    sentence, changes = told(company)[0]
    assert sentence == "Added the channel “Помощь (help@desk.example)”"
    assert changes["Address"] == ("", "help@desk.example")
    new = replace(
        old,
        imap=Server("imap.new.example", 143, STARTTLS, "support", "second-secret"),
        after_import="move", move_to="Done", confirmation=True, oauth=None,
    )  # fmt: skip
    mailboxes.change_mailbox(
        channel, MailboxFacts("desk@desk.example", "Стол", company.field, "en"), new,
        enabled=True, version=1, by=admin,
    )  # fmt: skip
    sentence, changes = told(company)[0]
    assert sentence == "Changed the settings of the channel “Помощь (help@desk.example)”"
    assert changes["Name"] == ("Помощь", "Стол")
    assert changes["Address"] == ("help@desk.example", "desk@desk.example")
    assert changes["Team"] == ("—", company.field.name)
    assert changes["Language"] == ("Русский", "English")
    assert changes["In use"] == ("no", "yes")
    assert changes["Server for incoming mail"] == (
        "imap.old.example:993, TLS, support",
        "imap.new.example:143, STARTTLS, support",
    )
    assert changes["After receiving"] == ("Leave mails as they are", "Move them to a folder")
    assert changes["Confirm the receipt of new requests"] == ("no", "yes")
    assert changes["Password or secret"] == ("", "changed, the value is not kept")
    sentence, changes = told(company, "ru")[0]
    assert sentence == "Изменил настройки канала «Помощь (help@desk.example)»"
    assert changes["После приёма"] == ("Оставлять письма как есть", "Перемещать в папку")
    assert changes["Используется"] == ("нет", "да")
    assert "-secret" not in str(list(Event.objects.filter(kind="channel.configured").values_list("data", flat=True)))


def test_the_sign_in_of_a_mailbox_without_its_secrets(company: People) -> None:
    admin = company.actor(company.admin)
    facts = MailboxFacts(company.mailbox.address, company.mailbox.name, company.mailbox.team, "ru")
    access = OAuth("yandex", "client-7", client_secret="hush", refresh_token="rt-hush")
    plain = MailboxConfig(imap=Server("imap.yandex.ru", 993, user="u", password="hush"))
    mailboxes.change_mailbox(company.mailbox, facts, plain, enabled=True, version=None, by=admin)
    mailboxes.change_mailbox(company.mailbox, facts, replace(plain, oauth=access), enabled=True, version=None, by=admin)
    _sentence, changes = told(company)[0]
    assert changes["How Otklik signs in"] == ("by user name and password", "Yandex 360, client-7")
    assert "hush" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_form(company: People) -> None:
    admin = company.actor(company.admin)
    form = forms.add_form(FormFacts("Site", "site", None, "ru"), FormConfig(), by=admin)
    forms.change_form(
        form, FormFacts("Site", "service", company.field, "ru"), FormConfig(phone="required"), enabled=False,
        by=admin,
    )  # fmt: skip
    sentence, changes = told(company)[0]
    assert sentence == "Changed the settings of the channel “Site”"
    assert changes["End of the address"] == ("site", "service")
    assert changes["Phone"] == ("May be left empty", "Must be filled in")
    assert changes["In use"] == ("yes", "no")


def test_a_channel_entered_by_hand(company: People) -> None:
    admin = company.actor(company.admin)
    row = save_channel(None, kind="call", name="Hotline", team=None, by=admin)
    save_channel(row, name="Line", team=company.field, enabled=False, by=admin)
    sentence, changes = told(company, area="channels")[0]
    assert sentence == "Changed the channel “Line”"
    assert changes == {"Name": ("Hotline", "Line"), "Team": ("—", company.field.name), "In use": ("yes", "no")}
    assert told(company, "ru", area="channels")[0][1]["Используется"] == ("да", "нет")


def test_a_webhook_by_its_host_alone(company: People, settings: Any) -> None:
    settings.OUTBOUND_NETWORKS_ALLOWED = ["127.0.0.1"]
    admin = company.actor(company.admin)
    hook, _secret = add_webhook(Wanted("Bot", "https://127.0.0.1/in?key=hush", ["ticket.opened"]), by=admin)
    wanted = Wanted("Bot", "https://127.0.0.1/in?key=other", ["ticket.opened", "ticket.closed"], with_bodies=True)
    change_webhook(hook, wanted, by=admin)
    new_secret(hook, by=admin)
    (_, secret), (sentence, changes) = told(company, area="channels")[:2]
    assert secret == {"Secret": ("", "changed, the value is not kept")}
    assert sentence == "Changed the webhook “Bot”"
    assert changes["Events"] == ("A ticket was opened", "A ticket was closed, A ticket was opened")
    assert changes["Texts go along"] == ("no", "yes")
    assert changes["Server it calls"] == ("", "changed, the value is not kept")
    assert told(company, "ru", area="channels")[1][1]["События"][0] == "Открыта заявка"
    assert "hush" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_role_and_who_holds_it(company: People) -> None:
    admin = company.actor(company.admin)
    role = accounts.add_role(name="Receiver", base=Role.AGENT, rights=["tickets.view", "tickets.open"], by=admin)
    sentence, changes = told(company)[0]
    assert changes["Sees the tickets of"] == ("", "Agent")
    rights = ["tickets.view", "tickets.note"]
    accounts.change_role(role, name="Front", base=Role.OBSERVER, rights=rights, version=1, by=admin)
    sentence, changes = told(company)[0]
    assert sentence == "Changed the role “Receiver”"
    assert changes["Name"] == ("Receiver", "Front")
    assert changes["Sees the tickets of"] == ("Agent", "Observer")
    assert changes["Rights"] == ("Open new tickets, See tickets", "Write notes, See tickets")
    accounts.change_user(company.anna, role=f"role-{role.pk}", by=admin)
    assert told(company)[0][1]["Role"] == ("Agent", "Front")
    russian = told(company, "ru")
    assert russian[0][1]["Роль"] == ("Оператор", "Front")
    assert russian[1][1]["Права"][0].startswith("Создавать заявки")


def test_many_rights_are_told_by_their_difference(company: People) -> None:
    admin = company.actor(company.admin)
    rights = ["tickets.view", "tickets.open", "tickets.reply", "tickets.note", "tickets.assign"]
    role = accounts.add_role(name="R", base=Role.AGENT, rights=rights, by=admin)
    accounts.change_role(
        role, name="R", base=Role.AGENT, rights=[*rights[:-1], "tickets.edit", "tickets.snooze"], version=1, by=admin
    )
    changes = told(company)[0][1]
    assert changes["Rights: added"] == ("", "Change properties, tags and people of a ticket, Snooze tickets")
    assert changes["Rights: taken away"] == ("", "Give tickets to people and teams")


def test_a_team(company: People) -> None:
    admin = company.actor(company.admin)
    accounts.change_team(company.field, name="Field", archived=True, by=admin)
    changes = told(company)[0][1]
    assert changes["In the archive"] == ("no", "yes")
    assert changes["Name"][1] == "Field"


def test_a_saved_reply_that_others_see_and_none_of_ones_own(company: People) -> None:
    admin = company.actor(company.admin)
    row = save_reply(None, title="Visit", body_text="We come tomorrow", sharing="all", by=admin)
    save_reply(row, title="Trip", body_text="We come at two", folder="Field", sharing="all", by=admin)
    sentence, changes = told(company, area="settings")[0]
    assert sentence == "Changed the saved reply “Trip”"
    assert changes["Title"] == ("Visit", "Trip")
    assert changes["Text"] == ("We come tomorrow", "We come at two")
    assert told(company, "ru", area="settings")[0][1]["Текст"] == ("We come tomorrow", "We come at two")
    own = save_reply(None, title="Mine", body_text="secret words", sharing="own", by=company.actor(company.anna))
    save_reply(own, title="Mine too", body_text="other words", sharing="own", by=company.actor(company.anna))
    assert "Mine" not in str(told(company))
    assert "words" not in str(list(Event.objects.values_list("data", flat=True)))
    save_reply(row, title="Trip", body_text="We come at two", folder="Field", sharing="own", by=admin)
    assert told(company)[0][1]["Who sees it"] == ("Everybody", "Only me")


def test_reasons_and_senders_of_spam_have_their_place(company: People) -> None:
    admin = company.actor(company.admin)
    reason = save_reason(None, name_ru="Нет времени", name_en="No time", by=admin)
    save_reason(reason, name_ru="Нет времени", name_en="Busy", enabled=False, by=admin)
    add_spam_sender("spam.example", by=admin)
    (spam, _), (sentence, changes) = told(company, area="settings")[:2]
    assert "spam.example" in spam
    assert sentence == "Put the skip reason “Busy” out of use"
    assert changes == {"Name in English": ("No time", "Busy"), "In use": ("yes", "no")}


def test_old_lines_without_values_are_still_read(company: People) -> None:
    admin = company.actor(company.admin)
    Event.objects.create(
        kind="channel.configured", subject_kind=5, subject_id=company.mailbox.pk, at=now(), actor_kind="user",
        actor_id=admin.id, actor_name="A", data={"fields": ["folder", "secret"]}, version=1,
    )  # fmt: skip
    sentence, changes = told(company, area="channels")[0]
    assert sentence == "Changed the settings of the channel"
    assert changes == {}


def test_what_was_done_with_personal_data(company: People) -> None:
    """Who took the data of a person out, and who erased them, is found without knowing the person."""
    admin = company.actor(company.admin)
    note_export(company.clara, by=admin)
    blank_contact(company.clara, typed=company.clara.name, by=admin)
    assert [what for what, _changes in told(company, area="personal")] == [
        "Erased the data of the contact",
        "Exported all data of the contact",
    ]
    page = desk_client(company.admin).get("/settings/log/?area=personal").content.decode()
    assert page.count(f'href="/contacts/{company.clara.pk}/"') == 2
    assert company.clara.name not in page


def test_what_somebody_is_told_is_in_the_log_when_another_decides_it(company: People) -> None:
    before = told(company)
    change_wishes(company.anna, WantedNews(quiet=True), by=company.actor(company.anna))
    assert told(company) == before  # his own wishes are nobody's business
    change_wishes(company.anna, WantedNews(quiet=False), by=company.actor(company.admin))
    assert told(company, area="people")[0][0] == f"Changed the notification rules of {company.anna.name}"
    assert told(company, "ru")[0][0] == f"Изменены правила уведомлений: {company.anna.name}"
    change_wishes(company.anna, WantedNews(quiet=False), by=company.actor(company.admin))
    assert len(told(company)) == len(before) + 1


def test_other_changes_of_contacts_are_not_in_the_log(company: People) -> None:
    before = told(company)
    change_contact(company.clara, phone="+7 912 000-00-00", by=company.actor(company.admin))
    assert told(company) == before


def test_the_page_shows_it(company: People) -> None:
    save_channel(None, kind="call", name="<b>Line</b>", team=None, by=company.actor(company.admin))
    page = desk_client(company.admin).get("/settings/log/").content.decode()
    assert "&lt;b&gt;Line&lt;/b&gt;" in page
    assert not list(audit.changes(company.actor(company.anna)))
