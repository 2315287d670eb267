"""A shop's own list of products, behind its counter: found, filtered, sorted, whatever the state.

Every order of the list has an index, and every filter narrows rows of the shop: the last page
costs what the first does (shop.keyset).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    Lookup,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Coalesce

from catalog.models import (
    Category,
    InventoryPolicy,
    Product,
    ProductImage,
    ProductStatus,
    ProductVariant,
)
from catalog.models.variant import sellable

IN_STOCK, LOW_STOCK, SOLD_OUT = "in", "low", "out"
STOCKS = (IN_STOCK, LOW_STOCK, SOLD_OUT)
SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-id",),
    "name": ("name", "id"),
    "sku": ("sku", "id"),
    "price": ("price", "id"),
    "-price": ("-price", "-id"),
}
NEWEST = "newest"
LONGEST_WORDS = 100
EVERYTHING = 10**9
FEW_VARIANTS = 500
RARE_STATES = (ProductStatus.DRAFT, ProductStatus.ARCHIVED)


@dataclass(frozen=True)
class ProductFilter:
    """What a list is narrowed to; empty fields narrow nothing. All are plain texts and flags,
    so that a filter can stand in an address, in a saved view and in a job.
    """

    words: str = ""
    status: str = ""
    category: str = ""
    brand: str = ""
    tag: str = ""
    stock: str = ""
    reduced: bool = False
    bare: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From what somebody sent: what cannot be understood is left out."""
        flags = {"reduced", "bare"}
        wanted: dict[str, Any] = {}
        for field in fields(cls):
            value = values.get(field.name, "")
            if field.name in flags:
                wanted[field.name] = value in {True, "1", "on", "true"}
            else:
                text = str(value or "").replace("\0", "").strip()
                wanted[field.name] = text[:LONGEST_WORDS]
        if wanted["status"] not in ProductStatus.values:
            wanted["status"] = ""
        if wanted["stock"] not in STOCKS:
            wanted["stock"] = ""
        return cls(**wanted)

    def chosen(self) -> dict[str, Any]:
        """Only what narrows, as an address holds it."""
        return {
            name: "1" if value is True else value
            for name, value in asdict(self).items()
            if value
        }


@dataclass(frozen=True)
class StockOfProduct:
    """What a list says of a product's stock; `units` is None where none is counted."""

    variants: int
    units: int | None
    state: str
    highest: Decimal


def shop_products(*, shop_id: UUID, wanted: ProductFilter) -> QuerySet[Product]:
    """Products of the shop that match, in no order."""
    found = Product.objects.filter(shop_id=shop_id)
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.category:
        found = found.filter(category_id__in=_category_ids(wanted.category))
    if wanted.brand:
        found = found.filter(brand__slug=wanted.brand)
    if wanted.tag:
        found = found.filter(tags__contains=[wanted.tag])
    if wanted.reduced:
        found = found.filter(compare_price__gt=F("price"))
    if wanted.bare:
        pictures = ProductImage.objects.filter(product_id=OuterRef("pk"))
        found = found.filter(~Exists(pictures))
    if wanted.stock:
        found = found.filter(_of_stock(shop_id, wanted.stock))
    if wanted.words:
        found = found.filter(_named(shop_id, wanted.words))
    return found


def listed_products(*, shop_id: UUID, wanted: ProductFilter) -> QuerySet[Product]:
    """The same for a list that is sorted and stops early.

    What few products are like is found first: walking along an order's index until enough of
    them came would read the whole shop where they stand at its end.
    """
    found = shop_products(shop_id=shop_id, wanted=wanted)
    chosen = wanted.chosen().keys()
    is_rare = wanted.status in RARE_STATES and not wanted.stock
    if not (is_rare or chosen & {"category", "brand", "tag"}):
        return found
    # A limit, however high, keeps PostgreSQL from taking the two apart.
    return Product.objects.filter(pk__in=found.values("pk")[:EVERYTHING])


