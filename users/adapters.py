"""What allauth asks of our accounts."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

from shop.encryption import email_hash


class AccountAdapter(DefaultAccountAdapter):
    """People are known by e-mail; the keyed hash is kept beside the address."""

    def populate_username(self, request: Any, user: Any) -> None:
        """A username is optional here."""

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.email_hash = email_hash(user.email)
        if commit:
            user.save()
        return user
