"""Where files may live besides a folder: the address of an S3 store, read from one environment variable."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

_OPTIONS = frozenset({"region", "tls", "style", "ca"})


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """One bucket (and a folder in it) of an S3-compatible server, with the key that opens it."""

    endpoint: str
    bucket: str
    prefix: str
    region: str
    key: str
    secret: str = field(repr=False)
    virtual_hosts: bool = False
    ca_file: str = ""

    @property
    def shown(self) -> str:
        """The address as people may see it: without the key."""
        return f"{self.endpoint}/{self.bucket}{'/' if self.prefix else ''}{self.prefix}"


def read_object_store(url: str) -> ObjectStore:
    """Read ``s3://key:secret@host[:port]/bucket[/folder][?region=…&tls=no&style=host&ca=/file.pem]``.

    Raises ``ValueError`` with a sentence that names nothing secret.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the port is none (is a / in the secret written as %2F?)") from None
    bucket, _, prefix = unquote(parts.path).strip("/").partition("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := options.keys() - _OPTIONS:
        raise ValueError(f"it does not know {', '.join(sorted(unknown))}; it knows {', '.join(sorted(_OPTIONS))}")
    if not parts.hostname or not bucket:
        raise ValueError("it names no host or no bucket")
    if not parts.username or not parts.password:
        raise ValueError("it names no key and secret")
    if options.get("tls", "yes") not in {"yes", "no"} or options.get("style", "path") not in {"path", "host"}:
        raise ValueError("tls is yes or no, style is path or host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    scheme = "http" if options.get("tls") == "no" else "https"
    return ObjectStore(
        endpoint=f"{scheme}://{host}" + (f":{port}" if port else ""),
        bucket=bucket,
        prefix=prefix.strip("/"),
        region=options.get("region", "us-east-1"),
        key=unquote(parts.username),
        secret=unquote(parts.password),
        virtual_hosts=options.get("style") == "host",
        ca_file=options.get("ca", ""),
    )
