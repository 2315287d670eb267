"""Variants of one product as its shop edits them: rows of a table, or many in one go."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from catalog.errors import NoSuchThing
from catalog.events import ProductEdited
from catalog.models import Product, ProductStatus, ProductVariant
from catalog.services.editor import (
    FieldRefused,
    clean_sku,
    hash_of,
    hold,
    sku_taken,
)
from catalog.services.matrix import LastVariant, take_out
from catalog.services.prices import (
    NewPrice,
    checked_price,
    set_prices,
    show_lowest_prices,
)
from shop.errors import DomainError
from shop.events import publish

VARIANT_FIELDS = ("sku", "price", "compare_price", "barcode", "weight", "is_active")
PRICES = {"price", "compare_price"}
LONGEST_BARCODE = 100
HEAVIEST = Decimal("999999.99")
# What belongs to a row, and not to one of its cells.
ROW = ""


@dataclass(frozen=True)
class VariantEdit:
    """values: some of VARIANT_FIELDS. seen: `seen_of` the row that was edited; empty: not told."""

    variant_id: UUID
    values: Mapping[str, Any]
    seen: str = ""


class RowsRefused(DomainError):
    """errors: variant id -> field, or ROW -> why. Nothing is written."""

    code = "variants_refused"

    def __init__(self, errors: Mapping[UUID, Mapping[str, str]]) -> None:
        super().__init__(
            " ".join(
                dict.fromkeys(
                    message for row in errors.values() for message in row.values()
                )
            )
        )
        self.errors = {key: dict(row) for key, row in errors.items()}


def read_variant(variant: ProductVariant) -> dict[str, Any]:
    return {name: getattr(variant, name) for name in VARIANT_FIELDS}


def seen_of(variant: ProductVariant) -> str:
    """Tells whether a row is as it was when somebody began to edit it."""
    return hash_of(read_variant(variant))


@transaction.atomic
def edit_variants(
    *,
    shop_id: UUID,
    product_id: UUID,
    edits: Sequence[VariantEdit],
    now: datetime,
    by: Any,
) -> int:
    """Write rows of the table, all or none; returns how many changed.

    Raises RowsRefused, LastVariant, and NoSuchThing for a variant of another product.
    """
    product = hold(shop_id=shop_id, product_id=product_id)
    rows = _held(product, [edit.variant_id for edit in edits])
    wanted: dict[UUID, dict[str, Any]] = {}
    errors: dict[UUID, dict[str, str]] = {}
    for edit in edits:
        row = rows[edit.variant_id]
        changes, refused = _changes(row, edit, product.currency)
        if refused:
            errors[row.pk] = refused
        elif changes:
            wanted[row.pk] = changes
    errors |= _sku_errors(product, rows, wanted)
    if errors:
        raise RowsRefused(errors)
    if not wanted:
        return 0
    _write(product, rows, wanted, now, by)
    return len(wanted)


@transaction.atomic
def price_variants(
    *,
    shop_id: UUID,
    product_id: UUID,
    variant_ids: Collection[UUID],
    price: Decimal,
    compare_price: Decimal | None,
    now: datetime,
    by: Any,
) -> int:
    """One price for all of them; returns how many there are. Raises InvalidPrice, NoSuchThing."""
    product = hold(shop_id=shop_id, product_id=product_id)
    _held(product, variant_ids)
    price = checked_price(price, product.currency)
    if compare_price is not None:
        compare_price = checked_price(compare_price, product.currency)
    prices = dict.fromkeys(variant_ids, NewPrice(price, compare_price))
    set_prices(prices=prices, now=now, user_id=by.pk)
    return len(prices)


@transaction.atomic
def switch_variants(
    *,
    shop_id: UUID,
    product_id: UUID,
    variant_ids: Collection[UUID],
    is_active: bool,
    now: datetime,
    by: Any,
) -> int:
    """Put variants on sale or off it; returns how many changed. Raises LastVariant, NoSuchThing."""
    product = hold(shop_id=shop_id, product_id=product_id)
    rows = _held(product, variant_ids)
    changed = [key for key, row in rows.items() if row.is_active != is_active]
    found = ProductVariant.objects.filter(pk__in=changed)
    found.update(is_active=is_active, updated_at=now)
    _after(product, now, by)
    return len(changed)


@transaction.atomic
def remove_variants(
    *,
    shop_id: UUID,
    product_id: UUID,
    variant_ids: Collection[UUID],
    now: datetime,
    by: Any,
) -> tuple[int, int]:
    """Returns how many are deleted, and how many switched off because they were used.

    Raises LastVariant and NoSuchThing.
    """
    product = hold(shop_id=shop_id, product_id=product_id)
    rows = _held(product, variant_ids)
    removed = take_out(variants=list(rows.values()), now=now)
    _after(product, now, by)
    return removed


def _held(product: Product, ids: Collection[UUID]) -> dict[UUID, ProductVariant]:
    """Locked, behind their product. Raises NoSuchThing for one that is not the product's."""
    rows = ProductVariant.objects.filter(product=product, pk__in=list(ids))
    found = {row.pk: row for row in rows.order_by("pk").select_for_update(no_key=True)}
    if len(found) < len(set(ids)):
        raise NoSuchThing(_("A variant is not there any more. Load the page again."))
    return found


