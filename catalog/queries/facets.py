"""Filters of a list, and how many products each of their values would leave.

A filter's values are alternatives; different filters narrow each other. A value's count ignores
the filter it belongs to: it says how many there would be if it were chosen too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from catalog.models import Product
from shop.statements import read_prepared

# Sets larger than this are not counted: their values are read from so many of their products.
MOST_COUNTED = 10_000
MOST_VALUES = 60
MOST_FACTS = 8
FEW_VALUES = 12
RATINGS = (4, 3, 2)
CATEGORY, BRAND, SHOP, PRICE = "category", "brand", "shop", "price"
STOCK, RATING, SALE = "stock", "rating", "sale"
# What conditions and sorting read; everything else of a product stays in the table.
COLUMNS = (
    "id",
    "shop_id",
    "brand_id",
    "category_id",
    "price",
    "lowest_before",
    "currency",
    "rating_average",
    "review_count",
    "event_time",
    "attributes",
    "option_names",
)
# Not EXISTS, which the planner turns into a hash of every variant there is.
IN_STOCK = """(
    SELECT coalesce(bool_or(NOT variant.inventory_tracking
                            OR variant.inventory_policy = 'continue'
                            OR variant.inventory_quantity > variant.reserved_quantity), false)
      FROM product_variants AS variant
     WHERE variant.product_id = scope.id AND variant.is_active)"""
HAS_FACT = """coalesce(scope.attributes -> 'facts' -> %s ?| %s, false)"""
HAS_OPTION = """EXISTS (
    SELECT FROM product_variants AS variant
     WHERE variant.product_id = scope.id AND variant.is_active
       AND CASE array_position(scope.option_names, %s::varchar)
                WHEN 1 THEN variant.option1 WHEN 2 THEN variant.option2
                WHEN 3 THEN variant.option3 END = ANY(%s))"""
# Grain: a value of a filter; a brand or shop that is chosen comes once more, for its name.
# Reads the products of the scope once, and their variants.
COUNTS = """
WITH scope AS MATERIALIZED (SELECT * FROM ({base}) AS scope LIMIT %s),
candidate AS MATERIALIZED (
    SELECT stocked.*, {missed} AS missed
      FROM (SELECT scope.*, id IN (
                   SELECT variant.product_id FROM product_variants AS variant
                    WHERE variant.product_id = ANY(ARRAY(SELECT id FROM scope))
                      AND variant.is_active
                      AND (NOT variant.inventory_tracking
                           OR variant.inventory_policy = 'continue'
                           OR variant.inventory_quantity > variant.reserved_quantity)
                   ) AS in_stock
              FROM scope) AS stocked
)
SELECT 'flag', flag.name, '', flag.count, NULL::numeric, NULL::numeric
  FROM (SELECT count(*) AS everything,
               count(*) FILTER (WHERE missed = 0) AS found,
               count(*) FILTER (WHERE missed & {not_stock} = 0 AND in_stock) AS stock,
               count(*) FILTER (WHERE missed & {not_sale} = 0
                                  AND lowest_before > price) AS sale
               {ratings}
          FROM candidate) AS flags,
       LATERAL (VALUES ('everything', everything), ('found', found), ('stock', stock),
                       ('sale', sale) {rating_rows}) AS flag (name, count)
 UNION ALL
SELECT 'price', currency, '', count(*), min(price), max(price)
  FROM candidate WHERE missed & {not_price} = 0 GROUP BY currency
 UNION ALL
SELECT 'category', category_id::text, '', count, NULL, NULL
  FROM (SELECT category_id, count(*) AS count
          FROM candidate WHERE missed & {not_category} = 0 GROUP BY category_id) AS counted
 WHERE category_id IS NOT NULL
 UNION ALL
SELECT 'brand', brand.slug, brand.name, count, NULL, NULL
  FROM (SELECT brand_id, count(*) AS count
          FROM candidate WHERE missed & {not_brand} = 0 GROUP BY brand_id) AS counted
  JOIN brands AS brand ON brand.id = counted.brand_id AND brand.is_active
 UNION ALL
SELECT 'brand', slug, name, 0, NULL, NULL FROM brands WHERE slug = ANY(%s)
 UNION ALL
SELECT 'shop', shop.slug, shop.name, count, NULL, NULL
  FROM (SELECT shop_id, count(*) AS count
          FROM candidate WHERE missed & {not_shop} = 0 GROUP BY shop_id) AS counted
  JOIN shops AS shop ON shop.id = counted.shop_id
 UNION ALL
SELECT 'shop', slug, name, 0, NULL, NULL FROM shops WHERE slug = ANY(%s)
 UNION ALL
