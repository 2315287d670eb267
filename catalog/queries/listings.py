"""Departments, categories, shops and lists of cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
)

from catalog.models import (
    Category,
    InventoryPolicy,
    Product,
    ProductStatus,
    ProductVariant,
)
from shop.models import Shop

PER_PAGE = 24
ROW_LENGTH = 8
# Of one shop in a row of the front page: a bulk import may not fill it.
OF_ONE_SHOP = 2
# A mean of very few is luck.
LEAST_REVIEWS = 5
SORTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "new": ("Newest", ("-event_time", "-id")),
    "rating": ("Best rated", ("-rating_average", "-review_count", "-id")),
    "price": ("Price, low first", ("price", "id")),
    "-price": ("Price, high first", ("-price", "-id")),
}
DEFAULT_SORT = "new"
# Steps up from a category to its department; all of them must be open to the public.
ABOVE = """
WITH RECURSIVE above (id, parent_id, name, slug, is_active, height) AS (
    SELECT id, parent_id, name, slug, is_active, 0 FROM categories WHERE slug = %(slug)s
     UNION ALL
    SELECT category.id, category.parent_id, category.name, category.slug,
           category.is_active, above.height + 1
      FROM categories AS category JOIN above ON above.parent_id = category.id
)
SELECT id, name, slug, is_active FROM above ORDER BY height DESC
"""
# Every open category below one, with the child of it through which it is reached.
BELOW = """
WITH RECURSIVE below (id, through) AS (
    SELECT %(id)s::uuid, NULL::uuid
     UNION ALL
    SELECT category.id, coalesce(below.through, category.id)
      FROM categories AS category JOIN below ON category.parent_id = below.id
     WHERE category.is_active
)
SELECT below.id, below.through, child.name, child.slug
  FROM below LEFT JOIN categories AS child ON child.id = below.through
 ORDER BY child.sort_order, child.name, child.id
"""


@dataclass(frozen=True)
class Crumb:
    """A category on the way from its department."""

    id: UUID
    name: str
    slug: str


@dataclass(frozen=True)
class Subcategory:
    """A child of a category, with the products on sale in it and below it."""

    id: UUID
    name: str
    slug: str
    count: int


@dataclass(frozen=True)
class Subtree:
    """A category with all below it: what is on sale in each child and in the whole."""

    category_ids: list[UUID]
    children: list[Subcategory]
    count: int


def departments() -> QuerySet[Category]:
    """The top of the tree."""
    top: QuerySet[Category] = Category.objects.visible().filter(parent=None)
    return top


def product_cards() -> QuerySet[Product]:
    """Products on sale with all that a card shows, in one statement.

    Adds `picture`, `picture_hue`, `picture_alt` (null without a picture), `has_dearer` (a
    variant costs more than the price shown) and `is_available`.
    """
    of_product = ProductVariant.objects.filter(product=OuterRef("pk"))
    cards = (
        Product.objects.on_sale()
        .select_related("shop")
        .annotate(
            primary_image=FilteredRelation(
                "images", condition=Q(images__is_primary=True)
            ),
            picture=F("primary_image__src"),
            picture_hue=F("primary_image__hue"),
            picture_alt=F("primary_image__alt"),
            has_dearer=Exists(of_product.filter(price__gt=OuterRef("price"))),
            is_available=Exists(of_product.filter(_sellable())),
        )
    )
    # The long columns are for the product's own page.
    return cards.defer(
        "description", "attributes", "extra_data", "search_vector", "shop__description"
    )


def _sellable() -> Q:
    return (
        Q(inventory_tracking=False)
        | Q(inventory_policy=InventoryPolicy.CONTINUE)
        | Q(inventory_quantity__gt=F("reserved_quantity"))
    )


def newest_products() -> list[Product]:
    """A row for the front page, of several shops where there are several."""
    newest = product_cards().order_by("-event_time", "-id")
    return _mixed(newest[: ROW_LENGTH * 8])


def best_rated_products() -> list[Product]:
    best = product_cards().filter(review_count__gte=LEAST_REVIEWS)
    return _mixed(
        best.order_by("-rating_average", "-review_count", "-id")[: ROW_LENGTH * 8]
    )


def _mixed(products: QuerySet[Product]) -> list[Product]:
    """The first of each shop, those with a picture before those without."""
    chosen: list[Product] = []
    rest: list[Product] = []
    of_shop: dict[UUID, int] = {}
    for product in sorted(products, key=lambda card: not card.picture):  # type: ignore[attr-defined]
        of_shop[product.shop_id] = of_shop.get(product.shop_id, 0) + 1
        (chosen if of_shop[product.shop_id] <= OF_ONE_SHOP else rest).append(product)
    return (chosen + rest)[:ROW_LENGTH]


def others_of_shop(*, product: Product) -> list[Product]:
    """A short row of what else its shop sells, the best rated first."""
    others = product_cards().filter(shop_id=product.shop_id).exclude(pk=product.pk)
    return list(others.order_by("-rating_average", "-review_count", "-id")[:4])


def shops_on_sale() -> QuerySet[Shop]:
    """Open shops, the best rated first, with `product_count` of what they sell."""
    active = Q(products__status=ProductStatus.ACTIVE)
    return (
        Shop.objects.on_sale()
        .annotate(product_count=Count("products", filter=active))
        .filter(product_count__gt=0)
        .order_by("-rating_average", "name", "id")
    )


def category_path(*, slug: str) -> list[Crumb]:
    """From the department down to the category; empty when it or one above it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, {"slug": slug})
        rows = cursor.fetchall()
    if not all(is_active for *_, is_active in rows):
        return []
    return [Crumb(id=id_, name=name, slug=slug) for id_, name, slug, _ in rows]


def subtree(*, category_id: UUID) -> Subtree:
    """Two statements, however deep the tree is."""
    with connection.cursor() as cursor:
        cursor.execute(BELOW, {"id": category_id})
        rows = cursor.fetchall()
    ids = [row[0] for row in rows]
    on_sale = Product.objects.on_sale().filter(category__in=ids)
    counts = dict(
        on_sale.order_by()
        .values_list("category_id")
        .annotate(count=Count("id"))
        .values_list("category_id", "count")
    )
    children = [
        Subcategory(
            id=through, name=name, slug=slug, count=sum(counts.get(r[0], 0) for r in of)
        )
        for (through, name, slug), of in _by_child(rows)
    ]
    return Subtree(category_ids=ids, children=children, count=sum(counts.values()))


def _by_child(rows: Sequence[Any]) -> Iterator[tuple[Any, list[Any]]]:
    below = [row for row in rows if row[1] is not None]
    for child, of_child in groupby(below, key=lambda row: row[1:]):
        yield child, list(of_child)
