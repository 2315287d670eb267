"""A shop's promotions as its people see them: by state, in plain words, tried on a product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Category, Product, ProductVariant
from orders.conditions import Conditions, ConditionsUnreadable, Customers
from orders.discounts import PromotionTerms
from orders.models import (
    Coupon,
    Promotion,
    PromotionKind,
)
from orders.pricing import Line, ShopQuote, ShopTerms, quote
from shop.keyset import KeysetPage, keyset_page
from shop.models import Shop
from shop.money import format_money

PAGE = 50
CODES_A_PAGE = 25
NAMES_SHOWN = 3
WHOLE = 100
BELOW = """
WITH RECURSIVE below(id, slug) AS (
    SELECT id, slug FROM categories WHERE id::text = ANY(%s::text[]) OR slug = ANY(%s)
    UNION
    SELECT category.id, category.slug FROM categories AS category
      JOIN below ON below.id = category.parent_id
) SELECT slug FROM below
"""


class PromotionState(StrEnum):
    RUNNING = "running"
    PLANNED = "planned"
    OVER = "over"
    OFF = "off"


def state_of(promotion: Promotion, now: datetime) -> PromotionState:
    limit = promotion.usage_limit
    if not promotion.is_active:
        return PromotionState.OFF
    if promotion.ends_at is not None and promotion.ends_at <= now:
        return PromotionState.OVER
    if limit is not None and promotion.usage_count >= limit:
        return PromotionState.OVER
    is_planned = promotion.starts_at > now
    return PromotionState.PLANNED if is_planned else PromotionState.RUNNING


def promotions_in(
    *, shop_id: UUID, state: PromotionState, now: datetime
) -> QuerySet[Promotion]:
    found = Promotion.objects.filter(shop=shop_id)
    if state == PromotionState.OFF:
        return found.filter(is_active=False)
    is_over = Q(ends_at__lte=now) | Q(usage_count__gte=F("usage_limit"))
    # Without an end or a limit neither half is true, nor false.
    has_time = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    has_uses = Q(usage_limit__isnull=True) | Q(usage_count__lt=F("usage_limit"))
    on = found.filter(is_active=True)
    if state == PromotionState.OVER:
        return on.filter(is_over)
    going = on.filter(has_time, has_uses)
    if state == PromotionState.PLANNED:
        return going.filter(starts_at__gt=now)
    return going.filter(starts_at__lte=now)


@dataclass(frozen=True)
class ListedPromotion:
    """A row of the list. code: one of its codes; has_codes: there are more."""

    promotion: Promotion
    words: str
    code: str
    has_codes: bool


def listed_promotions(
    *, shop: Shop, state: PromotionState, now: datetime, cursor: str = ""
) -> tuple[KeysetPage[Promotion], list[ListedPromotion]]:
    """What began last comes first; in the same number of statements for any number."""
    rows = promotions_in(shop_id=shop.pk, state=state, now=now)
    page = keyset_page(rows, order=["-starts_at", "-id"], cursor=cursor, size=PAGE)
    words = descriptions(shop=shop, promotions=page.rows, now=now)
    codes = _two_codes([one.pk for one in page.rows])
    return page, [
        ListedPromotion(
            promotion=one,
            words=words[one.pk],
            code=next(iter(codes.get(one.pk, ())), ""),
            has_codes=len(codes.get(one.pk, ())) > 1,
        )
        for one in page.rows
    ]


def _two_codes(promotion_ids: list[UUID]) -> dict[UUID, list[str]]:
    """At most two of each: a promotion may have a hundred thousand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wanted.id, coupon.code FROM unnest(%s::uuid[]) AS wanted(id),"
            " LATERAL (SELECT code FROM coupons WHERE promotion_id = wanted.id"
            " ORDER BY id LIMIT 2) AS coupon",
            [promotion_ids],
        )
        found: dict[UUID, list[str]] = {}
        for promotion_id, code in cursor.fetchall():
            found.setdefault(UUID(str(promotion_id)), []).append(code)
        return found


def promotion_codes(*, promotion_id: UUID, cursor: str = "") -> KeysetPage[Coupon]:
    rows = Coupon.objects.filter(promotion=promotion_id)
    return keyset_page(rows, order=["-id"], cursor=cursor, size=CODES_A_PAGE)


# ------------------------------------------------------------------ in plain words


@dataclass(frozen=True)
class _Names:
    """Of products and of categories, as conditions name them."""

    products: dict[UUID, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)

    def goods(self, products: Iterable[UUID], categories: Iterable[str]) -> str:
        """“Teapots, Brass lamp and 4 more”; empty for everything."""
        gone = _("something that is gone")
        names = [self.categories.get(one, gone) for one in categories]
        names += [self.products.get(one, gone) for one in products]
        shown = ", ".join(names[:NAMES_SHOWN])
        more = len(names) - NAMES_SHOWN
        if more < 1:
            return shown
        return _("%(names)s and %(more)d more") % {"names": shown, "more": more}


