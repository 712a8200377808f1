"""The loops of the engine that move mail."""

from otklik.channels.email import adapter, form_receipts, health, holding, intake_service
from otklik.channels.email.actions import mailboxes
from otklik.channels.email.imap import service as imap
from otklik.channels.email.outbox import sending, storage
from otklik.channels.email.outbox.enqueue import SERVICE
from otklik.channels.email.smtpd import service as smtpd
from otklik.core.engine import register_service

__all__ = ["adapter", "form_receipts", "health", "holding", "mailboxes", "storage"]

register_service("smtp", smtpd.run)
register_service("imap", imap.run)
register_service("intake", intake_service.run)
register_service(SERVICE, sending.run)
