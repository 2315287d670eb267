"""The test gateway's page, and the ways to pay as a form."""

import pytest
from django.template.loader import render_to_string

from payments.forms import PaymentMethodForm
from payments.gateways import SimulatedGateway
from payments.models import SimulatedCharge
from tests.factories.payments import SimulatedChargeFactory

pytestmark = pytest.mark.django_db


def waiting(**more):
    return SimulatedChargeFactory(return_url="/back/?a=b", **more)


def test_page_shows_the_amount_and_two_ways(client):
    page = client.get(f"/pay/test/{waiting().key}/").content.decode()

    assert "$10.00" in page
    assert 'value="approve"' in page
    assert 'value="refuse"' in page
    assert "no real money" in page


@pytest.mark.parametrize(
    ("decision", "state"),
    [("approve", "captured"), ("refuse", "declined"), ("", "declined")],
)
def test_decision_counts_once_and_leads_back(client, decision, state):
    charge = waiting()
    address = f"/pay/test/{charge.key}/"

    first = client.post(address, {"decision": decision})
    client.post(address, {"decision": "approve"})

    charge.refresh_from_db()
    assert (first.status_code, first["Location"]) == (302, "/back/?a=b")
    assert charge.state == state
    assert 'name="decision"' not in client.get(address).content.decode()


def test_money_is_only_set_aside_where_that_was_asked(client):
    charge = waiting(captures=False)

    client.post(f"/pay/test/{charge.key}/", {"decision": "approve"})

    charge.refresh_from_db()
    assert charge.state == "authorized"


def test_the_way_back_leads_nowhere_else(client):
    charge = SimulatedChargeFactory(return_url="https://elsewhere.example/")

    answer = client.post(f"/pay/test/{charge.key}/", {"decision": "approve"})

    assert answer["Location"] == "/"


def test_unknown_keys_and_a_gateway_switched_off_are_not_there(client, settings):
    charge = waiting()
    SimulatedGateway().void(key="fenced", transaction_id="")

    assert client.get("/pay/test/nobody/").status_code == 404
    assert client.post("/pay/test/nobody/").status_code == 404
    assert client.get("/pay/test/fenced/").status_code == 404
    settings.ALLOW_TEST_GATEWAY = settings.DEBUG = False
    assert client.get(f"/pay/test/{charge.key}/").status_code == 404
    assert client.post(f"/pay/test/{charge.key}/").status_code == 404
    assert SimulatedCharge.objects.get(pk=charge.pk).state == "waiting"


def test_form_offers_what_is_available_and_takes_nothing_else(settings):
    form = PaymentMethodForm({"method": "test:approve"}, currency="USD")
    wrong = PaymentMethodForm({"method": "test:gold"}, currency="USD")
    none = PaymentMethodForm({}, currency="USD")

    assert form.is_valid()
    assert (form.cleaned_data["gateway"], form.cleaned_data["token"]) == (
        "test",
        "approve",
    )
    assert wrong.errors["method"] == [
        "This way to pay is not available. Choose another."
    ]
    assert none.errors["method"] == ["Choose how to pay."]
    settings.ALLOW_TEST_GATEWAY = settings.DEBUG = False
    assert not PaymentMethodForm({"method": "test:approve"}, currency="USD").is_valid()


def test_fragment_chooses_the_first_and_says_what_is_wrong(settings):
    fresh = PaymentMethodForm(currency="USD")
    wrong = PaymentMethodForm({"method": "test:gold"}, currency="USD")

    shown = render_to_string("payments/_methods.html", {"form": fresh})
    refused = render_to_string("payments/_methods.html", {"form": wrong})
    settings.ALLOW_TEST_GATEWAY = settings.DEBUG = False
    empty = render_to_string(
        "payments/_methods.html", {"form": PaymentMethodForm(currency="USD")}
    )

    assert shown.count('type="radio"') == 4
    assert shown.count(" checked") == 1
    assert "Choose another." in refused
    assert "no way to pay in this currency" in empty
