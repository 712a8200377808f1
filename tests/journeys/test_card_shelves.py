"""What is seldom done on a card: a note taken away, a message split off, tickets linked, put aside and given back."""

import pytest
from playwright.sync_api import Page, expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter, undo

pytestmark = pytest.mark.journey


def _open(page: Page, desk: Desk, subject: str) -> str:
    """Have a customer write, open the ticket and return its number."""
    desk.send_mail(letter(subject, "Проверка", sender="shelf@kafe.example", name="Кафе"))
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=subject).click()
    page.wait_for_url("**/tickets/*/**")
    expect(page.locator("[data-when=reply] .ProseMirror")).to_be_visible()
    return str(page.locator("ok-card").get_attribute("data-number"))


def _press_in_russian(person: Visitor, code: str, key: str) -> None:
    """Press a key by its place, with the letter that the Russian layout has there."""
    client = person.context.new_cdp_session(person.page)
    for kind in ("keyDown", "keyUp"):
        client.send("Input.dispatchKeyEvent", {"type": kind, "code": code, "key": key})


def test_a_note_is_taken_away_and_its_head_reads_what_it_said(boss: Visitor, desk: Desk) -> None:
    page = boss.page
    _open(page, desk, "Заметка передумала")
    _press_in_russian(boss, "KeyC", "с")
    page.keyboard.type("Звонили в два")
    page.keyboard.press("Control+Enter")
    note = page.locator(".note").last
    expect(note.locator(".note__body")).to_contain_text("Звонили в два")
    note.hover()
    note.get_by_role("button", name="Изменить заметку").click()
    note.locator(".ProseMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("Звонили в три")
    note.get_by_role("button", name="Сохранить заметку").click()
    expect(note.locator(".note__body")).to_have_text("Звонили в три")
    note.get_by_role("button", name="изменена").click()
    expect(note.locator(".note__former")).to_contain_text("Звонили в два")
    note.hover()
    note.get_by_role("button", name="Удалить заметку").click()
    expect(note.locator(".note__body")).to_contain_text("Автор удалил эту заметку")
    undo(page)
    expect(note.locator(".note__body")).to_have_text("Звонили в три")


def test_a_message_is_split_off_and_given_back(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    first = _open(page, desk, "Две беды в одном письме")
    desk.send_mail(letter(f"Re: [#{first}] Две беды", "И ещё кофемашина", sender="shelf@kafe.example", name="Кафе"))
    second = page.locator(".message", has_text="И ещё кофемашина")
    second.hover()
    second.get_by_role("button", name="Вынести в отдельную заявку").click()
    page.wait_for_url(lambda url: "/tickets/" in url and f"/tickets/{first}/" not in url)
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".message")).to_contain_text("И ещё кофемашина")
    page.goto(f"/tickets/{first}/")
    expect(page.locator(".message", has_text="Проверка")).to_be_visible()
    expect(second).to_have_count(0)


def test_linked_tickets_are_parted(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    first = _open(page, desk, "Беда у стойки")
    second = _open(page, desk, "Соседняя беда")
    page.locator("#more-menu").click()
    field = page.locator("form[hx-post$='/links/'] [name=other]")
    field.fill(first)
    field.press("Enter")
    linked = page.locator(".linked__row", has_text="Беда у стойки")
    linked.locator("a").click()
    page.wait_for_url(f"**/tickets/{first}/**")
    back = page.locator(".linked__row", has_text="Соседняя беда")
    back.get_by_role("button", name=f"Убрать связь {second}").click()
    expect(back).to_have_count(0)


def test_the_bin_and_the_spam_give_a_ticket_back(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    number = _open(page, desk, "Туда и обратно")
    row = page.locator(".ticket-row", has_text="Туда и обратно")
    for place in ("В корзину", "В спам"):
        page.locator("#more-menu").click()
        page.get_by_role("button", name=place, exact=True).click()
        page.wait_for_url("**/tickets/?folder=*")
        page.goto("/tickets/?folder=unassigned")
        expect(page.locator(".ticket-row").first).to_be_visible()
        expect(row).to_have_count(0)
        page.goto(f"/tickets/{number}/")
        shelved = page.locator(".waiting-reply", has_text="Удалится навсегда")
        shelved.get_by_role("button", name="Восстановить").click()
        expect(shelved).to_have_count(0)
    page.goto("/tickets/?folder=unassigned")
    expect(row).to_be_visible()
