"""A real IMAP server for the time of a test: Dovecot with a configuration of its own in a temporary folder."""

import contextlib
import getpass
import imaplib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from otklik.channels.email.mailbox import PLAIN, Server
from otklik.testing.server import free_port, wait_until

BINARY = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
USER, PASSWORD = "support@demo.otklik.test", "secret-word"

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner}
mail_gid = {group_id}
mailbox_list_index = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group_id} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  process_min_avail = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{extra}
"""


@dataclass(slots=True)
class Dovecot:
    """A running server: its port, and how to look into it beside the program under test."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    user: str = USER

    @property
    def server(self) -> Server:
        """The settings a mailbox has for it."""
        return Server("127.0.0.1", self.port, PLAIN, self.user, PASSWORD)

    def seen_by(self, user: str) -> "Dovecot":
        """Return the same server as another person sees it, who begins with an empty mailbox."""
        return replace(self, user=user)

    @property
    def maildir(self) -> Path:
        """Where the person's mail lies."""
        return self.folder / "mail" / self.user

    @contextlib.contextmanager
    def open(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Sign in like a mail program of a person."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        try:
            client.login(self.user, PASSWORD)
            client.select(folder)
            yield client
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def put(self, *raws: bytes, folder: str = "INBOX") -> None:
        """Let mails arrive."""
        with self.open(folder) as client:
            for raw in raws:
                client.append(folder, "", imaplib.Time2Internaldate(time.time()), raw)

    def drop(self, *raws: bytes) -> None:
        """Let mails lie there already, as they lie on its disk; quicker than to ``put`` them."""
        folders = [self.maildir, *(self.maildir / name for name in ("tmp", "cur", "new"))]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        owner = (self.folder / "mail").stat()
        number = len(os.listdir(folders[-1]))
        made = [folders[-1] / f"{number + place:012}.{uuid.uuid4().hex}.drop" for place in range(len(raws))]
        for path, raw in zip(made, raws, strict=True):
            path.write_bytes(raw)
        if os.geteuid() == 0:
            for path in (*folders, *made):
                os.chown(path, owner.st_uid, owner.st_gid)

    def counts(self, *wanted: tuple[str, str]) -> list[int]:
        """Return how many messages fulfil a criterion in a folder, for several of both, at one sign-in."""
        found = []
        with self.open() as client:
            for folder, criterion in wanted:
                client.select(folder, readonly=True)
                found.append(len(client.search(None, criterion)[1][0].split()))
        return found

    def count(self, folder: str = "INBOX", criterion: str = "ALL") -> int:
        """Return how many messages a folder holds."""
        with self.open(folder) as client:
            return len(client.search(None, criterion)[1][0].split())

    def forget_uids(self) -> None:
        """Make the server number its messages anew, with another UIDVALIDITY, as after a move to other hardware."""
        for path in self.maildir.rglob("dovecot*"):
            if path.name != "dovecot-uidlist":
                path.unlink()
                continue
            lines = path.read_text().splitlines(keepends=True)
            old = next(word for word in lines[0].split() if word.startswith("V"))
            path.write_text(lines[0].replace(old, f"V{int(old[1:]) + 1000}") + "".join(lines[1:]))

    def renumber(self) -> None:
        """Make the server number what it holds from one again under the same UIDVALIDITY, as after a careless restore.

        Nobody may be signed in.
        """
        for path in self.maildir.glob("dovecot*"):
            if path.name != "dovecot-uidlist":
                path.unlink()
        path = self.maildir / "dovecot-uidlist"
        head, *lines = path.read_text().splitlines()
        words = [f"N{len(lines) + 1}" if word.startswith("N") else word for word in head.split()]
        mails = [line.split(" ", 1)[1] for line in lines]
        numbered = [f"{number} {name}" for number, name in enumerate(mails, start=1)]
        path.write_text("\n".join([" ".join(words), *numbered, ""]))

    def stop(self) -> None:
        """End it, with the processes that serve its clients."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
        # a session that is in the middle of something may outlive the master
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Give a folder that the server's own user can enter; pytest's folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="otklik-dovecot-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """Run a server for the time of the block."""
    with own_folder() as folder:
        made = start(folder)
        try:
            yield made
        finally:
            made.stop()


def start(folder: Path, *, port: int | None = None, extra: str = "") -> Dovecot:
    """Start a server in a folder; the caller stops it."""
    if not BINARY:
        pytest.skip("Dovecot is not installed")
    me, root = getpass.getuser(), os.geteuid() == 0
    owner = pwd.getpwnam("nobody" if root else me)
    for name in ("run", "state", "mail"):
        (folder / name).mkdir(exist_ok=True)
    if root:
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        folder.chmod(0o755)
    values = {
        "folder": folder, "internal": "dovecot" if root else me, "login": "dovenull" if root else me,
        "group": "dovecot" if root else pwd.getpwnam(me).pw_gid, "owner": owner.pw_uid, "group_id": owner.pw_gid,
        "password": PASSWORD, "port": port or free_port(), "extra": extra,
    }  # fmt: skip
    config = folder / "dovecot.conf"
    config.write_text(_CONFIG.format(**values))
    process = subprocess.Popen(
        [BINARY, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )
    made = Dovecot(folder, int(values["port"]), process)

    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text(errors="replace"))
        try:
            made.count()
        except (OSError, imaplib.IMAP4.error):
            return False
        return True

    try:
        wait_until(answers, timeout=6, what="Dovecot to answer")
    except BaseException as error:
        made.stop()
        error.add_note((folder / "log").read_text(errors="replace")[-2000:] if (folder / "log").exists() else "no log")
        raise
    return made
