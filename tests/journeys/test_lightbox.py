"""Photos of a conversation over the whole window: opened, zoomed, changed and closed by keyboard and pointer."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from otklik.testing.browser import PHONE, Visitor, visitor
from otklik.testing.server import Desk
from tests.journeys.conftest import AGENT, letter

pytestmark = pytest.mark.journey
SUBJECT = "Фото витрины с двух сторон"


def _with_photos(subject: str = SUBJECT) -> bytes:
    mail = message_from_bytes(letter(subject, "Смотрите", sender="photo@kafe.example"), policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    for name in ("слева.png", "справа.png"):
        file = BytesIO()
        Image.effect_noise((640, 420), 90).convert("RGB").save(file, "PNG")
        mail.add_attachment(file.getvalue(), maintype="image", subtype="png", filename=name)
    return mail.as_bytes()


def test_photos_are_looked_at_closely(agent: Visitor, desk: Desk) -> None:
    page = agent.page
    desk.send_mail(_with_photos())
    page.goto("/tickets/?folder=unassigned")
    page.locator(".ticket-row", has_text=SUBJECT).locator(".ticket-row__open").click()
    expect(page.locator(".thumb").first).to_be_visible()
    page.wait_for_load_state()  # before its scripts run, a photo is a plain link
    page.locator(".thumb").first.click()
    box = page.get_by_role("dialog", name="Фото")
    expect(box).to_be_visible()
    expect(box).to_contain_text("слева.png")
    expect(box).to_contain_text("1 / 2")
    picture = box.locator("img")
    wide = picture.bounding_box()
    page.keyboard.press("Equal")
    assert wide is not None
    expect(box.locator("[data-zoomed]")).to_be_visible()
    near = picture.bounding_box()
    assert near is not None
    assert near["width"] > wide["width"] * 1.2
    box.get_by_role("button", name="Крупнее").click()
    larger = picture.bounding_box()
    assert larger is not None
    assert larger["width"] > near["width"] * 1.2
    box.get_by_role("button", name="Мельче").click()
    assert picture.bounding_box() == pytest.approx(near, abs=1)
    box.get_by_role("button", name="Фото целиком").click()
    assert picture.bounding_box() == wide
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("справа.png")
    assert picture.bounding_box() == wide  # another photo begins whole
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("слева.png")
    page.keyboard.press("Escape")
    expect(box).not_to_be_visible()
    expect(page.locator(".thread")).to_be_visible()


def test_two_fingers_zoom_and_one_moves(desk: Desk, chromium_browser: Browser) -> None:
    with visitor(chromium_browser, desk.url, size=PHONE, has_touch=True) as person:
        person.sign_in(AGENT)
        page = person.page
        subject = "Фото с телефона"
        desk.send_mail(_with_photos(subject))
        page.goto("/tickets/?folder=unassigned")
        page.locator(".ticket-row", has_text=subject).locator(".ticket-row__open").click()
        page.wait_for_load_state()
        page.locator(".thumb").first.click()
        picture = page.get_by_role("dialog", name="Фото").locator("img")
        wide = picture.bounding_box()
        assert wide is not None
        hand = page.context.new_cdp_session(page)

        def touch(kind: str, *spots: tuple[int, int]) -> None:
            points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(spots)]
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (170, 420))
        touch("touchStart", (170, 420), (220, 420))
        touch("touchMove", (120, 420), (270, 420))
        expect(page.locator(".lightbox__stage[data-zoomed]")).to_be_visible()
        near = picture.bounding_box()
        assert near is not None
        assert near["width"] == pytest.approx(wide["width"] * 3, rel=0.1)
        touch("touchEnd")
        touch("touchStart", (200, 420))
        touch("touchMove", (240, 450))
        touch("touchEnd")
        moved = picture.bounding_box()
        assert moved is not None
        assert (moved["x"] - near["x"], moved["y"] - near["y"]) == pytest.approx((40, 30), abs=2)
        assert person.complaints == []
