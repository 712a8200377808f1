"""Static files: one version for all, addresses that never go stale, and pages that outlive an upgrade."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from otklik.config import static_files
from otklik.config.static_files import version
from otklik.testing.people import People
from otklik.testing.tools import desk_client

YEAR = "max-age=31536000, public, immutable"


def body_of(client: Client, url: str) -> bytes:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return b"".join(answer.streaming_content)


def test_an_address_holds_the_version_and_is_kept_for_a_year(client: Client) -> None:
    url = static("js/desk.js")
    assert re.fullmatch(r"/static/v[0-9a-f]{12}/js/desk\.js", url)
    answer = client.get(url)
    assert answer.headers["Cache-Control"] == YEAR
    assert answer.headers["Content-Type"] == 'text/javascript; charset="utf-8"'
    assert b"".join(answer.streaming_content) == Path(str(finders.find("js/desk.js"))).read_bytes()


@pytest.mark.parametrize("version", ["", "v000000000000/"])
def test_without_a_version_or_with_an_old_one_todays_file_comes_for_a_short_time(client: Client, version: str) -> None:
    answer = client.get(f"/static/{version}js/desk.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(
    "path", ["nothing.js", "v000000000000/nothing.js", "v000000000000/", "v0/js/desk.js", "../settings.py",
             "v000000000000/../../settings.py", "v000000000000/v000000000000/js/desk.js"],
)  # fmt: skip
@pytest.mark.django_db  # the page that says so names the company
def test_what_is_no_file_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code in {302, 404}


@pytest.mark.parametrize("start", ["js/desk.js", "js/card.js"])
def test_scripts_import_only_scripts_of_their_own_version(client: Client, start: str) -> None:
    seen: set[str] = set()
    waiting = [static(start)]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        assert url.startswith(f"/static/{version()}/")
        imported = re.findall(rb"""(?:import|from)\s*\(?["'](\.[^"']+)["']""", body_of(client, url))
        waiting += [urljoin(url, found.decode()) for found in imported]
    assert len(seen) > 3


def test_pages_name_no_file_without_its_version(company: People) -> None:
    ticket = company.ticket()
    for address in ("/tickets/", f"/tickets/{ticket.pk}/", "/profile/"):
        page = desk_client(company.anna).get(address).content.decode()
        named = re.findall(r"""["'](/static/[^"'#]+)""", page)
        assert named
        assert [url for url in named if not url.startswith(f"/static/{version()}/")] == []


def test_the_version_follows_the_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()

    class Storage:
        prefix = ""

        def path(self, name: str) -> str:
            return str(folder / name)

    class Finder:
        def list(self, _ignored: object) -> list[tuple[str, Storage]]:
            return [(path.name, Storage()) for path in folder.iterdir()]

    monkeypatch.setattr(static_files.finders, "get_finders", lambda: [Finder()])

    def now() -> str:
        return version.__wrapped__()

    (folder / "a.js").write_text("1")
    first = now()
    (folder / "a.js").touch()
    assert now() == first
    (folder / "a.js").write_text("2")
    second = now()
    (folder / "a.js").rename(folder / "b.js")
    assert len({first, second, now()}) == 3


def test_two_processes_agree() -> None:
    code = "import django; django.setup(); from otklik.config.static_files import version; print(version())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == version()
