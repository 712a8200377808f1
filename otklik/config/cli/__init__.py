"""The console script ``otklik``: parses the words of the command and imports only what that command needs.

Nothing here imports Django: ``otklik --help`` and a wrong option answer at once, and the supervisor stays small.
Exit codes follow sysexits where other programs read them (``mail receive``), else 0 for done, 1 for "could not",
64 for a command that cannot be understood.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from otklik import __version__

EX_OK, EX_FAILED, EX_USAGE = 0, 1, 64
ROLES = ("admin", "supervisor", "agent", "technician", "observer")


class Parser(argparse.ArgumentParser):
    """An argument parser that ends with EX_USAGE: the usual 2 is read by mail servers as something else."""

    def error(self, message: str) -> NoReturn:
        """Say what was not understood and end with 64."""
        self.print_usage(sys.stderr)
        self.exit(EX_USAGE, f"{self.prog}: {message}\n")


def build_parser() -> Parser:
    """Build the whole command line; each leaf names the ``module:function`` that carries it out."""
    parser = Parser(prog="otklik", description="Otklik, the desk of a service company.")
    parser.add_argument("--version", action="version", version=f"otklik {__version__}")
    common = Parser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="data folder (default: OTKLIK_DATA, else ./data)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    serve = commands.add_parser("serve", parents=[common], help="run the whole desk under one command")
    _web_options(serve)
    serve.add_argument("--demo", action="store_true", help="load the demo company on first start; loopback only")
    serve.add_argument("--smtp-port", type=_port, metavar="N", help="port of the mail receiver (default 2525)")
    serve.set_defaults(run="serve:run_serve")

    web = commands.add_parser("web", parents=[common], help="web processes alone (PostgreSQL)")
    _web_options(web)
    web.set_defaults(run="serve:run_web")
    worker = commands.add_parser("worker", parents=[common], help="background work alone (PostgreSQL)")
    worker.set_defaults(run="serve:run_worker")
    smtp = commands.add_parser("smtp", parents=[common], help="mail receiver alone (PostgreSQL)")
    smtp.add_argument("--host", metavar="H", help="address to listen on (default: OTKLIK_SMTP_LISTEN)")
    smtp.add_argument("--port", type=_port, metavar="N", help="port to listen on (default: OTKLIK_SMTP_LISTEN)")
    smtp.set_defaults(run="serve:run_smtp")

    _mail_commands(commands, common)
    _people_commands(commands, common)

    _backup_commands(commands, common)

    check = commands.add_parser("check", parents=[common], help="what is wrong and what to do")
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.add_argument("--offline", action="store_true", help="ask no other server: mailboxes, sign-in provider, push")
    check.set_defaults(run="check:run")
    seed = commands.add_parser("seed", parents=[common], help="deterministic bulk data for measurements")
    seed.add_argument("--tickets", type=_count, required=True, metavar="N")
    seed.add_argument("--messages", type=_count, metavar="M", help="messages in all (default: three a ticket)")
    seed.set_defaults(run="seed:run")
    manage = commands.add_parser("manage", help="Django's own commands", add_help=False)
    manage.add_argument("arguments", nargs=argparse.REMAINDER)
    manage.set_defaults(run="manage:run")
    return parser


def _web_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="H", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, metavar="N", help="port to listen on (default 8000)")
    parser.add_argument("--web", type=_processes, default=1, metavar="N", help="web processes (default 1)")


def _mail_commands(commands: "argparse._SubParsersAction[Parser]", common: Parser) -> None:
    mail = commands.add_parser("mail", help="receive, import, list and read mail")
    verbs = mail.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=Parser)
    receive = verbs.add_parser("receive", parents=[common], help="take one message from standard input")
    receive.add_argument("--channel", metavar="NAME", help="channel that gets it (default: by its recipient headers)")
    receive.set_defaults(run="mail:run_receive")
    import_ = verbs.add_parser("import", parents=[common], help="take .eml files, mbox files or Maildir folders")
    import_.add_argument("--channel", metavar="NAME", help="channel that gets them (default: by recipient headers)")
    ends = "how their conversations end: auto closes what is older than 30 days (default: auto)"
    import_.add_argument("--ends", choices=("auto", "open", "closed"), default="auto", help=ends)
    import_.add_argument("paths", nargs="+", metavar="PATH")
    import_.set_defaults(run="mail:run_import")
    ledger = verbs.add_parser("ledger", parents=[common], help="every received message and where it ended")
    ledger.add_argument("--since", metavar="DATE", help="only what was received on or after this day (YYYY-MM-DD)")
    ledger.add_argument("--json", action="store_true", help="one JSON object")
    ledger.set_defaults(run="mail:run_ledger")
    parse = verbs.add_parser("parse", help="show what is understood of a message, storing nothing")
    parse.add_argument("--json", action="store_true", help="one JSON line for each message")
    parse.add_argument("paths", nargs="+", metavar="PATH")
    parse.set_defaults(run="parse:run")


def _backup_commands(commands: "argparse._SubParsersAction[Parser]", common: Parser) -> None:
    backup = commands.add_parser("backup", parents=[common], help="everything in one archive, while the desk runs")
    backup.add_argument("file", metavar="FILE")
    backup.add_argument("--database-only", action="store_true", help="without the files: quick, for a step back")
    backup.add_argument("--without-key", action="store_true", help="leave the secret key out, to keep it elsewhere")
    backup.set_defaults(run="backup:run_backup")
    backup.add_argument("--without-store", action="store_true", help="leave what lies in an object store there")
    restore = commands.add_parser("restore", parents=[common], help="verify a backup and put it in place")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--force", action="store_true", help="replace the desk that is there")
    restore.set_defaults(run="backup:run_restore")
    blobs = commands.add_parser("blobs", help="files of the desk: this machine or an object store (S3)")
    verbs = blobs.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=Parser)
    move = verbs.add_parser("move", parents=[common], help="bring all files to one place; may be cut off and repeated")
    move.add_argument("--to", required=True, choices=("s3", "local"))
    move.set_defaults(run="blobs:run_move")
    status = verbs.add_parser("status", parents=[common], help="what lies where, and what is missing")
    status.set_defaults(run="blobs:run_status")
    own = verbs.add_parser("own", parents=[common], help="make the object store this desk's own, after a restore")
    own.set_defaults(run="blobs:run_own")


def _people_commands(commands: "argparse._SubParsersAction[Parser]", common: Parser) -> None:
    user = commands.add_parser("user", help="people who sign in")
    verbs = user.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=Parser)
    add = verbs.add_parser("add", parents=[common], help="create a user")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--role", required=True, choices=ROLES)
    add.add_argument("--name", default="", help="name shown to colleagues (default: made from the address)")
    add.add_argument(
        "--team", action="append", default=[], metavar="NAME", help="put into a team, made when new; may be repeated"
    )
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.set_defaults(run="people:run_user_add")
    token = commands.add_parser("token", help="access tokens of the API")
    verbs = token.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=Parser)
    create = verbs.add_parser("create", parents=[common], help="create a token and print it, alone, once")
    create.add_argument("--user", required=True, metavar="EMAIL")
    create.add_argument("--scope", action="append", metavar="S", help="may be repeated (default: read write)")
    create.add_argument("--name", default="", metavar="N", help="what the token is for")
    create.set_defaults(run="people:run_token_create")


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("must be a port between 1 and 65535")
    return number


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a whole number above zero")
    return number


def _processes(text: str) -> int:
    number = _count(text)
    if number > 64:
        raise argparse.ArgumentTypeError("must be at most 64")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["manage"]:  # everything behind it is Django's, options and --help included
        options = argparse.Namespace(run="manage:run", arguments=words[1:])
    else:
        options = build_parser().parse_args(words)
    module, function = options.run.split(":")
    run = getattr(import_module(f"otklik.config.cli.{module}"), function)
    try:
        code: int = run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output (head, less) has gone
        sys.stderr.close()
        return 141
    return code
