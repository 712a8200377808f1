"""Work without a mouse in the Russian layout: many tickets at once, merging, sending later, saved replies, calling."""

import re

import pytest
from playwright.sync_api import expect

from otklik.testing.browser import Visitor
from otklik.testing.server import Desk
from tests.journeys.by_keys import list_with, walk_to_row
from tests.journeys.conftest import choose, ready, tab_to

pytestmark = pytest.mark.journey


def test_many_tickets_are_changed_and_brought_back(agent: Visitor, desk: Desk) -> None:
    subjects = ("Верхняя полка провисла", "Нижняя полка провисла")
    page = list_with(agent, desk, *subjects, sender="shelf@kafe.example")
    rows = [page.locator(".ticket-row", has_text=subject) for subject in subjects]
    counted, toasts = page.locator("[data-selected-count]"), page.locator("ok-toasts")
    for way in ("KeyS", "KeyA"):
        page.keyboard.press("Home")
        page.locator(".ticket-row__open").first.press("Escape")
        _choose_both(agent, subjects)
        expect(counted).to_have_text("2")
        agent.press_russian(way)
        if way == "KeyS":
            choose(page, "Ждём других")
        else:
            expect(page.get_by_role("searchbox", name="Найти коллегу")).to_be_focused()
            page.keyboard.type(",jhbc")  # «борис» with the English layout on
            page.keyboard.press("Enter")
        expect(toasts).to_contain_text("Изменены 2 заявки")
        if way == "KeyA":
            expect(rows[0]).to_have_count(0)  # given to somebody, it leaves the folder
        agent.press_russian("KeyZ")
        expect(toasts).to_contain_text("2 заявки как прежде")
        for row in rows:
            expect(row).to_be_visible()
        page.reload()
        ready(page, "ok-list", "ok-toasts")


def _choose_both(person: Visitor, subjects: tuple[str, str]) -> None:
    """Choose two rows that stand together: the first, and the stretch to the other."""
    walk_to_row(person, subjects[1])
    person.press_russian("KeyX")
    walk_to_row(person, subjects[0])
    person.press_russian("KeyX", shift=True)


def test_tickets_are_merged_and_parted(agent: Visitor, desk: Desk) -> None:
    page = list_with(agent, desk, "Пломба на первой двери", "Пломба на второй двери", sender="seal@kafe.example")
    number = str(page.locator(".ticket-row", has_text="на первой").get_attribute("id")).removeprefix("t-")
    walk_to_row(agent, "Пломба на второй двери")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Пломба на второй двери")
    ready(page, "ok-card", "ok-toasts")
    agent.press_russian("KeyM")
    choose(page, "Пломба на первой двери")
    page.wait_for_url(f"**/tickets/{number}/")
    expect(page.locator(".message")).to_have_count(2)
    ready(page, "ok-card", "ok-toasts")
    expect(page.locator(".toast")).to_contain_text("Отменить")
    agent.press_russian("KeyZ")
    expect(page.locator(".message")).to_have_count(1)


def test_answer_waits_takes_a_saved_reply_and_a_note_calls(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    page.goto("/saved-replies/new/")
    page.locator("[name=title]").fill("Размеры проёма")
    page.locator(".rich .ProseMirror").click()
    page.keyboard.type("{{ requester.first_name }}, пришлите, пожалуйста, ширину и высоту.")
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url("**/saved-replies/")
    page = list_with(agent, desk, "Нужна дверь в камеру", sender="door@kafe.example")
    walk_to_row(agent, "Нужна дверь в камеру")
    page.keyboard.press("Enter")
    reply, option = page.locator("[data-when=reply] .ProseMirror"), page.locator(".sign-menu [role=option]").first
    expect(reply).to_be_visible()
    ready(page, "ok-card", "ok-composer", "ok-toasts")
    agent.press_russian("KeyR")
    expect(reply).to_be_focused()
    agent.press_russian("Backslash", shift=True)  # where the Russian layout has its “/”
    for code in ("KeyH", "KeyF", "KeyP", "KeyV", "KeyT", "KeyH", "KeyS"):
        agent.press_russian(code)
    expect(option).to_contain_text("Размеры проёма")
    page.keyboard.press("Enter")
    expect(reply).to_have_text("Кафе, пришлите, пожалуйста, ширину и высоту.")
    page.keyboard.press("Control+a")
    page.keyboard.type("/hfpvths ghj")  # and with the English layout on
    expect(option).to_contain_text("Размеры проёма")
    page.keyboard.press("Tab")
    expect(reply).to_have_text("Кафе, пришлите, пожалуйста, ширину и высоту.")

    tab_to(page, page.locator("#send-later"))
    page.keyboard.press("Enter")
    choose(page, "Завтра утром")
    waiting = page.locator(".waiting-reply")
    expect(waiting).to_contain_text("ширину и высоту")
    expect(reply).to_have_text("")
    tab_to(page, waiting.get_by_role("button", name="Отменить"), backwards=True)
    page.keyboard.press("Enter")
    expect(waiting).to_have_count(0)
    expect(reply).to_have_text("Кафе, пришлите, пожалуйста, ширину и высоту.")

    agent.press_russian("KeyR")
    expect(reply).to_be_focused()
    page.keyboard.press("Escape")  # out of the text, so that keys are keys again
    agent.press_russian("KeyC")
    note = page.locator("[data-when=note] .ProseMirror")
    expect(note).to_be_focused()
    page.keyboard.type("Замерит @vfrcb")  # the sign is in the English layout only, so the name is often typed in it too
    expect(option).to_contain_text("Максим Рудаков")
    page.keyboard.press("Enter")
    expect(note).to_have_text(re.compile("Замерит @Максим Рудаков"))
    agent.press_russian("KeyB")  # the sign “@” has no key in the Russian layout: the list opens by the place of one
    page.keyboard.press("Control+Shift+Digit2")
    expect(page.get_by_role("searchbox", name="Упомянуть коллегу")).to_be_focused()
    for code in ("KeyD", "KeyT", "KeyH", "KeyF"):
        agent.press_russian(code)
    expect(option).to_contain_text("Вера")
    page.keyboard.press("Enter")
    expect(note).to_be_focused()
    expect(note).to_have_text(re.compile("Замерит @Максим Рудаков и @Вера Климова"))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note__body")).to_contain_text("@Максим Рудаков")
    expect(page.locator("#prop-followers")).to_contain_text("Максим Рудаков")


def test_note_without_the_editor_calls_by_place_too(agent: Visitor) -> None:
    page = agent.page
    page.route("**/django_prose_editor/**", lambda route: route.abort())
    page.goto("/tickets/next/?folder=open")
    ready(page, "ok-card", "ok-composer")
    agent.press_russian("KeyC")
    note = page.locator("textarea[name=note_text]")
    expect(note).to_be_focused()
    agent.press_russian("KeyE")
    page.keyboard.press("Control+Shift+Digit2")
    expect(page.get_by_role("searchbox", name="Упомянуть коллегу")).to_be_focused()
    page.keyboard.press("Escape")
    expect(note).to_be_focused()
    page.get_by_role("button", name="Упомянуть коллегу").click()
    for code in ("KeyD", "KeyT", "KeyH", "KeyF"):
        agent.press_russian(code)
    expect(page.locator(".sign-menu [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(note).to_be_focused()
    expect(note).to_have_value("у @Вера Климова ")
    note.fill("")
    page.wait_for_function("() => !document.querySelector('.sign-menu')")
    agent.complaints.clear()  # the browser itself names what it did not get
