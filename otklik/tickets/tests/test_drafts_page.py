"""What a page sends of a draft: only of the person it was made for."""

from otklik.testing.people import People
from otklik.testing.tools import desk_client
from otklik.tickets.models import Draft


def test_a_page_that_was_made_for_a_colleague_keeps_nothing_as_mine(company: People) -> None:
    ticket, client = company.ticket(), desk_client(company.boris)
    values = {"mode": "reply", "text": "Секрет Анны", "version": "0", "person": str(company.anna.pk)}
    assert client.post(f"/tickets/{ticket.pk}/draft/", values).status_code == 403
    assert client.post("/tickets/new/draft/", values | {"mode": "new"}).status_code == 403
    assert not Draft.objects.exists()
    assert client.post(f"/tickets/{ticket.pk}/draft/", values | {"person": str(company.boris.pk)}).status_code == 200
