"""What the health page and ``otklik check`` say about webhooks."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _

from otklik.core.clock import now
from otklik.core.health import Finding, register_check
from otklik.webhooks.models import Webhook

LATE = timedelta(hours=1)


def webhooks() -> Iterator[Finding]:
    """Name the webhooks that were switched off by themselves, and those whose receiver has failed for an hour."""
    for hook in Webhook.objects.filter(removed_at__isnull=True):
        if not hook.enabled and hook.off_reason:
            yield Finding(
                "error",
                _("The webhook “%(name)s” was switched off: its receiver takes no calls.") % {"name": hook.name},
                _("Look at its log in the settings, mend the receiver, switch the webhook on and send again."),
            )
        elif hook.enabled and hook.failing_since is not None and now() - hook.failing_since > LATE:
            yield Finding(
                "warning",
                _("The webhook “%(name)s” has failed since %(since)s UTC.")
                % {"name": hook.name, "since": f"{hook.failing_since:%Y-%m-%d %H:%M}"},
                _("Its log in the settings says what the receiver answers. After five days it is switched off."),
            )


register_check("webhooks", webhooks)
