"""What operators set here, and what only they may look at."""

from decimal import Decimal

import pytest
from django.urls import reverse

from orders.models import DeliveryMethod, DeliveryZone, OrderMessage, TaxRate
from tests.factories.catalog import ProductVariantFactory
from tests.factories.orders import OrderFactory, OrderReturnPhotoFactory
from tests.factories.shop import ShopFactory
from tests.factories.users import OperatorFactory, UserFactory
from tests.orders.purchases import NOON, buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    client.force_login(OperatorFactory())
    return client


def zone(shop, countries):
    return {
        "shop": str(shop.pk),
        "name": "East Africa",
        "countries": countries,
        "position": "0",
        "methods-TOTAL_FORMS": "1",
        "methods-INITIAL_FORMS": "0",
        "methods-0-name": "Post",
        "methods-0-price": "5.00",
        "methods-0-min_days": "2",
        "methods-0-max_days": "4",
        "methods-0-is_active": "on",
    }


def rate(country):
    return {"country": country, "tax_class": "standard", "name": "VAT", "rate": "0.16"}


def test_a_zone_is_made_with_its_ways_to_deliver(operator):
    add = reverse("admin:orders_deliveryzone_add")

    operator.post(add, zone(ShopFactory(), "ke, UG,ke"))

    made = DeliveryZone.objects.get()
    assert made.countries == ["KE", "UG"]
    assert made.methods.get().price == Decimal("5.00")


def test_a_zone_of_no_country_is_refused(operator):
    add = reverse("admin:orders_deliveryzone_add")

    refused = operator.post(add, zone(ShopFactory(), "KE,XX"))

    errors = refused.context["adminform"].form.errors["countries"]
    assert errors == ["XX is no country's code of two letters, such as KE."]
    assert not DeliveryMethod.objects.exists()


def test_a_rate_is_kept_under_the_code_that_addresses_have(operator):
    add = reverse("admin:orders_taxrate_add")

    operator.post(add, rate("ke"))
    refused = operator.post(add, rate("??"))

    assert TaxRate.objects.get().country == "KE"
    assert "country" in refused.context["adminform"].form.errors


def test_a_return_s_photo_is_for_operators(operator, client):
    photo = OrderReturnPhotoFactory()
    address = reverse("admin:orders_orderreturnphoto_picture", args=[photo.pk])

    shown = operator.get(address)
    client.force_login(UserFactory(is_staff=True))
    refused = client.get(address)

    assert (shown.status_code, refused.status_code) == (200, 403)
    assert shown["Content-Type"] == "image/webp"


def test_an_invoice_s_document_is_for_operators_through_the_admin_alone(
    operator, client
):
    shop = ShopFactory(country="KE")
    variant = ProductVariantFactory(
        product__shop=shop, shop=shop, inventory_quantity=5, price="5.00"
    )
    invoice = buy({variant: 1})[0].invoices.get()
    address = reverse("admin:orders_invoice_pdf", args=[invoice.pk])

    shown = operator.get(address)
    page = operator.get(reverse("admin:orders_invoice_change", args=[invoice.pk]))
    client.force_login(UserFactory(is_staff=True))
    refused = client.get(address)

    assert (shown.status_code, refused.status_code) == (200, 403)
    assert shown.content.startswith(b"%PDF")
    invoice.refresh_from_db()
    assert address in page.content.decode()
    assert invoice.document.name not in page.content.decode()


def test_messages_to_buyers_are_listed(operator):
    message = OrderMessage.objects.create(
        order=OrderFactory(), kind="shipped", claimed_at=NOON, sent_at=NOON
    )

    page = operator.get(reverse("admin:orders_ordermessage_changelist"))

    assert message.order.order_number in page.content.decode()
