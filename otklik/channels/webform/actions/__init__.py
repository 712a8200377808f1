"""Everything that writes forms and what comes by them."""

from otklik.channels.webform.actions.forms import FormFacts, add_form, change_form
from otklik.channels.webform.actions.posting import Posted, Upload, Words, continue_request, post_request
from otklik.channels.webform.limits import ALL_BYTES, TooMany
from otklik.channels.webform.starts import Start, give_start, read_start

__all__ = [
    "ALL_BYTES",
    "FormFacts",
    "Posted",
    "Start",
    "TooMany",
    "Upload",
    "Words",
    "add_form",
    "change_form",
    "continue_request",
    "give_start",
    "post_request",
    "read_start",
]
