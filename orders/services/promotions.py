"""A shop's promotions and their codes, as its people write them.

The promotion's row is held first, so that two people who change the same one are one after
the other.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import Category, Product
from orders.conditions import Conditions
from orders.errors import PromotionRefused
from orders.models import (
    Coupon,
    OrderCoupon,
    OrderStatus,
    Promotion,
    PromotionKind,
)
from orders.services.cart import MOST_MONEY
from shop.ids import uuid7
from shop.models import Job, Shop
from shop.money import minor_unit
from shop.services.jobs import Chunk, Result, open_job

MOST_USES = 1_000_000
MOST_CODES = 100_000
NAME_LENGTH = 100
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,31}")
PREFIX = re.compile(r"[A-Z0-9]{0,12}")
# Without signs that are read as another: 0 and O, 1, I and L. 49 bits cannot be guessed.
CODE_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 10
MAKE_CODES = "orders.make_codes"
INSERT_CODES = """
INSERT INTO coupons (id, promotion_id, shop_id, code, usage_limit)
SELECT id, %s, %s, code, 1 FROM unnest(%s::uuid[], %s::text[]) AS made(id, code)
    ON CONFLICT DO NOTHING
RETURNING id, code
"""
# So many draws of a code that there is already; the first is one in thousands of millions.
MOST_DRAWS = 5


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a promotion is to be. value: per cent, or an amount in the shop's currency."""

    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    value: Decimal = Decimal(0)
    conditions: Conditions = field(default_factory=Conditions)
    is_automatic: bool = False
    is_combinable: bool = True
    usage_limit: int | None = None
    usage_limit_per_user: int | None = None


@transaction.atomic
def save_promotion(
    *, shop_id: UUID, written: Written, promotion_id: UUID | None = None
) -> Promotion:
    """A new promotion, switched on, or a change of one. A change may be repeated.

    Raises PromotionRefused, Promotion.DoesNotExist.
    """
    shop = Shop.objects.get(pk=shop_id)
    if promotion_id is None:
        promotion = Promotion(shop=shop)
    else:
        promotion = _lock(shop_id, promotion_id)
        _check_change(promotion, written)
    fill_in(shop=shop, promotion=promotion, written=written)
    promotion.save()
    return promotion


def fill_in(*, shop: Shop, promotion: Promotion, written: Written) -> None:
    """What was written, checked, without keeping it. Raises PromotionRefused."""
    conditions = checked(shop=shop, written=written)
    promotion.name = written.name.strip()
    promotion.kind = written.kind
    promotion.value = written.value
    promotion.conditions = conditions.as_document()
    promotion.is_automatic = written.is_automatic
    promotion.is_combinable = written.is_combinable
    promotion.starts_at, promotion.ends_at = written.starts_at, written.ends_at
    promotion.usage_limit = written.usage_limit
    promotion.usage_limit_per_user = written.usage_limit_per_user


@transaction.atomic
def switch_promotion(
    *, shop_id: UUID, promotion_id: UUID, is_active: bool
) -> Promotion:
    """On or off; may be repeated. Open checkouts follow it. Raises Promotion.DoesNotExist."""
    promotion = _lock(shop_id, promotion_id)
    promotion.is_active = is_active
    promotion.save(update_fields=["is_active", "updated_at"])
    return promotion


@transaction.atomic
def duplicate_promotion(*, shop_id: UUID, promotion_id: UUID) -> Promotion:
    """The same, switched off and without codes; each call makes another one.

    Raises Promotion.DoesNotExist.
    """
    known = Promotion.objects.get(pk=promotion_id, shop_id=shop_id)
    copy = _("%(name)s (copy)") % {"name": known.name}
    return Promotion.objects.create(
        shop_id=shop_id,
        name=copy[:NAME_LENGTH],
        kind=known.kind,
        value=known.value,
        conditions=known.conditions,
        is_automatic=known.is_automatic,
        is_combinable=known.is_combinable,
        starts_at=known.starts_at,
        ends_at=known.ends_at,
        usage_limit=known.usage_limit,
        usage_limit_per_user=known.usage_limit_per_user,
        is_active=False,
    )


# ------------------------------------------------------------------ what can be written


def checked(*, shop: Shop, written: Written) -> Conditions:
    """The conditions with what the shop has, by id. Raises PromotionRefused."""
    _check_words(written)
    _check_value(shop, written)
    _check_limits(written)
    conditions = written.conditions
    if written.kind == PromotionKind.BUY_X_GET_Y:
        if not (conditions.buy and conditions.get):
            raise PromotionRefused(
                "buy" if not conditions.buy else "get",
                _("Say how many to buy and how many cost less: 1 or more."),
            )
    elif conditions.buy or conditions.get or conditions.names_gifts:
        raise PromotionRefused(
            "buy", _("Only buy x get y has units to buy and to give.")
        )
    _check_products(shop, conditions.products, "products")
    _check_products(shop, conditions.get_products, "get_products")
    return Conditions(
        products=conditions.products,
        categories=_category_ids(conditions.categories, "categories"),
        get_products=conditions.get_products,
        get_categories=_category_ids(conditions.get_categories, "get_categories"),
        minimum=_amount(shop, conditions.minimum, "minimum"),
        minimum_units=conditions.minimum_units,
        buy=conditions.buy,
        get=conditions.get,
        customers=conditions.customers,
    )


