"""What the message shows: an answer with its quote folded, a new request as a whole."""

from otklik.channels.email.case import Case, Facts, Stop


def choose_text(case: Case, facts: Facts) -> Stop | None:
    """Set subject and bodies; a forward has brought its own."""
    if case.forwarded_by is not None:
        return None
    case.subject = case.mail.subject
    case.text, case.html = case.mail.body_text, case.reading.body_html
    return None
