"""Variants out of options: up to three names with values, and every combination of these.

`plan_matrix` says exactly what would be there; `make_matrix` does it. What there is already keeps
its SKU, price and stock under its new place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product as combinations
from math import prod
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.events import ProductEdited
from catalog.models import (
    InventoryLog,
    PriceChange,
    Product,
    ProductImage,
    ProductStatus,
    ProductVariant,
    StockReservation,
)
from catalog.services.editor import FieldRefused, hash_of, hold
from catalog.services.prices import show_lowest_prices
from shop.errors import DomainError
from shop.events import publish

MOST_OPTIONS = 3
MOST_VARIANTS = 2_048
LONGEST_VALUE = 100
# A name is what tells the values of a variant apart, and a column as wide.
LONGEST_NAME = 255
Key = tuple[str, ...]
LIKE_THE_FIRST = (
    *("price", "compare_price", "weight", "inventory_policy"),
    *("inventory_tracking", "requires_shipping", "taxable"),
)
SQL = Path(__file__).resolve().parent.parent / "sql"
MAKE = (SQL / "make_variants.sql").read_text()
# Grain: a variant. Repeatable.
PLACE = """
UPDATE product_variants AS variant
   SET option1 = wanted.option1, option2 = wanted.option2, option3 = wanted.option3,
       name = wanted.name, position = wanted.position, updated_at = %(now)s
  FROM unnest(%(ids)s::uuid[], %(option1)s::text[], %(option2)s::text[], %(option3)s::text[],
              %(names)s::text[], %(positions)s::int[])
       AS wanted(id, option1, option2, option3, name, position)
 WHERE variant.id = wanted.id
"""


class TooManyVariants(DomainError):
    """Options with more combinations than a product may have."""

    code = "too_many_variants"

    def __init__(self, wanted: int) -> None:
        super().__init__(
            _(
                "These are %(wanted)d combinations; a product has at most %(most)d variants."
            )
            % {"wanted": wanted, "most": MOST_VARIANTS}
        )
        self.wanted = wanted


class MatrixChanged(DomainError):
    """The variants or options are not those any more that the number was shown for."""

    code = "variants_changed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Something has changed since these numbers were shown. Look at them again."
            )
        )


class LastVariant(DomainError):
    """A product in the store keeps something that can be bought."""

    code = "last_variant"

    def __init__(self) -> None:
        super().__init__(
            _(
                "A product in the store needs a variant that is on sale. Take the product out of"
                " the store first."
            )
        )


@dataclass(frozen=True)
class WantedOption:
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class MatrixPlan:
    """keys: every combination, in order. kept: variants with their new values; resting: how many
    of these are switched off.

    version: of the variants and options that the plan was made for.
    """

    names: list[str]
    keys: list[Key]
    kept: list[tuple[ProductVariant, Key]]
    new: list[Key]
    gone: list[ProductVariant]
    resting: int
    version: str

    @property
    def total(self) -> int:
        return len(self.keys)


# ------------------------------------------------------------------ plan
def clean_options(options: Sequence[WantedOption]) -> list[WantedOption]:
    """Without empty ones. Raises FieldRefused, field `option1` to `option3`; TooManyVariants."""
    cleaned: list[WantedOption] = []
    for number, option in enumerate(options[:MOST_OPTIONS], 1):
        name, values = _line(option.name), [_line(value) for value in option.values]
        values = [value for value in values if value]
        if name or values:
            _check_option(
                f"option{number}", name, values, [one.name for one in cleaned]
            )
            cleaned.append(WantedOption(name, tuple(values)))
    wanted = prod(len(option.values) for option in cleaned)
    if wanted > MOST_VARIANTS:
        raise TooManyVariants(wanted)
    return cleaned


def _line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _check_option(
    field: str, name: str, values: Sequence[str], names: Sequence[str]
) -> None:
    if not name:
        raise FieldRefused(field, _("Give the option a name, such as Colour."))
    if not values:
        raise FieldRefused(field, _("Give the option at least one value."))
    if name.casefold() in [other.casefold() for other in names]:
        raise FieldRefused(field, _("Two options have the same name."))
    if len({value.casefold() for value in values}) < len(values):
        raise FieldRefused(field, _("A value stands there twice."))
    if any(len(text) > LONGEST_VALUE for text in (name, *values)):
        raise FieldRefused(
            field,
            _("Names and values have at most %(most)d characters.")
            % {"most": LONGEST_VALUE},
        )


def plan_matrix(*, product: Product, options: Sequence[WantedOption]) -> MatrixPlan:
    """What every combination would be. Raises FieldRefused and TooManyVariants."""
    options = clean_options(options)
    variants = list(ProductVariant.objects.filter(product=product))
    keys = [tuple(one) for one in combinations(*(option.values for option in options))]
    spelt = {_folded(key): key for key in keys}
    sources = _sources(
        _old_names(product, variants), [option.name for option in options]
    )
    placed: dict[Key, ProductVariant] = {}
    gone = []
    # What is on sale comes before what is not.
    for variant in sorted(variants, key=lambda one: not one.is_active):
        key = spelt.get(_folded(_key(variant, options, sources)))
        if key is not None and key not in placed:
            placed[key] = variant
        elif variant.is_active:
            gone.append(variant)
    return MatrixPlan(
        names=[option.name for option in options],
        keys=keys,
        kept=[(placed[key], key) for key in keys if key in placed],
        new=[key for key in keys if key not in placed],
        gone=gone,
        resting=sum(not variant.is_active for variant in placed.values()),
        version=_version(product, variants, options),
    )


def _folded(key: Key) -> Key:
    return tuple(value.casefold() for value in key)


def _old_names(product: Product, variants: Sequence[ProductVariant]) -> list[str]:
    """Options that have values and no name count too."""
    used = max((len(_given(variant)) for variant in variants), default=0)
    names = list(product.option_names)
    return names + [""] * (used - len(names))


def _given(variant: ProductVariant) -> list[str]:
    values = [variant.option1, variant.option2, variant.option3]
    while values and not values[-1]:
        values.pop()
    return values


def _sources(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each new option, the place of the old one that it is: of that name, or renamed."""
    known = [name.casefold() for name in old]
    wanted = [name.casefold() for name in new]
    found: list[int | None] = []
    for place, name in enumerate(wanted):
        if name in known:
            found.append(known.index(name))
        elif place < len(known) and known[place] not in wanted:
            found.append(place)
        else:
            found.append(None)
    if len(known) == len(wanted):
        # Renamed and moved at once: what is left of the old ones.
        left = iter([place for place in range(len(known)) if place not in found])
        found = [next(left) if source is None else source for source in found]
    return found


