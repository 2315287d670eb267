"""What a shop changes for many products at once: each function does one chunk of a job.

The caller (shop.services.jobs) has opened the transaction. Products are locked in the order of
their keys, their variants behind them, so that nothing here can deadlock with a price or a
checkout. Every function tells each product's value before and after; the matching `restore_…`
puts back what still is as it was left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from hashlib import md5
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.models import (
    Brand,
    Category,
    Product,
    ProductStatus,
    ProductVariant,
    Tag,
)
from catalog.services.prices import (
    NewPrice,
    checked_price,
    hold_products,
    set_prices,
)
from shop.errors import DomainError
from shop.money import exponent_of
from shop.services.jobs import Chunk, Result

MOST_TAGS = 50
# What a product's value shall be; raises a DomainError that says why not.
Plan = Callable[[Product], Any]
SET_COLUMN = """
UPDATE products SET {column} = nullif(wanted.value, '')::{cast}, updated_at = %s
  FROM unnest(%s::uuid[], %s::text[]) AS wanted(id, value)
 WHERE products.id = wanted.id
"""
SET_TAGS = """
WITH wanted AS (
    SELECT id, ARRAY(SELECT jsonb_array_elements_text(tags::jsonb))::varchar[] AS tags
      FROM unnest(%(ids)s::uuid[], %(tags)s::text[]) AS wanted(id, tags)
), changed AS (
    UPDATE products SET tags = wanted.tags, updated_at = %(now)s
      FROM wanted WHERE products.id = wanted.id
), gone AS (
    DELETE FROM product_tags USING wanted, tags
     WHERE product_tags.product_id = wanted.id AND tags.id = product_tags.tag_id
       AND NOT tags.name = ANY(wanted.tags)
)
INSERT INTO product_tags (product_id, tag_id)
SELECT wanted.id, tags.id
  FROM wanted CROSS JOIN unnest(wanted.tags) AS named(tag)
  JOIN tags ON tags.name = named.tag
 ORDER BY wanted.id, tags.id
    ON CONFLICT (product_id, tag_id) DO NOTHING
"""


class Changed(DomainError):
    """Somebody changed the value since."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(_("It was changed meanwhile, and is left as it is now."))


class Gone(DomainError):
    code = "gone"

    def __init__(self) -> None:
        super().__init__(_("What it had before is not there any more."))


class NoVariant(DomainError):
    code = "no_variant"

    def __init__(self) -> None:
        super().__init__(_("It has no variant that could be bought."))


@dataclass(frozen=True)
class _Column:
    """A column of products that a job changes. model: what it refers to, if anything.

    In a job's rows a value is a text, or `{"id": …, "name": …}` of what it refers to; empty
    for none.
    """

    name: str
    cast: str = "text"
    model: Any = None

    def read(self, product: Product) -> Any:
        value = getattr(product, self.name)
        if self.model is None:
            return value
        return {"id": str(value.pk), "name": value.name} if value else ""

    def key(self, value: Any) -> str:
        return str(value["id"] if isinstance(value, dict) else value)

    @property
    def column(self) -> str:
        return self.name if self.model is None else f"{self.name}_id"


STATUS = _Column("status")
TAX_CLASS = _Column("tax_class")
CATEGORY = _Column("category", "uuid", Category)
BRAND = _Column("brand", "uuid", Brand)


# ------------------------------------------------------------------ one column
def set_status(chunk: Chunk) -> list[Result]:
    """params: status."""
    held = _held(chunk)
    with_variants = _with_variants(held)

    def plan(product: Product) -> str:
        return new_status(
            status=chunk.params["status"], has_variant=product.pk in with_variants
        )

    return _change_column(chunk, held, STATUS, plan)


def new_status(*, status: str, has_variant: bool) -> str:
    """Raises NoVariant for a product that would stand in the store and not be for sale."""
    if status == ProductStatus.ACTIVE and not has_variant:
        raise NoVariant
    return ProductStatus(status).value


