"""The photos of reviews, as files of the public store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.models.review import small_name
from shop.ids import uuid7
from shop.pictures import smaller_picture

# Beside the words; twice what it is drawn at, for fine screens.
SMALL_SIDE = 240


@dataclass(frozen=True)
class StoredPhoto:
    """name: its path in the public store; sides in pixels."""

    name: str
    width: int
    height: int


def store_photo(*, content: bytes) -> StoredPhoto:
    """Store a photo and its small copy under a name of their own, so that they can be deleted.

    content: as `clean_picture` gives it.
    """
    with Image.open(BytesIO(content), formats=("WEBP",)) as image:
        width, height = image.size
    name = default_storage.save(f"reviews/{uuid7().hex}.webp", ContentFile(content))
    small = smaller_picture(content=content, side=SMALL_SIDE)
    default_storage.save(small_name(name), ContentFile(small))
    return StoredPhoto(name=name, width=width, height=height)


def discard_photos(names: Iterable[str]) -> None:
    """May be repeated."""
    for name in names:
        default_storage.delete(name)
        default_storage.delete(small_name(name))
