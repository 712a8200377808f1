"""A program that speaks to the REST API inside a test."""

import json
from typing import Any

from django.test import Client

from otklik.accounts import actions as accounts
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for


class Api:
    """A program with a token of one user; without scopes the token may do all that its owner may."""

    def __init__(self, user: User, *scopes: str) -> None:
        _row, plain = accounts.create_token(user, name="test", scopes=scopes, by=actor_for(user))
        self.client = Client(headers={"authorization": f"Bearer {plain}"})

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request and return its status and JSON."""
        data = json.dumps(body) if body is not None else ""
        answer = self.client.generic(
            method.upper(), f"/api/v1{path}", data=data, content_type="application/json", headers=headers or None
        )
        return answer.status_code, json.loads(answer.content or b"null")

    def keyed(self, method: str, path: str, body: Any = None, key: str = "k1") -> tuple[int, Any]:
        """Send a request with an idempotency key."""
        return self(method, path, body, **{"Idempotency-Key": key})