def _with_variants(product_ids: Iterable[UUID]) -> set[UUID]:
    variants = ProductVariant.objects.filter(
        product_id__in=list(product_ids), is_active=True
    )
    return set(variants.order_by().values_list("product_id", flat=True).distinct())


def set_category(chunk: Chunk) -> list[Result]:
    """params: to, `{"id": …, "name": …}` or empty for no category."""
    return _refer(chunk, CATEGORY)


def set_brand(chunk: Chunk) -> list[Result]:
    """params: to, as of a category."""
    return _refer(chunk, BRAND)


def _refer(chunk: Chunk, column: _Column) -> list[Result]:
    to = chunk.params["to"]
    there = _still_there(column, [to])

    def plan(product: Product) -> Any:
        if to and column.key(to) not in there:
            raise Gone
        return to

    return _change_column(chunk, _held(chunk), column, plan)


def set_tax_class(chunk: Chunk) -> list[Result]:
    """params: tax_class."""
    return _change_column(
        chunk, _held(chunk), TAX_CLASS, lambda _: chunk.params["tax_class"]
    )


def restore_column(column: _Column) -> Callable[[Chunk], list[Result]]:
    """The way back of the functions above."""

    def restore(chunk: Chunk) -> list[Result]:
        wanted = {row.entity_id: row.wanted for row in chunk.rows}
        there = _still_there(column, [one["before"] for one in wanted.values()])

        def plan(product: Product) -> Any:
            before, after = wanted[product.pk]["before"], wanted[product.pk]["after"]
            if column.key(column.read(product)) != column.key(after):
                raise Changed
            if column.model and before and column.key(before) not in there:
                raise Gone
            return before

        return _change_column(chunk, _held(chunk), column, plan)

    return restore


def _still_there(column: _Column, values: Iterable[Any]) -> set[str]:
    """Of what the values refer to: what is still there."""
    if column.model is None:
        return set()
    keys = {column.key(value) for value in values if value}
    there = column.model.objects.filter(pk__in=keys)
    return {str(key) for key in there.values_list("pk", flat=True)}


def _change_column(
    chunk: Chunk, held: list[UUID], column: _Column, plan: Plan
) -> list[Result]:
    products = Product.objects.filter(pk__in=held)
    if column.model is not None:
        products = products.select_related(column.name)
    results, written = [], {}
    for product in products:
        before = column.read(product)
        try:
            after = plan(product)
        except DomainError as refusal:
            results.append(Result(product.pk, refusal=refusal.message))
            continue
        if column.key(before) == column.key(after):
            results.append(Result(product.pk, before=before))
            continue
        results.append(Result(product.pk, before=before, after=after))
        written[product.pk] = column.key(after)
    with connection.cursor() as cursor:
        cursor.execute(
            SET_COLUMN.format(column=column.column, cast=column.cast),
            [chunk.now, list(written), list(written.values())],
        )
    return results


# ------------------------------------------------------------------ tags
def change_tags(chunk: Chunk) -> list[Result]:
    """params: add, remove: names."""
    add, remove = chunk.params["add"], chunk.params["remove"]
    make_tags(names=add)

    def plan(product: Product) -> list[str]:
        return new_tags(tags=product.tags, add=add, remove=remove)

    return _change_tags(chunk, plan)


def new_tags(
    *, tags: Sequence[str], add: Sequence[str], remove: Sequence[str]
) -> list[str]:
    """The ones that stay, in their order, then the new ones. Raises TooManyTags."""
    kept = [tag for tag in tags if tag not in remove]
    kept += [tag for tag in add if tag not in kept]
    if len(kept) > MOST_TAGS:
        raise TooManyTags
    return kept


class TooManyTags(DomainError):
    code = "too_many_tags"

    def __init__(self) -> None:
        super().__init__(
            _("A product has at most %(most)d tags.") % {"most": MOST_TAGS}
        )


