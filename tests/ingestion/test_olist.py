"""Olist's nine tables, in small: what each line becomes, whatever the order of files."""

import io
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import Category, PriceChange, Product, ProductReview
from ingestion.models import FileStatus, IngestionFile, IngestionRowError
from ingestion.services.imports import run_import
from ingestion.services.uploads import receive_file
from orders.models import Checkout, Customer, Order, OrderItem, OrderTracking
from payments.models import Payment
from shop.ids import moment_of
from shop.models import Shop
from tests.factories.users import OperatorFactory

pytestmark = pytest.mark.django_db(transaction=True)


def key(name: str) -> str:
    """An Olist id that a person can read."""
    return name.encode().hex().ljust(32, "0")[:32]


SELLER_1, SELLER_2 = key("seller1"), key("seller2")
CHAIR, LAMP = key("chair"), key("lamp")
ORDER_1, ORDER_2, ORDER_3 = key("order1"), key("order2"), key("order3")
FILES = {
    "sellers": f"""seller_id,seller_zip_code_prefix,seller_city,seller_state
{SELLER_1},1001,sao paulo,SP
{SELLER_2},20010,rio de janeiro,RJ
""",
    "translation": """product_category_name,product_category_name_english
moveis_decoracao,furniture_decor
""",
    "products": f"""product_id,product_category_name,product_name_lenght,\
product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,\
product_height_cm,product_width_cm
{CHAIR},moveis_decoracao,40,200,2,7150,50,19,45
{LAMP},,,,,300,10,20,10
""",
    "customers": f"""customer_id,customer_unique_id,customer_zip_code_prefix,\
customer_city,customer_state
{key("buyer1a")},{key("ada")},35182,timoteo,MG
{key("buyer1b")},{key("ada")},35182,timoteo,MG
{key("buyer2")},{key("bob")},20231,rio de janeiro,RJ
""",
    "orders": f"""order_id,customer_id,order_status,order_purchase_timestamp,\
order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,\
order_estimated_delivery_date
{ORDER_1},{key("buyer1a")},delivered,2017-07-09 21:57:05,2017-07-09 22:10:13,\
2017-07-11 14:58:04,2017-07-26 10:57:55,2017-08-01 00:00:00
{ORDER_2},{key("buyer1b")},shipped,2017-08-01 10:00:00,2017-08-01 11:00:00,,,\
2017-08-20 00:00:00
{ORDER_3},{key("buyer2")},unavailable,2017-09-01 10:00:00,2017-09-01 10:30:00,,,\
2017-09-20 00:00:00
""",
    "items": f"""order_id,order_item_id,product_id,seller_id,shipping_limit_date,\
price,freight_value
{ORDER_1},1,{CHAIR},{SELLER_1},2017-07-13 22:10:13,99.90,10.05
{ORDER_1},2,{LAMP},{SELLER_2},2017-07-13 22:10:13,20.00,3.30
{ORDER_1},3,{CHAIR},{SELLER_1},2017-07-13 22:10:13,99.90,10.05
{ORDER_2},1,{CHAIR},{SELLER_1},2017-08-05 10:00:00,89.90,10.00
""",
    "payments": f"""order_id,payment_sequential,payment_type,payment_installments,\
payment_value
{ORDER_1},1,credit_card,3,200.00
{ORDER_1},2,voucher,1,43.20
{ORDER_2},1,boleto,1,99.90
{ORDER_3},1,credit_card,1,50.00
""",
    "reviews": f"""review_id,order_id,review_score,review_comment_title,\
review_comment_message,review_creation_date,review_answer_timestamp\r
{key("rev1")},{ORDER_1},4,Muito bom,"Chegou
no prazo",2017-07-27 00:00:00,2017-07-28 00:00:00\r
{key("rev1")},{ORDER_2},5,,,2017-08-21 00:00:00,2017-08-22 00:00:00\r
{key("rev3")},{ORDER_3},1,,Nada chegou,2017-09-21 00:00:00,2017-09-22 00:00:00\r
""",
    "geolocation": """geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,\
geolocation_city,geolocation_state
01001,-23.5456212811,-46.6392924804,sao paulo,SP
01001,-23.5460812,-46.6448,sao paulo,SP
99999,-30.1,-51.2,porto alegre,RS
""",
}


@pytest.fixture(autouse=True)
def operator():
    return OperatorFactory()


def bring_in(text: str, *, is_check: bool = False) -> IngestionFile:
    receipt = receive_file(
        stream=io.BytesIO(text.encode()),
        filename="olist.csv",
        kind="olist",
        is_check=is_check,
        now=timezone.now(),
        queue=False,
    )
    return run_import(file_id=receipt.file.pk, clock=timezone.now).file


