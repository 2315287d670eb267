"""A guest's orders come to the account that has confirmed their e-mail address."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import transaction

from orders.events import OrderClaimed
from orders.models import Checkout, CheckoutStatus, Customer, Invoice, Order
from shop.encryption import email_hash
from shop.events import publish_many


@transaction.atomic
def claim_orders(*, user_id: UUID, now: datetime) -> int:
    """Give an account what was bought as a guest with one of its confirmed addresses.

    Returns how many orders came. Only paid purchases come: of one that is being paid the
    guest's browser still knows. May be repeated, and twice at once.
    """
    addresses = _confirmed(user_id)
    if not addresses:
        return 0
    # Found by the keyed hash: nothing finds an order by its address.
    customers = Customer.objects.filter(
        email_hash__in=[email_hash(address) for address in addresses]
    )
    checkouts = Checkout.objects.filter(
        user=None,
        status=CheckoutStatus.PAID,
        orders__customer__in=list(customers.values_list("pk", flat=True)),
    )
    ids = [
        pk
        for pk, email in checkouts.values_list("pk", "email")
        if email.strip().lower() in addresses
    ]
    locked = list(
        Checkout.objects.filter(pk__in=ids, user=None)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
        .values_list("pk", flat=True)
    )
    if not locked:
        return 0
    orders = list(
        Order.objects.filter(checkout__in=locked, user=None)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
    Checkout.objects.filter(pk__in=locked).update(user=user_id)
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        user=user_id, updated_at=now
    )
    Invoice.objects.filter(order__in=orders, user=None).update(user=user_id)
    publish_many(
        OrderClaimed.about(
            order, at=now, data={"shop_id": order.shop_id, "user_id": user_id}
        )
        for order in orders
    )
    return len(orders)


def _confirmed(user_id: UUID) -> set[str]:
    """In small letters; of an account that is open."""
    if not get_user_model().objects.filter(pk=user_id, is_active=True).exists():
        return set()
    own = EmailAddress.objects.filter(user_id=user_id, verified=True)
    return {address.strip().lower() for address in own.values_list("email", flat=True)}
