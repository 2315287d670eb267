"""The market speaks the visitor's language: words, prices, dates; and how it is changed."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from catalog.mail import send_back_in_stock
from catalog.models import ProductVariant
from catalog.services.alerts import send_due_alerts
from orders.mail import send_order_news
from orders.services.news import OrderNews
from tests.factories.catalog import (
    ProductFactory,
    ProductReviewFactory,
    ProductVariantFactory,
    StockAlertFactory,
)
from tests.factories.orders import OrderFactory
from tests.factories.users import PASSWORD, UserFactory, UserProfileFactory

pytestmark = pytest.mark.django_db

SWITCH = reverse("set_language")
COOKIE = settings.LANGUAGE_COOKIE_NAME
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SPACE = "\N{NO-BREAK SPACE}"
# Words of: the home page, the product's, the cart, the log-in; a price; a date.
WORDS = {
    "en": (
        *("Departments", "Add to cart", "Go to checkout", "Forgot your password?"),
        *("£1,234.50", "5 March 2026"),
    ),
    "de": (
        *("Abteilungen", "In den Warenkorb", "Zur Kasse", "Passwort vergessen?"),
        *(f"1.234,50{SPACE}£", "5. März 2026"),
    ),
    "sw": (
        *("Idara", "Weka kikapuni", "Endelea kulipa", "Umesahau nenosiri?"),
        *(f"£{SPACE}1,234.50", "5 Machi 2026"),
    ),
    "pt-br": (
        *("Departamentos", "Adicionar ao carrinho", "Finalizar a compra"),
        *("Esqueceu sua senha?", f"£{SPACE}1.234,50", "5 de Março de 2026"),
    ),
}


@pytest.fixture
def lamp() -> ProductVariant:
    product = ProductFactory(name="Lamp", shop__currency="GBP")
    ProductReviewFactory(product=product, event_time=NOON)
    return ProductVariantFactory(
        product=product, sku="LAMP", price="1234.50", inventory_quantity=5
    )


@pytest.fixture(autouse=True)
def own_language():
    """The middleware leaves the last visitor's language to the thread."""
    with translation.override(None):
        yield


def read(client: Client, path: str) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("language", WORDS)
def test_pages_speak_the_language_of_the_browser(client, lamp, language):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    client.post(reverse("orders:add_to_cart"), {"variant": lamp.pk, "quantity": 1})
    departments, add, checkout, password, price, day = WORDS[language]
    product = lamp.product.get_absolute_url()

    for path, words in {
        reverse("catalog:home"): [departments],
        product: [add, price, day],
        reverse("orders:cart"): [checkout, price],
        reverse("account_login"): [password],
    }.items():
        page = read(client, path)
        assert f'<html lang="{language}">' in page
        assert [word for word in words if word not in page] == []


@pytest.mark.parametrize("language", ["de", "sw", "pt-br"])
def test_no_page_of_another_language_keeps_english_words(client, lamp, language):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language

    pages = [
        read(client, path)
        for path in (
            reverse("catalog:home"),
            lamp.product.get_absolute_url(),
            reverse("orders:cart"),
            reverse("account_login"),
            reverse("account_signup"),
            reverse("orders:find_order"),
        )
    ]

    english = [
        ">Log in<",
        ">Search<",
        ">Password<",
        "Your cart",
        ">Departments<",
        ">Home<",
    ]
    assert [word for word in english for page in pages if word in page] == []


def test_footer_names_each_language_in_its_own_words(client):
    page = read(client, reverse("account_login"))

    for name in ("English", "Deutsch", "Kiswahili", "Português Brasileiro"):
        assert f">{name}</button>" in page
    assert 'value="en" lang="en" aria-current="true"' in page


def test_footer_changes_the_language_and_keeps_the_page(client, lamp):
    here = f"{lamp.product.get_absolute_url()}?variant=LAMP"
    assert f'name="next" value="{here}"' in read(client, here)

    response = client.post(SWITCH, {"language": "sw", "next": here})

    assert (response.status_code, response["Location"]) == (302, here)
    assert response.cookies[COOKIE].value == "sw"
    assert "Weka kikapuni" in read(client, here)


def test_footer_counts_more_than_what_the_account_prefers(client, lamp):
    user = UserFactory()
    client.login(email=user.email, password=PASSWORD)
    session = client.session
    session["language"] = "de"
    session.save()
    page = lamp.product.get_absolute_url()
    assert "In den Warenkorb" in read(client, page)

    client.post(SWITCH, {"language": "pt-br", "next": page})

    assert "Adicionar ao carrinho" in read(client, page)


@pytest.mark.parametrize("language", ["xx", "", "../../de", "de\x00", "d" * 10_000])
def test_an_unknown_language_changes_nothing(client, language):
    response = client.post(SWITCH, {"language": language, "next": "/"})

    assert response.status_code == 302
    assert COOKIE not in response.cookies
    assert '<html lang="en">' in read(client, reverse("account_login"))


def test_a_made_up_cookie_is_read_as_the_browser_asks(client):
    client.cookies[COOKIE] = "tlh"
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9"

    assert '<html lang="de">' in read(client, reverse("account_login"))


def test_switching_leads_to_no_other_site(client):
    response = client.post(SWITCH, {"language": "de", "next": "https://evil.example/"})

    assert response["Location"] == "/"


def test_a_refusal_is_said_in_the_language_of_the_visitor(client, lamp):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    page = client.post(
        reverse("account_login"), {"login": "a@example.com", "password": "no"}
    ).content.decode()

    assert "Die E-Mail-Adresse oder das Passwort ist falsch." in page


def test_news_are_written_in_the_language_of_the_account():
    told = {"": "is on its way", "sw": "liko njiani", "de": "ist unterwegs"}
    for language in told:
        user = UserProfileFactory(language=language).user
        order = OrderFactory(user=user, email=user.email, status="shipped")
        with translation.override("pt-br"):
            send_order_news(OrderNews(order=order, status="shipped"))

    assert [
        words in message.subject
        for message, words in zip(mail.outbox, told.values(), strict=True)
    ] == [True, True, True]


def test_an_alert_is_written_in_the_language_of_the_account(lamp):
    for user in (UserProfileFactory(language="de").user, UserFactory()):
        StockAlertFactory(variant=lamp, user=user, due_at=NOON)
    StockAlertFactory(variant=lamp, user=None, email="a@example.com", due_at=NOON)

    send_due_alerts(now=NOON, send=send_back_in_stock)

    assert sorted(message.subject for message in mail.outbox) == [
        *("Lamp is back", "Lamp is back", "Lamp ist wieder da")
    ]
