"""Forms, what was posted by them, and the private links of those who posted."""

from django.db import models

from otklik.core.text import short_token
from otklik.tickets.models import Channel, Message, Ticket


class WebForm(models.Model):
    """The address of a form; what it asks and says stands in the channel's connection."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="web_form")
    key = models.SlugField(max_length=40, unique=True)

    def __str__(self) -> str:
        """Return the key, as it stands in the address."""
        return self.key


class FormRequest(models.Model):
    """A request that came by a form, and who the poster says he is (nobody has checked it).

    ``token`` is the poster's link. ``mail_token`` goes out only in mail to ``email``: it proves that its reader has
    that mailbox, and shows the whole of the conversation.
    """

    form = models.ForeignKey(WebForm, on_delete=models.CASCADE, related_name="requests")
    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="form_request")
    token = models.CharField(max_length=32, unique=True, default=short_token)
    mail_token = models.CharField(max_length=32, unique=True, default=short_token)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=320, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the number of the ticket."""
        return str(self.ticket_id)


class Post(models.Model):
    """One thing that was sent by a form or a private page: the request itself, or a word that followed.

    ``nonce`` is that of the page it was written on: the same page sent twice is one post. ``source`` is a keyed hash of
    where it came from, ``address_key`` of whom it names; both are only ever counted.
    """

    form = models.ForeignKey(WebForm, on_delete=models.CASCADE, related_name="+")
    request = models.ForeignKey(FormRequest, on_delete=models.CASCADE, related_name="posts")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32, unique=True)
    source = models.CharField(max_length=32)
    address_key = models.CharField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["source", "-created_at"], name="post_by_source"),
            models.Index(fields=["address_key", "-created_at"], name="post_by_address"),
            models.Index(fields=["form", "-created_at"], name="post_by_form"),
            models.Index(fields=["request", "-created_at"], name="post_by_request"),
        ]

    def __str__(self) -> str:
        """Return the nonce."""
        return self.nonce
