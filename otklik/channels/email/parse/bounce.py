"""Reports about our own mails: bounces and delays, read receipts, complaints.

Half of the bounces that are met have no delivery-status part. What counts as one: such a part, or a header that names
the failed recipients, unless a person passes them on; or a mail daemon (or an empty return path) together with words of
failure. A person who writes about an undelivered parcel is none.
"""

import email
import logging
import re

from otklik.channels.email.parse import bounce_text
from otklik.channels.email.parse import bounce_words as words
from otklik.channels.email.parse.addresses import normal_address
from otklik.channels.email.parse.decode import one_line
from otklik.channels.email.parse.headers import Headers, read_headers
from otklik.channels.email.parse.identity import ascii_value, find_ids
from otklik.channels.email.parse.mime import Node
from otklik.channels.email.parse.model import Bounce, BounceRecipient, Mailbox
from otklik.channels.email.parse.problems import Problems
from otklik.channels.email.parse.units import Content

MAX_BLOCKS = 500
MAX_FLUFL_BYTES = 200_000
_COPY_ID = re.compile(r"^[>\s|]{0,20}Message-ID:\s{0,20}(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,5}:")


def read_bounce(raw: bytes, headers: Headers, sender: Mailbox | None, subject: str, body_text: str, content: Content,
                return_path: str | None, own: set[str], problems: Problems) -> Bounce | None:  # fmt: skip
    """Return what the mail reports about a delivery, or None when it is no bounce."""
    del problems
    blocks = _status_blocks(content)
    failed = _failed_header(headers)
    machine = return_path == "" or (sender is not None and _is_daemon(sender)) or sender is None
    if not (content.report_type or machine):
        blocks, failed = [], []  # a person passed a report on, or writes through a gateway that leaves such headers
    if not blocks and not failed:
        if not machine or not (words.BOUNCED.search(subject[:500]) or words.BOUNCED.search(body_text[:4000])):
            return None
        if content.report_type in {"disposition-notification", "feedback-report"}:
            return None
        if return_path == "" and not (sender is None or _is_daemon(sender)) and not words.BOUNCED.search(subject[:500]):
            return None  # an out-of-office answer with an empty return path
    said, copy = bounce_text.human_part(body_text)
    recipients = [item for item in (_from_block(block, said) for block in blocks) if item is not None][
        : bounce_text.MAX_RECIPIENTS
    ]
    returned = _returned_headers(content)
    if not recipients:
        ours = own | {sender.address.lower() if sender else ""}
        recipients = bounce_text.scan(said, ours, failed)
    daemon = sender is None or _is_daemon(sender) or bool(blocks or failed)
    if not recipients and not daemon and returned is None:
        return None  # a shop's robot that writes about an undelivered parcel
    if not recipients:
        recipients = _by_library(raw, said, own)
    if not recipients and returned is not None:
        recipients = _by_returned(returned, said)
    once = {item.address.lower(): item for item in reversed(recipients)}
    return Bounce(
        recipients=tuple(reversed(once.values())),
        original_message_id=_original_id(content, returned, copy or body_text, headers),
        prose=not (blocks or failed or content.report_type or sender is None or _is_surely_daemon(sender)),
    )


def _is_daemon(sender: Mailbox) -> bool:
    return bool(words.DAEMON.match(sender.address) or words.DAEMON_NAME.search(sender.name))


def _is_surely_daemon(sender: Mailbox) -> bool:
    """A postmaster may be the administrator of a customer; nobody writes as mailer-daemon."""
    return _is_daemon(sender) and not (
        sender.address.lower().startswith("postmaster") and not words.DAEMON_NAME.search(sender.name)
    )


def _failed_header(headers: Headers) -> list[str]:
    found: dict[str, None] = {}
    for raw in headers.all(b"x-failed-recipients")[:20]:
        for item in ascii_value(raw[:20_000]).replace(";", ",").split(","):
            address = normal_address(item)
            if address:
                found[address.lower()] = None
    return list(found)


def report_fields(node: Node) -> list[dict[str, str]]:
    """Read a report part as blocks of fields, names in lower case."""
    text = node.data(Problems())[:256_000].decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")
    blocks: list[dict[str, str]] = []
    block: dict[str, str] = {}
    name = ""
    for line in text.split("\n")[:20_000]:
        if not line.strip():
            if block and len(blocks) < MAX_BLOCKS:
                blocks.append(block)
            block, name = {}, ""
        elif line[:1] in {" ", "\t"} and name:
            if len(block[name]) < 4000:
                block[name] += " " + line.strip()
        else:
            found = _FIELD.match(line)
            if found is None:
                continue
            key = found[1].lower()
            name = key if key not in block else ""
            if name:
                block[name] = line[found.end() :].strip()
    if block and len(blocks) < MAX_BLOCKS:
        blocks.append(block)
    return blocks