def _category_ids(slug: str) -> list[UUID]:
    """A category and all below it; none when there is no such one."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        return []
    below = Category.objects.descendants(category, include_self=True)
    return list(below.values_list("pk", flat=True))


def _of_stock(shop_id: UUID, state: str) -> Q:
    """The small side of the shop's variants is read as a set, the rest is looked up."""
    variants = ProductVariant.objects.filter(shop_id=shop_id)
    limited = variants.filter(
        inventory_tracking=True, inventory_policy=InventoryPolicy.DENY
    )
    if state == SOLD_OUT:
        gone = limited.filter(inventory_quantity__lte=F("reserved_quantity"))
        buyable = ProductVariant.objects.filter(sellable(), product_id=OuterRef("pk"))
        return Q(pk__in=gone.values("product_id")) & ~Q(Exists(buyable))
    if state == LOW_STOCK:
        low = limited.filter(
            inventory_quantity__gt=F("reserved_quantity"),
            inventory_quantity__lte=F("reserved_quantity") + low_from(),
        )
        return Q(pk__in=low.values("product_id"))
    return Q(pk__in=variants.filter(sellable()).values("product_id"))


def low_from() -> Coalesce:
    """Of variants: from how many free units on their stock is low."""
    return Coalesce(F("low_stock_threshold"), F("shop__low_stock_threshold"))


class ILike(Lookup):
    """ILIKE, which the trigram index serves; Django's own compares capitals of both sides."""

    lookup_name = "ilike"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", (*left_values, *right_values)


CharField.register_lookup(ILike)


def _named(shop_id: UUID, words: str) -> Q:
    """Products whose name has the words, or whose SKU, or a variant's, begins so."""
    begins = Q()
    # SKUs are case-sensitive: an index finds what begins with each of these.
    for spelling in sorted({words, words.upper(), words.lower()}):
        begins |= Q(sku__startswith=spelling)
    variants = ProductVariant.objects.filter(begins, shop_id=shop_id)
    by_variant = variants.order_by().values_list("product_id", flat=True)
    # Few are told by their keys, so that indexes serve each part of the whole.
    few = list(by_variant[: FEW_VARIANTS + 1])
    found: Any = set(few) if len(few) <= FEW_VARIANTS else by_variant
    return names_like(words) | begins | Q(pk__in=found)


def names_like(words: str) -> Q:
    """Products whose name has each of the words."""
    by_name = Q()
    for word in words.split():
        by_name &= Q(name__ilike=f"%{_literal(word)}%")
    return by_name


def _literal(word: str) -> str:
    """Without the meaning that some signs have in a pattern."""
    return re.sub(r"([\\%_])", r"\\\1", word)


def stock_of_products(*, product_ids: Iterable[UUID]) -> dict[UUID, StockOfProduct]:
    """Of products on a page, one statement; those without variants are left out."""
    limited = Q(inventory_tracking=True, inventory_policy=InventoryPolicy.DENY)
    left = F("inventory_quantity") - F("reserved_quantity")
    low = limited & Q(
        inventory_quantity__gt=F("reserved_quantity"),
        inventory_quantity__lte=F("reserved_quantity") + low_from(),
    )
    rows = (
        ProductVariant.objects.filter(product_id__in=list(product_ids))
        .order_by()
        .values("product_id")
        .annotate(
            variants=Count("id"),
            units=Sum(left, filter=Q(inventory_tracking=True)),
            buyable=Count("id", filter=sellable()),
            low=Count("id", filter=low),
            highest=Max("price"),
        )
    )
    return {
        row["product_id"]: StockOfProduct(
            variants=row["variants"],
            units=row["units"],
            state=_state(row["buyable"], row["low"]),
            highest=row["highest"],
        )
        for row in rows
    }


def _state(buyable: int, low: int) -> str:
    if not buyable:
        return SOLD_OUT
    return LOW_STOCK if low else IN_STOCK


class Picture(NamedTuple):
    """The stored name of a picture, the tile it stands on, and its smaller copies."""

    src: str
    hue: int
    sizes: list[int] | None


def first_pictures(*, product_ids: Iterable[UUID]) -> dict[UUID, Picture]:
    """Of products on a page, one statement."""
    rows = (
        ProductImage.objects.filter(product_id__in=list(product_ids))
        .order_by("product_id", "-is_primary", "position", "id")
        .distinct("product_id")
        .values_list("product_id", "src", "hue", "sizes")
    )
    return {product_id: Picture(*of_it) for product_id, *of_it in rows}


def variants_for_grid(
    *, shop_id: UUID, wanted: ProductFilter
) -> QuerySet[ProductVariant]:
    """Variants of the products that match, with their product; ordered by SKU they page."""
    found = ProductVariant.objects.filter(shop_id=shop_id).select_related("product")
    if wanted.chosen():
        products = shop_products(shop_id=shop_id, wanted=wanted)
        found = found.filter(product_id__in=products.values("pk"))
    return found
