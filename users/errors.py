"""The ways the accounts refuse."""

from django.utils.translation import gettext as _

from shop.errors import DomainError


class NotYourself(DomainError):
    code = "not_yourself"

    def __init__(self) -> None:
        super().__init__(_("You can neither follow nor block yourself."))


class Blocked(DomainError):
    code = "blocked"

    def __init__(self) -> None:
        super().__init__(_("One of you has blocked the other."))
