"""The demo is whole, right in its own books, repeatable, and quiet about passwords."""

import csv
import functools
import gzip
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone

from catalog.models import (
    InventoryLog,
    Product,
    ProductReview,
    ProductVariant,
    StockReason,
)
from catalog.services.images import store_picture
from ingestion.demo import accounts, catalogue, filling, trade, wholesaler
from ingestion.demo.lately import PURCHASES, buy_lately
from ingestion.demo.terms import COUPON
from ingestion.models import IngestionFile
from orders.models import (
    Coupon,
    FulfillmentStatus,
    Order,
    OrderItem,
    OrderReturn,
    OrderReturnItem,
    OrderStatus,
    ReturnKind,
    TaxRate,
)
from orders.queries.checkout import delivery_methods
from payments.models import Payment, PaymentStatus, Refund
from shop.models import Shop
from users.models import User

NOON = datetime(2030, 3, 6, 12, tzinfo=UTC)
LINES = 120
# The same few hundred pictures for every test of this file.
store_once = functools.cache(store_picture)


@pytest.fixture(autouse=True)
def logins(tmp_path, monkeypatch) -> Path:
    path = tmp_path / "demo-logins.json"
    monkeypatch.setattr(accounts, "LOGINS_FILE", path)
    return path


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path) -> None:
    """Sixty days of few orders, and the first invoices of the sample."""
    monkeypatch.setattr(catalogue, "store_picture", store_once)
    monkeypatch.setattr(trade, "DAYS", 60)
    monkeypatch.setattr(trade, "ORDERS_A_DAY", 4)
    monkeypatch.setattr(trade, "GUESTS", 60)
    monkeypatch.setattr(accounts, "BUYERS", 20)
    with gzip.open(wholesaler.SAMPLE, "rt", encoding="utf-8") as sample:
        head = [next(sample) for _ in range(LINES + 1)]
    short = tmp_path / "sample.csv.gz"
    with gzip.open(short, "wt", encoding="utf-8") as file:
        file.writelines(head)
    monkeypatch.setattr(wholesaler, "SAMPLE", short)


@pytest.fixture
def market(db) -> None:
    accounts.make_logins()
    filling._fill_shops(NOON, lambda step: None)


# ------------------------------------------------------------------ the books
def test_stock_is_what_the_ledger_says(market):
    logs = InventoryLog.objects.values("variant_id").annotate(sum=Sum("adjustment"))
    ledger = {row["variant_id"]: row["sum"] for row in logs}
    shelf = dict(ProductVariant.objects.values_list("id", "inventory_quantity"))

    assert ledger == shelf
    assert InventoryLog.objects.filter(reason=StockReason.OPENING).count() == len(shelf)


def test_each_ledger_goes_on_where_it_stood(market):
    level: dict[object, int] = {}
    for log in InventoryLog.objects.order_by("created_at", "id"):
        assert log.old_quantity == level.get(log.variant_id, 0)
        assert log.new_quantity >= 0
        level[log.variant_id] = log.new_quantity


def test_ledger_holds_each_sale_and_each_return(market):
    def moved(reason: StockReason) -> int:
        logs = InventoryLog.objects.filter(reason=reason)
        return logs.aggregate(sum=Sum("adjustment"))["sum"] or 0

    sold = OrderItem.objects.exclude(order__status=OrderStatus.CANCELLED)

    assert moved(StockReason.SALE) == -sold.aggregate(n=Sum("quantity"))["n"]
    back = OrderReturnItem.objects.aggregate(n=Sum("quantity"))["n"] or 0
    assert moved(StockReason.RETURN) == back