SELECT 'fact', counted.name, word.word, sum(count)::bigint, NULL, NULL
  FROM (SELECT fact.key AS name, fact.value, count(*) AS count
          FROM candidate, jsonb_each(candidate.attributes -> 'facts') AS fact
         WHERE jsonb_typeof(candidate.attributes -> 'facts') = 'object'
           AND missed & {not_fact} = 0
         GROUP BY fact.key, fact.value) AS counted,
       LATERAL jsonb_array_elements_text(
         CASE jsonb_typeof(counted.value)
              WHEN 'array' THEN counted.value
              WHEN 'string' THEN jsonb_build_array(counted.value)
              ELSE '[]' END) AS word (word)
 GROUP BY counted.name, word.word
 UNION ALL
SELECT 'fact', option.name, option.word, count(*), NULL, NULL
  FROM (SELECT DISTINCT candidate.id, missed, named.name, named.word
          FROM candidate JOIN product_variants AS variant ON variant.product_id = candidate.id,
               LATERAL (VALUES (option_names[1], variant.option1),
                               (option_names[2], variant.option2),
                               (option_names[3], variant.option3)) AS named (name, word)
         WHERE variant.is_active AND cardinality(option_names) > 0 AND named.name <> '' AND named.word <> ''
       ) AS option
 WHERE missed & {not_option} = 0
 GROUP BY option.name, option.word
"""
CURRENCIES = """
SELECT currency FROM ({base}) AS scope
 GROUP BY currency ORDER BY currency = %s DESC, count(*) DESC, currency LIMIT 1
"""


@dataclass(frozen=True)
class Filters:
    """What somebody chose, already made sense of. Slugs, words and amounts may match nothing."""

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    shops: tuple[str, ...] = ()
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    least: Decimal | None = None
    most: Decimal | None = None
    currency: str = ""
    in_stock: bool = False
    rating: int | None = None
    on_sale: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.categories
            or self.brands
            or self.shops
            or self.facts
            or self.has_price
            or self.in_stock
            or self.rating
            or self.on_sale
        )

    @property
    def has_price(self) -> bool:
        return self.least is not None or self.most is not None


@dataclass(frozen=True)
class Condition:
    """One filter as SQL about a row called `scope`."""

    name: str
    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Value:
    """A value of a filter: how an address and how a person calls it; `count` as above."""

    key: str
    label: str
    count: int


@dataclass(frozen=True)
class Prices:
    """The prices of one currency in the list, whatever price is chosen."""

    currency: str
    least: Decimal
    most: Decimal
    count: int


@dataclass(frozen=True)
class Facets:
    """All filters that a list has, with their counts.

    is_bounded: the set is larger than MOST_COUNTED; `found` and the counts are then of a part
    of it, and not for showing. by_category: products of a category itself, not of those below.
    """

    found: int
    is_bounded: bool
    brands: list[Value]
    shops: list[Value]
    facts: dict[str, list[Value]]
    by_category: dict[UUID, int]
    prices: list[Prices]
    in_stock: int
    on_sale: int
    ratings: dict[int, int]


@dataclass(frozen=True)
class Scope:
    """The products a list is about before it is filtered: a SELECT of COLUMNS, and more."""

    sql: str
    values: tuple[Any, ...]

    @classmethod
    def of(cls, products: QuerySet[Product], *extra: str) -> Scope | None:
        """None where there can be no product. extra: annotations that the order needs."""
        query = products.order_by().values(*COLUMNS, *extra).query
        try:
            sql, values = query.sql_with_params()
        except EmptyResultSet:
            return None
        return cls(sql=sql, values=tuple(values))


NOTHING = Facets(
    found=0,
    is_bounded=False,
    brands=[],
    shops=[],
    facts={},
    by_category={},
    prices=[],
    in_stock=0,
    on_sale=0,
    ratings={},
)


def conditions(
    *, filters: Filters, category_ids: Mapping[str, Sequence[UUID]]
) -> list[Condition]:
    """category_ids: the slug of a category that may be chosen -> it and all below it."""
    found: list[Condition] = []

    def add(name: str, sql: str, *values: Any) -> None:
        found.append(Condition(name=name, sql=sql, values=values))

    if filters.categories:
        chosen = [
            id_ for slug in filters.categories for id_ in category_ids.get(slug, ())
        ]
        add(CATEGORY, "scope.category_id = ANY(%s::uuid[])", chosen)
    if filters.brands:
        # A brand that was merged is meant as the one that took its place.
        slugs = (
            "SELECT coalesce(merged_into_id, id) FROM brands"
            " WHERE slug = ANY(%s) AND (is_active OR merged_into_id IS NOT NULL)"
        )
        add(BRAND, f"scope.brand_id IN ({slugs})", list(filters.brands))
    if filters.shops:
        slugs = "SELECT id FROM shops WHERE slug = ANY(%s)"
        add(SHOP, f"scope.shop_id IN ({slugs})", list(filters.shops))
    for name, words in filters.facts.items():
        # What one product states as a fact, another's variants may differ by.
        add(_fact(name), f"({HAS_FACT} OR {HAS_OPTION})", *(name, list(words)) * 2)
    if filters.has_price:
        add(
            PRICE,
            "scope.currency = %s AND scope.price BETWEEN %s AND %s",
            filters.currency,
            Decimal(0) if filters.least is None else filters.least,
            Decimal("Infinity") if filters.most is None else filters.most,
        )
    if filters.in_stock:
        add(STOCK, IN_STOCK)
    if filters.rating:
        add(RATING, "scope.rating_average >= %s", filters.rating)
    if filters.on_sale:
        add(SALE, "scope.lowest_before > scope.price")
    return found


def currency_of(*, scope: Scope) -> str:
    """The currency that prices without one are meant in: the market's where the list has it,
    else the list's most frequent; empty for an empty list."""
    with connection.cursor() as cursor:
        sql = CURRENCIES.format(base=scope.sql)
        cursor.execute(sql, [*scope.values, settings.MARKET_CURRENCY])
        row = cursor.fetchone()
    return row[0] if row else ""


