"""What rows may be dragged onto: by right."""

from otklik.testing.people import People
from otklik.testing.tools import desk_client


def test_tray_offers_what_one_may_do(company: People) -> None:
    page = desk_client(company.anna).get("/tickets/bulk/?menu=targets").content.decode()
    assert f'data-drop="assignee={company.boris.pk}"' in page
    assert 'data-drop="status=solved"' in page
    assert f"team-{company.field.pk}&quot;: &quot;team={company.field.pk}" in page
    reader = desk_client(company.observer).get("/tickets/bulk/?menu=targets").content.decode()
    assert "data-drop=" not in reader
    assert 'data-rail="{}"' in reader
