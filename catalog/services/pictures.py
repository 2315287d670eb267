"""The pictures of a product: added, ordered, told about, taken away.

The first is the main one; lists and carts show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.errors import NoSuchThing, NotAPicture, TooMany
from catalog.events import ProductEdited
from catalog.models import Product, ProductImage, ProductVariant
from catalog.services.editor import FieldRefused, hold, plain
from catalog.services.images import StoredPicture, store_picture
from shop.errors import DomainError
from shop.events import publish

MOST_PICTURES = 60
LONGEST_ALT = 500


class OrderChanged(DomainError):
    """Pictures came or went since the order was made."""

    code = "pictures_changed"

    def __init__(self) -> None:
        super().__init__(
            _("A colleague has changed the pictures meanwhile. Look at them again.")
        )


@dataclass(frozen=True)
class SentPicture:
    """name: of the file, for a sentence about it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class PictureWords:
    """variant_id: None for a picture of the whole product."""

    alt: str
    variant_id: UUID | None


def add_pictures(
    *,
    shop_id: UUID,
    product_id: UUID,
    pictures: Sequence[SentPicture],
    now: datetime,
    by: Any,
    alt: str = "",
) -> list[ProductImage]:
    """Store pictures behind those that are there, all or none.

    Raises NotAPicture, whose sentence names the file, TooMany and NoSuchThing. Files are made
    safe before the product is locked: that takes a second each.
    """
    stored = [_stored(picture) for picture in pictures]
    return _hang(shop_id, product_id, stored, plain(alt)[:LONGEST_ALT], now, by)


def _stored(picture: SentPicture) -> StoredPicture:
    try:
        return store_picture(content=picture.content)
    except NotAPicture as refusal:
        raise NotAPicture(f"{picture.name}: {refusal.message}") from refusal


@transaction.atomic
def _hang(
    shop_id: UUID,
    product_id: UUID,
    stored: Sequence[StoredPicture],
    alt: str,
    now: datetime,
    by: Any,
) -> list[ProductImage]:
    product = hold(shop_id=shop_id, product_id=product_id)
    there = list(product.images.all())
    if len(there) + len(stored) > MOST_PICTURES:
        raise TooMany(
            _("A product has at most %(most)d pictures.") % {"most": MOST_PICTURES}
        )
    after = max((image.position for image in there), default=-1) + 1
    added = [
        ProductImage.objects.create(
            product=product,
            src=one.name,
            hue=one.hue,
            sizes=one.sizes,
            alt=alt,
            position=after + place,
            is_primary=not there and place == 0,
        )
        for place, one in enumerate(stored)
    ]
    _tell(product, now, by)
    return added


@transaction.atomic
def order_pictures(
    *, shop_id: UUID, product_id: UUID, ids: Sequence[UUID], now: datetime, by: Any
) -> None:
    """Put pictures in an order, the main one first. Raises OrderChanged, NoSuchThing."""
    product = hold(shop_id=shop_id, product_id=product_id)
    images = {image.pk: image for image in product.images.all()}
    if len(ids) != len(images) or set(ids) != set(images):
        raise OrderChanged
    _arrange(product, [images[key] for key in ids])
    _tell(product, now, by)


@transaction.atomic
def move_picture(
    *,
    shop_id: UUID,
    product_id: UUID,
    picture_id: UUID,
    steps: int,
    now: datetime,
    by: Any,
) -> int:
    """Move one by steps, to the front below zero; returns its place. It stops at the ends."""
    product = hold(shop_id=shop_id, product_id=product_id)
    images = list(product.images.all())
    image = next((one for one in images if one.pk == picture_id), None)
    if image is None:
        raise _no_picture()
    place = max(0, min(images.index(image) + steps, len(images) - 1))
    images.remove(image)
    images.insert(place, image)
    _arrange(product, images)
    _tell(product, now, by)
    return place


def _arrange(product: Product, images: Sequence[ProductImage]) -> None:
    # One is the main one at any time: the old one goes first.
    product.images.filter(is_primary=True).update(is_primary=False)
    for place, image in enumerate(images):
        image.position, image.is_primary = place, place == 0
    ProductImage.objects.bulk_update(images, ["position", "is_primary"])


@transaction.atomic
def describe_pictures(
    *,
    shop_id: UUID,
    product_id: UUID,
    words: Mapping[UUID, PictureWords],
    now: datetime,
    by: Any,
) -> None:
    """What pictures show, and of which variant they are.

    Raises FieldRefused, and NoSuchThing for a picture or variant of another product.
    """
    product = hold(shop_id=shop_id, product_id=product_id)
    images = {image.pk: image for image in product.images.filter(pk__in=list(words))}
    wanted = {one.variant_id for one in words.values() if one.variant_id}
    variants = ProductVariant.objects.filter(product=product, pk__in=wanted)
    if len(images) < len(words) or variants.count() < len(wanted):
        raise _no_picture()
    for key, image in images.items():
        alt = plain(words[key].alt).replace("\0", "")
        if len(alt) > LONGEST_ALT:
            raise FieldRefused(
                f"alt-{key}", _("At most %(most)d characters.") % {"most": LONGEST_ALT}
            )
        image.alt, image.variant_id = alt, words[key].variant_id
    ProductImage.objects.bulk_update(list(images.values()), ["alt", "variant"])
    _tell(product, now, by)


@transaction.atomic
def remove_picture(
    *, shop_id: UUID, product_id: UUID, picture_id: UUID, now: datetime, by: Any
) -> None:
    """The next one becomes the main one. The file stays: others may show the same picture."""
    product = hold(shop_id=shop_id, product_id=product_id)
    deleted, _rows = product.images.filter(pk=picture_id).delete()
    if not deleted:
        raise _no_picture()
    _arrange(product, list(product.images.all()))
    _tell(product, now, by)


def _no_picture() -> NoSuchThing:
    return NoSuchThing(_("This picture is not there any more."))


def _tell(product: Product, now: datetime, by: Any) -> None:
    publish(
        ProductEdited,
        entity=product,
        at=now,
        data={"fields": ["pictures"], "user_id": by.pk},
    )
