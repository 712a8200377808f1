"""An S3 server on loopback that checks signatures and can be told to be slow, away, broken or full of lies."""

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from otklik.core.object_store import ObjectStore, read_object_store

KEY, SECRET, BUCKET, REGION = "key", "se/cret+1", "desk", "ru-1"
Trouble = Callable[["Handler"], bool]


class FakeS3(ThreadingHTTPServer):
    """The server: ``objects`` by path; ``trouble`` may answer a request itself and return true."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.changed: dict[str, datetime] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.trouble: Trouble | None = None

    @property
    def url(self) -> str:
        return f"s3://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{self.server_port}/{BUCKET}/files?tls=no&region={REGION}"

    @property
    def place(self) -> ObjectStore:
        return read_object_store(self.url)

    def keep(self, path: str, data: bytes, at: datetime | None = None) -> None:
        self.objects[path] = data
        self.changed[path] = at or datetime.now(UTC)

    def files(self) -> dict[str, bytes]:
        return {path.removeprefix("files/"): data for path, data in self.objects.items() if path != "files/owner"}

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what is tested."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: FakeS3

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> bool:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def error(self, status: int, code: str) -> bool:
        return self.answer(status, f"<Error><Code>{code}</Code></Error>".encode(), Content_Type="application/xml")

    def _do(self) -> None:
        self.parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(self.parts.query, keep_blank_values=True).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, _, self.object = unquote(self.parts.path).lstrip("/").partition("/")
        self.server.asked.append((self.command, self.object))
        if self.server.trouble and self.server.trouble(self):
            return
        if not self._signed():
            self.error(403, "SignatureDoesNotMatch")
        elif bucket != BUCKET:
            self.error(404, "NoSuchBucket")
        else:
            getattr(self, f"_{self.command.lower()}")()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _do  # noqa: N815 - the names that the server calls

    def _signed(self) -> bool:
        """Check AWS Signature Version 4 as the server side does, the body's digest included."""
        try:
            scheme, _, rest = self.headers["Authorization"].partition(" ")
            facts = dict(item.strip().split("=", 1) for item in rest.split(","))
            key, day, region, service, _end = facts["Credential"].split("/")
        except (KeyError, TypeError, ValueError):
            return False
        digest = self.headers["x-amz-content-sha256"]
        if digest not in {hashlib.sha256(self.body).hexdigest(), "UNSIGNED-PAYLOAD"}:
            return False
        query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(self.query.items())
        )
        names = facts["SignedHeaders"].split(";")
        lines = "".join(f"{name}:{' '.join((self.headers[name] or '').split())}\n" for name in names)
        canonical = "\n".join([self.command, self.parts.path, query, lines, ";".join(names), digest])
        scope = f"{day}/{region}/{service}/aws4_request"
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                self.headers["x-amz-date"],
                scope,
                hashlib.sha256(canonical.encode()).hexdigest(),
            ]
        )
        seal = f"AWS4{SECRET}".encode()
        for word in (day, region, service, "aws4_request"):
            seal = hmac.digest(seal, word.encode(), "sha256")
        expected = hmac.new(seal, text.encode(), "sha256").hexdigest()
        return scheme == "AWS4-HMAC-SHA256" and key == KEY and region == REGION and facts["Signature"] == expected

    def _get(self) -> None:
        if not self.object:
            self._list()
        elif self.object not in self.server.objects:
            self.error(404, "NoSuchKey")
        else:
            self._give(self.server.objects[self.object])

    _head = _get

    def _give(self, data: bytes) -> None:
        changed = self.server.changed[self.object].strftime("%a, %d %b %Y %H:%M:%S GMT")
        self.answer(200, data, Last_Modified=changed, ETag=f'"{hashlib.md5(data).hexdigest()}"')

    def _list(self) -> None:
        prefix, size = self.query.get("prefix", ""), int(self.query.get("max-keys", "1000"))
        after = self.query.get("continuation-token", self.query.get("start-after", ""))
        names = sorted(name for name in self.server.objects if name.startswith(prefix) and name > after)
        page, more = names[:size], len(names) > size
        items = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{self.server.changed[name]:%Y-%m-%dT%H:%M:%S.000Z}"
            f"</LastModified><ETag>x</ETag><Size>{len(self.server.objects[name])}</Size></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        body = (
            f"<ListBucketResult><Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{items}</ListBucketResult>"
        )
        self.answer(200, body.encode(), Content_Type="application/xml")

    def _put(self) -> None:
        if "uploadId" in self.query:
            self.server.parts[self.query["uploadId"]][int(self.query["partNumber"])] = self.body
        else:
            self.server.keep(self.object, self.body)
        self.answer(200, ETag=f'"{hashlib.md5(self.body).hexdigest()}"')

    def _post(self) -> None:
        if "delete" in self.query:
            names = re.findall(r"<Key>([^<]+)</Key>", self.body.decode())
            for name in names:
                self.server.objects.pop(name, None)
            body = f"<DeleteResult>{''.join(f'<Deleted><Key>{name}</Key></Deleted>' for name in names)}</DeleteResult>"
        elif "uploads" in self.query:
            self.server.parts[self.object] = {}
            body = f"<InitiateMultipartUploadResult><UploadId>{self.object}</UploadId></InitiateMultipartUploadResult>"
        else:
            parts = self.server.parts.pop(self.query["uploadId"])
            self.server.keep(self.object, b"".join(parts[number] for number in sorted(parts)))
            body = "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
        self.answer(200, body.encode(), Content_Type="application/xml")

    def _delete(self) -> None:
        self.server.objects.pop(self.object, None)
        self.answer(204)


@contextmanager
def fake_s3() -> Iterator[FakeS3]:
    """Run a server for a while."""
    server = FakeS3()
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