def _check_words(written: Written) -> None:
    name = written.name.strip()
    if not name or "\0" in name:
        raise PromotionRefused("name", _("Give the promotion a name; buyers read it."))
    if len(name) > NAME_LENGTH:
        raise PromotionRefused(
            "name", _("A name has at most %(most)d signs.") % {"most": NAME_LENGTH}
        )
    if written.kind not in PromotionKind.values:
        raise PromotionRefused("kind", _("Choose a kind from the list."))
    if written.ends_at is not None and written.ends_at <= written.starts_at:
        raise PromotionRefused("ends_at", _("A promotion ends after it starts."))


def _check_value(shop: Shop, written: Written) -> None:
    value, kind = written.value, written.kind
    is_share = kind in (PromotionKind.PERCENTAGE, PromotionKind.BUY_X_GET_Y)
    if is_share and not 0 <= value <= 100:
        raise PromotionRefused("value", _("A percentage is between 0 and 100."))
    needs_value = kind in (PromotionKind.PERCENTAGE, PromotionKind.FIXED)
    if needs_value and value <= 0:
        raise PromotionRefused("value", _("Say how much it takes off."))
    if kind == PromotionKind.FREE_SHIPPING and value:
        raise PromotionRefused("value", _("Free delivery takes no amount off."))
    if kind == PromotionKind.FIXED:
        _amount(shop, value, "value")
    elif value != round(value, 2):
        raise PromotionRefused("value", _("Write at most two places after the point."))


def _amount(shop: Shop, amount: Decimal, name: str) -> Decimal:
    if not 0 <= amount <= MOST_MONEY:
        raise PromotionRefused(name, _("This is more than one order can hold."))
    unit = minor_unit(shop.currency)
    if amount % unit:
        raise PromotionRefused(
            name,
            _("The smallest amount of %(currency)s is %(unit)s.")
            % {"currency": shop.currency, "unit": unit},
        )
    return amount


def _check_limits(written: Written) -> None:
    for name in ("usage_limit", "usage_limit_per_user"):
        limit = getattr(written, name)
        if limit is not None and not 1 <= limit <= MOST_USES:
            raise PromotionRefused(
                name,
                _("A limit is 1 to %(most)d uses; empty for none.")
                % {"most": MOST_USES},
            )


def _check_products(shop: Shop, ids: Iterable[UUID], name: str) -> None:
    wanted = set(ids)
    if wanted and Product.objects.filter(shop=shop, pk__in=wanted).count() < len(
        wanted
    ):
        raise PromotionRefused(name, _("Choose products of your shop."))


def _category_ids(names: Iterable[str], field_name: str) -> tuple[str, ...]:
    """By id, since a slug may change; a slug is understood too."""
    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        return ()
    ids = [name for name in wanted if _is_id(name)]
    by_name: dict[str, str] = {}
    for found in (
        Category.objects.filter(pk__in=ids),
        Category.objects.filter(slug__in=set(wanted) - set(ids)),
    ):
        for pk, slug in found.values_list("pk", "slug"):
            by_name |= {str(pk): str(pk), slug: str(pk)}
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise PromotionRefused(
            field_name, _("There is no category “%(name)s”.") % {"name": missing[0]}
        )
    return tuple(by_name[name] for name in wanted)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _check_change(promotion: Promotion, written: Written) -> None:
    if written.is_automatic and promotion.coupons.exists():
        raise PromotionRefused(
            "is_automatic",
            _("It has codes. Duplicate it to make one that comes by itself."),
        )
    if written.usage_limit is None:
        promotion.usage_count = 0
        return
    if promotion.usage_limit is None:
        # Without a limit nobody counted.
        used = OrderCoupon.objects.filter(promotion=promotion)
        promotion.usage_count = used.exclude(
            order__status=OrderStatus.CANCELLED
        ).count()
    if written.usage_limit < promotion.usage_count:
        raise PromotionRefused(
            "usage_limit",
            ngettext(
                "It was used %(uses)d time already.",
                "It was used %(uses)d times already.",
                promotion.usage_count,
            )
            % {"uses": promotion.usage_count},
        )


def _lock(shop_id: UUID, promotion_id: UUID) -> Promotion:
    rows = Promotion.objects.select_for_update(no_key=True)
    return rows.get(pk=promotion_id, shop_id=shop_id)


# ------------------------------------------------------------------ codes