def test_orders_add_up_and_are_paid_once(market):
    orders = Order.objects.annotate(items_total=Sum("items__subtotal"))
    assert not orders.exclude(items_total=F("subtotal_price")).exists()
    discounted = Order.objects.annotate(off=Sum("items__total_discount"))
    assert not discounted.exclude(off=F("total_discount")).exists()
    taken = Q(payments__status__in=[
        PaymentStatus.SUCCEEDED,
        PaymentStatus.REFUNDED,
        PaymentStatus.PARTIALLY_REFUNDED,
    ])  # fmt: skip
    paid = Order.objects.exclude(status=OrderStatus.CANCELLED)
    assert not paid.annotate(n=Count("payments", filter=taken)).exclude(n=1).exists()
    assert not Refund.objects.filter(amount__gt=F("payment__amount")).exists()
    assert Payment.objects.count() >= Order.objects.count()


def test_year_ends_yesterday_and_nothing_is_of_tomorrow(market):
    span = Order.objects.aggregate(first=Min("event_time"), last=Max("event_time"))

    assert span["last"] < NOON.replace(hour=0)
    assert span["first"] >= NOON - timedelta(days=61)
    assert not ProductReview.objects.filter(event_time__gte=NOON).exists()
    assert not InventoryLog.objects.filter(created_at__gt=NOON).exists()
    early = OrderItem.objects.filter(product__event_time__gt=F("order__event_time"))
    assert not early.exists()


def test_ratings_are_those_of_the_reviews(market):
    rated = Product.objects.annotate(
        n=Count("reviews"), sum=Sum("reviews__rating")
    ).filter(n__gt=0)

    assert rated.exists()
    for product in rated:
        mean = round(Decimal(product.sum) / product.n, 2)
        assert (product.review_count, product.rating_average) == (product.n, mean)


@pytest.mark.django_db
def test_same_seed_and_day_make_the_same_year():
    def year() -> list[tuple[object, ...]]:
        with transaction.atomic():
            accounts.make_logins()
            filling._fill_shops(NOON, lambda step: None)
            orders = Order.objects.order_by("order_number")
            figures = list(
                orders.values_list("order_number", "event_time", "total_price")
            )
            transaction.set_rollback(True)
        return figures

    assert year() == year()


def test_every_product_has_a_picture_a_category_and_a_variant(market):
    shown = Product.objects.on_sale().annotate(
        pictures=Count("images", filter=Q(images__is_primary=True), distinct=True),
        choices=Count("variants", distinct=True),
    )

    assert shown.count() == len(catalogue.read_rows("catalogue.csv"))
    assert not shown.exclude(pictures=1).exists()
    assert not shown.filter(choices=0).exists()
    assert not shown.filter(category=None).exists()


def test_shops_say_how_they_deliver_and_have_a_coupon(market):
    shops = Shop.objects.exclude(slug=catalogue.WHOLESALER)
    ids = list(shops.values_list("pk", flat=True))

    at_home = delivery_methods(shop_ids=ids, country=catalogue.COUNTRY)

    assert {len(methods) for methods in at_home.values()} == {2}
    assert set(at_home) == set(ids)
    assert TaxRate.objects.get(tax_class="standard").rate == Decimal("0.2")
    codes = Coupon.objects.filter(shop__in=ids).values_list("shop", "code")
    assert dict(codes) == dict.fromkeys(ids, COUPON)


def test_a_discount_of_the_year_names_its_promotion(market):
    reduced = Order.objects.filter(total_discount__gt=0, checkout=None)

    assert reduced.exists()
    for order in reduced:
        used = order.order_coupons.get()
        assert (used.discount, used.promotion.shop_id) == (
            order.total_discount,
            order.shop_id,
        )


