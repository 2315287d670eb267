"""Programs that buy: with the CSRF token that each change asks for, as a browser's would."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from rest_framework.test import APIClient

from orders.models import Checkout
from tests.orders.purchases import ADDRESS

API = "/api/v1/"
BACK = "/checkout/done/"


class Buyer(APIClient):
    """A guest; with a user, an account."""

    def __init__(self, user: Any = None) -> None:
        super().__init__(enforce_csrf_checks=True)
        if user is not None:
            self.force_login(user)
        self.get(f"{API}cart/")
        self.credentials(HTTP_X_CSRFTOKEN=self.cookies["csrftoken"].value)

    def add(self, variant: Any, quantity: Any = 1) -> Any:
        sent = {"variant": str(variant.pk), "quantity": quantity}
        return self.post(f"{API}cart/items/", sent)

    def begin(self, **sent: Any) -> dict[str, Any]:
        """A checkout that only waits for the buyer's yes."""
        begun = self.post(f"{API}checkouts/")
        assert begun.status_code == 201, begun.data
        filled = {"email": "buyer@example.com", "shipping_address": ADDRESS} | sent
        answer = self.patch(checkout_url(begun.data), filled)
        assert answer.status_code == 200, answer.data
        return answer.json()

    def complete(self, checkout: dict[str, Any], key: str = "", **more: Any) -> Any:
        sent = {
            "quote_hash": checkout["quote"]["hash"],
            "gateway": "test",
            "token": "approve",
            "return_url": BACK,
        }
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self.post(
            f"{checkout_url(checkout)}complete/", sent | more, headers=headers
        )


def checkout_url(checkout: dict[str, Any] | Checkout) -> str:
    key = checkout.pk if isinstance(checkout, Checkout) else checkout["id"]
    return f"{API}checkouts/{key}/"


def attrs(response: Any) -> list[str | None]:
    """Names of the fields that were wrong."""
    return [error["attr"] for error in response.json()["errors"]]
