"""What is not there, or not for this person, is 404."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from catalog.errors import NoSuchThing


@contextmanager
def or_not_found() -> Iterator[None]:
    try:
        yield
    except NoSuchThing as refusal:
        raise NotFound(refusal.message) from refusal


def person_of(request: Request) -> UUID:
    """For views that only accounts may use."""
    return cast(UUID, request.user.pk)
