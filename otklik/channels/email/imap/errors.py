"""The troubles of a mail server, each by a code of ours: those of the connection test. Pure."""


class ImapError(Exception):
    """The server could not be used: ``code`` is one of the connection test's, ``detail`` the server's words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail[:300]


class Refused(ImapError):
    """The server said no to one command; the connection is good. ``unknown``: it does not know such a command."""

    def __init__(self, detail: str = "", *, unknown: bool = False) -> None:
        super().__init__("refused", detail)
        self.unknown = unknown