def _changes(
    row: ProductVariant, edit: VariantEdit, currency: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """What differs, and what cannot be."""
    theirs = read_variant(row)
    changes: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name in VARIANT_FIELDS:
        if name not in edit.values:
            continue
        try:
            value = _clean(name, edit.values[name], currency)
        except DomainError as refusal:
            refused[name] = refusal.message
            continue
        if value != theirs[name]:
            changes[name] = value
    if changes and not refused and edit.seen and edit.seen != hash_of(theirs):
        refused[ROW] = _(
            "A colleague has changed this row meanwhile. Save again to keep yours."
        )
    return changes, refused


def _clean(name: str, value: Any, currency: str) -> Any:
    if name == "sku":
        return clean_sku(value)
    if name == "price":
        return checked_price(value, currency)
    if name == "compare_price":
        return None if value is None else checked_price(value, currency)
    if name == "barcode":
        text = " ".join(value.replace("\0", "").split())
        if len(text) > LONGEST_BARCODE:
            raise FieldRefused(
                name, _("At most %(most)d characters.") % {"most": LONGEST_BARCODE}
            )
        return text
    if name == "weight" and value is not None:
        if not (value.is_finite() and 0 <= value <= HEAVIEST):
            raise FieldRefused(name, _("A weight is zero or more, in grams."))
        return value.quantize(Decimal("0.01"))
    return value


def _sku_errors(
    product: Product,
    rows: Mapping[UUID, ProductVariant],
    wanted: Mapping[UUID, Mapping[str, Any]],
) -> dict[UUID, dict[str, str]]:
    new = {key: values["sku"] for key, values in wanted.items() if "sku" in values}
    if not new:
        return {}
    others = ProductVariant.objects.filter(
        shop_id=product.shop_id, sku__in=list(new.values())
    )
    holders = dict(others.values_list("sku", "pk"))
    asked = list(new.values())
    # Two that change places would meet on the way: one after the other, then.
    return {
        key: {"sku": sku_taken()}
        for key, sku in new.items()
        if holders.get(sku, key) != key or asked.count(sku) > 1
    }


def _write(
    product: Product,
    rows: Mapping[UUID, ProductVariant],
    wanted: Mapping[UUID, Mapping[str, Any]],
    now: datetime,
    by: Any,
) -> None:
    others = set()
    for key, changes in wanted.items():
        for name, value in changes.items():
            if name not in PRICES:
                setattr(rows[key], name, value)
                others.add(name)
        rows[key].updated_at = now
    if others:
        try:
            with transaction.atomic():
                ProductVariant.objects.bulk_update(
                    [rows[key] for key in wanted], [*sorted(others), "updated_at"]
                )
        except IntegrityError as error:
            # Another product took the SKU since it was looked for.
            raise RowsRefused(
                {key: {"sku": sku_taken()} for key in wanted if "sku" in wanted[key]}
            ) from error
    prices = {
        key: NewPrice(
            changes.get("price", rows[key].price),
            changes.get("compare_price", rows[key].compare_price),
        )
        for key, changes in wanted.items()
        if PRICES & set(changes)
    }
    if prices:
        set_prices(prices=prices, now=now, user_id=by.pk)
    _after(product, now, by)


def _after(product: Product, now: datetime, by: Any) -> None:
    is_on_sale = product.status == ProductStatus.ACTIVE
    if is_on_sale and not product.variants.filter(is_active=True).exists():
        raise LastVariant
    show_lowest_prices(product_ids=[product.pk], now=now)
    publish(
        ProductEdited,
        entity=product,
        at=now,
        data={"fields": ["variants"], "user_id": by.pk},
    )
