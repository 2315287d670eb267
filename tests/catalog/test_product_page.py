"""A product's own page: choice, price, pictures, what is near, what is gone."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import product as combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Product, ProductStatus, ProductVariant, StockAlert
from catalog.services.prices import set_price, write_price_history
from shop.models import ShopStatus
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    ProductReviewFactory,
    ProductVariantFactory,
)
from tests.factories.shop import ShopFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

BUDGET = 8
NONSENSE = ["\0", "x" * 100_000, "🧦", "' OR 1=1 --", "<script>", "-1", "9" * 5000]


def sell(**values):
    made = ProductFactory(**values)
    ProductVariantFactory(product=made, inventory_quantity=7)
    return made


def headphones():
    made = ProductFactory(name="Headphones", option_names=["Colour", "Cable"])
    for place, (colour, cable, units) in enumerate(
        [
            ("Mist", "1 m", 3),
            ("Mist", "3 m", 9),
            ("Ink", "1 m", 0),
            ("Walnut", "1 m", 9),
        ]
    ):
        ProductVariantFactory(
            product=made, sku=f"{colour}-{cable}".replace(" ", ""), option1=colour,
            option2=cable, name=f"{colour}, {cable}", inventory_quantity=units,
            position=place,
        )  # fmt: skip
    return made


def get(client, product, **query):
    return client.get(product.get_absolute_url(), query)


def words(response):
    return " ".join(response.content.decode().split())


# ------------------------------------------------------------------ choice
def test_variant_of_the_address_is_shown_and_the_others_are_links(client):
    page = get(client, headphones(), variant="Mist-3m")

    assert page.context["variant"].sku == "Mist-3m"
    assert 'href="?variant=Mist-1m"' in words(page)
    assert "Colour: <b>Mist</b>" in words(page)


def test_impossible_combination_is_said_in_a_sentence(client):
    page = get(client, headphones(), option1="Walnut", option2="3 m", picked="1")

    assert "Walnut does not come with 3 m. This is the nearest: Walnut, 1 m." in words(
        page
    )
    assert page.context["variant"].sku == "Walnut-1m"


def test_htmx_gets_the_offer_with_the_variants_own_picture(client):
    made = headphones()
    ProductImageFactory(product=made, is_primary=True)
    own = ProductImageFactory(
        product=made, variant=ProductVariant.objects.get(sku="Walnut-1m"), position=1
    )

    page = client.get(
        made.get_absolute_url(),
        {"variant": "Walnut-1m"},
        headers={"HX-Request": "true", "HX-Target": "offer"},
    )

    assert page.context["shown"] == own
    assert "<html" not in words(page)
    assert words(page).count("hx-swap-oob") == 1
    other = get(client, made, variant="Ink-1m")
    assert own not in other.context["images"]


def test_two_thousand_variants_are_neither_drawn_nor_slow(client):
    made = ProductFactory(option_names=["Colour", "Size", "Length"])
    values = [[f"{name}{n}" for n in range(count)] for name, count in (("C", 64), ("S", 8), ("L", 4))]  # fmt: skip
    ProductVariant.objects.bulk_create(
        ProductVariant(
            product=made, shop=made.shop, sku=f"V{place}", price=10, position=place,
            option1=one, option2=two, option3=three, inventory_quantity=1,
        )
        for place, (one, two, three) in enumerate(combinations(*values))
    )  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        page = get(client, made, option1="C63", option2="S7", option3="L3")

    assert page.context["variant"].sku == "V2047"
    assert len(page.content) < 60_000
    assert len(queries) <= BUDGET
    found = get(client, made, find1="c6")
    texts = [value.text for value in found.context["choice"].options[0].values]
    assert texts == ["C6", "C60", "C61", "C62", "C63"]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_in_the_address_is_answered(client, text):
    made = headphones()
    query = dict.fromkeys(
        ("variant", "option1", "find2", "picked", "picture", "stars", "page"), text
    )

    page = get(client, made, **query)

    assert page.status_code == 200
    assert page.context["variant"].sku == "Mist-1m"
    reviews = client.get(reverse("catalog:reviews", args=[made.slug]), query)
    assert reviews.status_code == 200


def test_product_without_variants_cannot_be_bought(client):
    page = get(client, ProductFactory())

    assert "Not available at the moment" in words(page)


def test_product_that_can_be_bought_has_the_form_for_the_cart(client):
    variant = sell().variants.get()

    page = get(client, variant.product)

    assert f'action="{reverse("orders:add_to_cart")}"' in words(page)
    assert f'name="variant" value="{variant.pk}"' in words(page)


# ------------------------------------------------------------------ price
def test_reduction_names_the_lowest_price_of_the_days_before(client):
    variant = ProductVariantFactory(price=100, inventory_quantity=5)
    now = timezone.now()
    write_price_history(variant=variant, old_price=None, now=now - timedelta(days=90))
    for days, price in ((20, 90), (10, 110), (1, 80)):
        set_price(
            variant_id=variant.pk, price=Decimal(price), compare_price=Decimal(120),
            now=now - timedelta(days=days),
        )  # fmt: skip

    page = words(get(client, variant.product))

    assert "Lowest price of the 30 days before: $90.00." in page
    # Of that price, not of the one the shop names.
    assert "−11 %" in page


def test_price_that_was_as_low_before_has_no_badge(client):
    variant = ProductVariantFactory(price=50, compare_price=90, inventory_quantity=5)

    page = get(client, variant.product)

    assert page.context["reduction"] is None
    assert 'class="badge"' not in words(page).partition("</article>")[0]


# ------------------------------------------------------------------ budget
@pytest.mark.parametrize("is_logged_in", [False, True])
def test_page_costs_no_more_with_much_on_it(client, is_logged_in):
    shop = ShopFactory()
    made = sell(shop=shop, category=CategoryFactory(parent=CategoryFactory()))
    now = timezone.now()
    for variant in made.variants.all():
        set_price(
            variant_id=variant.pk, price=Decimal(5), compare_price=Decimal(9), now=now
        )
    ProductReviewFactory(product=made)
    ProductImageFactory(product=made, is_primary=True)
    others = [sell(shop=shop), sell()]
    if is_logged_in:
        client.force_login(UserFactory())
    for product in (*others, made):
        get(client, product)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert get(client, made).status_code == 200
        counts.append(len(queries))
        for product in [sell(shop=shop) for _ in range(5)]:
            get(client, product)
        ProductVariantFactory.create_batch(20, product=made, price=6)
        ProductImageFactory.create_batch(10, product=made)
        ProductReviewFactory.create_batch(20, product=made)

    assert counts[0] == counts[1] <= BUDGET


# ------------------------------------------------------------------ lately
def test_what_was_looked_at_is_kept_in_a_signed_cookie(client):
    lamp, chair, table = sell(name="Lamp"), sell(name="Chair"), sell(name="Table")
    for product in (lamp, chair, lamp, table):
        page = get(client, product)

    assert [card.name for card in page.context["lately"]] == ["Lamp", "Chair"]
    assert page.cookies["seen"]["httponly"]
    client.cookies["seen"] = client.cookies["seen"].value[:-1] + "x"
    assert get(client, table).context["lately"] == []


def test_what_was_looked_at_can_be_forgotten(client):
    get(client, sell())

    client.post(reverse("catalog:forget_seen"))

    assert get(client, sell()).context["lately"] == []


# ------------------------------------------------------------------ gone
def test_archived_product_says_so_with_what_is_near(client):
    gone = sell(name="Old lamp", status=ProductStatus.ARCHIVED)
    near = sell(name="New lamp", category=gone.category)
    same_shop = sell(name="Chair", shop=gone.shop)

    page = get(client, gone)

    assert page.status_code == 410
    names = [card.name for card in page.context["instead"]]
    assert names == [near.name, same_shop.name]


def test_deleted_product_leaves_its_address(client):
    gone, draft = sell(), sell(status=ProductStatus.DRAFT)
    addresses = [gone.get_absolute_url(), draft.get_absolute_url()]
    Product.objects.all().delete()

    assert [client.get(address).status_code for address in addresses] == [410, 404]
    sell(slug=gone.slug)
    assert client.get(addresses[0]).status_code == 200


def test_product_of_a_closed_shop_is_gone_of_a_suspended_one_not_found(client):
    closed = sell(shop=ShopFactory(status=ShopStatus.CLOSED))
    suspended = sell(shop=ShopFactory(status=ShopStatus.SUSPENDED))

    page = get(client, closed)

    assert (page.status_code, page.context["gone"].shop) == (410, None)
    assert get(client, suspended).status_code == 404
    assert client.get("/p/nothing/").status_code == 404


# ------------------------------------------------------------------ for machines
def structured(page):
    parts = page.content.decode().split('<script type="application/ld+json">')[1:]
    return {
        data["@type"]: data
        for data in (json.loads(part.partition("</script>")[0]) for part in parts)
    }


def test_search_engines_read_a_group_with_its_variants(client):
    made = headphones()
    ProductReviewFactory(product=made, rating=4)

    data = structured(get(client, made))

    group = data["ProductGroup"]
    assert group["variesBy"] == ["https://schema.org/color", "Cable"]
    assert group["aggregateRating"]["reviewCount"] == 1
    first = group["hasVariant"][0]
    assert (first["sku"], first["color"]) == ("Mist-1m", "Mist")
    assert first["offers"]["availability"] == "https://schema.org/InStock"
    assert first["offers"]["url"].endswith("?variant=Mist-1m")
    assert {"BreadcrumbList", "Organization"} <= set(data)


def test_single_variant_is_a_product_with_an_offer(client):
    made = sell(name="</script><b>")

    page = get(client, made, variant="x")

    offer = structured(page)["Product"]["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("10.00", "USD")
    assert (
        f'<link rel="canonical" href="http://testserver{made.get_absolute_url()}">'
        in words(page)
    )


# ------------------------------------------------------------------ alert
def ask(client, made, **data):
    variant = made.variants.get(sku="Ink-1m")
    address = reverse("catalog:stock_alert", args=[made.slug])
    return client.post(f"{address}?variant={variant.sku}", data)


def test_guest_asks_to_be_told_and_the_answer_is_always_the_same(client):
    made = headphones()
    first = ask(client, made, email="ada@example.com")
    second = ask(client, made, email="ada@example.com")

    assert first["Location"] == second["Location"]
    assert first["Location"].endswith("?variant=Ink-1m")
    page = client.get(first["Location"])
    assert words(page).count("We will tell you once when it is back.") == 2
    assert StockAlert.objects.get().email == "ada@example.com"


@pytest.mark.parametrize("email", ["", "x", "a@b\0.com", "x" * 100_000, "🧦@x"])
def test_senseless_address_is_explained_beside_its_field(client, email):
    page = ask(client, headphones(), email=email)

    assert page.status_code == 200
    assert 'id="alert-email_error"' in words(page)
    assert page.context["variant"].sku == "Ink-1m"
    assert not StockAlert.objects.exists()


def test_account_needs_no_address(client):
    user = UserFactory()
    client.force_login(user)

    ask(client, headphones())

    assert StockAlert.objects.get().user == user


def test_many_requests_are_held_back(client, monkeypatch):
    monkeypatch.setattr("catalog.limits.ALERTS_AN_HOUR", 2)
    made = headphones()

    for number in range(4):
        ask(client, made, email=f"ada{number}@example.com")

    assert StockAlert.objects.count() == 2
