"""The ways the catalogue refuses."""

from shop.errors import DomainError


class NotAPicture(DomainError):
    """What was sent cannot be stored as a picture."""

    code = "not_a_picture"
