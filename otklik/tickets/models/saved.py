"""Saved replies: texts with placeholders that agents put into their answers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sharing(models.TextChoices):
    """Who sees a saved reply."""

    OWN = "own", _("Only me")
    TEAM = "team", _("A team")
    ALL = "all", _("Everybody")


class SavedReply(models.Model):
    """A text for many answers. ``search_key`` holds title, folder and text in their normal form."""

    title = models.CharField(max_length=120)
    folder = models.CharField(max_length=80, blank=True)
    body_html = models.TextField()
    sharing = models.CharField(max_length=4, choices=Sharing.choices, default=Sharing.OWN)
    owner = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    team = models.ForeignKey("accounts.Team", on_delete=models.SET_NULL, null=True, related_name="+")
    search_key = models.TextField()
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["folder", "title", "id"]

    def __str__(self) -> str:
        """Return the title."""
        return self.title