@transaction.atomic
def add_code(
    *,
    shop_id: UUID,
    promotion_id: UUID,
    code: str,
    usage_limit: int | None = None,
    usage_limit_per_user: int | None = None,
) -> Coupon:
    """A code of one's own choice, in capitals. Raises PromotionRefused, DoesNotExist."""
    promotion = _with_codes(_lock(shop_id, promotion_id))
    capitals = code.strip().upper()
    if not CODE.fullmatch(capitals):
        raise PromotionRefused(
            "code",
            _("A code has 3 to 32 letters from A to Z, digits, - and _."),
        )
    for limit in (usage_limit, usage_limit_per_user):
        if limit is not None and not 1 <= limit <= MOST_USES:
            raise PromotionRefused(
                "usage_limit",
                _("A limit is 1 to %(most)d uses; empty for none.")
                % {"most": MOST_USES},
            )
    try:
        with transaction.atomic():
            return Coupon.objects.create(
                promotion=promotion,
                shop_id=shop_id,
                code=capitals,
                usage_limit=usage_limit,
                usage_limit_per_user=usage_limit_per_user,
            )
    except IntegrityError:
        raise PromotionRefused(
            "code", _("Your shop has this code already, in capitals or not.")
        ) from None


@transaction.atomic
def remove_code(*, shop_id: UUID, promotion_id: UUID, coupon_id: UUID) -> None:
    """May be repeated. Raises PromotionRefused for one that an order used."""
    coupons = Coupon.objects.filter(promotion=promotion_id, shop_id=shop_id)
    coupon = coupons.select_for_update().filter(pk=coupon_id).first()
    if coupon is None:
        return
    if coupon.order_coupons.exists():
        raise PromotionRefused(
            "code", _("%(code)s was used, so it stays.") % {"code": coupon.code}
        )
    coupon.delete()


@transaction.atomic
def order_codes(
    *,
    shop_id: UUID,
    promotion_id: UUID,
    count: int,
    prefix: str,
    by: Any,
    now: datetime,
    token: UUID | None = None,
) -> Job:
    """Open the job that makes so many codes for one use each. token: the same is the same job.

    Raises PromotionRefused, Promotion.DoesNotExist.
    """
    promotion = _with_codes(_lock(shop_id, promotion_id))
    if not 1 <= count <= MOST_CODES:
        raise PromotionRefused(
            "count",
            _("At once 1 to %(most)d codes are made.") % {"most": MOST_CODES},
        )
    capitals = prefix.strip().upper()
    if not PREFIX.fullmatch(capitals):
        raise PromotionRefused(
            "prefix", _("At most 12 letters from A to Z and digits.")
        )
    return open_job(
        shop_id=shop_id,
        by=by,
        kind=MAKE_CODES,
        params={
            "promotion": promotion.pk,
            "name": promotion.name,
            "count": count,
            "prefix": capitals,
        },
        items=(
            (uuid7(now), _("Code %(number)d") % {"number": number}, None)
            for number in range(1, count + 1)
        ),
        now=now,
        token=token,
    )


def make_codes(chunk: Chunk) -> Iterable[Result]:
    """A code for each row, under the row's id; one that is there already is drawn again."""
    promotion = Promotion.objects.filter(
        pk=chunk.params["promotion"], shop_id=chunk.shop_id
    ).first()
    if promotion is None:
        return []
    made: dict[UUID, str] = {}
    prefix = chunk.params["prefix"]
    for _draw in range(MOST_DRAWS):
        left = [id_ for id_ in chunk.ids if id_ not in made]
        if not left:
            break
        made |= _insert_codes(promotion, {id_: _new_code(prefix) for id_ in left})
    return [Result(id_, before="", after=code) for id_, code in made.items()]


def unmake_codes(chunk: Chunk) -> Iterable[Result]:
    """Remove those that nobody has used."""
    coupons = Coupon.objects.filter(shop_id=chunk.shop_id, pk__in=chunk.ids)
    list(coupons.order_by("pk").select_for_update())
    used = set(
        OrderCoupon.objects.filter(coupon__in=chunk.ids).values_list(
            "coupon_id", flat=True
        )
    )
    coupons.exclude(pk__in=used).delete()
    return [
        Result(id_, refusal=_("It was used, so it stays."))
        if id_ in used
        else Result(id_, before="", after="")
        for id_ in chunk.ids
    ]


def _insert_codes(promotion: Promotion, codes: dict[UUID, str]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_CODES,
            [
                promotion.pk,
                promotion.shop_id,
                list(codes),
                list(codes.values()),
            ],
        )
        return {UUID(str(id_)): code for id_, code in cursor.fetchall()}


def _new_code(prefix: str) -> str:
    signs = "".join(secrets.choice(CODE_SIGNS) for _place in range(CODE_LENGTH))
    return f"{prefix}-{signs}" if prefix else signs


def _with_codes(promotion: Promotion) -> Promotion:
    if promotion.is_automatic:
        raise PromotionRefused(
            "code",
            _("It comes by itself, without a code. Duplicate it to change that."),
        )
    return promotion
