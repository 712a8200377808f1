"""The table of Django's database cache: caps and short-lived facts that all processes share."""

from django.db import models


class CacheEntry(models.Model):
    """One cached value; written by Django's own backend, declared here so that migrations make the table."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "core_cache"

    def __str__(self) -> str:
        """Return the key."""
        return self.cache_key
