"""What is seldom done on a card, by keys alone: a note taken away, a message split off, links, bin and spam."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.by_keys import card_is_there, leave_text, list_with, open_ticket, press_at, walk_to_row
from tests.journeys.conftest import choose, letter, tab_to

pytestmark = pytest.mark.journey
SENDER = "shelf@kafe.example"


def test_a_note_is_taken_away_and_its_head_reads_what_it_said(boss: Visitor, desk: Desk) -> None:
    page = boss.page
    open_ticket(boss, desk, "Заметка передумала", sender=SENDER)
    boss.press_russian("KeyC")
    page.keyboard.type("Звонили в два")
    page.keyboard.press("Control+Enter")
    note = page.locator(".note").last
    expect(note.locator(".note__body")).to_contain_text("Звонили в два")
    press_at(page, note.get_by_role("button", name="Изменить заметку"))
    text = note.locator(".ProseMirror")
    tab_to(page, text)
    page.keyboard.press("Control+A")
    page.keyboard.type("Звонили в три")
    page.keyboard.press("Control+Enter")
    expect(note.locator(".note__body")).to_have_text("Звонили в три")
    press_at(page, note.get_by_role("button", name="изменена"))
    expect(note.locator(".note__former")).to_contain_text("Звонили в два")
    press_at(page, note.get_by_role("button", name="Удалить заметку"))
    expect(note.locator(".note__body")).to_contain_text("Автор удалил эту заметку")
    boss.press_russian("KeyZ")
    expect(note.locator(".note__body")).to_have_text("Звонили в три")


def test_a_message_is_split_off(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    first = open_ticket(agent, desk, "Две беды в одном письме", sender=SENDER)
    agent.press_russian("KeyR")
    leave_text(page)
    forward = page.locator(".message", has_text="Проверьте").get_by_role("link", name="Переслать третьей стороне")
    tab_to(page, forward, backwards=True)
    desk.send_mail(letter(f"Re: [#{first}] Две беды", "И ещё кофемашина", sender=SENDER, name="Кафе"))
    second = page.locator(".message", has_text="И ещё кофемашина")
    expect(second).to_be_visible()
    expect(forward).to_be_focused()  # the message is drawn anew: now it could be split off as well
    press_at(page, second.get_by_role("button", name="Вынести в отдельную заявку"))
    page.wait_for_url(lambda url: "/tickets/" in url and f"/tickets/{first}/" not in url)
    card_is_there(page)
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("И ещё кофемашина")
    press_at(page, page.locator(".linked__row a", has_text="Две беды в одном письме"))
    page.wait_for_url(f"**/tickets/{first}/**")
    expect(page.locator(".message", has_text="Проверьте")).to_be_visible()
    expect(second).to_have_count(0)


def test_linked_tickets_are_parted(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    first = open_ticket(agent, desk, "Беда у стойки", sender=SENDER)
    second = open_ticket(agent, desk, "Соседняя беда", sender=SENDER)
    agent.press_russian("KeyM")
    expect(page.locator("details[open] .menu__item").first).to_be_focused()
    tab_to(page, page.get_by_role("textbox", name="Номер другой заявки"))
    page.keyboard.type(first)
    page.keyboard.press("Enter")
    linked = page.locator(".linked__row", has_text="Беда у стойки")
    press_at(page, linked.locator("a"))
    page.wait_for_url(f"**/tickets/{first}/**")
    card_is_there(page)
    back = page.locator(".linked__row", has_text="Соседняя беда")
    press_at(page, back.get_by_role("button", name=f"Убрать связь {second}"))
    expect(back).to_have_count(0)


def test_the_bin_and_the_spam_give_a_ticket_back(agent: Visitor, desk: Desk) -> None:
    page, subject = agent.page, "Туда и обратно"
    for place, folder in (("В корзину", "bin"), ("В спам", "spam")):
        if folder == "bin":
            number = open_ticket(agent, desk, subject, sender=SENDER)
        agent.press_russian("KeyM")
        choose(page, place)
        page.wait_for_url("**/tickets/?folder=*")
        expect(page.locator(".ticket-row", has_text=subject)).to_have_count(0)
        page.goto(f"/tickets/?folder={folder}")
        walk_to_row(agent, subject)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/tickets/{number}/**")
        shelved = page.locator(".waiting-reply", has_text="Удалится навсегда")
        press_at(page, shelved.get_by_role("button", name="Восстановить"))
        expect(shelved).to_have_count(0)
        card_is_there(page)
    page.keyboard.press("Escape")
    list_with(agent, desk, sender=SENDER)
    expect(page.locator(".ticket-row", has_text=subject)).to_be_visible()
