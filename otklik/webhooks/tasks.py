"""Recurring work: ``forget_deliveries``, daily, keeps the log of webhooks to thirty days."""

from datetime import timedelta

from otklik.core.jobs import every, task
from otklik.webhooks.actions.delivering import forget_old


@task(priority=-10, lease=600)
def forget_deliveries() -> int:
    """Remove what ended long ago."""
    return forget_old()


every(timedelta(days=1), "webhooks.forget_deliveries", forget_deliveries, offset=timedelta(hours=3))