def descriptions(
    *, shop: Shop, promotions: Sequence[Promotion], now: datetime
) -> dict[UUID, str]:
    """One sentence each: what it does, for whom, until when, in the shop's time."""
    read = {one.pk: _conditions(one) for one in promotions}
    names = _names([found for found in read.values() if found])
    return {one.pk: _words(shop, one, read[one.pk], names, now) for one in promotions}


def description(*, shop: Shop, promotion: Promotion, now: datetime) -> str:
    return descriptions(shop=shop, promotions=[promotion], now=now)[promotion.pk]


def _conditions(promotion: Promotion) -> Conditions | None:
    try:
        return Conditions.read(promotion.conditions)
    except ConditionsUnreadable:
        return None


def _names(conditions: Sequence[Conditions]) -> _Names:
    products: set[UUID] = set()
    categories: set[str] = set()
    for one in conditions:
        products |= {*one.products[:NAMES_SHOWN], *one.get_products[:NAMES_SHOWN]}
        categories |= {*one.categories, *one.get_categories}
    found = dict(
        Product.objects.filter(pk__in=products).values_list("pk", "name")
        if products
        else ()
    )
    by_name: dict[str, str] = {}
    if categories:
        ids = [one for one in categories if _is_id(one)]
        rows = Category.objects.filter(Q(pk__in=ids) | Q(slug__in=categories))
        for pk, slug, name in rows.values_list("pk", "slug", "name"):
            by_name |= {str(pk): name, slug: name}
    return _Names(found, by_name)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _words(
    shop: Shop,
    promotion: Promotion,
    conditions: Conditions | None,
    names: _Names,
    now: datetime,
) -> str:
    if conditions is None:
        return _("Its conditions cannot be read, so it takes nothing off.")
    parts = [
        _what(shop, promotion, conditions, names),
        *_for_whom(shop, promotion, conditions),
        _when(shop, promotion, now),
    ]
    return ", ".join(part for part in parts if part) + "."


def _what(
    shop: Shop, promotion: Promotion, conditions: Conditions, names: _Names
) -> str:
    goods = names.goods(conditions.products, conditions.categories)
    named = {"goods": goods, "percent": _number(promotion.value)}
    if promotion.kind == PromotionKind.PERCENTAGE:
        if goods:
            return _("%(percent)s %% off %(goods)s") % named
        return _("%(percent)s %% off the order") % named
    if promotion.kind == PromotionKind.FIXED:
        named["amount"] = format_money(promotion.value, shop.currency)
        if goods:
            return _("%(amount)s off %(goods)s") % named
        return _("%(amount)s off the order") % named
    if promotion.kind == PromotionKind.FREE_SHIPPING:
        return (
            _("Free delivery with %(goods)s") % named if goods else _("Free delivery")
        )
    return _gift(promotion, conditions, names, goods)


def _gift(
    promotion: Promotion, conditions: Conditions, names: _Names, goods: str
) -> str:
    gifts = names.goods(conditions.get_products, conditions.get_categories)
    named = {
        "buy": conditions.buy,
        "get": conditions.get,
        "goods": goods or _("anything"),
        "gifts": gifts,
        "percent": _number(promotion.value),
    }
    is_free = not promotion.value or promotion.value == WHOLE
    if not gifts:
        if is_free:
            return _("Buy %(buy)d of %(goods)s, get %(get)d more free") % named
        more = _("Buy %(buy)d of %(goods)s, get %(get)d more %(percent)s %% off")
        return more % named
    if is_free:
        return _("Buy %(buy)d of %(goods)s, get %(get)d of %(gifts)s free") % named
    lower = _("Buy %(buy)d of %(goods)s, get %(get)d of %(gifts)s %(percent)s %% off")
    return lower % named


def _for_whom(
    shop: Shop, promotion: Promotion, conditions: Conditions
) -> Iterable[str]:
    if conditions.minimum:
        amount = format_money(conditions.minimum, shop.currency)
        yield _("from %(amount)s") % {"amount": amount}
    if conditions.minimum_units:
        yield (
            ngettext(
                "from %(units)d item",
                "from %(units)d items",
                conditions.minimum_units,
            )
            % {"units": conditions.minimum_units}
        )
    yield {
        Customers.EVERYBODY: "",
        Customers.FIRST_ORDER: _("first order only"),
        Customers.RETURNING: _("for who has ordered here before"),
        Customers.FOLLOWERS: _("for followers of the shop"),
    }[conditions.customers]
    if promotion.usage_limit_per_user is not None:
        yield (
            ngettext(
                "once a customer",
                "%(uses)d times a customer",
                promotion.usage_limit_per_user,
            )
            % {"uses": promotion.usage_limit_per_user}
        )
    if promotion.usage_limit is not None:
        yield (
            ngettext("once in all", "%(uses)d times in all", promotion.usage_limit)
            % {"uses": promotion.usage_limit}
        )
    if not promotion.is_combinable:
        yield _("not together with others")


