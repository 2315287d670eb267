"""Departments, categories, brands, shops and lists of cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import Brand, Product, ProductStatus
from catalog.queries.facets import (
    NOTHING,
    Condition,
    Facets,
    Filters,
    Scope,
    Value,
    conditions,
    count_facets,
    currency_of,
)
from shop.models import Shop
from shop.statements import read_prepared

PER_PAGE = 24
# Nobody walks further by hand, and a deep page costs as much as all before it.
LAST_PAGE = 400
WORTH_KEEPING = 1_000
KEPT_S = 60
ROW_LENGTH = 8
# Of one shop in a row of the front page: a bulk import may not fill it.
OF_ONE_SHOP = 2
# A mean of very few is luck.
LEAST_REVIEWS = 5
BY_RANK = "best"
SORTS: dict[str, tuple[str | Promise, str]] = {
    "new": (_("Newest"), "event_time DESC, id DESC"),
    "rating": (_("Best rated"), "rating_average DESC, review_count DESC, id DESC"),
    "price": (_("Price, low first"), "price, id"),
    "-price": (_("Price, high first"), "price DESC, id DESC"),
}
RANKED: tuple[str | Promise, str] = (
    _("Best match"),
    "rank DESC, review_count DESC, id DESC",
)
DEFAULT_SORT = "new"
# Amounts of several currencies cannot be compared: each currency is sorted for itself, the
# market's own first.
BY_CURRENCY = "currency = %s DESC, currency, "
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
# Every open category below some, with the one of `through` by which it is reached.
BELOW = """
WITH RECURSIVE below (id, through) AS (
    {start}
     UNION ALL
    SELECT category.id, coalesce(below.through, category.id)
      FROM categories AS category JOIN below ON category.parent_id = below.id
     WHERE category.is_active
)
SELECT below.id, below.through, child.name, child.slug
  FROM below LEFT JOIN categories AS child ON child.id = below.through
 ORDER BY child.sort_order, child.name, child.id
"""
BELOW_ONE = BELOW.format(start="SELECT %s::uuid, NULL::uuid")
BELOW_NONE = BELOW.format(
    start="SELECT id, id FROM categories WHERE parent_id IS NULL AND is_active"
)
BELOW_NAMED = BELOW.format(
    start="SELECT id, id FROM categories WHERE slug = ANY(%s) AND is_active"
)
DEPARTMENTS = """
SELECT id, name, slug, image FROM categories
 WHERE parent_id IS NULL AND is_active ORDER BY sort_order, name, id
"""
PAGE = """
SELECT scope.id FROM ({base}) AS scope{where}
 ORDER BY {order} LIMIT %s OFFSET %s
"""
# The page first, so that pictures and variants are looked up for its rows only.
CARDS = """
WITH page AS MATERIALIZED (
    SELECT id, row_number() OVER () AS place FROM ({page}) AS page
)
SELECT product.id, product.slug, product.name, product.price, product.compare_price,
       product.lowest_before, product.currency, product.rating_average, product.review_count,
       shop.id, shop.name, shop.slug, picture.src, picture.hue,
       picture.sizes, least(picture.width, picture.height),
       coalesce(offers.most > product.price, false), coalesce(offers.is_available, false)
  FROM page
  JOIN products AS product ON product.id = page.id
  JOIN shops AS shop ON shop.id = product.shop_id
  LEFT JOIN product_images AS picture
         ON picture.product_id = product.id AND picture.is_primary
  LEFT JOIN LATERAL (
       SELECT max(variant.price) AS most,
              bool_or(NOT variant.inventory_tracking
                      OR variant.inventory_policy = 'continue'
                      OR variant.inventory_quantity > variant.reserved_quantity
              ) AS is_available
         FROM product_variants AS variant
        WHERE variant.product_id = product.id AND variant.is_active
       ) AS offers ON true
 ORDER BY page.place
