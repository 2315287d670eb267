"""The ways to refuse that every app builds on."""


class DomainError(Exception):
    """A rule says no. `code` is stable for programs; the message is for a person."""

    code = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
