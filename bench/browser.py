"""One client that signs in and fetches pages over one kept connection, timing each answer to its last byte."""

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(slots=True)
class Browser:
    """A kept connection with cookies."""

    port: int
    token: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def fetch(self, path: str, *, form: dict[str, str] | None = None) -> tuple[int, str, float]:
        """Return status, text and seconds of one answer; redirects are not followed."""
        headers = {"Accept-Language": "ru", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://127.0.0.1:{self.port}"}
        began = time.perf_counter()
        self.connection.request("GET" if form is None else "POST", path, body=body, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - began
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return response.status, content.decode("utf-8", "replace"), seconds

    def post(self, path: str, body: dict[str, str]) -> tuple[int, str, float]:
        """Post JSON with the token and return what ``fetch`` returns."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        began = time.perf_counter()
        self.connection.request("POST", path, body=json.dumps(body), headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        return response.status, content.decode("utf-8", "replace"), time.perf_counter() - began

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by the form. Raises ``RuntimeError`` when that does not work."""
        _, page, _ = self.fetch("/accounts/login/")
        found = _CSRF.search(page)
        if found is None:
            raise RuntimeError("the sign-in page has no form")
        form = {"csrfmiddlewaretoken": found[1], "login": email, "password": password}
        status, _, _ = self.fetch("/accounts/login/", form=form)
        if status != 302:
            raise RuntimeError(f"sign-in answered {status}")

    def measure(self, path: str, count: int, *, holds: str, warm: int = 20) -> list[float]:
        """Return the seconds of ``count`` answers, each read whole and checked for its status and a text in it."""
        taken = []
        for number in range(count + warm):
            status, text, seconds = self.fetch(path)
            if status != 200 or holds not in text:
                raise RuntimeError(f"{path} answered {status} without “{holds}”")
            if number >= warm:
                taken.append(seconds)
        return taken
