"""Own columns and order of the list: kept for a person on every device, and free for all others."""

from otklik.testing.people import People
from otklik.testing.tools import assert_statements, desk_client
from otklik.tickets.models import ListLayout, Ticket

WANTED = {"folder": "open", "column": ["team", "subject", "created"], "width-team": "l", "sort": "created"}


def _subjects(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('ticket-row__subject" title="')[1:]]


def test_layout_is_kept_on_the_server_and_others_pay_nothing(company: People) -> None:
    for number in range(3):
        company.ticket(f"Заявка {number}", team=company.field)
    anna, elsewhere, boris = desk_client(company.anna), desk_client(company.anna), desk_client(company.boris)
    before = elsewhere.get("/tickets/?folder=open").content.decode()
    assert _subjects(before) == ["Заявка 2", "Заявка 1", "Заявка 0"]
    usual = boris.get("/tickets/?folder=open").content.decode()
    assert anna.post("/tickets/columns/", WANTED).status_code == 302
    for browser in (anna, elsewhere):
        page = browser.get("/tickets/?folder=open").content.decode()
        assert _subjects(page) == ["Заявка 0", "Заявка 1", "Заявка 2"]
        assert 'class="cell cell--l cell--team"' in page
        assert "Выездная бригада" in page
        assert "cell--status" not in page
        assert "ticket-row--own" in browser.get("/tickets/?folder=all").content.decode()
        with assert_statements(4):
            browser.get("/tickets/?folder=open")
    assert boris.get("/tickets/?folder=open").content.decode().count("ticket-row__") == usual.count("ticket-row__")
    with assert_statements(4):
        boris.get("/tickets/?folder=open")


def test_folder_may_have_its_own_and_everything_can_be_as_usual(company: People) -> None:
    company.ticket(assignee=company.anna)
    anna = desk_client(company.anna)
    for _press in range(2):
        anna.post("/tickets/columns/", WANTED | {"folder": "mine", "here": "1"})
    assert ListLayout.objects.get().folder == "mine"
    assert "ticket-row--own" in anna.get("/tickets/?folder=mine").content.decode()
    assert "ticket-row--own" not in anna.get("/tickets/?folder=open").content.decode()
    menu = anna.get("/tickets/columns/?folder=mine").content.decode()
    assert '<option value="created" selected>' in menu
    assert menu.index('value="team" checked') < menu.index('value="subject" checked') < menu.index('value="status"')
    anna.post("/tickets/columns/", {"folder": "mine", "usual": "1"})
    assert not ListLayout.objects.exists()


def test_every_order_has_whole_pages(company: People) -> None:
    for number in range(53):
        company.ticket(f"{number:02}")
    anna = desk_client(company.anna)
    for sort, first, last in (("created", "00", "52"), ("activity", "00", "52"), ("-created", "52", "00")):
        anna.post("/tickets/columns/", WANTED | {"sort": sort})
        page = anna.get("/tickets/?folder=open").content.decode()
        more = page.partition('data-more hx-get="')[2].partition('"')[0].replace("&amp;", "&")
        rest = anna.get(more).content.decode()
        found = _subjects(page) + _subjects(rest)
        assert (len(found), len(set(found)), found[0], found[-1]) == (53, 53, first, last)
        keys = [part.partition('"')[0] for part in (page + rest).split('data-sort="')[1:]]
        assert keys == sorted(keys, reverse=True)


def test_what_makes_no_sense_is_refused(company: People) -> None:
    anna = desk_client(company.anna)
    part = {"HX-Request": "true"}
    for wrong in ({"column": ["subject", "price"]}, {"column": ["team"]}, {"sort": "price"}, {"width-team": "9px"},
                  {"column": ["subject", "subject"]}, {"colour": "red"}):  # fmt: skip
        assert anna.post("/tickets/columns/", WANTED | wrong, headers=part).status_code == 422, wrong
    assert anna.post("/tickets/columns/", WANTED | {"folder": "nothing"}).status_code == 404
    assert not ListLayout.objects.exists()


def test_unread_answer_of_a_third_party_is_marked_in_any_columns(company: People) -> None:
    ticket = company.ticket()
    company.ticket()
    Ticket.objects.filter(pk=ticket.pk).update(side_count=1, side_unread=1)
    anna = desk_client(company.anna)
    for _layout in ("usual", "own"):
        page = anna.get("/tickets/?folder=open").content.decode()
        assert page.count('<span class="chip chip--accent">Ответила третья сторона</span>') == 1
        anna.post("/tickets/columns/", WANTED)
