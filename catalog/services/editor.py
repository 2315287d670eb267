"""A product as its shop edits it: one set of fields, saved whole or not at all.

`version_of` says how the fields stood when somebody began to edit. A save that began from another
state than the one it finds is refused with what stands there now, so that no change is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.errors import NoSuchThing
from catalog.events import ProductEdited
from catalog.models import (
    Brand,
    Category,
    Product,
    ProductAddress,
    ProductStatus,
    ProductVariant,
    StockReason,
)
from catalog.services.bulk import MOST_TAGS, SET_TAGS, make_tags, new_status
from catalog.services.prices import checked_price, record_price
from catalog.services.stock import set_stock
from shop.errors import DomainError
from shop.events import publish
from shop.models import Shop

FIELDS = (
    "name",
    "short_description",
    "description",
    "status",
    "publish_at",
    "withdraw_at",
    "category",
    "brand",
    "tags",
    "facts",
    "tax_class",
    "slug",
    "seo_title",
    "seo_description",
)
LONGEST = {
    "name": 255,
    "short_description": 500,
    "description": 50_000,
    "seo_title": 255,
    "seo_description": 500,
    "slug": 255,
}
MOST_FACTS = 60
LONGEST_FACT = 255
LONGEST_TAG = 100
LONGEST_SKU = 100
TAX_CLASS = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
HASH_BYTES = 5
FARTHEST = timedelta(days=3653)


class FieldRefused(DomainError):
    """A value that the field cannot have. field: one of FIELDS, or what a new product takes."""

    code = "field_refused"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ProductChanged(DomainError):
    """A colleague saved meanwhile. theirs: the fields as they stand now; version: of these."""

    code = "product_changed"

    def __init__(self, theirs: Mapping[str, Any]) -> None:
        super().__init__(
            _("A colleague has changed this product meanwhile. Nothing is saved yet.")
        )
        self.theirs = dict(theirs)
        self.version = version_of(theirs)


# ------------------------------------------------------------------ what stands there
def read_values(product: Product) -> dict[str, Any]:
    """The fields as an editor sees them. category and brand are keys; facts are texts."""
    return {
        "name": product.name,
        "short_description": plain(product.short_description),
        "description": plain(product.description),
        "status": str(product.status),
        "publish_at": product.publish_at,
        "withdraw_at": product.withdraw_at,
        "category": product.category_id,
        "brand": product.brand_id,
        "tags": list(product.tags),
        "facts": {name: fact_text(value) for name, value in _facts(product).items()},
        "tax_class": product.tax_class,
        "slug": product.slug,
        "seo_title": product.seo_title,
        "seo_description": plain(product.seo_description),
    }


def plain(text: str) -> str:
    """As it comes back from a form."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def fact_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def _facts(product: Product) -> dict[str, Any]:
    facts = product.attributes.get("facts")
    return facts if isinstance(facts, dict) else {}


def version_of(values: Mapping[str, Any]) -> str:
    """A short hash of each field, in their order: two versions tell which fields differ."""
    return "-".join(hash_of(values[name]) for name in FIELDS)


def hash_of(value: Any) -> str:
    text = json.dumps(value, default=str, sort_keys=True)
    return blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()


def fields_changed(*, version: str, values: Mapping[str, Any]) -> set[str]:
    """Fields that are not as they were in the version; all of one that cannot be read."""
    hashes = version.split("-")
    if len(hashes) != len(FIELDS):
        return set(FIELDS)
    return {
        name
        for name, was in zip(FIELDS, hashes, strict=True)
        if name in values and hash_of(values[name]) != was
    }


# ------------------------------------------------------------------ save
@transaction.atomic
def save_product(
    *,
    shop_id: UUID,
    product_id: UUID,
    changes: Mapping[str, Any],
    version: str,
    now: datetime,
    by: Any,
) -> Product:
    """Give fields of FIELDS new values. The same values again change nothing.

    version: of the state that the changes were made to. Raises ProductChanged where a field
    differs from it, FieldRefused, and NoSuchThing; then nothing is written.
    """
    product = hold(shop_id=shop_id, product_id=product_id)
    theirs = read_values(product)
    wanted = {name: changes[name] for name in FIELDS if name in changes}
    wanted = {name: _clean(name, value) for name, value in wanted.items()}
    wanted = {name: value for name, value in wanted.items() if value != theirs[name]}
    if not wanted:
        return product
    if version != version_of(theirs):
        raise ProductChanged(theirs)
    _check(product, wanted, now)
    _write(product, wanted, now)
    publish(
        ProductEdited,
        entity=product,
        at=now,
        data={"fields": sorted(wanted), "user_id": by.pk},
    )
    return product


def hold(*, shop_id: UUID, product_id: UUID) -> Product:
    """The product of the shop, locked. Raises NoSuchThing."""
    rows = Product.objects.select_for_update(no_key=True, of=("self",))
    product = rows.filter(shop_id=shop_id, pk=product_id).first()
    if product is None:
        raise NoSuchThing(_("This product is not there any more."))
    return product


