"""The variants of one product: the table, many at once, and combinations of options."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import PriceChange, Product, ProductVariant
from catalog.queries.products import product_page
from catalog.queries.products import product_variants as shown_variants
from catalog.services.matrix import (
    MatrixChanged,
    TooManyVariants,
    WantedOption,
    make_matrix,
    plan_matrix,
)
from catalog.services.stock import set_stock
from catalog.services.variants import seen_of
from orders.errors import ProductUnavailable
from orders.services.cart import add_item
from shop.models import Shop
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import CartFactory, OrderItemFactory
from tests.factories.shop import ShopFactory

MOST_STATEMENTS = 14
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return ShopFactory.create()


@pytest.fixture
def shirt(shop: Shop) -> Product:
    shirt: Product = ProductFactory.create(
        shop=shop, name="Shirt", sku="SHIRT", option_names=["Colour"]
    )
    for place, colour in enumerate(("Red", "Blue")):
        ProductVariantFactory.create(
            product=shirt,
            sku=f"S-{colour}",
            option1=colour,
            name=colour,
            position=place,
        )
    return shirt


@pytest.fixture
def client(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def _address(product: Product, page: str = "") -> str:
    return f"/sell/{product.shop.slug}/products/{product.pk}/variants/{page}"


def _row(variant: ProductVariant, **changes: Any) -> dict[str, Any]:
    key = variant.pk
    values = {
        "sku": variant.sku,
        "price": variant.price,
        "compare_price": variant.compare_price or "",
        "barcode": variant.barcode,
        "weight": variant.weight or "",
        **changes,
    }
    row = {f"{name}-{key}": value for name, value in values.items()}
    is_active = row.pop(f"is_active-{key}", variant.is_active)
    on = {f"is_active-{key}": "1"} if is_active else {}
    return {"row": [key], f"seen-{key}": seen_of(variant), **row, **on}


def _keys(product: Product) -> list[tuple[str, str]]:
    return list(
        product.variants.filter(is_active=True).values_list("option1", "option2")
    )


def _make(product: Product, *options: WantedOption) -> Any:
    plan = plan_matrix(product=product, options=options)
    return make_matrix(
        shop_id=product.shop_id,
        product_id=product.pk,
        options=options,
        version=plan.version,
        now=timezone.now(),
        by=product.shop.owner,
    )


# ------------------------------------------------------------------ table
def test_a_row_is_saved_with_its_history(shirt: Product, client: Client) -> None:
    red = shirt.variants.get(sku="S-Red")
    sent = _row(red, sku="RED", price="8,50", compare_price="12", barcode="40123", weight="200")  # fmt: skip

    answer = client.post(_address(shirt), sent)

    assert answer.status_code == HTTPStatus.FOUND
    red.refresh_from_db()
    assert (red.sku, red.price, red.compare_price, red.barcode, red.weight) == (
        "RED",
        Decimal("8.50"),
        Decimal(12),
        "40123",
        Decimal(200),
    )
    change = PriceChange.objects.get(variant_id=red.pk)
    assert (change.old_price, change.new_price) == (Decimal(10), Decimal("8.50"))
    shirt.refresh_from_db()
    assert shirt.price == Decimal("8.50")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "cheap"),
        ("price", ""),
        ("price", "-1"),
        ("compare_price", "1e99"),
        ("weight", "-4"),
        ("sku", " "),
        ("sku", "S-Blue"),
        ("barcode", "9" * 101),
    ],
)
def test_a_wrong_cell_is_told_and_nothing_of_the_page_is_saved(
    field: str, value: str, shirt: Product, client: Client
) -> None:
    red, blue = shirt.variants.all()
    sent = _row(red, **{field: value}) | _row(blue, price="5")
    sent["row"] = [red.pk, blue.pk]

    answer = client.post(_address(shirt), sent)

    assert answer.status_code == HTTPStatus.OK
    errors = {row.variant.pk: list(row.errors) for row in answer.context["rows"]}
    assert errors == {red.pk: [field], blue.pk: []}
    assert set(shirt.variants.values_list("price", flat=True)) == {Decimal(10)}


def test_a_row_that_a_colleague_changed_is_not_overwritten(
    shirt: Product, client: Client
) -> None:
    red = shirt.variants.get(sku="S-Red")
    sent = _row(red, price="9")
    ProductVariant.objects.filter(pk=red.pk).update(price=Decimal(7))

    answer = client.post(_address(shirt), sent)

    (row, _other) = answer.context["rows"]
    assert (row.values["price"], bool(row.error)) == ("9", True)
    red.refresh_from_db()
    assert red.price == Decimal(7)


def test_another_products_rows_are_unknown(shirt: Product, client: Client) -> None:
    own = ProductVariantFactory.create(product__shop=shirt.shop)
    foreign = ProductVariantFactory.create()

    for other in (own, foreign):
        client.post(_address(shirt), _row(other, price="1"))
        client.post(_address(shirt, "change/"), {"pick": [other.pk], "do": "remove"})
        other.refresh_from_db()
        assert (other.price, other.is_active) == (Decimal(10), True)


# ------------------------------------------------------------------ many at once
def test_what_is_found_gets_a_price(shirt: Product, client: Client) -> None:
    client.post(
        _address(shirt, "change/"),
        {
            "all": "1",
            "option1": "Red",
            "do": "price",
            "price": "4",
            "compare_price": "6",
        },
    )

    found = dict(shirt.variants.values_list("sku", "price"))
    assert found == {"S-Red": Decimal(4), "S-Blue": Decimal(10)}


def test_a_variant_that_is_off_leaves_store_and_carts(
    shirt: Product, client: Client
) -> None:
    red = shirt.variants.get(sku="S-Red")

    client.post(_address(shirt, "change/"), {"pick": [red.pk], "do": "off"})

    assert [row.sku for row in shown_variants(product_id=shirt.pk)] == ["S-Blue"]
    cart = CartFactory.create(currency=shirt.currency)
    with pytest.raises(ProductUnavailable):
        add_item(cart_id=cart.pk, variant_id=red.pk, quantity=1, now=timezone.now())


def test_a_product_in_the_store_keeps_a_variant(shirt: Product, client: Client) -> None:
    for action in ("off", "remove"):
        client.post(_address(shirt, "change/"), {"all": "1", "do": action})

    assert shirt.variants.filter(is_active=True).count() == 2
    assert product_page(slug=shirt.slug) is not None


def test_what_was_used_is_switched_off_and_the_rest_deleted(
    shirt: Product, client: Client
) -> None:
    Product.objects.filter(pk=shirt.pk).update(status="draft")
    red, blue = shirt.variants.all()
    counted = ProductVariantFactory.create(product=shirt)
    set_stock(levels={counted.pk: 3}, now=timezone.now())
    set_stock(levels={counted.pk: 0}, now=timezone.now())
    OrderItemFactory.create(product=shirt, variant=red)

    client.post(_address(shirt, "change/"), {"all": "1", "do": "remove"})

    left = dict(shirt.variants.values_list("pk", "is_active"))
    assert left == {red.pk: False, counted.pk: False}
    assert blue.pk not in left


# ------------------------------------------------------------------ combinations
def test_combinations_keep_what_there_is(shirt: Product) -> None:
    red = shirt.variants.get(sku="S-Red")
    set_stock(levels={red.pk: 5}, now=timezone.now())
    ProductVariant.objects.filter(pk=red.pk).update(price=Decimal(12))
    colours = WantedOption("Colour", ("red", "Green"))
    sizes = WantedOption("Size", ("S", "M"))

    plan = _make(shirt, colours, sizes)

    assert (plan.total, len(plan.kept), len(plan.new), len(plan.gone)) == (4, 1, 3, 1)
    assert _keys(shirt) == [("red", "S"), ("red", "M"), ("Green", "S"), ("Green", "M")]
    red.refresh_from_db()
    assert (red.sku, red.price, red.inventory_quantity, red.name) == (
        "S-Red",
        Decimal(12),
        5,
        "red / S",
    )
    new = shirt.variants.exclude(pk=red.pk)
    assert {variant.sku for variant in new} == {"SHIRT-RED-M", "SHIRT-GREEN-S", "SHIRT-GREEN-M"}  # fmt: skip
    assert {variant.price for variant in new} == {Decimal(12)}
    shirt.refresh_from_db()
    assert shirt.option_names == ["Colour", "Size"]


def test_a_renamed_option_and_another_order_keep_their_values(shirt: Product) -> None:
    _make(shirt, WantedOption("Colour", ("Red", "Blue")), WantedOption("Size", ("S", "M")))  # fmt: skip
    shirt.refresh_from_db()
    before = {(one.option1, one.option2): one.pk for one in shirt.variants.all()}

    plan = _make(shirt, WantedOption("Size", ("M", "S")), WantedOption("Shade", ("Red", "Blue")))  # fmt: skip

    assert (len(plan.kept), plan.new, plan.gone) == (4, [], [])
    after = {(one.option2, one.option1): one.pk for one in shirt.variants.all()}
    assert after == before


def test_without_options_there_is_one_variant(shirt: Product) -> None:
    ProductVariantFactory.create(product__shop=shirt.shop, sku="SHIRT")
    shirt.variants.all().delete()

    plan = _make(shirt)

    assert plan.total == 1
    assert shirt.variants.get().sku == "SHIRT-2"


def test_the_exact_number_is_shown_before(shirt: Product, client: Client) -> None:
    sent = {"name1": "Colour", "values1": "Red\nBlue\nGreen", "name2": "Size", "values2": "S, M"}  # fmt: skip

    answer = client.post(_address(shirt, "options/"), sent)

    plan = answer.context["plan"]
    assert (plan.total, len(plan.kept), len(plan.new)) == (6, 2, 4)
    assert shirt.variants.count() == 2
    made = client.post(
        _address(shirt, "options/"), {**sent, "version": plan.version, "make": "1"}
    )
    assert made.status_code == HTTPStatus.FOUND
    assert shirt.variants.count() == 6


def test_what_changed_since_the_number_was_shown_is_refused(shirt: Product) -> None:
    options = [WantedOption("Colour", ("Red",))]
    version = plan_matrix(product=shirt, options=options).version
    ProductVariantFactory.create(product=shirt, option1="Pink")

    with pytest.raises(MatrixChanged):
        make_matrix(
            shop_id=shirt.shop_id,
            product_id=shirt.pk,
            options=options,
            version=version,
            now=timezone.now(),
            by=shirt.shop.owner,
        )

    assert shirt.variants.filter(is_active=True).count() == 3


def test_other_values_than_those_shown_are_refused(
    shirt: Product, client: Client
) -> None:
    sent = {"name1": "Colour", "values1": "Red, Blue, Green"}
    version = client.post(_address(shirt, "options/"), sent).context["plan"].version

    answer = client.post(
        _address(shirt, "options/"),
        {**sent, "values1": "Red", "version": version, "make": "1"},
    )

    # The numbers of what is asked for now are shown instead.
    assert answer.context["plan"].total == 1
    assert shirt.variants.filter(is_active=True).count() == 2


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name1": "Size"}, "values1"),
        ({"values1": "S, M"}, "values1"),
        ({"name1": "Size", "values1": "S, s"}, "values1"),
        ({"name1": "Size", "values1": "S", "name2": "size", "values2": "M"}, "values2"),
        ({"name1": "Size", "values1": "x" * 101}, "values1"),
    ],
)
def test_options_without_sense_are_told(
    sent: dict[str, str], field: str, shirt: Product, client: Client
) -> None:
    answer = client.post(
        _address(shirt, "options/"), {**sent, "make": "1", "version": "x"}
    )

    assert list(answer.context["form"].errors) == [field]
    assert shirt.variants.count() == 2


def test_there_are_at_most_2048(shirt: Product) -> None:
    many = tuple(str(n) for n in range(13))

    with pytest.raises(TooManyVariants) as refused:
        plan_matrix(
            product=shirt,
            options=[WantedOption(name, many) for name in ("a", "b", "c")],
        )

    assert refused.value.wanted == 13**3


def test_2048_variants_are_made_and_stay_usable(shirt: Product, client: Client) -> None:
    many = [tuple(f"{name}{n}" for n in range(count)) for name, count in (("a", 16), ("b", 16), ("c", 8))]  # fmt: skip
    _make(shirt, *(WantedOption(f"Option {n}", words) for n, words in enumerate(many)))
    assert shirt.variants.filter(is_active=True).count() == 2048

    with CaptureQueriesContext(connection) as context:
        page = client.get(_address(shirt), {"option1": "a3"})

    assert len(page.context["rows"]) == 50
    assert len(page.content) < 250_000
    assert len(context) <= MOST_STATEMENTS


def test_a_hundred_rows_cost_what_one_does(shirt: Product, client: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get(_address(shirt))
    for number in range(100):
        ProductVariantFactory.create(product=shirt, option1=f"Hue {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(_address(shirt))

    assert len(many) == len(few) <= MOST_STATEMENTS
