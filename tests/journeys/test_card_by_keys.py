"""The card by keyboard: subject and requester are changed, things copied, a sent reply taken back, the way goes on."""

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import letter

pytestmark = pytest.mark.journey
TOLD = "(value) => document.dispatchEvent(new CustomEvent('toast', {detail: {value, undo: '/', seconds: 1}}))"


def _open(person: Visitor, desk: Desk, subject: str, sender: str = "keys@kafe.example", name: str = "Кафе Ключ") -> str:
    """Have a customer write, open the ticket and return its number."""
    desk.send_mail(letter(subject, "Посмотрите, пожалуйста", sender=sender, name=name))
    person.page.goto("/tickets/?folder=unassigned")
    person.page.locator(".ticket-row", has_text=subject).click()
    person.page.wait_for_url("**/tickets/*/**")
    expect(person.page.locator(".composer .ProseMirror")).to_be_visible()
    return person.page.url.split("/tickets/")[1].split("/")[0]


def test_subject_is_changed_in_place(agent: Visitor, boss: Visitor, desk: Desk) -> None:
    page = agent.page
    number = _open(agent, desk, "Не рабтает холодильник")
    boss.page.goto(f"/tickets/{number}/")
    field = page.get_by_role("textbox", name="Тема")
    page.keyboard.press("e")
    expect(field).to_be_focused()
    page.keyboard.type("Передумал")
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_have_text("Не рабтает холодильник")
    page.keyboard.press("e")
    page.keyboard.type("Не работает холодильник")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Не работает холодильник")
    expect(page.locator("#edit-subject")).to_be_focused()
    expect(boss.page.locator("h1")).to_have_text("Не работает холодильник")
    boss.page.locator("#edit-subject").click()  # the head does not change under his hand
    page.keyboard.press("e")
    page.keyboard.type("Холодильник в зале")
    page.get_by_role("button", name="Сохранить").click()
    expect(boss.page.locator(".event", has_text="Холодильник в зале")).to_be_visible()
    boss.page.keyboard.type("Холодильник на складе")
    boss.page.keyboard.press("Enter")
    expect(boss.page.locator("ok-clash")).to_contain_text("Холодильник в зале")
    expect(boss.page.locator("h1")).to_have_text("Холодильник в зале")
    boss.complaints.clear()  # the browser itself names the answer that was a clash


def test_requester_is_picked_and_the_former_stays(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(agent, desk, "Пишу за директора", sender="director@kafe.example", name="Директор Кафе")
    _open(agent, desk, "Письмо секретаря", sender="secretary@kafe.example", name="Секретарь Кафе")
    page.keyboard.press("w")
    page.wait_for_function("() => document.activeElement.matches('input')")  # the form of the picker has come
    page.keyboard.type("Директор К")
    expect(page.get_by_role("option", name="Директор Кафе")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("[name=requester_email]")).to_have_value("director@kafe.example")
    page.keyboard.press("Enter")
    people = page.locator("#ticket-people")
    expect(people.locator(".person b")).to_have_text("Директор Кафе")
    expect(people.locator(".participants")).to_contain_text("Секретарь Кафе")
    expect(page.locator("#choose-recipient")).to_have_text("Директор Кафе")
    expect(page.locator(".event", has_text="Директор Кафе")).to_be_visible()


def test_number_title_and_link_are_copied(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    agent.context.grant_permissions(["clipboard-read", "clipboard-write"])
    number = _open(agent, desk, "Скопируйте меня")
    wanted = {"y": number, "t": "Скопируйте меня", "l": f"{desk.url}/tickets/{number}/"}
    for key, text in wanted.items():
        page.keyboard.press(key)
        expect(page.locator("ok-toasts")).to_contain_text("скопирован")
        page.wait_for_function("async (text) => (await navigator.clipboard.readText()) === text", arg=text)
    page.locator("#copy-menu").click()
    page.get_by_role("button", name="Скопировать тему").click()
    page.wait_for_function("async (text) => (await navigator.clipboard.readText()) === text", arg="Скопируйте меня")
    expect(page.locator("#copy-menu + .popover")).to_be_hidden()


def test_sent_reply_is_taken_back_by_its_key(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    _open(agent, desk, "Отправлено поспешно")
    page.locator(".composer .ProseMirror").click()
    page.keyboard.type("Едем завтра")
    page.keyboard.press("Control+Enter")
    undo = page.get_by_role("button", name="Отменить")
    expect(undo).to_contain_text("Z")
    page.keyboard.press("z")
    expect(page.locator(".composer .ProseMirror")).to_contain_text("Едем завтра")
    expect(page.locator(".message--agent")).to_have_count(0)


def test_focus_holds_a_message(agent: Visitor) -> None:
    page = agent.page
    page.goto("/tickets/?folder=open")
    for words in ("держат", "уходит"):
        page.evaluate(
            "(value) => document.dispatchEvent(new CustomEvent('toast', {detail: {value, undo: '/', seconds: 1}}))",
            words,
        )
    page.locator(".toast", has_text="держат").get_by_role("button").focus()
    expect(page.locator(".toast", has_text="уходит")).to_have_count(0)
    expect(page.locator(".toast", has_text="держат")).to_be_visible()


def test_way_goes_on_in_what_was_found(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    numbers = [_open(agent, desk, f"Морозильная камера {word}") for word in ("первая", "вторая")]
    page.goto("/search/?q=морозильная+камера&sort=newest")
    row = page.locator(f"#t-{numbers[1]} .ticket-row__open")
    expect(row).to_be_visible()
    row.click()
    page.wait_for_url(f"**/tickets/{numbers[1]}/?q=*")
    page.keyboard.press("g")
    page.wait_for_url(f"**/tickets/{numbers[0]}/?q=*")
    page.keyboard.press("Shift+g")
    page.wait_for_url(f"**/tickets/{numbers[1]}/?q=*")
    page.keyboard.press("Escape")
    page.wait_for_url("**/search/?q=*")
    expect(row).to_be_visible()