def restore_tags(chunk: Chunk) -> list[Result]:
    wanted = {row.entity_id: row.wanted for row in chunk.rows}
    make_tags(names={tag for one in wanted.values() for tag in one["before"]})

    def plan(product: Product) -> list[str]:
        if product.tags != wanted[product.pk]["after"]:
            raise Changed
        before: list[str] = wanted[product.pk]["before"]
        return before

    return _change_tags(chunk, plan)


def make_tags(*, names: Iterable[str]) -> None:
    """Those that there are not yet, addressed as an import addresses them."""
    rows = [Tag(name=name, slug=_tag_slug(name)) for name in sorted(set(names))]
    Tag.objects.bulk_create(rows, ignore_conflicts=True)


def _tag_slug(name: str) -> str:
    slug = slugify(name)[:90]
    if slug == name:
        return slug
    digest = md5(name.encode(), usedforsecurity=False).hexdigest()[:8]
    return "-".join(part for part in (slug, digest) if part)


def _change_tags(chunk: Chunk, plan: Plan) -> list[Result]:
    results, written = [], {}
    for product in Product.objects.filter(pk__in=_held(chunk)).only("tags"):
        try:
            after = plan(product)
        except DomainError as refusal:
            results.append(Result(product.pk, refusal=refusal.message))
            continue
        if after == product.tags:
            results.append(Result(product.pk, before=product.tags))
            continue
        results.append(Result(product.pk, before=product.tags, after=after))
        written[product.pk] = json.dumps(after)
    with connection.cursor() as cursor:
        cursor.execute(
            SET_TAGS,
            {"ids": list(written), "tags": list(written.values()), "now": chunk.now},
        )
    return results


# ------------------------------------------------------------------ prices
class Ending(StrEnum):
    """What a price is rounded to; `exact`: only to what the currency has."""

    EXACT = "exact"
    WHOLE = "whole"
    NINETY_NINE = "99"
    NINETY_FIVE = "95"


class CompareRule(StrEnum):
    """What becomes of the crossed-out price."""

    KEEP = "keep"
    OLD = "old"
    ABOVE = "above"
    REMOVE = "remove"


@dataclass(frozen=True)
class PriceRule:
    """A price times `percent` per cent more, plus `amount`; then what it ends on.

    percent, amount: below zero for less. above: per cent that the crossed-out price stands
    above the new one, for CompareRule.ABOVE.
    """

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    ending: Ending = Ending.EXACT
    compare: CompareRule = CompareRule.KEEP
    above: Decimal = Decimal(0)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> PriceRule:
        """As `params` of a job hold it."""
        return cls(
            percent=Decimal(params.get("percent") or 0),
            amount=Decimal(params.get("amount") or 0),
            ending=Ending(params.get("ending") or Ending.EXACT),
            compare=CompareRule(params.get("compare") or CompareRule.KEEP),
            above=Decimal(params.get("above") or 0),
        )

    @property
    def params(self) -> dict[str, str]:
        return {
            "percent": str(self.percent),
            "amount": str(self.amount),
            "ending": self.ending.value,
            "compare": self.compare.value,
            "above": str(self.above),
        }

    def applied(
        self, *, price: Decimal, compare_price: Decimal | None, currency: str
    ) -> NewPrice:
        """Raises InvalidPrice below zero and beyond what a price can be."""
        new = price
        if self.percent or self.amount:
            raw = price + price * self.percent / 100 + self.amount
            new = _ended(checked_price(raw, currency), self.ending, currency)
        elif self.ending != Ending.EXACT:
            new = _ended(price, self.ending, currency)
        compare = compare_price
        if self.compare == CompareRule.REMOVE:
            compare = None
        elif self.compare == CompareRule.OLD:
            # The first price of several reductions stays: it is what it cost before.
            compare = max(price, compare_price or price)
        elif self.compare == CompareRule.ABOVE:
            compare = checked_price(new + new * self.above / 100, currency)
        if compare is not None and compare <= new:
            # It says that there was more to pay before.
            compare = None if self.compare != CompareRule.KEEP else compare
        return NewPrice(checked_price(new, currency), compare)


