"""What promotions promise a buyer: those of the codes entered, and those that come by themselves.

Each step of a purchase reads it; the statements are written out, since building them by the
ORM took longer than their answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from orders.conditions import Conditions, ConditionsUnreadable, Customers
from orders.discounts import PromotionTerms
from shop.encryption import email_hash
from shop.statements import read_prepared

SQL = Path(__file__).resolve().parent.parent / "sql"
PROMOTION_TERMS = (SQL / "promotion_terms.sql").read_text()
PROMOTION_BUYERS = (SQL / "promotion_buyers.sql").read_text()
# The columns of PROMOTION_TERMS.
TERMS = (
    *("promotion_id", "shop_id", "name", "kind", "value", "conditions"),
    *("is_combinable", "promotion_usage_limit", "promotion_usage_limit_per_user"),
    *("coupon_id", "code", "usage_limit", "usage_limit_per_user"),
    *("is_valid", "is_used_up", "categories", "get_categories"),
)


@dataclass(frozen=True)
class Buyer:
    """As far as they are known: an account, an e-mail address, both or neither."""

    user_id: UUID | None = None
    email: str = ""


@dataclass(frozen=True)
class _Known:
    """What one promotion asks about a buyer."""

    has_ordered: bool = False
    is_follower: bool = False
    uses: int = 0


def promotion_terms(
    *,
    codes: Sequence[str],
    shop_ids: Iterable[UUID],
    has_automatic: bool,
    buyer: Callable[[], Buyer],
    now: datetime,
) -> dict[UUID, tuple[PromotionTerms, ...]]:
    """By shop: its automatic promotions for this buyer, and that of the last of these codes,
    in capitals, that it knows.

    has_automatic: whether any of the shops has such promotions; without them and without
    codes nothing is read. buyer: is called where a promotion asks who it is.
    """
    if not codes and not has_automatic:
        return {}
    values = {"shop_ids": list(shop_ids), "codes": list(codes), "now": now}
    rows = read_prepared(PROMOTION_TERMS, values)
    found = [
        terms
        for row in rows
        if (terms := _terms(dict(zip(TERMS, row, strict=True)))) is not None
    ]
    if any(_asks_who(terms) for terms in found):
        found = _for_buyer(found, buyer())
    by_shop: dict[UUID, tuple[PromotionTerms, ...]] = {}
    for terms in found:
        by_shop[terms.shop_id] = (*by_shop.get(terms.shop_id, ()), terms)
    return by_shop


def _terms(row: dict[str, Any]) -> PromotionTerms | None:
    """None for an automatic promotion that nobody can read; a code says that it does nothing."""
    problem = _problem(row["code"], row.pop("is_valid"), row.pop("is_used_up"))
    try:
        conditions = Conditions.read(json.loads(row.pop("conditions")))
    except ConditionsUnreadable:
        if not row["coupon_id"]:
            return None
        conditions, problem = Conditions(), _not_valid(row["code"])
    return PromotionTerms(
        categories=frozenset(row.pop("categories")),
        get_categories=frozenset(row.pop("get_categories")),
        conditions=conditions,
        problem=problem,
        **row,
    )


def _problem(code: str, is_valid: bool, is_used_up: bool) -> str:
    if not is_valid:
        return _not_valid(code)
    if is_used_up:
        return _("%(code)s was used as often as it may be.") % {"code": code}
    return ""


def _not_valid(code: str) -> str:
    return _("%(code)s is not valid now.") % {"code": code}


# ------------------------------------------------------------------ who buys


def _asks_who(terms: PromotionTerms) -> bool:
    """A code's limit per customer is looked at when it is used, under their lock."""
    is_limited = terms.promotion_usage_limit_per_user is not None
    return bool(terms.conditions.customers) or (is_limited and not terms.coupon_id)


def _for_buyer(promotions: list[PromotionTerms], buyer: Buyer) -> list[PromotionTerms]:
    """Without the automatic ones that are not theirs; codes say why they are not."""
    asked = [terms for terms in promotions if _asks_who(terms)]
    known = _known([terms.promotion_id for terms in asked], buyer)
    kept = []
    for terms in promotions:
        if not _asks_who(terms):
            kept.append(terms)
            continue
        facts = known.get(terms.promotion_id, _Known())
        refusal = _not_theirs(terms, facts, buyer)
        if terms.coupon_id:
            kept.append(replace(terms, problem=terms.problem or refusal))
        elif not refusal and not _is_spent(terms, facts):
            kept.append(terms)
    return kept


def _known(promotion_ids: list[UUID], buyer: Buyer) -> dict[UUID, _Known]:
    if not buyer.email and buyer.user_id is None:
        return {}
    values = {
        "promotion_ids": promotion_ids,
        "email_hash": email_hash(buyer.email) if buyer.email else None,
        "user_id": buyer.user_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(PROMOTION_BUYERS, values)
        return {
            id_: _Known(has_ordered, is_follower, uses)
            for id_, has_ordered, is_follower, uses in cursor.fetchall()
        }


def _not_theirs(terms: PromotionTerms, facts: _Known, buyer: Buyer) -> str:
    """Empty for those it is for. Until an address is known, a code is taken at its word."""
    named = {"code": terms.code}
    customers = terms.conditions.customers
    if customers == Customers.FOLLOWERS and not facts.is_follower:
        return _(
            "%(code)s is for those who follow the shop. Log in, and follow it."
        ) % (named)
    if not buyer.email:
        is_open = terms.coupon_id or customers in ("", Customers.FOLLOWERS)
        return "" if is_open else "unknown"
    if customers == Customers.FIRST_ORDER and facts.has_ordered:
        return _("%(code)s is for a first order in this shop.") % named
    if customers == Customers.RETURNING and not facts.has_ordered:
        return _("%(code)s is for those who have ordered in this shop before.") % named
    return ""


def _is_spent(terms: PromotionTerms, facts: _Known) -> bool:
    limit = terms.promotion_usage_limit_per_user
    return limit is not None and facts.uses >= limit