def bring_in_all(*, without: tuple[str, ...] = ()) -> dict[str, IngestionFile]:
    return {name: bring_in(text) for name, text in FILES.items() if name not in without}


def counts(file: IngestionFile) -> tuple[int, int, int, int]:
    return (
        file.created_rows,
        file.updated_rows,
        file.unchanged_rows,
        file.failed_rows,
    )


def orders_of(ref: str) -> dict[str, Order]:
    return {
        order.shop.slug: order
        for order in Order.objects.filter(order_ref=ref).select_related("shop")
    }


def test_every_line_is_accounted_for():
    files = bring_in_all()

    assert {name: counts(file) for name, file in files.items()} == {
        "sellers": (2, 0, 0, 0),
        "translation": (1, 0, 0, 0),
        "products": (2, 0, 0, 0),
        "customers": (3, 0, 0, 0),
        "orders": (3, 0, 0, 0),
        "items": (4, 0, 0, 0),
        "payments": (4, 0, 0, 0),
        "reviews": (3, 0, 0, 0),
        "geolocation": (0, 1, 2, 0),
    }
    assert {file.status for file in files.values()} == {FileStatus.COMPLETED}


def test_an_order_becomes_one_a_seller_with_exact_totals():
    bring_in_all()

    orders = orders_of(ORDER_1)

    assert {
        slug: (order.subtotal_price, order.total_shipping, order.total_price)
        for slug, order in orders.items()
    } == {
        f"olist-{SELLER_1}": (Decimal("199.80"), Decimal("20.10"), Decimal("219.90")),
        f"olist-{SELLER_2}": (Decimal("20.00"), Decimal("3.30"), Decimal("23.30")),
    }
    assert len({order.checkout_id for order in orders.values()}) == 1
    assert Checkout.objects.get(checkout_ref=ORDER_1).total_price == Decimal("243.20")


def test_an_order_without_items_stays_with_the_house():
    bring_in_all()

    (order,) = Order.objects.filter(order_ref=ORDER_3)

    assert (order.shop.slug, order.status, order.cancel_reason, order.total_price) == (
        "olist",
        "cancelled",
        "unavailable",
        Decimal("0.00"),
    )


def test_a_payment_is_shared_by_the_orders_totals_and_sums_to_itself():
    bring_in_all()

    shares = {
        (payment.order.shop.slug, payment.gateway_transaction_id): payment.amount
        for payment in Payment.objects.filter(checkout__checkout_ref=ORDER_1)
    }

    # 219.90 and 23.30 of 243.20.
    assert shares == {
        (f"olist-{SELLER_1}", f"{ORDER_1}:1"): Decimal("180.84"),
        (f"olist-{SELLER_2}", f"{ORDER_1}:1"): Decimal("19.16"),
        (f"olist-{SELLER_1}", f"{ORDER_1}:2"): Decimal("39.06"),
        (f"olist-{SELLER_2}", f"{ORDER_1}:2"): Decimal("4.14"),
    }
    assert orders_of(ORDER_1)[f"olist-{SELLER_1}"].payment_method == "card"


def test_payments_before_items_end_in_the_same_shares():
    for name in ("sellers", "products", "customers", "orders", "payments", "items"):
        bring_in(FILES[name])

    amounts = Payment.objects.filter(gateway_transaction_id=f"{ORDER_1}:1").values_list(
        "amount", flat=True
    )

    assert sorted(amounts) == [Decimal("19.16"), Decimal("180.84")]


def test_a_sellers_product_is_made_of_the_card_and_costs_what_it_last_did():
    bring_in_all()

    card = Product.objects.get(shop__slug="olist", sku=CHAIR)
    sold = Product.objects.get(shop__slug=f"olist-{SELLER_1}", sku=CHAIR)

    assert (card.status, sold.status) == ("draft", "active")
    assert sold.price == sold.variants.get().price == Decimal("89.90")
    assert sold.category == Category.objects.get(name="Furniture Decor")
    change = PriceChange.objects.get(product_id=sold.pk)
    first = Order.objects.filter(items__product=sold).earliest("event_time")
    assert (change.old_price, change.new_price) == (None, Decimal("89.90"))
    assert change.changed_at == first.event_time


def test_one_person_is_one_customer_and_no_id_is_kept():
    bring_in_all()

    ada = Order.objects.filter(order_ref=ORDER_1).first().customer

    assert Customer.objects.count() == 2
    assert Order.objects.filter(customer=ada).count() == 3
    assert ada.region == "MG"
    assert (str(ada.first_order_at.date()), str(ada.last_order_at.date())) == (
        "2017-07-09",
        "2017-08-01",
    )
    assert not Customer.objects.filter(email_hash__contains=key("ada")[:12]).exists()


