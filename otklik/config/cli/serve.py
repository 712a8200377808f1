"""``otklik serve`` and its parts ``web``, ``worker``, ``smtp``: sockets, the folder, then the supervisor."""

import argparse
import os
import sys
from typing import NoReturn

from otklik.config.cli.setup import choose_data_folder, complain
from otklik.config.serve.folder import FolderInUse, is_demo, lock_folder
from otklik.config.serve.plan import Plan
from otklik.config.serve.sockets import CannotListen, listen, split_address

HOST, PORT = "127.0.0.1", 8000
SMTP_HOST, SMTP_PORT = "127.0.0.1", 2525
SIGN_INS = ("admin", "supervisor", "agent", "technician", "observer")
_DATABASE = "otklik.sqlite3"
_SUPERVISOR = "otklik.config.serve.supervisor"


def run_serve(options: argparse.Namespace) -> int:
    """Run the whole desk until it is told to end."""
    folder = choose_data_folder(options)
    demo = is_demo(folder)
    first = not _has_other_database() and not (folder / _DATABASE).exists()
    if options.demo and not demo and not _has_other_database() and not first:
        complain(f"{folder} holds a real desk; start it without --demo or choose another --data")
        return 1
    demo = demo or options.demo
    try:
        lock = lock_folder(folder)
        smtp_host, smtp_port = _smtp_address(options.smtp_port)
        pages = listen(options.host or HOST, options.port or PORT, option="--port")
        mail = listen(smtp_host, smtp_port, option="--smtp-port")
    except (FolderInUse, CannotListen) as error:
        complain(str(error))
        return 1
    os.environ["OTKLIK_SMTP_LISTEN"] = f"{smtp_host}:{smtp_port}"
    os.environ["OTKLIK_DEMO"] = "true" if demo else os.environ.get("OTKLIK_DEMO", "")
    address = _base_url(options.host or HOST, pages.getsockname()[1])
    plan = Plan(data=str(folder), web=options.web, demo=demo, listen_fd=pages.fileno(), smtp_fd=mail.fileno())
    return _supervise(plan, lock, _welcome(address, f"{smtp_host}:{smtp_port}", demo=demo, first=first))


def run_web(options: argparse.Namespace) -> int:
    """Run web processes alone."""
    if not _has_other_database():
        return _needs_postgres("web")
    folder = choose_data_folder(options)
    try:
        pages = listen(options.host or HOST, options.port or PORT, option="--port")
    except CannotListen as error:
        complain(str(error))
        return 1
    address = _base_url(options.host or HOST, pages.getsockname()[1])
    plan = Plan(data=str(folder), web=options.web, services=None, prepare=False, listen_fd=pages.fileno())
    return _supervise(plan, None, f"Otklik answers at {address}")


def run_worker(options: argparse.Namespace) -> int:
    """Run the background loops alone, without the mail receiver."""
    if not _has_other_database():
        return _needs_postgres("worker")
    folder = choose_data_folder(options)
    plan = Plan(data=str(folder), web=0, without=("smtp",), prepare=False)
    return _supervise(plan, None, "Otklik works in the background")


def run_smtp(options: argparse.Namespace) -> int:
    """Run the mail receiver alone: it stores, a worker reads."""
    if not _has_other_database():
        return _needs_postgres("smtp")
    folder = choose_data_folder(options)
    host, port = _smtp_address(options.port)
    try:
        mail = listen(options.host or host, port, option="--port")
    except CannotListen as error:
        complain(str(error))
        return 1
    os.environ["OTKLIK_SMTP_LISTEN"] = f"{options.host or host}:{port}"
    plan = Plan(data=str(folder), web=0, services=("smtp",), prepare=False, smtp_fd=mail.fileno())
    return _supervise(plan, None, f"Otklik receives mail at {host}:{port}")


def _supervise(plan: Plan, lock: int | None, welcome: str) -> NoReturn:
    """Become the supervisor, which reads from a pipe what it has to do and to say."""
    held = plan.descriptors if lock is None else (*plan.descriptors, lock)
    reader, writer = os.pipe()
    os.write(writer, "\n".join((plan.to_json(), " ".join(map(str, held)), welcome)).encode())
    os.close(writer)
    os.set_inheritable(reader, True)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", _SUPERVISOR, str(reader)])  # noqa: S606 - our own


def _has_other_database() -> bool:
    return bool(os.environ.get("OTKLIK_DATABASE_URL", "").strip() or os.environ.get("OTKLIK_DATABASE_URL_FILE", ""))


def _needs_postgres(command: str) -> int:
    complain(
        f"`otklik {command}` needs PostgreSQL: SQLite has one writer, and `otklik serve` keeps it in one process."
        " Set OTKLIK_DATABASE_URL=postgresql://…, or use `otklik serve`."
    )
    return 1


def _smtp_address(port: int | None) -> tuple[str, int]:
    text = os.environ.get("OTKLIK_SMTP_LISTEN", "").strip()
    try:
        host, number = split_address(text, default_host=SMTP_HOST, default_port=SMTP_PORT)
    except ValueError:
        complain("OTKLIK_SMTP_LISTEN must be host:port")
        raise SystemExit(1) from None
    return host, port or number


def _base_url(host: str, port: int) -> str:
    """Settle what links begin with: what is configured, else where we listen; never what a browser says."""
    given = os.environ.get("OTKLIK_BASE_URL", "").strip()
    if not given:
        shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
        shown = f"[{shown}]" if ":" in shown else shown
        given = f"http://{shown}" if port == 80 else f"http://{shown}:{port}"
        os.environ["OTKLIK_BASE_URL"] = given
    return given.rstrip("/")


def _welcome(address: str, smtp: str, *, demo: bool, first: bool) -> str:
    lines = [f"Otklik answers at {address}/  (mail receiver at {smtp}). Stop with Ctrl-C."]
    if demo:
        lines.append("Demo company: sign in with the password “demo” as")
        lines += [f"  {role:<11} {role}@demo.otklik.test" for role in SIGN_INS]
        lines.append(f"Send it mail for support@demo.otklik.test by SMTP to {smtp}.")
    elif first:
        lines.append("Make the first administrator at the address above, or with: otklik user add EMAIL --role admin")
    return "\n".join(lines)