def _ended(price: Decimal, ending: Ending, currency: str) -> Decimal:
    """The nearest price with that ending; zero stays zero, and nothing else becomes it."""
    if ending == Ending.EXACT or not price:
        return price
    if ending == Ending.WHOLE or exponent_of(currency) == 0:
        return max(price.quantize(Decimal(1), rounding=ROUND_HALF_EVEN), Decimal(1))
    end = Decimal(int(ending)) / 100
    below = Decimal(int(price)) + end - (1 if price % 1 < end else 0)
    nearest = below if price - below <= below + 1 - price else below + 1
    return nearest if nearest > 0 else end


def change_prices(chunk: Chunk) -> list[Result]:
    """params: of a PriceRule. Every variant of each product; all of them, or none."""
    rule = PriceRule.of(chunk.params)

    def plan(variant: ProductVariant, currency: str) -> NewPrice:
        return rule.applied(
            price=variant.price, compare_price=variant.compare_price, currency=currency
        )

    return _change_prices(chunk, plan)


def restore_prices(chunk: Chunk) -> list[Result]:
    before = {
        row.entity_id: {one[0]: one for one in row.wanted["before"]}
        for row in chunk.rows
    }
    after = {
        row.entity_id: {one[0]: one[1:] for one in row.wanted["after"]}
        for row in chunk.rows
    }

    def plan(variant: ProductVariant, _currency: str) -> NewPrice | None:
        key = str(variant.pk)
        if key not in before[variant.product_id]:
            # It came later.
            return None
        if _prices(variant)[1:] != after[variant.product_id][key]:
            raise Changed
        _key, price, compare_price = before[variant.product_id][key]
        compare = None if compare_price is None else Decimal(compare_price)
        return NewPrice(Decimal(price), compare)

    return _change_prices(chunk, plan)


def _change_prices(
    chunk: Chunk, plan: Callable[[ProductVariant, str], NewPrice | None]
) -> list[Result]:
    variants: dict[UUID, list[ProductVariant]] = {id_: [] for id_ in _held(chunk)}
    rows = ProductVariant.objects.filter(product_id__in=list(variants)).annotate(
        currency=F("product__currency")
    )
    for row in rows.only("product_id", "price", "compare_price").order_by("id"):
        variants[row.product_id].append(row)
    results: list[Result] = []
    wanted: dict[UUID, NewPrice] = {}
    for product_id, of_product in variants.items():
        try:
            new = {
                one.pk: price
                for one in of_product
                if (price := plan(one, one.currency)) is not None  # type: ignore[attr-defined]
            }
        except DomainError as refusal:
            results.append(Result(product_id, refusal=refusal.message))
            continue
        touched = [one for one in of_product if _differs(one, new.get(one.pk))]
        before = [_prices(one) for one in touched]
        wanted |= {one.pk: new[one.pk] for one in touched}
        after = [_listed(one.pk, new[one.pk]) for one in touched]
        results.append(Result(product_id, before=before, after=after or None))
    set_prices(prices=wanted, now=chunk.now, user_id=chunk.user_id)
    return results


def _differs(variant: ProductVariant, new: NewPrice | None) -> bool:
    return new is not None and (variant.price, variant.compare_price) != (
        new.price,
        new.compare_price,
    )


def _prices(variant: ProductVariant) -> list[str | None]:
    return _listed(variant.pk, NewPrice(variant.price, variant.compare_price))


def _listed(variant_id: UUID, price: NewPrice) -> list[str | None]:
    compare = None if price.compare_price is None else _text(price.compare_price)
    return [str(variant_id), _text(price.price), compare]


def _text(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def _held(chunk: Chunk) -> list[UUID]:
    return hold_products(shop_id=chunk.shop_id, product_ids=chunk.ids)
