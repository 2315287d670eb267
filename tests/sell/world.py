"""Two shops with their people and goods, and everybody who might knock at their doors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from orders.models import DeliveryZone
from orders.services.drafts import open_draft
from orders.services.orders import mark_delivered, ship_items
from shop.models import Shop
from tests.factories.catalog import (
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.ingestion import IngestionFileFactory
from tests.factories.orders import (
    CouponFactory,
    OrderReturnItemFactory,
    OrderReturnPhotoFactory,
    PromotionFactory,
    TaxRateFactory,
)
from tests.factories.shop import JobFactory, JobRowFactory, ShopFactory
from tests.factories.users import (
    OperatorFactory,
    ShopInvitationFactory,
    ShopMemberFactory,
    UserFactory,
)
from tests.orders.purchases import buy
from users.models import MemberRole

# Stands in what only some may read.
SECRET = "Confidential"
# Rows that come and go by looking alone.
BY_LOOKING = frozenset(
    {"django_session", "user_sessions", "idempotency_keys", "audit_log"}
)


class Stall:
    """A shop, who works there, and one of each thing it has. Rows of doors name them."""

    def __init__(self, name: str, buyer: Any) -> None:
        self.shop: Shop = ShopFactory(name=name, currency="KES", country="KE")
        self.owner = self.shop.owner
        self.manager = self._member(MemberRole.MANAGER)
        self.staff = self._member(MemberRole.STAFF)
        self.member = ShopMemberFactory(shop=self.shop, role=MemberRole.STAFF)
        self.invitation = ShopInvitationFactory(shop=self.shop)
        self.product = ProductFactory(shop=self.shop, currency="KES", price=1000)
        self.variant = ProductVariantFactory(
            product=self.product, shop=self.shop, price=1000, inventory_quantity=50
        )
        self.picture = ProductImageFactory(product=self.product, is_primary=True)
        # Of a kind that every role may do.
        self.job = JobFactory(shop=self.shop, kind="catalog.count_stock")
        JobRowFactory(job=self.job, label=SECRET)
        self.file = IngestionFileFactory(shop=self.shop)
        self.order = self._bought(buyer)
        self.item = self.order.items.get()
        self.draft = open_draft(shop_id=self.shop.pk, by=self.owner, now=timezone.now())
        self.sent = self._bought(buyer)
        self._send()
        # The first purchase wrote the market's flat rate down.
        self.zone = DeliveryZone.objects.get(shop=self.shop)
        self.method = self.zone.methods.get()
        self.rate = TaxRateFactory(shop=self.shop)
        self.promotion = PromotionFactory(shop=self.shop, name=f"Sale of {name}")
        self.coupon = CouponFactory(promotion=self.promotion)
        self.photo = OrderReturnPhotoFactory(order_return__order=self.sent)
        self.order_return = self.photo.order_return
        self.line = OrderReturnItemFactory(
            order_return=self.order_return, order_item=self.sent.items.get()
        )
        self.review = ProductReviewFactory(
            product=self.product, user=buyer, is_approved=True
        )

    def _member(self, role: MemberRole) -> Any:
        return ShopMemberFactory(shop=self.shop, role=role).user

    def _bought(self, buyer: Any) -> Any:
        order = buy({self.variant: 2}, user=buyer, now=timezone.now())[0]
        order.notes = f"{SECRET} note for {self.shop.name}"
        order.save(update_fields=["notes"])
        return order

    def _send(self) -> None:
        ship_items(
            order_id=self.sent.pk,
            quantities={item.pk: item.quantity for item in self.sent.items.all()},
            carrier="Post",
            tracking_number="1",
            now=timezone.now(),
            by=None,
        )
        mark_delivered(order_id=self.sent.pk, now=timezone.now())


class World:
    """ours is the shop that is knocked at; theirs is another one."""

    def __init__(self) -> None:
        buyer = UserFactory(last_name=SECRET)
        self.ours = Stall("Lamp works", buyer)
        self.theirs = Stall("Rope works", UserFactory(last_name=SECRET))
        self.people: dict[str, Any] = {
            "guest": None,
            "shopper": buyer,
            "other shopper": UserFactory(),
            "staff": self.ours.staff,
            "manager": self.ours.manager,
            "owner": self.ours.owner,
            "other owner": self.theirs.owner,
            "operator": OperatorFactory(),
        }

    def client(self, who: str) -> Client:
        client = Client()
        if self.people[who] is not None:
            client.force_login(self.people[who])
        return client


def rows() -> dict[tuple[str, str], str]:
    """Every row of the market as text, by table and place."""
    found: dict[tuple[str, str], str] = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'SELECT ctid::text, t::text FROM ONLY "{table}" AS t')
            found |= {(table, place): text for place, text in cursor.fetchall()}
    return found


def _tables() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'"
        )
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        if not name.startswith(tuple(BY_LOOKING)) and not name.startswith("django_"):
            yield name
