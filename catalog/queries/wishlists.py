"""Lists of wishes, and what is on them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from catalog.models import ProductVariant, Wishlist, WishlistItem
from catalog.queries.listings import Card
from catalog.queries.products import cards_by_id


@dataclass(frozen=True)
class Wish:
    """Something on a list. card: None when it is sold no more; variant: None for any."""

    id: UUID
    name: str
    card: Card | None
    variant: ProductVariant | None


def wishlists_of(*, user_id: UUID) -> QuerySet[Wishlist]:
    """With `item_count`; the newest first."""
    lists = Wishlist.objects.filter(user_id=user_id)
    return lists.annotate(item_count=Count("items")).order_by("-id")


def shared_wishlist(*, token: str) -> Wishlist | None:
    lists = Wishlist.objects.select_related("user")
    # PostgreSQL cannot look for NUL.
    return lists.filter(share_token=token).first() if "\0" not in token else None


def wishes_of(
    *, wishlist_id: UUID, start: int = 0, most: int | None = None
) -> list[Wish]:
    """What is on a list, the newest first, or so many from there on; two statements."""
    items = (
        WishlistItem.objects.filter(wishlist_id=wishlist_id)
        .select_related("product", "variant")
        .only("id", "product__name", "variant__sku", "variant__name")
        .order_by("-id")
    )
    rows = list(items[start : None if most is None else start + most])
    found = cards_by_id(ids=[row.product_id for row in rows])
    return [
        Wish(
            id=row.pk,
            name=row.product.name,
            card=found.get(row.product_id),
            variant=row.variant,
        )
        for row in rows
    ]