def _key(
    variant: ProductVariant,
    options: Sequence[WantedOption],
    sources: Sequence[int | None],
) -> Key:
    """Its values in the new options; of a new option the first one."""
    old = (variant.option1, variant.option2, variant.option3)
    return tuple(
        (old[source] if source is not None else "") or option.values[0]
        for option, source in zip(options, sources, strict=True)
    )


def _version(
    product: Product,
    variants: Iterable[ProductVariant],
    options: Sequence[WantedOption],
) -> str:
    rows = sorted(
        [str(one.pk), one.option1, one.option2, one.option3, one.is_active]
        for one in variants
    )
    wanted = [[option.name, *option.values] for option in options]
    return hash_of([product.option_names, rows, wanted])


# ------------------------------------------------------------------ make
@transaction.atomic
def make_matrix(
    *,
    shop_id: UUID,
    product_id: UUID,
    options: Sequence[WantedOption],
    version: str,
    now: datetime,
    by: Any,
) -> MatrixPlan:
    """Do what `plan_matrix` said; version: the plan's.

    Raises MatrixChanged, FieldRefused and TooManyVariants, with nothing written.
    """
    product = hold(shop_id=shop_id, product_id=product_id)
    plan = plan_matrix(product=product, options=options)
    if plan.version != version:
        raise MatrixChanged
    if product.status == ProductStatus.ACTIVE and plan.total == plan.resting:
        raise LastVariant
    product.option_names = plan.names
    product.save(update_fields=["option_names", "updated_at"])
    order = {key: place for place, key in enumerate(plan.keys)}
    _place(plan.kept, order, now)
    take_out(variants=plan.gone, now=now)
    _create(product, plan, order, now, by)
    show_lowest_prices(product_ids=[product.pk], now=now)
    publish(
        ProductEdited,
        entity=product,
        at=now,
        data={"fields": ["variants"], "user_id": by.pk},
    )
    return plan


