"""A provider of sign-in on this machine: discovery, keys, tokens and user information, wrong on demand."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from otklik.core.clock import now

CLIENT, SECRET, CODE = "otklik", "very secret", "code-1"


@cache
def key(name: str = "one") -> rsa.RSAPrivateKey:
    """Return a key of this name, made once: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class FakeProvider:
    """The provider: what it would say of the person, and what it says instead (``answers`` by path, ``spoil``)."""

    issuer: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "77", "email": "anna@desk.example", "email_verified": True, "name": "Анна Л."}
    )
    nonce: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    signed_by: str = "one"
    shown: str = "one"
    algorithm: str = "RS256"
    access: str = "at"
    more: dict[str, Any] = field(default_factory=dict)
    held: threading.Event = field(default_factory=threading.Event)
    refuses: str = ""

    def description(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth", "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint": f"{self.issuer}/token", "userinfo_endpoint": f"{self.issuer}/me",
            "end_session_endpoint": f"{self.issuer}/out", "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        """Return the public keys."""
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(self.shown).public_key()))
        return {"keys": [shown | {"kid": self.shown, "use": "sig", "alg": "RS256"}]}

    def token(self) -> str:
        """Return the ID token."""
        at = int(now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": at + 300, "iat": at, "nonce": self.nonce} | self.person
        self.spoil(claims)
        if self.algorithm == "none":
            return jwt.encode(claims, None, algorithm="none")
        if self.algorithm == "HS256":
            return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": self.signed_by})
        return jwt.encode(claims, key(self.signed_by), algorithm=self.algorithm, headers={"kid": self.signed_by})

    def sends_back(self, asked: dict[str, str]) -> str:
        """Return the address to which a person's browser goes on from here; ``refuses`` names why he is refused."""
        self.nonce = asked["nonce"]
        said = {"error": self.refuses} if self.refuses else {"code": CODE}
        return f"{asked['redirect_uri']}?{urlencode(said | {'state': asked['state']})}"

    def say(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        if path == "/token":
            self.asked.append(form)
            if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
                return 401, {"error": "invalid_client"}
            if form.get("code") != CODE:
                return 400, {"error": "invalid_grant"}
            return 200, {"access_token": self.access, "token_type": "Bearer", "id_token": self.token()}
        known = {"/.well-known/openid-configuration": self.description, "/keys": self.keys, "/me": lambda: self.more}
        return (200, known[path]()) if path in known else (404, {})


@contextlib.contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Run a provider on a free port of this machine."""
    fake = FakeProvider()
    fake.held.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            if path == "/auth":
                self.send_response(302)
                self.send_header("Location", fake.sends_back(dict(parse_qsl(query))))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            length = int(self.headers.get("Content-Length") or 0)
            sent = parse_qs(self.rfile.read(length).decode())
            fake.held.wait(20)
            status, said = fake.say(path, {name: values[0] for name, values in sent.items()})
            body = fake.answers.get(path, json.dumps(said).encode())
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that the library calls

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield fake
    finally:
        fake.held.set()
        server.shutdown()
        server.server_close()