def _clean(name: str, value: Any) -> Any:
    """In the shape of `read_values`. Raises FieldRefused."""
    if name in LONGEST:
        text = plain(str(value)).replace("\0", "")
        if len(text) > LONGEST[name]:
            raise FieldRefused(
                name, _("At most %(most)d characters.") % {"most": LONGEST[name]}
            )
        return text
    if name == "tags":
        return _clean_tags(value)
    if name == "facts":
        return _clean_facts(value)
    return value


def _clean_tags(value: Sequence[str]) -> list[str]:
    tags = [" ".join(str(tag).replace("\0", "").split()) for tag in value]
    tags = list(dict.fromkeys(tag for tag in tags if tag))
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise FieldRefused(
            "tags", _("A tag has at most %(most)d characters.") % {"most": LONGEST_TAG}
        )
    if len(tags) > MOST_TAGS:
        raise FieldRefused(
            "tags", _("A product has at most %(most)d tags.") % {"most": MOST_TAGS}
        )
    return tags


def _clean_facts(value: Mapping[str, str]) -> dict[str, str]:
    facts = {
        " ".join(str(name).replace("\0", "").split()): " ".join(
            str(text).replace("\0", "").split()
        )
        for name, text in value.items()
    }
    if any(not name or not text for name, text in facts.items()):
        raise FieldRefused("facts", _("Give every attribute a name and a value."))
    longest = max((len(part) for pair in facts.items() for part in pair), default=0)
    if longest > LONGEST_FACT:
        raise FieldRefused(
            "facts",
            _("Names and values have at most %(most)d characters.")
            % {"most": LONGEST_FACT},
        )
    if len(facts) > MOST_FACTS:
        raise FieldRefused(
            "facts",
            _("A product has at most %(most)d attributes.") % {"most": MOST_FACTS},
        )
    return facts


def _check(product: Product, wanted: dict[str, Any], now: datetime) -> None:
    """May add what follows from the rest: whoever archives a product drops its schedule."""
    if "name" in wanted and not wanted["name"]:
        raise FieldRefused("name", _("Give the product a name."))
    if "slug" in wanted:
        _check_slug(product, wanted["slug"])
    if "tax_class" in wanted and not TAX_CLASS.fullmatch(wanted["tax_class"]):
        raise FieldRefused(
            "tax_class", _("Small letters and figures, such as “reduced”.")
        )
    for name, model in (("category", Category), ("brand", Brand)):
        key = wanted.get(name)
        if key is not None and not model._default_manager.filter(pk=key).exists():
            raise FieldRefused(name, _("This is not there any more. Choose another."))
    if "status" in wanted:
        _check_status(product, wanted["status"])
    _check_times(product, wanted, now)


def _check_slug(product: Product, slug: str) -> None:
    if not SLUG.fullmatch(slug):
        raise FieldRefused(
            "slug", _("Small letters, figures and hyphens, such as “oak-table”.")
        )
    if Product.objects.filter(slug=slug).exclude(pk=product.pk).exists():
        raise FieldRefused("slug", _("Another product has this address."))


def _check_status(product: Product, status: str) -> None:
    if status not in ProductStatus.values:
        raise FieldRefused("status", _("Choose one of the states."))
    has_variant = product.variants.filter(is_active=True).exists()
    try:
        new_status(status=status, has_variant=has_variant)
    except DomainError as refusal:
        raise FieldRefused("status", refusal.message) from refusal


def _check_times(product: Product, wanted: dict[str, Any], now: datetime) -> None:
    status = wanted.get("status", product.status)
    if status == ProductStatus.ARCHIVED:
        wanted |= {"publish_at": None, "withdraw_at": None}
        return
    if status == ProductStatus.ACTIVE:
        if wanted.get("publish_at"):
            raise FieldRefused("publish_at", _("It is in the store already."))
        wanted["publish_at"] = None
    publish_at = wanted.get("publish_at", product.publish_at)
    withdraw_at = wanted.get("withdraw_at", product.withdraw_at)
    for name in ("publish_at", "withdraw_at"):
        if wanted.get(name) and wanted[name] <= now:
            raise FieldRefused(name, _("This time is over. Choose one to come."))
        if wanted.get(name) and wanted[name] > now + FARTHEST:
            raise FieldRefused(name, _("This is more than ten years from now."))
    if publish_at and withdraw_at and withdraw_at <= publish_at:
        raise FieldRefused("withdraw_at", _("It must come before it goes."))
    if status == ProductStatus.DRAFT and wanted.get("withdraw_at") and not publish_at:
        raise FieldRefused("publish_at", _("Say when it comes into the store."))


