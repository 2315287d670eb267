"""Where a shop sends and its tax: pages, programs, and what they refuse."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.models import ProductVariant
from orders.errors import QuoteChanged, SettingRefused
from orders.models import DeliveryMethod, DeliveryZone, TaxRate
from orders.queries import checkout_view
from orders.services.delivery_settings import (
    remove_zone,
    save_method,
    save_rate,
    save_zone,
)
from shop.models import Shop
from tests.factories.catalog import ProductFactory, ProductVariantFactory
from tests.factories.orders import (
    DeliveryMethodFactory,
    DeliveryZoneFactory,
    TaxRateFactory,
)
from tests.factories.shop import ShopFactory
from tests.orders.crowds import at_once
from tests.orders.purchases import NOON, fill_checkout, place_orders, say_yes

pytestmark = pytest.mark.django_db
METHOD: dict[str, Any] = {
    "name": "Post", "price": "4.95", "free_from": "50", "min_days": "2", "max_days": "4",
    "is_active": "on",
}  # fmt: skip
RATE: dict[str, Any] = {
    "name": "VAT", "country": "KE", "province": "", "tax_class": "standard", "percent": "16",
    "applies_to_shipping": "on",
}  # fmt: skip


@pytest.fixture
def shop() -> Shop:
    return ShopFactory(name="Lamp works", country="KE", currency="KES")


@pytest.fixture
def owner(shop: Shop) -> Client:
    client = Client()
    client.force_login(shop.owner)
    return client


def at(name: str, shop: Shop, *args: Any) -> str:
    return reverse(f"sell:{name}", args=[shop.slug, *args])


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sold_by(shop: Shop, **values: Any) -> ProductVariant:
    product = ProductFactory(shop=shop, currency=shop.currency, **values)
    return ProductVariantFactory(
        product=product, shop=shop, price=100, inventory_quantity=9
    )


# ------------------------------------------------------------------ delivery


def test_a_shop_says_where_it_sends_and_how(owner: Client, shop: Shop) -> None:
    owner.post(at("zone_new", shop), {"name": "East", "countries": ["KE", "UG"]})
    zone = DeliveryZone.objects.get(shop=shop)
    answer = owner.post(at("method_new", shop, zone.pk), METHOD, follow=True)

    method = zone.methods.get()
    assert zone.countries == ["KE", "UG"]
    assert (method.price, method.free_from) == (Decimal("4.95"), Decimal(50))
    assert "Kenya, Uganda" in words(answer)
    assert "2–4 working days" in words(answer)

    owner.post(at("zone", shop, zone.pk), {"name": "The rest", "is_rest": "on"})
    owner.post(at("method", shop, zone.pk, method.pk), METHOD | {"price": "6"})
    zone.refresh_from_db()
    method.refresh_from_db()
    assert (zone.name, zone.countries, method.price) == ("The rest", [], Decimal(6))

    owner.post(at("method", shop, zone.pk, method.pk), {"remove": "1"})
    owner.post(at("zone", shop, zone.pk), {"remove": "1"})
    assert not DeliveryZone.objects.filter(shop=shop).exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": "", "is_rest": "on"}, "This field is required"),
        ({"name": "x" * 100_000, "is_rest": "on"}, "at most 100 characters"),
        ({"name": "East", "is_rest": "on"}, "You have a zone of that name already."),
        ({"name": "New"}, "Choose countries, or everywhere else."),
        ({"name": "New", "is_rest": "on", "countries": ["FR"]}, "not both"),
        ({"name": "New", "countries": ["XX"]}, "Choose countries of the list."),
        ({"name": "New", "countries": ["FR", "KE"]}, "Kenya is in “East” already."),
        ({"name": "N\0w", "countries": ["FR"]}, "Null characters"),
    ],
)
def test_a_zone_that_cannot_be_is_refused_beside_its_field(
    owner: Client, shop: Shop, sent: dict[str, Any], sentence: str
) -> None:
    DeliveryZoneFactory(shop=shop, name="East", countries=["KE"])

    answer = owner.post(at("zone_new", shop), sent)

    assert (answer.status_code, DeliveryZone.objects.count()) == (200, 1)
    assert sentence in words(answer)


def test_everywhere_else_is_one_zone(shop: Shop) -> None:
    DeliveryZoneFactory(shop=shop, name="World", countries=[])

    with pytest.raises(SettingRefused, match="“World” is for everywhere else"):
        save_zone(shop_id=shop.pk, name="Rest", countries=[])

    # Its own countries are not another's.
    save_zone(shop_id=ShopFactory().pk, name="Rest", countries=[])
    assert DeliveryZone.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"price": "-1"}, "Write an amount of zero or more."),
        ({"price": "NaN"}, "Write an amount, such as 4.95."),
        ({"price": "1e400"}, "more than one order can hold"),
        ({"price": "9" * 5000}, "more than one order can hold"),
        ({"price": "4.955"}, "at most two places"),
        ({"free_from": "-5"}, "Write an amount of zero or more."),
        ({"min_days": "9"}, "The longest time is no shorter than the shortest."),
        ({"min_days": "-1"}, "greater than or equal to 0"),
        ({"max_days": "x"}, "Write the days as a whole number."),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_way_to_send_that_cannot_be_is_refused(
    owner: Client, shop: Shop, sent: dict[str, str], sentence: str
) -> None:
    zone = DeliveryZoneFactory(shop=shop)

    answer = owner.post(at("method_new", shop, zone.pk), METHOD | sent)

    assert (answer.status_code, zone.methods.count()) == (200, 0)
    assert sentence in words(answer)


def test_a_price_fits_the_currency() -> None:
    shop = ShopFactory(currency="JPY")
    zone = DeliveryZoneFactory(shop=shop)

    with pytest.raises(SettingRefused, match="The smallest amount of JPY is 1"):
        save_method(
            shop_id=shop.pk, zone_id=zone.pk, name="Post", price=Decimal("500.50"),
            free_from=None, min_days=1, max_days=2,
        )  # fmt: skip

    assert not DeliveryMethod.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_put_no_country_into_two_zones() -> None:
    shop = ShopFactory()

    def add(place: int) -> bool:
        try:
            save_zone(shop_id=shop.pk, name=f"Zone {place}", countries=["KE"])
        except SettingRefused:
            return False
        return True

    done = at_once(add, range(6))

    assert sorted(done) == [*[False] * 5, True]
    assert DeliveryZone.objects.filter(shop=shop).count() == 1


def test_a_zone_goes_while_somebody_is_checking_out(shop: Shop) -> None:
    dear = DeliveryZoneFactory(shop=shop, name="Kenya", countries=["KE"])
    DeliveryMethodFactory(zone=dear, price=9)
    DeliveryMethodFactory(zone=DeliveryZoneFactory(shop=shop, name="Rest"), price=7)
    checkout = fill_checkout({sold_by(shop): 1})
    agreed = checkout_view(checkout_id=checkout.pk, now=NOON).quote

    remove_zone(shop_id=shop.pk, zone_id=dear.pk)

    with pytest.raises(QuoteChanged):
        place_orders(checkout_id=checkout.pk, quote_hash=agreed.hash, now=NOON)
    order = say_yes(checkout)[0]
    assert (agreed.shipping, order.total_shipping) == (9, 7)


# ------------------------------------------------------------------ tax


def test_a_shops_own_rate_comes_before_the_markets(owner: Client, shop: Shop) -> None:
    TaxRateFactory(country="KE", province="", rate="0.16")
    other = ShopFactory(country="KE", currency="KES")
    wanted = {sold_by(shop): 1, sold_by(other): 1}
    for one in (shop, other):
        DeliveryMethodFactory(zone=DeliveryZoneFactory(shop=one), price=0)

    owner.post(at("tax_rate_new", shop), RATE | {"percent": "8"})
    answer = owner.post(at("taxes", shop), {"prices_include_tax": "no"}, follow=True)

    view = checkout_view(checkout_id=fill_checkout(wanted).pk, now=NOON)
    taxed = {one.shop_id: (one.tax, one.included_tax) for one in view.quote.shops}
    assert taxed == {
        shop.pk: (Decimal("8.00"), Decimal("0.00")),
        other.pk: (Decimal("0.00"), Decimal("13.79")),
    }
    assert "8%" in words(answer)
    assert "16%" in words(answer)


def test_a_rate_is_changed_and_removed(owner: Client, shop: Shop) -> None:
    owner.post(at("tax_rate_new", shop), RATE)
    rate = TaxRate.objects.get(shop=shop)

    owner.post(at("tax_rate", shop, rate.pk), RATE | {"percent": "19.625"})

    rate.refresh_from_db()
    assert rate.rate == Decimal("0.19625")
    assert 'value="19.625"' in words(owner.get(at("tax_rate", shop, rate.pk)))
    owner.post(at("tax_rate", shop, rate.pk), {"remove": "1"})
    assert not TaxRate.objects.filter(shop=shop).exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"percent": "100.1"}, "A tax is 0 to 100 per cent."),
        ({"percent": "-1"}, "A tax is 0 to 100 per cent."),
        ({"percent": "nan"}, "Write the rate as a number, such as 20."),
        ({"percent": "1.2345"}, "no more than 3 decimal places"),
        ({"country": "XX"}, "Select a valid choice"),
        ({"country": "US", "province": "Nowhere"}, "Choose one of these"),
        ({"country": "DE", "province": "BE"}, "Leave it empty."),
        ({"tax_class": "Very Reduced"}, "small letters"),
        ({"tax_class": "reduced"}, "You have a rate of this class for this place"),
        ({"name": "x" * 100_000}, "at most 100 characters"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    owner: Client, shop: Shop, sent: dict[str, str], sentence: str
) -> None:
    TaxRateFactory(shop=shop, province="", tax_class="reduced")

    answer = owner.post(at("tax_rate_new", shop), RATE | sent)

    assert (answer.status_code, TaxRate.objects.count()) == (200, 1)
    assert sentence in words(answer)


def test_the_database_keeps_one_rate_a_place_for_the_market_and_for_each_shop(
    shop: Shop,
) -> None:
    TaxRateFactory(province="")
    TaxRateFactory(province="", shop=shop)

    for owner in (None, shop):
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxRateFactory(province="", shop=owner)


# ------------------------------------------------------------------ whose they are


def test_another_shops_and_the_markets_are_not_found(owner: Client, shop: Shop) -> None:
    mine = DeliveryZoneFactory(shop=shop)
    theirs = DeliveryMethodFactory()
    market = TaxRateFactory()
    foreign = TaxRateFactory(shop=ShopFactory())

    for address in (
        at("zone", shop, theirs.zone_id),
        at("method", shop, mine.pk, theirs.pk),
        at("method_new", shop, theirs.zone_id),
        at("tax_rate", shop, market.pk),
        at("tax_rate", shop, foreign.pk),
    ):
        assert owner.get(address).status_code == 404
        assert owner.post(address, {"remove": "1"}).status_code == 404

    assert (DeliveryMethod.objects.count(), TaxRate.objects.count()) == (1, 2)


def test_programs_do_the_same(owner: Client, shop: Shop) -> None:
    zones = reverse("v1:sell-delivery-zones", args=[shop.slug])
    rates = reverse("v1:sell-tax-rates", args=[shop.slug])
    json = "application/json"

    zone = owner.post(zones, {"name": "East", "countries": ["KE"]}, json)
    methods = f"{zones}{zone.json()['id']}/methods/"
    sent = {"name": "Post", "price": "300.00", "min_days": 1, "max_days": 2}
    method = owner.post(methods, sent, json)
    changed = owner.put(f"{methods}{method.json()['id']}/", sent | {"price": "0"}, json)
    twice = owner.post(zones, {"name": "More", "countries": ["KE"]}, json)
    rate = owner.post(rates, {"country": "KE", "name": "VAT", "rate": "0.08"}, json)
    over = owner.post(rates, {"country": "UG", "name": "VAT", "rate": "1.1"}, json)
    listed = owner.get(zones).json()

    assert (zone.status_code, method.status_code, rate.status_code) == (201, 201, 201)
    assert changed.json()["price"] == "0.00"
    assert twice.json()["errors"][0]["attr"] == "countries"
    assert over.status_code == 400
    assert [one["name"] for one in listed[0]["methods"]] == ["Post"]
    assert [one["is_own"] for one in owner.get(rates).json()] == [True]
    assert owner.delete(f"{rates}{rate.json()['id']}/").status_code == 204
    assert owner.delete(f"{zones}{zone.json()['id']}/").status_code == 204
    assert not DeliveryZone.objects.filter(shop=shop).exists()


def test_a_rate_needs_to_be_of_a_shop_that_there_is(shop: Shop) -> None:
    rate = TaxRateFactory()

    with pytest.raises(TaxRate.DoesNotExist):
        save_rate(
            shop_id=shop.pk, rate_id=rate.pk, country="KE", tax_class="standard",
            rate=Decimal(0), name="VAT",
        )  # fmt: skip
