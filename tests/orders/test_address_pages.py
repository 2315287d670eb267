"""The address book's pages, with and without HTMX."""

from uuid import uuid4

import pytest
from django.urls import reverse

from orders.models import ShippingAddress
from tests.factories.orders import ShippingAddressFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
KENYA = {
    "country": "KE",
    "last_name": "Odhiambo",
    "address1": "1 Moi Avenue",
    "city": "Nairobi",
    "phone": "0712345678",
}


@pytest.fixture
def me(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.mark.parametrize("name", ["orders:addresses", "orders:new_address"])
def test_strangers_are_sent_to_log_in(client, name):
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_new_address_is_kept_and_shown(client, me):
    response = client.post(reverse("orders:new_address"), KENYA, follow=True)

    kept = ShippingAddress.objects.get()
    assert (kept.user_id, kept.phone, kept.is_default) == (me.pk, "+254712345678", True)
    page = response.content.decode()
    assert "NAIROBI" in page and "Kenya" in page


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(client, me):
    sent = KENYA | {"last_name": "n" * 100_000, "city": "\0", "phone": "1"}

    response = client.post(reverse("orders:new_address"), sent)

    page = response.content.decode()
    assert response.status_code == 200
    for name in ("last_name", "city", "phone"):
        assert f'id="id_{name}_error"' in page
    assert not ShippingAddress.objects.exists()


def test_another_country_brings_its_fields_without_scripts(client, me):
    sent = KENYA | {"country": "US", "redraw": "1"}

    response = client.post(reverse("orders:new_address"), sent)

    page = response.content.decode()
    assert 'name="province"' in page and ">California<" in page
    assert 'value="1 Moi Avenue"' in page
    assert "field-error" not in page
    assert not ShippingAddress.objects.exists()


def test_another_country_swaps_the_fields_alone(client, me):
    response = client.post(
        reverse("orders:new_address"),
        KENYA | {"country": "JP", "redraw": "1"},
        headers={"HX-Request": "true"},
    )

    page = response.content.decode()
    assert "<html" not in page
    assert 'id="address-fields"' in page and ">Tokyo<" in page


@pytest.mark.parametrize("country", ["XX", "\0", "u" * 9000])
def test_impossible_country_is_no_accident(client, me, country):
    for sent in ({"redraw": "1"}, {}):
        response = client.post(
            reverse("orders:new_address"), KENYA | {"country": country} | sent
        )
        assert response.status_code == 200
    assert "Choose a country from the list." in response.content.decode()
    assert client.get(reverse("orders:new_address"), {"country": country})


def test_address_is_changed(client, me):
    kept = ShippingAddressFactory(user=me, is_default=True)

    page = client.get(reverse("orders:edit_address", args=[kept.pk])).content.decode()
    client.post(
        reverse("orders:edit_address", args=[kept.pk]), KENYA | {"city": "Mombasa"}
    )

    kept.refresh_from_db()
    assert 'value="Lovelace"' in page
    assert (kept.city, kept.first_name) == ("Mombasa", "")


def test_address_is_deleted_after_a_question(client, me):
    kept = ShippingAddressFactory(user=me)
    address = reverse("orders:delete_address", args=[kept.pk])

    assert "Delete this address?" in client.get(address).content.decode()
    assert ShippingAddress.objects.exists()
    client.post(address)

    assert not ShippingAddress.objects.exists()


@pytest.mark.parametrize("name", ["edit", "make_default", "delete"])
@pytest.mark.parametrize("whose", ["theirs", "nobody's"])
def test_other_people_s_address_is_not_found(client, me, name, whose):
    theirs = ShippingAddressFactory()
    names = {
        "edit": "orders:edit_address",
        "make_default": "orders:make_address_default",
        "delete": "orders:delete_address",
    }
    pk = theirs.pk if whose == "theirs" else uuid4()

    response = client.post(reverse(names[name], args=[pk]), KENYA)

    assert response.status_code == 404
    theirs.refresh_from_db()
    assert (theirs.city, theirs.is_default) == ("Nairobi", False)


def test_book_costs_the_same_for_one_and_for_many(
    client, me, django_assert_max_num_queries
):
    ShippingAddressFactory(user=me)
    with django_assert_max_num_queries(4) as one:
        client.get(reverse("orders:addresses"))
    ShippingAddressFactory.create_batch(4, user=me)
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("orders:addresses"))