def _write(product: Product, wanted: Mapping[str, Any], now: datetime) -> None:
    columns = dict(wanted)
    tags, facts = columns.pop("tags", None), columns.pop("facts", None)
    for name in ("category", "brand"):
        if name in columns:
            columns[f"{name}_id"] = columns.pop(name)
    if facts is not None:
        columns["attributes"] = _with_facts(product, facts)
    if "slug" in columns:
        _move(product, columns["slug"])
    for name, value in columns.items():
        setattr(product, name, value)
    if columns:
        _save_columns(product, columns)
    if tags is not None:
        write_tags(product, tags, now)


def _save_columns(product: Product, columns: Mapping[str, Any]) -> None:
    names = [name.removesuffix("_id") for name in columns]
    try:
        with transaction.atomic():
            product.save(update_fields=[*names, "updated_at"])
    except IntegrityError as error:
        if "slug" not in str(error):
            raise
        # Somebody took it since it was looked for.
        raise FieldRefused("slug", _("Another product has this address.")) from error


def _move(product: Product, slug: str) -> None:
    """The old address leads to the new one; an address that is taken leads nowhere else."""
    ProductAddress.objects.filter(slug=slug).delete()
    ProductAddress.objects.update_or_create(
        slug=product.slug, defaults={"product": product}
    )


def _with_facts(product: Product, facts: Mapping[str, str]) -> dict[str, Any]:
    """What reads the same keeps its shape: lists, numbers."""
    old = _facts(product)
    kept = {
        name: old[name] if name in old and fact_text(old[name]) == text else text
        for name, text in facts.items()
    }
    others = {key: value for key, value in product.attributes.items() if key != "facts"}
    return {**others, "facts": kept} if kept else others


def write_tags(product: Product, tags: list[str], now: datetime) -> None:
    make_tags(names=tags)
    with connection.cursor() as cursor:
        cursor.execute(
            SET_TAGS, {"ids": [product.pk], "tags": [json.dumps(tags)], "now": now}
        )
    product.tags = tags


# ------------------------------------------------------------------ a new one
@transaction.atomic
def create_product(
    *,
    shop_id: UUID,
    name: str,
    sku: str,
    price: Decimal,
    units: int,
    now: datetime,
    by: Any,
) -> Product:
    """A draft with one variant. sku: empty for one made from the name.

    Raises FieldRefused, InvalidPrice and InvalidLevel.
    """
    shop = Shop.objects.get(pk=shop_id)
    name = _clean("name", name)
    if not name:
        raise FieldRefused("name", _("Give the product a name."))
    sku = clean_sku(sku) if sku else free_sku(shop_id=shop_id, name=name)
    price = checked_price(price, shop.currency)
    try:
        with transaction.atomic():
            product = Product.objects.create(
                shop=shop,
                sku=sku,
                name=name,
                slug=free_slug(name=name, shop_slug=shop.slug),
                price=price,
                currency=shop.currency,
                event_time=now,
            )
            variant = ProductVariant.objects.create(
                product=product, shop=shop, sku=sku, price=price, event_time=now
            )
    except IntegrityError as error:
        if "slug" in str(error):
            # Somebody took the address since it was looked for.
            raise FieldRefused("name", _("Try once more, please.")) from error
        raise FieldRefused("sku", sku_taken()) from error
    record_price(variant=variant, old_price=None, now=now, user_id=by.pk)
    if units:
        set_stock(
            levels={variant.pk: units},
            now=now,
            user_id=by.pk,
            reason=StockReason.OPENING,
        )
    return product


def clean_sku(sku: str) -> str:
    """Raises FieldRefused."""
    sku = " ".join(sku.replace("\0", "").split())
    if not sku:
        raise FieldRefused("sku", _("A SKU is needed: it is how orders name it."))
    if len(sku) > LONGEST_SKU:
        raise FieldRefused(
            "sku", _("At most %(most)d characters.") % {"most": LONGEST_SKU}
        )
    return sku


def sku_taken() -> str:
    return _("Your shop has this SKU already. Choose another.")


def free_sku(*, shop_id: UUID, name: str) -> str:
    base = slugify(name)[:60].upper() or "PRODUCT"
    return next(one for one in _numbered(base) if not is_sku_taken(shop_id, one))


def is_sku_taken(shop_id: UUID, sku: str) -> bool:
    return (
        Product.objects.filter(shop_id=shop_id, sku=sku).exists()
        or ProductVariant.objects.filter(shop_id=shop_id, sku=sku).exists()
    )


def free_slug(*, name: str, shop_slug: str) -> str:
    """Of the name; with the shop's where another product has that."""
    base = slugify(name)[:180] or "product"
    if not _is_slug_taken(base):
        return base
    candidates = _numbered(f"{base}-{shop_slug[:60]}")
    return next(one for one in candidates if not _is_slug_taken(one))


def _is_slug_taken(slug: str) -> bool:
    return (
        Product.objects.filter(slug=slug).exists()
        or ProductAddress.objects.filter(slug=slug).exists()
    )


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1
