"""What the editor of one product reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.models import (
    Brand,
    Product,
    ProductImage,
    ProductVariant,
)
from catalog.models.variant import sellable

MOST_FOUND = 60
WORDS = 8
SUGGESTED = 40
# The whole tree as paths, narrowed by words. Grain: a category. Open ones, and the chosen one.
PATHS = """
WITH RECURSIVE tree AS (
    SELECT id, name::text AS path, is_active FROM categories WHERE parent_id IS NULL
     UNION ALL
    SELECT category.id, tree.path || ' › ' || category.name,
           tree.is_active AND category.is_active
      FROM categories AS category JOIN tree ON tree.id = category.parent_id
)
SELECT id, path FROM tree
 WHERE (is_active AND path ILIKE ALL(%(words)s)) OR id = %(chosen)s
 ORDER BY id IS DISTINCT FROM %(chosen)s, path LIMIT %(most)s
"""
# Names of attributes that products of the category carry already; the most used first.
FACT_NAMES = """
SELECT fact.name
  FROM (SELECT attributes -> 'facts' AS facts FROM products
         WHERE category_id = %s AND jsonb_typeof(attributes -> 'facts') = 'object'
         LIMIT 500) AS near, jsonb_object_keys(near.facts) AS fact (name)
 GROUP BY fact.name ORDER BY count(*) DESC, fact.name LIMIT %s