def _status_blocks(content: Content) -> list[dict[str, str]]:
    blocks: list[dict[str, str]] = []
    for node in content.reports[:20]:
        if node.kind.endswith("delivery-status"):
            blocks.extend(
                item for item in report_fields(node) if "final-recipient" in item or "original-recipient" in item
            )
    return blocks


def _typed(value: str) -> str:
    kind, mark, address = value.partition(";")
    if not mark:
        address = kind
    return normal_address(address.strip().strip("<>").split(" ")[0])


def _from_block(block: dict[str, str], said: str) -> BounceRecipient | None:
    final = _typed(block.get("final-recipient", "")) or _typed(block.get("x-actual-recipient", ""))
    original = _typed(block.get("original-recipient", ""))
    if not final and not original:
        return None
    diagnostic = block.get("diagnostic-code", "")
    reason = one_line(diagnostic.partition(";")[2] or diagnostic)[:500]
    found = bounce_text.STATUS.search(block.get("status", ""))
    status = found[0] if found else ""
    action = block.get("action", "").lower().split("(")[0].strip()
    action = {"failure": "failed", "fail": "failed", "delay": "delayed", "deferred": "delayed"}.get(action, action)
    if not status or status.endswith(".0.0"):
        better = bounce_text.find_status(reason or said)
        status = better if better and better[0] == (status or better)[0] else status or better
    if action not in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        action = {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")
    return BounceRecipient(
        address=original or final,
        status=status or {"failed": "5.0.0", "delayed": "4.0.0"}.get(action, "2.0.0"),
        action=action,
        reason=reason or one_line(block.get("x-display-reason", ""))[:500],
        final_address=final,
    )


def _returned_headers(content: Content) -> Headers | None:
    for node in (*content.returned, *content.messages.values()):
        data = node.data(Problems())
        headers, _ = read_headers(data, 0, len(data), Problems())
        if headers:
            return headers
    return None


def _by_library(raw: bytes, said: str, own: set[str]) -> list[BounceRecipient]:
    """Ask the library that knows many old servers; only for what our own reading did not find."""
    if len(raw) > MAX_FLUFL_BYTES:
        raw = raw[:MAX_FLUFL_BYTES]
    try:
        from flufl.bounce import all_failures

        logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
        temporary, permanent = all_failures(email.message_from_bytes(raw))
    except Exception:
        return []
    found: list[BounceRecipient] = []
    for addresses, action in ((permanent, "failed"), (temporary - permanent, "delayed")):
        for item in sorted(addresses)[: bounce_text.MAX_RECIPIENTS]:
            address = normal_address(item.decode("utf-8", "replace"))
            if address and address.lower() not in own:
                default = "5.0.0" if action == "failed" else "4.0.0"
                found.append(
                    BounceRecipient(address, bounce_text.find_status(said, default), action, one_line(said)[:500])
                )
    return found


def _by_returned(returned: Headers, said: str) -> list[BounceRecipient]:
    """A bounce that names nobody, about a mail to one person: it was he."""
    addresses = [normal_address(item) for item in ascii_value(returned.raw(b"to")).split(",")[:2]]
    found = re.search(r"<([^<>]+@[^<>]+)>", ascii_value(returned.raw(b"to")))
    if len(addresses) != 1:
        return []
    address = normal_address(found[1]) if found else addresses[0]
    if not address:
        return []
    status = bounce_text.find_status(said)
    return [BounceRecipient(address, status or "5.0.0", bounce_text.action_for(status, said), one_line(said)[:500])]


def _original_id(content: Content, returned: Headers | None, copy: str, headers: Headers) -> str | None:
    if returned is not None:
        ids = find_ids(ascii_value(returned.raw(b"message-id")))
        if ids:
            return ids[0]
    reported = reported_id(content)
    if reported:
        return reported
    found = _COPY_ID.search(copy[: bounce_text.MAX_TEXT * 4])
    if found:
        return found[1]
    for name in (b"in-reply-to", b"references", b"x-original-message-id"):
        ids = find_ids(ascii_value(headers.raw(name)))
        if ids:
            return ids[-1]
    return None


def reported_id(content: Content) -> str | None:
    """Return the Message-ID of the mail that a receipt, a complaint or a delivery report is about."""
    for node in content.reports[:20]:
        for block in report_fields(node):
            ids = find_ids(block.get("original-message-id", "") or block.get("x-original-message-id", ""))
            if ids:
                return ids[0]
    returned = _returned_headers(content) if content.reports else None
    ids = find_ids(ascii_value(returned.raw(b"message-id"))) if returned is not None else []
    return ids[0] if ids else None
