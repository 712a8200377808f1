"""The loop of the engine that calls receivers."""

from otklik.core.engine import register_service
from otklik.webhooks import sending
from otklik.webhooks.actions.delivering import SERVICE

register_service(SERVICE, sending.run)
