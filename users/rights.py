"""What those who work for a shop may do: one table, which docs/sell.md shows to people."""

from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet

from shop.models import Shop
from users.models import MemberRole


class Right(StrEnum):
    """Seeing a page needs the right to do what stands on it, but for those called `see_…`."""

    SEE_SHOP = "see_shop"
    SEE_ORDERS = "see_orders"
    PACK_ORDERS = "pack_orders"
    CHANGE_ORDERS = "change_orders"
    REFUND = "refund"
    RECEIVE_RETURNS = "receive_returns"
    DECIDE_RETURNS = "decide_returns"
    SEE_PRODUCTS = "see_products"
    EDIT_PRODUCTS = "edit_products"
    COUNT_STOCK = "count_stock"
    PROMOTE = "promote"
    ANSWER_REVIEWS = "answer_reviews"
    SEE_CUSTOMERS = "see_customers"
    SEE_NUMBERS = "see_numbers"
    SETTINGS = "settings"
    MEMBERS = "members"
    # Who owns the shop, who else does, and whether it goes on.
    OWN = "own"


STAFF = frozenset(
    {
        Right.SEE_SHOP,
        Right.SEE_ORDERS,
        Right.PACK_ORDERS,
        Right.RECEIVE_RETURNS,
        Right.SEE_PRODUCTS,
        Right.COUNT_STOCK,
        Right.ANSWER_REVIEWS,
    }
)
RIGHTS: dict[str, frozenset[Right]] = {
    MemberRole.STAFF: STAFF,
    MemberRole.MANAGER: frozenset(Right) - {Right.OWN},
    MemberRole.OWNER: frozenset(Right),
}


def shops_where(*, user_id: UUID, right: Right) -> QuerySet[Shop]:
    """Those in which a person has the right."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    works = Q(members__user_id=user_id, members__role__in=roles)
    return Shop.objects.filter(Q(owner_id=user_id) | works).distinct()