"""


def shop_product(*, shop_id: UUID, product_id: UUID) -> Product | None:
    """Of the shop, with brand and category."""
    rows = Product.objects.filter(shop_id=shop_id, pk=product_id)
    return (
        rows.select_related("brand", "category", "shop").defer("search_vector").first()
    )


def find_categories(*, words: str, chosen: UUID | None) -> list[tuple[str, str]]:
    """Key and path; the chosen one first whatever the words are. One statement."""
    patterns = [f"%{_literal(word)}%" for word in words.split()[:WORDS]] or ["%"]
    with connection.cursor() as cursor:
        cursor.execute(
            PATHS, {"words": patterns, "chosen": chosen, "most": MOST_FOUND + 1}
        )
        return [(str(key), path) for key, path in cursor.fetchall()]


def find_brands(*, words: str, chosen: UUID | None) -> list[tuple[str, str]]:
    """As `find_categories`, by name."""
    found = Q(is_active=True)
    for word in words.split()[:WORDS]:
        found &= Q(name__icontains=word)
    rows = Brand.objects.filter(found | Q(pk=chosen)).order_by(
        Case(When(pk=chosen, then=0), default=1), "name"
    )
    return [
        (str(key), name)
        for key, name in rows.values_list("pk", "name")[: MOST_FOUND + 1]
    ]


def fact_names(*, category_id: UUID | None) -> list[str]:
    if category_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(FACT_NAMES, [category_id, SUGGESTED])
        return [name for (name,) in cursor.fetchall()]


def _literal(word: str) -> str:
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, f"\\{sign}")
    return word


# ------------------------------------------------------------------ before it can be sold
@dataclass(frozen=True)
class Missing:
    """page: the URL name of where it is mended. is_needed: it cannot be bought without."""

    words: str | Promise
    page: str
    is_needed: bool


# Apps above this one say what else a product needs; see orders.queries.delivery.
MissingSource = Callable[[Product], list[Missing]]
missing_sources: list[MissingSource] = []


def missing(*, product: Product) -> list[Missing]:
    """What a product lacks, what it cannot be bought without first; one statement, and those
    of the sources."""
    variants = ProductVariant.objects.filter(product=OuterRef("pk"), is_active=True)
    images = ProductImage.objects.filter(product=OuterRef("pk"))
    has = (
        Product.objects.filter(pk=product.pk)
        .values(
            variant=Exists(variants),
            free=Exists(variants.filter(price=0)),
            stock=Exists(variants.filter(sellable())),
            picture=Exists(images),
            silent=Exists(images.filter(alt="")),
        )
        .get()
    )
    checks = (
        (has["variant"], _("A variant that is on sale"), "sell:product_variants", True),
        (
            not has["free"],
            _("A price: something costs nothing"),
            "sell:product_variants",
            True,
        ),
        (
            has["stock"] or not has["variant"],
            _("Stock: everything is sold out"),
            "sell:grid",
            True,
        ),
        (has["picture"], _("A picture"), "sell:product_pictures", False),
        (
            not has["silent"],
            _("Words for pictures, for people who cannot see them"),
            "sell:product_pictures",
            False,
        ),
        (bool(product.description), _("A description"), "sell:product", False),
        (product.category_id, _("A category"), "sell:product", False),
    )
    found = [
        Missing(words, page, is_needed)
        for is_there, words, page, is_needed in checks
        if not is_there
    ]
    for source in missing_sources:
        found += source(product)
    return sorted(found, key=lambda one: not one.is_needed)


# ------------------------------------------------------------------ variants
@dataclass(frozen=True)
class VariantFilter:
    """options: of option1 to option3, empty for any. state: on, off or empty."""

    words: str = ""
    options: tuple[str, ...] = ("", "", "")
    state: str = ""

    @classmethod
    def of(cls, values: Any) -> VariantFilter:
        """Of an address. Nonsense narrows to nothing that there is, or not at all."""
        state = values.get("state", "")
        return cls(
            words=_line(values.get("words", "")),
            options=tuple(_line(values.get(f"option{n}", "")) for n in (1, 2, 3)),
            state=state if state in {"on", "off"} else "",
        )

    def chosen(self) -> dict[str, str]:
        named = {f"option{n}": value for n, value in enumerate(self.options, 1)}
        found = {"words": self.words, **named, "state": self.state}
        return {name: value for name, value in found.items() if value}


def _line(text: str) -> str:
    return text.replace("\0", "").strip()[:100]


def product_variants(
    *, product_id: UUID, wanted: VariantFilter
) -> QuerySet[ProductVariant]:
    found = ProductVariant.objects.filter(product_id=product_id)
    for number, value in enumerate(wanted.options, 1):
        if value:
            found = found.filter(**{f"option{number}": value})
    if wanted.state:
        found = found.filter(is_active=wanted.state == "on")
    if wanted.words:
        words = wanted.words
        found = found.filter(
            Q(sku__icontains=words) | Q(name__icontains=words) | Q(barcode=words)
        )
    return found


def variant_counts(*, product_id: UUID) -> dict[str, int]:
    """on, off; a product has at most 2,048."""
    rows = ProductVariant.objects.filter(product_id=product_id).order_by()
    return rows.aggregate(
        on=Count("pk", filter=Q(is_active=True)),
        off=Count("pk", filter=Q(is_active=False)),
    )


def option_values(*, product_id: UUID, only_active: bool = False) -> list[list[str]]:
    """Of option1 to option3: the values there are, in the order of the variants."""
    rows = ProductVariant.objects.filter(product_id=product_id)
    if only_active:
        rows = rows.filter(is_active=True)
    keys = list(rows.values_list("option1", "option2", "option3"))
    return [
        [value for value in dict.fromkeys(key[axis] for key in keys) if value]
        for axis in range(3)
    ]


# ------------------------------------------------------------------ pictures
def product_pictures(*, product_id: UUID) -> list[ProductImage]:
    """In the order of the store; with their variant."""
    rows = ProductImage.objects.filter(product_id=product_id)
    return list(rows.select_related("variant"))


MOST_PICTURE_VARIANTS = 100


def picture_variants(*, product_id: UUID) -> list[tuple[str, str]]:
    """What a picture may be of: key and name of the variants that are told apart.

    Where there are many, the first of each value of the first option: the store shows a
    picture with all variants that share it.
    """
    rows: Sequence[tuple[UUID, str, str, str]] = list(
        ProductVariant.objects.filter(product_id=product_id)
        .order_by(F("position").asc(), "id")
        .values_list("id", "name", "sku", "option1")
    )
    if len(rows) < 2:
        return []
    if len(rows) > MOST_PICTURE_VARIANTS:
        first: dict[str, UUID] = {}
        for key, _name, _sku, value in rows:
            first.setdefault(value, key)
        return [(str(key), value) for value, key in first.items() if value]
    return [(str(key), name or sku) for key, name, sku, _value in rows]
