"""The ways the orders refuse."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from shop.errors import DomainError


class AddressRefused(DomainError):
    """An address cannot be used. `errors` has one sentence for each field that is wrong."""

    code = "address_refused"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AddressBookFull(DomainError):
    code = "address_book_full"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("An address book holds %(limit)d addresses. Delete one first.")
            % {"limit": limit}
        )