"""


@dataclass(frozen=True)
class Crumb:
    """A category on the way from its department."""

    id: UUID
    name: str
    slug: str


@dataclass(frozen=True)
class Department:
    """A category at the top of the tree. image: the path of a stored file, or empty."""

    id: UUID
    name: str
    slug: str
    image: str

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.slug])


@dataclass(frozen=True)
class Branch:
    """A child of a category (or a department), and the categories it stands for."""

    id: UUID
    name: str
    slug: str
    category_ids: list[UUID]


@dataclass(frozen=True)
class Subtree:
    """A category with all below it; for the whole market, the departments."""

    category_ids: list[UUID]
    branches: list[Branch]

    def by_slug(self) -> dict[str, list[UUID]]:
        return {branch.slug: branch.category_ids for branch in self.branches}

    def values(self, facets: Facets) -> list[Value]:
        """The branches as values of a filter."""
        counts = facets.by_category
        return [
            Value(
                key=branch.slug,
                label=branch.name,
                count=sum(counts.get(id_, 0) for id_ in branch.category_ids),
            )
            for branch in self.branches
        ]


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list. picture: the path of a stored file; it and what is of it may be None.

    picture_sizes: its smaller copies; picture_side: its shorter one, in pixels. has_dearer: a
    variant costs more than the price shown. lowest_before: of the 30 days before
    it was reduced, None where it is not.
    """

    id: UUID
    slug: str
    name: str
    price: Decimal
    compare_price: Decimal | None
    lowest_before: Decimal | None
    currency: str
    rating_average: Decimal
    review_count: int
    shop_id: UUID
    shop_name: str
    shop_slug: str
    picture: str | None
    picture_hue: int | None
    picture_sizes: list[int] | None
    picture_side: int | None
    has_dearer: bool
    is_available: bool

    @property
    def is_reduced(self) -> bool:
        return self.lowest_before is not None and self.lowest_before > self.price

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug])


@dataclass(frozen=True)
class Listing:
    """One page of a list, and all filters it may be narrowed by.

    filters: as they were applied, the currency of a price included.
    """

    cards: list[Card]
    facets: Facets
    filters: Filters
    sort: str
    number: int
    last: int

    @property
    def count(self) -> int:
        return self.facets.found

    @property
    def is_mixed(self) -> bool:
        """Whether prices of several currencies stand beside each other."""
        return len(self.facets.prices) > 1 and not self.filters.has_price


def departments() -> list[Department]:
    """The top of the tree."""
    return [Department(*row) for row in read_prepared(DEPARTMENTS)]


