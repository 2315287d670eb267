"""Forms of passkeys: the library's, which fail on an answer that no browser gives."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as library
from cryptography.exceptions import InvalidSignature
from django import forms
from django.utils.translation import gettext_lazy as _

KEY_NAME_LENGTH = 60
# What reading such an answer ends in, where something is missing in it or is another thing.
MALFORMED = (
    AttributeError,
    IndexError,
    InvalidSignature,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@contextmanager
def refused_if_malformed() -> Iterator[None]:
    try:
        yield
    except MALFORMED as error:
        raise get_adapter().validation_error("incorrect_code") from error


class CredentialField(forms.JSONField):
    """What the browser says for a key: an object."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        with refused_if_malformed():
            found = super().to_python(value)
        if not isinstance(found, dict):
            raise get_adapter().validation_error("incorrect_code")
        return found


class AddPasskeyForm(library.AddWebAuthnForm):
    name = forms.CharField(
        label=_("Name of the key"), max_length=KEY_NAME_LENGTH, required=False
    )
    credential = CredentialField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["passwordless"].label = _(
            "Log in with it alone, without my password"
        )
        self.fields["passwordless"].help_text = _(
            "The key then asks for your finger, face or PIN. Without this it is the"
            " second step after your password."
        )
        self.fields["passwordless"].initial = True

    def clean(self) -> dict[str, Any]:
        with refused_if_malformed():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class _Shown(library.AuthenticateWebAuthnForm):
    """A key that is shown to get in."""

    credential = CredentialField()

    def clean_credential(self) -> Any:
        with refused_if_malformed():
            return super().clean_credential()


class LoginPasskeyForm(_Shown, library.LoginWebAuthnForm):
    """In place of the password."""


class SecondStepPasskeyForm(_Shown):
    """After the password."""


class ReauthenticatePasskeyForm(_Shown, library.ReauthenticateWebAuthnForm):
    """Again, before something that matters."""


class EditPasskeyForm(library.EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the key"), max_length=KEY_NAME_LENGTH)
