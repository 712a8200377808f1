"""Gives a demo company what it has no example of, by its own doors, so that every page has something to show."""

import json
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser, Page

from otklik.testing.browser import visitor
from otklik.testing.server import Desk, wait_until

AGENT: Final = "agent@demo.otklik.test"
ADMIN: Final = "admin@demo.otklik.test"
ALLOWED: Final = {"OTKLIK_OUTBOUND_NETWORKS": "127.0.0.1"}
"""The environment of a desk that is furnished: its webhook calls this machine, where nobody answers."""
_PEOPLE = """ФИО;Почта;Телефон;Компания;Должность
Нина Власова;vlasova@sever-market.example;8 (812) 555-00-07;Север Маркет;директор
Игорь Панов;panov@sever-market.example;8 (812) 555-00-08;Север Маркет;инженер
Ольга Рыжова;нет адреса;;Север Маркет;
Тимур Алиев;aliev@admiral-hotel.example;;Отель «Адмирал»;шеф-повар
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program at the desk's API, in the name of one person."""

    desk: Desk
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON of its answer."""
        answer = self.desk.request(
            method, f"/api/v1{path}", body=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )  # fmt: skip
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.text[:300]}")
        return json.loads(answer.body)


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses of what was made or found."""

    webhook: str
    form: str
    role: str
    import_: str
    merge: str
    private: str
    side: str


def program(desk: Desk, who: str = ADMIN) -> Program:
    """Return a program that acts in the name of a person of the demo."""
    return Program(desk, desk.cli("token", "create", "--user", who).stdout.decode().split()[-1])


def furnish(desk: Desk, running: Browser) -> Places:
    """Make a webhook, a role, an import, a double and a request by the form; find a side conversation."""
    api = program(desk)
    hook = {"name": "Учёт и склад", "url": "http://127.0.0.1:9/otklik", "events": ["ticket.opened", "ticket.closed"]}
    made = api.ask("POST", "/webhooks", hook)
    person = api.ask("GET", "/contacts?limit=1")["items"][0]
    double = {"name": person["name"], "addresses": [f"lichny-{person['id']}@example.com"]}
    if person.get("organization"):
        double["organization"] = person["organization"]["id"]
    twin = api.ask("POST", "/contacts", double)
    with visitor(running, desk.url) as admin:
        admin.sign_in(ADMIN)
        page = admin.page
        form, role, import_ = _numbered(page, "/settings/forms/"), _role(page), _import(page)
    return Places(
        webhook=f"/settings/webhooks/{made['id']}/", form=form, role=role, import_=import_,
        merge=f"/contacts/{twin['id']}/merge/?with={person['id']}", private=_request(desk, running), side=_side(api),
    )  # fmt: skip


def _save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form .button--primary").first.click()


def _numbered(page: Page, folder: str) -> str:
    """Return the first address below a page that ends in a number."""
    page.goto(folder)
    links: list[str] = page.locator(f"main a[href^='{folder}']").evaluate_all("all => all.map((one) => one.pathname)")
    return next(link for link in links if link.rstrip("/").rpartition("/")[2].isdigit())


def _role(page: Page) -> str:
    page.goto("/settings/roles/new/")
    page.locator("main [name=name]").fill("Приёмщик мастерской")
    for right in ("tickets.open", "tickets.note", "contacts.edit"):
        page.locator(f"main [name=rights][value='{right}']").check()
    _save(page)
    return _numbered(page, "/settings/roles/")


def _import(page: Page) -> str:
    page.goto("/contacts/import/")
    file = {"name": "клиенты.csv", "mimeType": "text/csv", "buffer": _PEOPLE.encode()}
    page.locator("main input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    _save(page)
    return page.url.partition("?")[0].removeprefix(page.evaluate("location.origin"))


def _request(desk: Desk, running: Browser) -> str:
    """Post a request by the form as a customer, and let an agent answer; return the private address."""
    with visitor(running, desk.url, java_script_enabled=False) as customer:
        page = customer.page
        page.goto("/portal/f/site/")
        page.fill("#text", "Добрый день! Морозильный ларь гудит и не морозит, мороженое течёт. Модель на фото.")
        page.fill("#name", "Пётр Ильин")
        page.fill("#email", "ilin@buket.example")
        page.fill("#phone", "+7 912 345-67-89")
        page.locator("[name=consent]").check()

        def sent() -> bool:  # a form that comes back quicker than one can type is refused
            with page.expect_navigation():
                page.get_by_role("button", name="Отправить").click()
            return page.locator("#link").count() > 0

        wait_until(sent, what="the private page")
        private = page.url.removeprefix(desk.url)
    api = program(desk, AGENT)
    number = api.ask("GET", "/tickets?limit=1")["items"][0]["number"]
    words = "Здравствуйте, Пётр! Приедем сегодня до шести. Пока переложите мороженое в другой ларь."
    api.ask("POST", f"/tickets/{number}/messages", {"kind": "reply", "body_text": words})
    return private


def _side(api: Program) -> str:
    for ticket in api.ask("GET", "/tickets?query=status:on_hold&limit=50")["items"]:
        for side in api.ask("GET", f"/tickets/{ticket['number']}/side-conversations")["items"]:
            return f"/tickets/{ticket['number']}/side/{side['id']}/"
    raise RuntimeError("the demo company has no side conversation")
