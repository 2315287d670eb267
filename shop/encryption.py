"""Personal data at rest: encrypted columns, and keyed hashes to join on without the data."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import date
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models


@cache
def _key(purpose: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"soko/{purpose}".encode(), hashlib.sha256)


@cache
def _fernet(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key("encrypt", secret)))


def email_hash(email: str) -> str:
    """HMAC-SHA-256 of the address, trimmed and lower-cased, as 64 hex digits.

    The same person has the same hash wherever they are met; without the key it says nothing.
    """
    return keyed_hash(email.strip().lower())


def keyed_hash(value: str) -> str:
    return hmac.new(
        _key("hash", settings.PII_KEY), value.encode(), hashlib.sha256
    ).hexdigest()


def encrypt_text(plain: str) -> str:
    """For secrets inside a document, which no column of its own encrypts."""
    return _fernet(settings.PII_KEY).encrypt(plain.encode()).decode()


def decrypt_text(encrypted: str) -> str:
    """Raises ValueError when it was encrypted with another PII_KEY."""
    try:
        return _fernet(settings.PII_KEY).decrypt(encrypted.encode()).decode()
    except InvalidToken as wrong_key:
        raise ValueError("This was encrypted with another PII_KEY.") from wrong_key


def _encrypt(plain: str | None) -> str | None:
    if not plain:
        return plain
    return _fernet(settings.PII_KEY).encrypt(plain.encode()).decode()


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is stored encrypted (Fernet) and cannot be searched in SQL."""

    def get_prep_value(self, value: Any) -> Any:
        return _encrypt(super().get_prep_value(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if not value:
            return value
        try:
            return _fernet(settings.PII_KEY).decrypt(value.encode()).decode()
        except InvalidToken as wrong_key:
            raise ValueError(
                f"{self.name} was encrypted with another PII_KEY."
            ) from wrong_key


class EncryptedDateField(EncryptedTextField):
    """A date that is stored encrypted, as ISO 8601."""

    def get_prep_value(self, value: Any) -> Any:
        day = self.to_python(value)
        return _encrypt(day.isoformat()) if day else None

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        plain = super().from_db_value(value, expression, connection)
        return date.fromisoformat(plain) if plain else None

    def to_python(self, value: Any) -> Any:
        return date.fromisoformat(value) if isinstance(value, str) and value else value
