"""The public pages as a browser without script meets them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from otklik.channels.webform import limits
from otklik.channels.webform.models import FormRequest
from otklik.channels.webform.tests.posting import form, start
from otklik.core.clock import now
from otklik.testing.people import People
from otklik.tickets import actions as tickets
from otklik.tickets.models import Attachment, Message, Ticket

PEOPLE = {"name": "Дмитрий", "email": "dmitri@elsewhere.example", "phone": "", "subject": ""}


@pytest.fixture
def browser() -> Client:
    """A browser that is not signed in and insists on the CSRF check where there is one."""
    return Client(enforce_csrf_checks=True, headers={"accept-language": "ru"})


def send(browser: Client, text: str = "Гудит и не морозит", url: str = "/portal/f/site/", **more: Any) -> Any:
    return browser.post(url, PEOPLE | {"text": text, "start": start(), "website": "", "files": ""} | more)


def test_a_request_from_the_form_to_its_private_page(company: People, browser: Client) -> None:
    form(company, consent="Согласен")
    page = browser.get("/portal/new/")
    assert page.status_code == 200
    assert "<script" not in page.content.decode()
    assert 'data-scale="large"' in page.content.decode()
    assert "otklik_session" not in browser.cookies
    photo = SimpleUploadedFile("../фото.jpg", b"\xff\xd8\xffx", content_type="image/jpeg")
    answer = send(browser, consent="1", files=[photo])
    request = FormRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/r/{request.token}/")
    private = browser.get(answer["Location"])
    text = private.content.decode()
    assert f"Номер заявки — {request.ticket_id}" in text
    assert "Гудит и не морозит" in text
    assert request.mail_token not in text
    assert private["Referrer-Policy"] == "no-referrer"
    assert "noindex" in private["X-Robots-Tag"]
    assert "no-store" in private["Cache-Control"]
    href = re.search(r'href="(/portal/r/[^"]+фото.jpg|/portal/r/[^"]+%[^"]+)"', text)
    assert href is not None
    file = browser.get(href[1])
    assert b"".join(file.streaming_content) == b"\xff\xd8\xffx"  # type: ignore[attr-defined]
    assert "sandbox" in file["Content-Security-Policy"]
    assert file["X-Content-Type-Options"] == "nosniff"


def test_sent_twice_is_one_request(company: People, browser: Client) -> None:
    form(company)
    same = start()
    places = {send(browser, start=same)["Location"] for _ in range(3)}
    assert (len(places), Ticket.objects.count()) == (1, 1)


def _sent(more: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in more.items() if key != "ago"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ago": 0}, "очень быстро"),
        ({"ago": 100_000}, "слишком долго"),
        ({"start": "made.up.value"}, "слишком долго"),
        ({"website": "http://spam.example"}, "должно быть пустым"),
        ({"email": "", "phone": ""}, "Оставьте адрес или телефон"),
        ({"email": "nobody"}, "не адрес"),
        ({"name": " "}, "как вас зовут"),
        ({"evil": "1"}, "evil"),
    ],
)
def test_a_refused_person_keeps_his_text(company: People, browser: Client, more: Any, words: str) -> None:
    form(company)
    answer = send(browser, "Мой длинный рассказ", **({"start": start(ago=more.get("ago", 60))} | _sent(more)))
    text = answer.content.decode()
    assert (answer.status_code, Ticket.objects.count()) == (422, 0)
    assert words in text
    assert ">Мой длинный рассказ</textarea>" in text
    fresh = re.search(r'name="start" value="([^"]+)"', text)
    assert fresh is not None
    with time_machine.travel(now() + timedelta(seconds=5)):
        assert send(browser, "Мой длинный рассказ", start=fresh[1]).status_code == 302


def test_who_sends_too_much_learns_when_to_come_back(company: People, browser: Client) -> None:
    form(company)
    for number in range(limits.PER_SOURCE[0][0]):
        assert send(browser, email=f"p{number}@nowhere.example").status_code == 302
    answer = send(browser, "Ещё одна беда")
    assert answer.status_code == 429
    assert 500 < int(answer["Retry-After"]) <= 601
    assert "Ещё одна беда</textarea>" in answer.content.decode()
    assert "отправьте его ещё раз после" in answer.content.decode()


def test_a_body_that_is_announced_as_too_long_is_not_read(company: People, browser: Client) -> None:
    form(company)
    answer = browser.generic(
        "POST", "/portal/new/", b"x", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=str(10**9)
    )
    assert answer.status_code == 413
    assert "30 МБ" in answer.content.decode()
    answer = browser.generic("POST", "/portal/new/", b"garbage", content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 422


def test_too_large_files_leave_the_text(company: People, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form(company)
    monkeypatch.setattr("otklik.portal.sent.ALL_BYTES", 1000)
    files = [SimpleUploadedFile(f"{number}.bin", b"x" * 600) for number in range(3)]
    answer = send(browser, "Большие файлы", files=files)
    assert answer.status_code == 413
    assert "Большие файлы</textarea>" in answer.content.decode()
    assert "Выберите файлы ещё раз" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_form_that_is_off_or_missing(company: People, browser: Client) -> None:
    assert browser.get("/portal/new/").status_code == 404
    made = form(company)
    made.channel.enabled = False
    made.channel.save(update_fields=["enabled"])
    answer = browser.get("/portal/f/site/")
    assert (answer.status_code, "Здесь нет формы" in answer.content.decode()) == (404, True)


def test_only_what_the_form_asks(company: People, browser: Client) -> None:
    form(company, email="off", phone="required", subject="off", files=False)
    text = browser.get("/portal/f/site/").content.decode()
    assert 'name="email"' not in text
    assert 'type="file"' not in text
    assert send(browser).status_code == 422
    assert send(browser, email="", phone="+7 900 000-12-34").status_code == 302
    photo = SimpleUploadedFile("a.jpg", b"x")
    assert send(browser, email="", phone="+7 900 000-12-34", files=[photo]).status_code == 422


def test_going_on_without_script(company: People, browser: Client) -> None:
    form(company)
    url = send(browser)["Location"]
    request = FormRequest.objects.get()
    tickets.reply(request.ticket, body_html="<p>Едем <b>сейчас</b></p>", by=company.actor(company.anna))
    assert "сейчас" not in browser.get(url).content.decode()  # it can still be taken back
    with time_machine.travel(now() + timedelta(seconds=60)):
        text = browser.get(url).content.decode()
        assert "Едем <b>сейчас</b>" in text
        assert "Анна Лебедева" in text
        more = {"text": "Спасибо", "start": start(request.token), "website": ""}
        answer = browser.post(url, more)
        again = browser.post(url, more)
    assert (answer.status_code, again["Location"]) == (302, answer["Location"])
    assert answer["Referrer-Policy"] == "no-referrer"
    assert [m.body_text for m in Message.objects.filter(kind="incoming").order_by("id")][1:] == ["Спасибо"]
    assert browser.post(url, more | {"name": "x"}).status_code == 422
    assert browser.post(url, {"text": "", "start": start(request.token)}).status_code == 422


def test_the_poster_learns_nobodys_name(company: People, browser: Client) -> None:
    form(company)
    text = browser.get(send(browser, email="clara@berezka.example")["Location"]).content.decode()
    assert FormRequest.objects.get().ticket.requester == company.clara
    assert "Клара" not in text
    assert "Берёзка" not in text


def test_a_strangers_link_shows_nothing(company: People, browser: Client) -> None:
    form(company)
    send(browser, files=[SimpleUploadedFile("a.txt", b"x")])
    send(browser, email="eve@nowhere.example")
    other = FormRequest.objects.get(email="eve@nowhere.example")
    file = Attachment.objects.get()
    assert browser.get(f"/portal/r/{other.ticket.token}/").status_code == 404
    assert browser.get(f"/portal/r/{other.token}/files/{file.token}/a.txt").status_code == 404
    assert browser.post(f"/portal/r/{'x' * 22}/", {"text": "x"}).status_code == 404


def test_english(company: People) -> None:
    form(company)
    english = Client(headers={"accept-language": "en"})
    assert "What has happened?" in english.get("/portal/new/").content.decode()
    answer = english.post("/portal/new/", PEOPLE | {"text": "It hums", "start": start(), "website": ""})
    assert "Your private link" in english.get(answer["Location"]).content.decode()


def test_the_card_says_that_nobody_checked_the_sender(company: People, browser: Client) -> None:
    form(company)
    send(browser, name="Некто", email="clara@berezka.example")
    client = Client()
    client.force_login(company.anna)
    text = client.get(f"/tickets/{Ticket.objects.get().pk}/").content.decode()
    assert "Указано отправителем, никем не проверено." in text
    assert "Некто" in text


def test_statements_of_the_private_page(company: People, browser: Client, django_assert_max_num_queries: Any) -> None:
    form(company)
    url = send(browser)["Location"]
    with django_assert_max_num_queries(8):
        assert browser.get(url).status_code == 200
