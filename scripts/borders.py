"""Check the borders of the house that an import contract cannot see.

* Network clients only in ``adapter.py``, ``client.py`` and ``core/http.py``; bare sockets also where processes speak to
  each other or a server listens.
* The clock is read only in ``core/clock.py``.
* No model signals: what follows a change is a subscriber.
* Events are recorded only by actions.
* Between rooms only actions, queries, events, policies and models are imported, and the doors named below.
* A foreign key never points up, not even by string.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = {
    "aiohttp", "ftplib", "http.client", "httpx", "imap_tools", "imaplib", "niquests", "poplib", "requests", "smtplib",
    "telnetlib", "urllib.request", "urllib3",
}  # fmt: skip
CLIENT_PLACES = ("adapter.py", "client.py", "core/http.py")
# Listening sockets and the datagrams between the processes of one desk are not the network outside.
SOCKET_PLACES = (*CLIENT_PLACES, "config/", "core/engine", "channels/email/smtpd")
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "timezone.now",
    "time.time",
    "time.time_ns",
}
DOORS = {"actions", "queries", "events", "policies", "models"}
# Doors beyond the five, each with its reason.
MORE_DOORS = {
    "core": None,  # everything in core is for everybody
    "accounts": {"rest", "shapes", "web"},  # guards that views and API wear; what every answer of the API is made of
    # pure rules; the registries of personal data and of sight; the public JSON
    "contacts": {"domains", "dossiers", "public", "references", "sight"},
    "search": {"documents", "line", "match", "snippets", "words"},  # the registry of documents; pure reading of words
    "channels": {"base", "registry", "outbound"},  # the adapter contract
    # the public JSON and its shapes; how messages and files are shown to people
    "tickets": {"public", "presenters", "files", "shapes"},
}
# The assembly of the program, and the demo company, which writes rows in bulk as the rooms themselves would.
INSIDERS = {"config", "demo", "__init__.py"}
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def main(root: Path = ROOT) -> int:
    """Print each crossing; returns 1 when there is any."""
    rank = _ranks(root)
    problems = []
    for path in sorted((root / "otklik").rglob("*.py")):
        place = path.relative_to(root / "otklik").as_posix()
        if {"tests", "migrations"} & set(Path(place).parts) or place.startswith("testing/"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [*_imports(place, tree), *_calls(place, tree), *_relations(place, tree, rank)]
        problems += [f"otklik/{place}:{line}: {text}" for line, text in dict.fromkeys(found)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def _ranks(root: Path) -> dict[str, int]:
    """Read the layers of the import contract; a greater number stands lower in the house."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {
        name.strip().strip("()").removeprefix("otklik."): number
        for number, layer in enumerate(layers)
        for name in layer.split("|")
    }


def _imported(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Yield (line, module, name) of every import; name is "" for ``import module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)


def _imports(place: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    room = place.split("/", maxsplit=1)[0]
    for line, module, name in _imported(tree):
        if _is_one_of(module, name, CLIENTS) and not _stands_in(place, CLIENT_PLACES):
            yield line, f"{module} opens the network; that is for adapter.py, client.py and core/http.py"
        if module.startswith("django.db.models.signals"):
            yield line, "no model signals; subscribe to an event instead"
        records = module.startswith("otklik.core.events") and name in {"record", "record_many"}
        if records and room != "core" and "actions" not in place:
            yield line, "only actions record events"
        if problem := _crossing(room, module, name):
            yield line, problem


def _is_one_of(module: str, name: str, modules: set[str]) -> bool:
    return any(part in modules for part in (module, f"{module}.{name}", module.split(".", maxsplit=1)[0]))


def _stands_in(place: str, places: tuple[str, ...]) -> bool:
    return any(place.startswith(one) or place == one or place.endswith(f"/{one}") for one in places)


def _crossing(room: str, module: str, name: str) -> str:
    package, _, rest = module.partition(".")
    if package != "otklik" or not rest or room in INSIDERS:
        return ""
    other, _, inside = f"{rest}.{name}".partition(".")
    if other == room or MORE_DOORS.get(other, ()) is None:
        return ""
    doors = DOORS | (MORE_DOORS.get(other) or set())
    # otklik.channels.email.models is a door as well: a room may have rooms inside.
    if any(part in doors for part in inside.split(".")[:2]):
        return ""
    return f"{module} is not a door of {other}; import its {', '.join(sorted(doors))}"


def _calls(place: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    if place == "core/clock.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            call = f"{ast.unparse(node.func.value).rsplit('.', maxsplit=1)[-1]}.{node.func.attr}"
            if call in {"socket.socket", "socket.create_connection"} and not _stands_in(place, SOCKET_PLACES):
                yield node.lineno, "sockets are for adapters, clients, servers and the engine"
            if call in CLOCKS:
                yield node.lineno, f"{call}() reads the clock; use otklik.core.clock"
    for line, module, name in _imported(tree):
        if (module, name) in {("django.utils.timezone", "now"), ("time", "time")}:
            yield line, f"{module}.{name} reads the clock; use otklik.core.clock"


def _relations(place: str, tree: ast.AST, rank: dict[str, int]) -> Iterator[tuple[int, str]]:
    own = rank.get(place.split("/", maxsplit=1)[0])
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and own is not None):
            continue
        target = node.args[0]
        if (
            ast.unparse(node.func).rsplit(".", maxsplit=1)[-1] in RELATIONS
            and isinstance(target, ast.Constant)
            and isinstance(target.value, str)
        ):
            other = rank.get(target.value.split(".", maxsplit=1)[0])
            if other is not None and other < own:
                yield node.lineno, f"a relation to {target.value} points up"


if __name__ == "__main__":
    sys.exit(main())