def _place(
    kept: Sequence[tuple[ProductVariant, Key]], order: Mapping[Key, int], now: datetime
) -> None:
    values = [padded(key) for _variant, key in kept]
    with connection.cursor() as cursor:
        cursor.execute(
            PLACE,
            {
                "ids": [variant.pk for variant, _key in kept],
                "option1": [value[0] for value in values],
                "option2": [value[1] for value in values],
                "option3": [value[2] for value in values],
                "names": [named(key) for _variant, key in kept],
                "positions": [order[key] for _variant, key in kept],
                "now": now,
            },
        )


def padded(key: Key) -> Key:
    return (*key, "", "", "")[:MOST_OPTIONS]


def named(key: Key) -> str:
    return " / ".join(key)[:LONGEST_NAME]


def _create(
    product: Product, plan: MatrixPlan, order: Mapping[Key, int], now: datetime, by: Any
) -> None:
    """Like the first of those that are there; a new product's are like itself."""
    like = next((variant for variant, _key in plan.kept), None)
    like = like or next(iter(plan.gone), None)
    like = like or ProductVariant(price=product.price, weight=product.weight)
    values = [padded(key) for key in plan.new]
    values_of_all = {name: getattr(like, name) for name in LIKE_THE_FIRST} | {
        "product_id": product.pk,
        "shop_id": product.shop_id,
        "skus": _free_skus(product, plan.new),
        "names": [named(key) for key in plan.new],
        "option1": [value[0] for value in values],
        "option2": [value[1] for value in values],
        "option3": [value[2] for value in values],
        "positions": [order[key] for key in plan.new],
        "now": now,
        "user_id": by.pk,
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(MAKE, values_of_all)
    except IntegrityError as error:
        # Another product took one of the SKUs since they were looked for.
        raise MatrixChanged from error


def first_prices(*, variants: Sequence[ProductVariant], now: datetime, by: Any) -> None:
    """The history of new variants begins."""
    PriceChange.objects.bulk_create(
        PriceChange(
            variant_id=variant.pk,
            product_id=variant.product_id,
            old_price=None,
            new_price=variant.price,
            changed_at=now,
            user_id=by.pk,
        )
        for variant in variants
    )


def _free_skus(product: Product, keys: Sequence[Key]) -> list[str]:
    """Of the product's and the values: LAMP-RED-LARGE; numbered where that is taken."""
    base = product.sku[:40]
    begun = ProductVariant.objects.filter(shop_id=product.shop_id, sku__startswith=base)
    taken = set(begun.values_list("sku", flat=True))
    skus = []
    for key in keys:
        parts = [slugify(value)[:18].upper() or "X" for value in key]
        stem = "-".join([base, *parts])
        sku, number = stem, 2
        while sku in taken:
            sku, number = f"{stem}-{number}", number + 1
        taken.add(sku)
        skus.append(sku)
    return skus


# ------------------------------------------------------------------ take out
def take_out(*, variants: Sequence[ProductVariant], now: datetime) -> tuple[int, int]:
    """Delete what nobody ever had to do with, switch the others off; returns how many of each.

    The caller holds the product. What was ordered, promised or counted stays for its orders and
    its ledger.
    """
    ids = [variant.pk for variant in variants]
    held = ProductVariant.objects.filter(pk__in=ids).order_by("pk")
    list(held.select_for_update().values_list("pk"))
    used = _used(ids)
    ProductImage.objects.filter(variant_id__in=ids).update(variant=None)
    ProductVariant.objects.filter(pk__in=used).update(is_active=False, updated_at=now)
    unused = set(ids) - used
    ProductVariant.objects.filter(pk__in=unused).delete()
    return len(unused), len(used)


def _used(ids: Sequence[UUID]) -> set[UUID]:
    rows = ProductVariant.objects.filter(pk__in=ids)
    # Items stand in the app above; the relation is told by its name alone.
    used = set(rows.filter(order_items__isnull=False).values_list("pk", flat=True))
    stocked = rows.exclude(inventory_quantity=0, reserved_quantity=0)
    used |= set(stocked.values_list("pk", flat=True))
    for model in (InventoryLog, StockReservation):
        found = model._default_manager.filter(variant_id__in=ids)
        used |= set(found.values_list("variant_id", flat=True))
    return used
