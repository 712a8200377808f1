"""The web form as a kind of channel: it receives, and answers leave by mail or are read on the private page."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.channels.base import Capability, ChannelAdapter, CheckReport, Finding
from otklik.channels.registry import register
from otklik.channels.webform import config
from otklik.channels.webform.config import OPTIONAL, REQUIRED, FormConfig
from otklik.channels.webform.models import WebForm
from otklik.channels.webform.queries import shows
from otklik.channels.webform.setting_words import WORDS
from otklik.core.change_words import Words


@register
class WebFormAdapter(ChannelAdapter):
    """A form on our own pages. Posts are written by the page itself, so there is nothing to fetch and nothing to send:
    the mail channel carries answers, and the private page shows them."""

    kind: ClassVar[str] = "web"
    label: ClassVar[Any] = gettext_lazy("Web form")
    icon: ClassVar[str] = "globe"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({
        Capability.RECEIVES, Capability.ATTACHMENTS, Capability.SHOWS,
    })  # fmt: skip
    remote: ClassVar[bool] = False
    by_hand: ClassVar[bool] = False  # who posts gets a private page, and nothing else does
    words: ClassVar[Mapping[str, Words]] = WORDS
    settings: FormConfig

    @classmethod
    def settings_of(cls, connection: Any) -> FormConfig:
        """Return the settings of the form."""
        return config.read(connection.config if connection is not None else None)

    @classmethod
    def settings_url(cls, channel: Any) -> str:
        """Return the page of the form."""
        form = WebForm.objects.filter(channel=channel).values_list("pk", flat=True).first()
        return reverse("webform:form", args=[form]) if form else ""

    @classmethod
    def shows(cls, message: Any) -> bool:
        """Tell whether a private page shows this answer."""
        return shows(message)

    def check(self) -> CheckReport:
        """Say whether the form is open and whether those who post can be answered."""
        opened = bool(self.channel.enabled)
        reachable = {self.settings.email, self.settings.phone} & {OPTIONAL, REQUIRED}
        return CheckReport(
            (
                Finding(
                    _("Page"),
                    opened,
                    _("The form takes requests.") if opened else _("The form is switched off."),
                    "" if opened else _("Switch it on in its settings."),
                ),
                Finding(
                    _("Way back"),
                    bool(reachable),
                    _("The form asks how to reach the person.")
                    if reachable
                    else _("The form asks for neither address nor phone."),
                    "" if reachable else _("Ask for at least one of the two."),
                ),
            )
        )