def _when(shop: Shop, promotion: Promotion, now: datetime) -> str:
    """What has begun says only how long it goes on."""
    zone = ZoneInfo(shop.timezone)
    named = {
        "start": _moment(promotion.starts_at, zone),
        "place": shop.timezone.rpartition("/")[2].replace("_", " "),
    }
    has_begun = promotion.starts_at <= now
    if promotion.ends_at is None:
        if has_begun:
            return _("without an end")
        return _("from %(start)s %(place)s time, without an end") % named
    named["end"] = _moment(promotion.ends_at, zone)
    if has_begun:
        return _("until %(end)s %(place)s time") % named
    return _("from %(start)s until %(end)s %(place)s time") % named


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    day = date_format(local, "SHORT_DATE_FORMAT", use_l10n=True)
    weekday = date_format(local, "D")
    return f"{weekday} {day} {date_format(local, 'TIME_FORMAT')}"


def _number(value: Decimal) -> str:
    return f"{Decimal(value).normalize():f}"


# ------------------------------------------------------------------ what to think of


def doubts(*, shop: Shop, promotion: Promotion) -> list[str]:
    """What is allowed, and perhaps not meant."""
    conditions = _conditions(promotion)
    if conditions is None:
        return []
    found = []
    if promotion.ends_at is None and promotion.usage_limit is None:
        found.append(_("It goes on until you switch it off."))
    if promotion.kind == PromotionKind.FIXED and conditions.minimum < promotion.value:
        found.append(
            _(
                "What costs less than %(amount)s becomes free; a price never falls below 0."
            )
            % {"amount": format_money(promotion.value, shop.currency)}
        )
    if promotion.kind == PromotionKind.PERCENTAGE and promotion.value == WHOLE:
        found.append(_("At 100 %, what it is for costs nothing."))
    return found


# ------------------------------------------------------------------ tried on a product


@dataclass(frozen=True)
class Trial:
    """What some units of a variant would cost with a promotion alone."""

    variant: ProductVariant
    units: int
    before: Decimal
    after: Decimal
    is_delivery_free: bool
    problem: str


def trial(*, shop: Shop, promotion: Promotion, sku: str, units: int) -> Trial | None:
    """None for a SKU that the shop does not have. Who buys is not asked."""
    variants = ProductVariant.objects.select_related("product__category")
    skus = {sku, sku.upper()}
    variant = variants.filter(shop=shop, sku__in=skus).order_by("id").first()
    conditions = _conditions(promotion)
    if variant is None or conditions is None:
        return None
    product = variant.product
    line = Line(
        variant_id=variant.pk,
        product_id=product.pk,
        shop_id=shop.pk,
        quantity=units,
        price=variant.price,
        category=product.category.slug if product.category else "",
        requires_shipping=variant.requires_shipping,
    )
    made = _tried(shop, promotion, conditions, line)
    return Trial(
        variant=variant,
        units=units,
        before=made.subtotal,
        after=made.subtotal - made.discount,
        is_delivery_free=any(
            one.promotion_id == promotion.pk and not one.goods for one in made.discounts
        ),
        problem=made.coupon.problem if made.coupon else "",
    )


def _tried(
    shop: Shop, promotion: Promotion, conditions: Conditions, line: Line
) -> ShopQuote:
    terms = PromotionTerms(
        promotion_id=promotion.pk,
        shop_id=shop.pk,
        name=promotion.name,
        kind=promotion.kind,
        value=promotion.value,
        conditions=replace(conditions, customers=Customers.EVERYBODY),
        categories=_slugs_below(conditions.categories),
        get_categories=_slugs_below(conditions.get_categories),
        # A code says why it does nothing.
        coupon_id=promotion.pk,
        code=promotion.name,
    )
    return quote(
        currency=shop.currency,
        lines=[line],
        shops={shop.pk: ShopTerms(shop_id=shop.pk, name=shop.name)},
        promotions={shop.pk: [terms]},
    ).shops[0]


def _slugs_below(names: Iterable[str]) -> frozenset[str]:
    wanted = list(names)
    if not wanted:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(BELOW, [wanted, wanted])
        return frozenset(slug for (slug,) in cursor.fetchall())


# ------------------------------------------------------------------ names in forms


def skus_of(product_ids: Sequence[UUID]) -> list[str]:
    """One of each product, in the order of the ids, for a field to be typed in."""
    rows: Any = (
        ProductVariant.objects.filter(product__in=product_ids)
        .order_by("product_id", "position", "id")
        .distinct("product_id")
        .values_list("product_id", "sku")
    )
    by_product = dict(rows)
    return [by_product[id_] for id_ in product_ids if id_ in by_product]


def products_with(*, shop_id: UUID, skus: Sequence[str]) -> dict[str, UUID]:
    """SKU, in capitals -> product, of those that the shop has."""
    capitals = [sku.upper() for sku in skus]
    rows = ProductVariant.objects.filter(shop=shop_id, sku__in=[*skus, *capitals])
    return {sku.upper(): product for sku, product in rows.values_list("sku", "product")}