def list_products(
    *,
    products: QuerySet[Product],
    subtree: Subtree,
    filters: Filters,
    sort: str,
    number: int,
    is_ranked: bool = False,
    per_page: int = PER_PAGE,
) -> Listing:
    """A page of `products`, filtered and sorted, with the facets; two statements.

    A third asks for the currency of a price that came without one. sort: a name of SORTS,
    or BY_RANK for products that are annotated with a `rank`. A page beyond the last is the last.
    """
    scope = Scope.of(products, *(["rank"] if is_ranked else []))
    if scope is None:
        return Listing([], NOTHING, filters, sort, number=1, last=1)
    if filters.has_price and not filters.currency:
        filters = replace(filters, currency=currency_of(scope=scope))
    chosen = conditions(filters=filters, category_ids=subtree.by_slug())
    facets = _facets(scope, chosen, filters)
    last = min(max(1, -(-facets.found // per_page)), LAST_PAGE)
    listing = Listing(
        cards=[],
        facets=facets,
        filters=filters,
        sort=sort,
        number=min(number, last),
        last=last,
    )
    if facets.found:
        return replace(listing, cards=_page(scope, chosen, listing, per_page))
    return listing


def _facets(scope: Scope, chosen: Sequence[Condition], filters: Filters) -> Facets:
    """Counted; of a large set that nobody narrowed, as it was counted within a minute.

    Only such sets are worth it: they are what most people open, and where a few products more
    or less do not show.
    """
    if chosen:
        return count_facets(scope=scope, conditions=chosen, filters=filters)
    asked = repr((scope.sql, scope.values))
    key = f"facets:{blake2b(asked.encode(), digest_size=16).hexdigest()}"
    kept: Facets | None = cache.get(key)
    if kept is not None:
        return kept
    facets = count_facets(scope=scope, conditions=chosen, filters=filters)
    if facets.found >= WORTH_KEEPING:
        cache.set(key, facets, KEPT_S)
    return facets


def _page(
    scope: Scope, chosen: Sequence[Condition], listing: Listing, per_page: int
) -> list[Card]:
    where = " AND ".join(condition.sql for condition in chosen)
    values: list[Any] = [*scope.values]
    for condition in chosen:
        values += condition.values
    _label, order = RANKED if listing.sort == BY_RANK else SORTS[listing.sort]
    if listing.is_mixed and listing.sort in {"price", "-price"}:
        order = BY_CURRENCY + order
        values.append(settings.MARKET_CURRENCY)
    page = PAGE.format(
        base=scope.sql, where=f" WHERE {where}" if where else "", order=order
    )
    return _cards(page, [*values, per_page, (listing.number - 1) * per_page])


def cards(*, products: QuerySet[Product]) -> list[Card]:
    """What a card shows of each product, in the order given; one statement."""
    sql, values = products.values("id").query.sql_with_params()
    return _cards(sql, values)


def cards_of(*, page: str, values: Sequence[Any]) -> list[Card]:
    """The same of a written SELECT of ids that finds its rows by their keys."""
    rows = read_prepared(CARDS.format(page=page), values)
    return [Card(*row) for row in rows]


def _cards(page: str, values: Sequence[Any]) -> list[Card]:
    with connection.cursor() as cursor:
        cursor.execute(CARDS.format(page=page), values)
        return [Card(*row) for row in cursor.fetchall()]


def newest_products() -> list[Card]:
    """A row for the front page, of several shops where there are several."""
    newest = Product.objects.on_sale().order_by("-event_time", "-id")
    return _mixed(cards(products=newest[: ROW_LENGTH * 8]))


def best_rated_products() -> list[Card]:
    best = Product.objects.on_sale().filter(review_count__gte=LEAST_REVIEWS)
    best = best.order_by("-rating_average", "-review_count", "-id")
    return _mixed(cards(products=best[: ROW_LENGTH * 8]))


def _mixed(products: Sequence[Card]) -> list[Card]:
    """The first of each shop, those with a picture before those without."""
    chosen: list[Card] = []
    rest: list[Card] = []
    of_shop: dict[UUID, int] = {}
    for product in sorted(products, key=lambda card: not card.picture):
        of_shop[product.shop_id] = of_shop.get(product.shop_id, 0) + 1
        (chosen if of_shop[product.shop_id] <= OF_ONE_SHOP else rest).append(product)
    return (chosen + rest)[:ROW_LENGTH]


def others_of_shop(*, product: Product) -> list[Card]:
    """A short row of what else its shop sells, the best rated first."""
    others = Product.objects.on_sale().filter(shop_id=product.shop_id)
    others = others.exclude(pk=product.pk)
    return cards(
        products=others.order_by("-rating_average", "-review_count", "-id")[:4]
    )


def shops_on_sale() -> QuerySet[Shop]:
    """Open shops, the best rated first, with `product_count` of what they sell."""
    sold = Product.objects.filter(shop=OuterRef("pk"), status=ProductStatus.ACTIVE)
    return (
        Shop.objects.on_sale()
        .filter(Exists(sold))
        .annotate(product_count=_number_of(sold, "shop"))
        .order_by("-rating_average", "name", "id")
    )


def brands_on_sale() -> QuerySet[Brand]:
    """Brands something of which is on sale, by name, with `product_count` of it."""
    sold = Product.objects.on_sale().filter(brand=OuterRef("pk"))
    return (
        Brand.objects.filter(Exists(sold), is_active=True)
        .annotate(product_count=_number_of(sold, "brand"))
        .order_by("name", "id")
    )


def _number_of(sold: QuerySet[Product], owner: str) -> Subquery:
    """For a column: counted for the rows of a page only, as a join would not be."""
    return Subquery(
        sold.order_by().values(owner).annotate(n=Count("pk")).values("n"),
        output_field=IntegerField(),
    )


def category_path(*, slug: str) -> list[Crumb]:
    """From the department down to the category; empty when it or one above it is closed."""
    rows = read_prepared(ABOVE, {"slug": slug})
    if not all(row[3] for row in rows):
        return []
    return [Crumb(id=id_, name=name, slug=slug) for id_, name, slug, _active in rows]


def subtree(*, category_id: UUID | None) -> Subtree:
    """One statement, however deep the tree is. category_id: None for the whole market."""
    if category_id is None:
        return _subtree(BELOW_NONE, [])
    return _subtree(BELOW_ONE, [category_id])


def branches(*, slugs: Sequence[str]) -> list[Branch]:
    """Open categories of any level, each with all below it; one may stand below another."""
    return _subtree(BELOW_NAMED, [list(slugs)]).branches


def _subtree(sql: str, values: Sequence[Any]) -> Subtree:
    rows = read_prepared(sql, values)
    found: dict[UUID, Branch] = {}
    for id_, through, name, slug in rows:
        if through is not None:
            branch = Branch(id=through, name=name, slug=slug, category_ids=[])
            found.setdefault(through, branch).category_ids.append(id_)
    return Subtree(category_ids=[row[0] for row in rows], branches=list(found.values()))
