"""A person's picture of themselves."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from shop.ids import uuid7
from shop.pictures import smaller_picture
from users.models import User

# As it is drawn at the most, twice for fine screens.
SIDE = 256


def set_avatar(*, user_id: UUID, content: bytes) -> str:
    """Store a picture, cut to a square, in place of the one before; returns its path.

    content: as `shop.pictures.clean_picture` gives it.
    """
    small = smaller_picture(content=content, side=SIDE, is_square=True)
    # A store that knows no transactions, perhaps far away: before the lock. Each has a name
    # of its own, so that nobody sees an old one out of a cache.
    name = default_storage.save(f"avatars/{uuid7().hex}.webp", ContentFile(small))
    _replace(user_id, name)
    return name


def remove_avatar(*, user_id: UUID) -> None:
    """May be repeated."""
    _replace(user_id, "")


@transaction.atomic
def _replace(user_id: UUID, name: str) -> None:
    user = (
        User.objects.select_for_update(no_key=True).only("id", "avatar").get(pk=user_id)
    )
    before = str(user.avatar)
    user.avatar = name
    user.save(update_fields=["avatar", "updated_at"])
    if before:
        transaction.on_commit(partial(default_storage.delete, before))