def count_facets(
    *, scope: Scope, conditions: Sequence[Condition], filters: Filters
) -> Facets:
    """One statement, whatever is chosen. conditions: of the same filters."""
    bits = {condition.name: 1 << place for place, condition in enumerate(conditions)}
    missed = " + ".join(
        f"CASE WHEN {condition.sql.replace(IN_STOCK, 'scope.in_stock')} THEN 0 ELSE {bit} END"
        for condition, bit in zip(conditions, bits.values(), strict=True)
    ).replace("scope.", "stocked.")
    values: list[Any] = [*scope.values, MOST_COUNTED + 1]
    for condition in conditions:
        values += condition.values
    fact_bits = {name: bit for name, bit in bits.items() if name.startswith(_fact(""))}

    def others(name: str) -> str:
        """All filters but this one, as bits."""
        return str(~bits.get(name, 0))

    def other_facts(column: str) -> str:
        whens = "".join(f" WHEN %s THEN {~bit}" for bit in fact_bits.values())
        return f"(CASE {column}{whens} ELSE -1 END)" if whens else "-1"

    names = [name.removeprefix(_fact("")) for name in fact_bits]
    sql = COUNTS.format(
        base=scope.sql,
        missed=missed or "0",
        not_stock=others(STOCK),
        not_sale=others(SALE),
        not_price=others(PRICE),
        not_category=others(CATEGORY),
        not_brand=others(BRAND),
        not_shop=others(SHOP),
        not_fact=other_facts("fact.key"),
        not_option=other_facts("option.name"),
        ratings="".join(
            f", count(*) FILTER (WHERE missed & {others(RATING)} = 0"
            f" AND rating_average >= {rating}) AS rating{rating}"
            for rating in RATINGS
        ),
        rating_rows="".join(f", ('{rating}', rating{rating})" for rating in RATINGS),
    )
    named = [list(filters.brands), list(filters.shops)]
    return _facets(read_prepared(sql, [*values, *named, *names, *names]))


def _fact(name: str) -> str:
    return f"fact {name}"


def _facets(rows: Sequence[tuple[Any, ...]]) -> Facets:
    flags: dict[str, int] = {}
    values: dict[str, dict[str, Value]] = {BRAND: {}, SHOP: {}}
    facts: dict[str, dict[str, int]] = {}
    by_category: dict[UUID, int] = {}
    prices: list[Prices] = []
    for kind, name, label, count, least, most in rows:
        if kind == "flag":
            flags[name] = count
        elif kind == PRICE:
            prices.append(Prices(currency=name, least=least, most=most, count=count))
        elif kind == CATEGORY:
            by_category[UUID(name)] = count
        elif kind == "fact":
            words = facts.setdefault(name, {})
            words[label] = words.get(label, 0) + count
        else:
            value = Value(key=name, label=label, count=count)
            values[kind][name] = max(value, values[kind].get(name, value), key=_count)
    return Facets(
        found=min(flags["found"], MOST_COUNTED),
        is_bounded=flags["everything"] > MOST_COUNTED,
        brands=_most_frequent(values[BRAND].values()),
        shops=_most_frequent(values[SHOP].values()),
        facts=_telling(facts),
        by_category=by_category,
        prices=sorted(prices, key=lambda p: (-p.count, p.currency)),
        in_stock=flags["stock"],
        on_sale=flags["sale"],
        ratings={rating: flags[str(rating)] for rating in RATINGS},
    )


def _count(value: Value) -> int:
    return value.count


def _most_frequent(values: Iterable[Value]) -> list[Value]:
    return sorted(values, key=lambda v: (-v.count, v.label))[:MOST_VALUES]


def _telling(facts: Mapping[str, Mapping[str, int]]) -> dict[str, list[Value]]:
    """The facts that most products have, by name; many that no two share say nothing."""
    shared = [
        name
        for name, words in facts.items()
        if len(words) <= FEW_VALUES or max(words.values()) > 1
    ]
    chosen = sorted(shared, key=lambda name: (-sum(facts[name].values()), name))
    return {
        name: _most_frequent(
            [Value(key=word, label=word, count=n) for word, n in facts[name].items()]
        )
        for name in chosen[:MOST_FACTS]
    }
