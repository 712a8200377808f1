"""An agent of the demo company at a running desk: by pages as a browser sends them, and by the API."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.browser import Browser
from otklik.testing.looking import look
from otklik.testing.server import Answer, Desk

EMAIL, PASSWORD = "supervisor@demo.otklik.test", "demo"


@dataclass
class Agent:
    """Signed in before something happens to the desk; has a token as well."""

    desk: Desk
    cookies: dict[str, str] = field(init=False)
    headers: dict[str, str] = field(init=False)
    token: str = field(init=False)
    ticket: int = field(init=False)

    def __post_init__(self) -> None:
        browser = Browser(self.desk.port)
        browser.sign_in(EMAIL, PASSWORD)
        browser.fetch("/tickets/")
        self.cookies = browser.cookies
        self.headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
            "X-CSRFToken": browser.cookies["otklik_csrf"], "Referer": self.desk.url,
        }  # fmt: skip
        form = [("name", "test"), ("scopes", "read"), ("scopes", "write"), ("days", "30")]
        made = self.post("/profile/security/tokens/", form)
        found = re.search(r"otk_[\w-]+", made.text)
        assert found, made.text[:2000]
        self.token = found[0]
        self.ticket = look(self.desk, "SELECT max(id) FROM tickets_ticket")[0][0]

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self.desk.get(path, headers=self.headers | headers, timeout=60)

    def reply(self, text: str, *, script: bool = True) -> Answer:
        """Send a reply; without scripts the form replaces the page."""
        form = [("mode", "reply"), ("reply_text", text), ("reply_format", "text")]
        return self.post(f"/tickets/{self.ticket}/replies/", form, **({"HX-Request": "true"} if script else {}))

    def post(self, path: str, form: Sequence[tuple[str, str]], **headers: str) -> Answer:
        """Send a form."""
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"} | headers
        return self.desk.request("POST", path, body=urlencode(form).encode(), headers=headers, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Call the API."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        return self.desk.request(method, f"/api/v1{path}", body=content, headers=headers, timeout=60)

    def kept(self, text: str) -> int:
        """Count the replies with these words."""
        rows = look(self.desk, f"SELECT id FROM tickets_message WHERE kind = 'reply' AND body_text LIKE '{text}%'")
        return len(rows)
