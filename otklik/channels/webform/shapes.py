"""What the REST API answers about web forms."""

from otklik.accounts.shapes import NamedOut


class FormOut(NamedOut):
    """A web form: its address, what it asks for and what it says; empty texts stand for the built-in ones."""

    channel: int
    key: str
    url: str
    team: int | None
    language: str
    enabled: bool
    title: str
    intro: str
    thanks: str
    consent: str
    email: str
    phone: str
    subject: str
    files: bool
    confirmation: bool
    version: int