def test_a_customers_file_that_comes_late_brings_people_together():
    bring_in_all(without=("customers",))
    apart = Order.objects.values("customer").distinct().count()

    late = bring_in(FILES["customers"])

    assert apart == 3
    assert late.failed_rows == 0
    assert Order.objects.values("customer").distinct().count() == 2


def test_reviews_are_of_the_product_when_there_is_one():
    bring_in_all()

    reviews = {
        (review.review_ref.split(":")[1]): (review.rating, review.product_id is None)
        for review in ProductReview.objects.all()
    }

    assert reviews == {ORDER_1: (4, True), ORDER_2: (5, False), ORDER_3: (1, True)}
    sold = Product.objects.get(shop__slug=f"olist-{SELLER_1}", sku=CHAIR)
    assert (sold.rating_average, sold.review_count) == (Decimal("5.00"), 1)
    assert ProductReview.objects.get(rating=4).review == "Chegou\nno prazo"


def test_shops_stand_where_their_postal_code_first_does():
    bring_in_all()

    shop = Shop.objects.get(slug=f"olist-{SELLER_1}")

    assert shop.name == f"Sao Paulo SP · {SELLER_1[:6]}"
    assert shop.address["zip"] == "01001"
    assert shop.address["location"] == {"lat": -23.5456212811, "lon": -46.6392924804}


def test_an_orders_key_carries_when_it_was_placed():
    bring_in_all()

    order = Order.objects.filter(order_ref=ORDER_2).get()

    assert abs((moment_of(order.pk) - order.event_time).total_seconds()) < 1
    assert OrderTracking.objects.get(order=order).estimated_delivery.month == 8


def test_the_same_rows_in_another_file_change_nothing():
    bring_in_all()
    before = (
        list(Order.objects.order_by("pk").values()),
        list(OrderItem.objects.order_by("pk").values()),
        list(Payment.objects.order_by("pk").values()),
        list(Product.objects.order_by("pk").values()),
    )

    again = {name: bring_in(text + "\n") for name, text in FILES.items()}

    changed = {
        name: counts(file)[:2]
        for name, file in again.items()
        if counts(file)[:2] != (0, 0)
    }
    assert changed == {}
    assert before == (
        list(Order.objects.order_by("pk").values()),
        list(OrderItem.objects.order_by("pk").values()),
        list(Payment.objects.order_by("pk").values()),
        list(Product.objects.order_by("pk").values()),
    )


def test_a_corrected_payment_is_shared_anew():
    bring_in_all()

    corrected = bring_in(
        FILES["payments"].replace("credit_card,3,200.00", "credit_card,3,243.20")
    )

    amounts = Payment.objects.filter(gateway_transaction_id=f"{ORDER_1}:1").values_list(
        "amount", flat=True
    )
    assert counts(corrected) == (0, 1, 3, 0)
    assert sorted(amounts) == [Decimal("23.30"), Decimal("219.90")]


def test_a_changed_status_reaches_every_sellers_order():
    bring_in_all()

    bring_in(FILES["orders"].replace("delivered,2017-07-09", "shipped,2017-07-09"))

    assert {order.status for order in orders_of(ORDER_1).values()} == {"shipped"}


def test_rows_that_need_another_file_name_it():
    file = bring_in(FILES["items"])

    errors = IngestionRowError.objects.filter(file=file, line=2)
    assert file.failed_rows == 4 and not OrderItem.objects.exists()
    assert {(error.column, error.message) for error in errors} == {
        (
            "order_id",
            "is not an order that was imported: import the orders file first",
        ),
        (
            "seller_id",
            "is not a seller that was imported: import the sellers file first",
        ),
        (
            "product_id",
            "is not a product that was imported: import the products file first",
        ),
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_rehearsal_counts_each_file_and_keeps_nothing(name):
    file = bring_in(FILES[name], is_check=True)

    assert file.status == FileStatus.COMPLETED, file.error_message
    assert file.failed_rows == 0
    assert file.total_rows == sum(counts(file))
    assert not (Order.objects.exists() or Shop.objects.exists())
    assert not (Product.objects.exists() or Customer.objects.exists())


def test_wrong_cells_are_named_all_at_once():
    file = bring_in(
        FILES["orders"].replace("delivered,2017-07-09 21:57:05", "gone,yesterday")
    )

    errors = IngestionRowError.objects.filter(file=file)
    assert file.failed_rows == 1
    assert {error.column for error in errors} == {
        "order_status",
        "order_purchase_timestamp",
    }