# ------------------------------------------------------------------ the last days
def test_last_days_went_through_the_doors_once(market, settings):
    settings.ALLOW_TEST_GATEWAY = True

    made = buy_lately(now=NOON)

    lately = Order.objects.filter(checkout__cart__isnull=False)
    assert made == len(PURCHASES) > 0
    assert buy_lately(now=NOON) == 0
    assert set(lately.values_list("status", flat=True)) == {
        OrderStatus.PROCESSING,
        OrderStatus.SHIPPED,
        OrderStatus.DELIVERED,
        OrderStatus.CANCELLED,
    }
    assert lately.filter(fulfillment_status=FulfillmentStatus.PARTIAL).exists()
    kinds = OrderReturn.objects.filter(order__in=lately).values_list("kind", flat=True)
    assert set(kinds) == {ReturnKind.RETURN, ReturnKind.WITHDRAWAL}
    assert lately.filter(user__email=accounts.SHOPPER).count() > 1
    assert not lately.filter(event_time__gt=NOON).exists()
    assert not InventoryLog.objects.filter(created_at__gt=NOON).exists()


def test_without_somebody_to_pay_with_nothing_is_bought(market, settings):
    settings.ALLOW_TEST_GATEWAY = False

    assert buy_lately(now=NOON) == 0


# ------------------------------------------------------------------ the command
@pytest.mark.django_db(transaction=True)
def test_demo_fills_once_and_is_taken_up_where_it_was_killed(monkeypatch, logins):
    def killed(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(filling, "import_invoices", killed)
        with pytest.raises(KeyboardInterrupt):
            call_command("demo", stdout=io.StringIO())
    orders = Order.objects.count()
    assert not filling.is_filled()

    call_command("demo", stdout=io.StringIO())
    filled = Order.objects.count()
    said = io.StringIO()
    call_command("demo", stdout=said)

    assert filling.is_filled()
    assert filled > orders
    assert said.getvalue() == "The demo is there already.\n"
    assert Order.objects.count() == filled
    assert IngestionFile.objects.get().total_rows == LINES
    wares = Product.objects.filter(shop__slug=catalogue.WHOLESALER)
    assert wares.exists()
    assert not wares.filter(category=None).exists()
    last = Order.objects.filter(shop__slug=catalogue.WHOLESALER).latest("event_time")
    assert last.event_time < timezone.now()
    assert call_command("rollup", "--verify", stdout=io.StringIO()) is None


def test_sample_keeps_its_weekdays_when_its_time_is_moved():
    moved = csv.DictReader(
        io.StringIO(wholesaler._moved_to(NOON.date()).decode("utf-8"))
    )
    with gzip.open(wholesaler.SAMPLE, "rt", encoding="utf-8") as file:
        for old, new in zip(csv.DictReader(file), moved, strict=True):
            then, now = (
                datetime.strptime(row["InvoiceDate"], wholesaler.TIME_FORMAT)
                for row in (old, new)
            )
            assert then.weekday() == now.weekday()
            assert old | {"InvoiceDate": ""} == new | {"InvoiceDate": ""}
    assert NOON.date() - wholesaler.LAST_DAY > timedelta(0)


# ------------------------------------------------------------------ log-ins
@pytest.mark.django_db
def test_logins_work_and_are_for_the_owner_of_the_machine_alone(client, logins):
    made = accounts.make_logins()

    assert stat.S_IMODE(logins.stat().st_mode) == 0o600
    assert [entry["role"] for entry in json.loads(logins.read_text())] == [
        "operator",
        "shop owner",
        "shopper",
    ]
    for login in made:
        assert User.objects.get(email=login.email).check_password(login.password)
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db
def test_logins_stay_while_their_file_is_there_and_are_renewed_without_it(logins):
    first = accounts.make_logins()
    again = accounts.make_logins()
    logins.unlink()
    renewed = accounts.make_logins()

    assert again == first
    assert {login.password for login in renewed}.isdisjoint(
        login.password for login in first
    )
    for login in renewed:
        assert User.objects.get(email=login.email).check_password(login.password)


@pytest.mark.django_db
def test_people_of_the_demo_cannot_log_in():
    owners, buyers = accounts.make_people(Random(1), 3)

    assert len(owners) == 3
    assert not any(person.has_usable_password() for person in [*owners, *buyers])
