"""The tables of business settings: the values that differ from their defaults, and one version over all."""

from django.db import models


class SettingValue(models.Model):
    """A value that somebody chose. Secret ones are sealed."""

    key = models.CharField(max_length=80, unique=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the key."""
        return self.key


class SettingVersion(models.Model):
    """One row whose number changes with every setting: what caches compare themselves with."""

    version = models.BigIntegerField()

    def __str__(self) -> str:
        """Return the version."""
        return str(self.version)
