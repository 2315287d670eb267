"""The checkout's steps: address, delivery; the last one, paying, is of the payments app.

Each step has its address and can be gone back to; what a step was told is kept in the
checkout's row. Somebody else's checkout is not found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from orders.errors import CheckoutClosed, DeliveryUnavailable, InvalidEmail
from orders.forms import AddressForm, CheckoutAddressForm, DeliveryForm
from orders.models import Cart, Checkout, CheckoutStatus, ShippingAddress
from orders.queries.cart import pictures
from orders.queries.checkout import (
    ADDRESS,
    CONTACT,
    DELIVERY,
    CheckoutView,
    price_checkout,
)
from orders.queries.checkout import checkout_view as read
from orders.services import checkout as checkouts
from orders.services.addresses import address_lines
from orders.services.cart import find_cart
from orders.visitor import visible_checkouts, visitor_of
from shop.errors import DomainError

Step = Callable[..., HttpResponse]
WHO = ("first_name", "last_name", "company", "phone")
STEPS = {CONTACT: "address", ADDRESS: "address", DELIVERY: "delivery"}


def _own(request: HttpRequest) -> Any:
    return visible_checkouts(request)


def open_checkout(view: Step) -> Callable[..., HttpResponse]:
    """Gives a step the visitor's checkout while it takes changes.

    The pages of one that was placed lead to what became of it: going back is harmless.
    """

    @wraps(view)
    def step(request: HttpRequest, checkout_id: UUID, **more: Any) -> HttpResponse:
        rows = _own(request).select_related("cart", "user")
        found: Checkout = get_object_or_404(rows, pk=checkout_id)
        if found.status != CheckoutStatus.OPEN:
            return redirect("orders:checkout_done", found.pk)
        try:
            return view(request, found, **more)
        except CheckoutClosed:
            # Placed in another tab meanwhile.
            return redirect("orders:checkout_done", found.pk)

    return step


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """Begin, or go on where the buyer was."""
    visitor = visitor_of(request)
    now = timezone.now()
    cart = find_cart(user_id=visitor.user_id, token=visitor.token, now=now)
    if cart is None:
        return redirect("orders:cart")
    try:
        begun = checkouts.start_checkout(cart_id=cart.pk, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("orders:cart")
    missing = price_checkout(checkout=begun, now=now).missing
    step = STEPS[missing[0]] if missing else "delivery"
    if _is_elsewhere(begun, cart):
        step = "address"
    return redirect(f"orders:checkout_{step}", begun.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@open_checkout
def address(request: HttpRequest, found: Checkout) -> HttpResponse:
    """Who gets it, and where."""
    form = _address_form(request, found)
    if request.htmx and "redraw" in request.POST:  # type: ignore[attr-defined]
        return render(request, "orders/_address_fields.html", {"form": form})
    if form.is_valid() and _keep_address(found, form):
        if form.cleaned_data["same_billing"]:
            return redirect("orders:checkout_delivery", found.pk)
        return redirect("orders:checkout_billing", found.pk)
    book = ShippingAddress.objects.none()
    if found.user_id:
        book = ShippingAddress.objects.in_book_of(found.user_id)[:6]
    context = {
        "form": form,
        "book": [(one, address_lines(address=one)) for one in book],
    }
    return _step(request, found, "address", context)


@require_POST
@open_checkout
def use_kept_address(
    request: HttpRequest, found: Checkout, address_id: UUID
) -> HttpResponse:
    """One of the account's address book."""
    if found.user_id is None:
        raise Http404
    book = ShippingAddress.objects.in_book_of(found.user_id)
    kept = get_object_or_404(book, pk=address_id)
    data = {name: getattr(kept, name) for name in _names()}
    now = timezone.now()
    try:
        checkouts.set_address(checkout_id=found.pk, shipping=data, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("orders:checkout_address", found.pk)
    return redirect("orders:checkout_delivery", found.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@open_checkout
def billing(request: HttpRequest, found: Checkout) -> HttpResponse:
    """Who gets the invoice, where that is somebody else."""
    if not found.shipping_address:
        return redirect("orders:checkout_address", found.pk)
    initial = found.billing_address or {"country": found.shipping_address["country"]}
    form = _bound(AddressForm, request, initial)
    if request.htmx and "redraw" in request.POST:  # type: ignore[attr-defined]
        return render(request, "orders/_address_fields.html", {"form": form})
    if form.is_valid():
        checkouts.set_address(
            checkout_id=found.pk,
            shipping=found.shipping_address,
            billing=form.data_for_service(),
            now=timezone.now(),
        )
        return redirect("orders:checkout_delivery", found.pk)
    return _step(request, found, "billing", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@open_checkout
def delivery(request: HttpRequest, found: Checkout) -> HttpResponse:
    """How each shop sends its items."""
    view = price_checkout(checkout=found, now=timezone.now())
    if set(view.missing) & {CONTACT, ADDRESS}:
        return redirect("orders:checkout_address", found.pk)
    form = DeliveryForm(request.POST or None, deliveries=view.deliveries)
    if form.is_valid():
        try:
            checkouts.set_delivery(
                checkout_id=found.pk, choices=form.choices, now=timezone.now()
            )
        except DeliveryUnavailable as refusal:
            form.add_error(None, refusal.message)
        else:
            if request.htmx:  # type: ignore[attr-defined]
                view = read(checkout_id=found.pk, now=timezone.now())
                context = _sum_of(view)
                return render(request, "orders/_checkout_sum.html", context)
            return redirect("payments:pay", found.pk)
    return _step(request, found, "delivery", {"form": form}, view=view)


@never_cache
@require_safe
def done(request: HttpRequest, checkout_id: UUID) -> HttpResponse:
    """What became of it: the orders, or that there are none."""
    found = get_object_or_404(_own(request), pk=checkout_id)
    if checkouts.expire_checkout(checkout_id=found.pk, now=timezone.now()):
        found.refresh_from_db()
    if found.status == CheckoutStatus.OPEN:
        return redirect("orders:checkout")
    if found.status == CheckoutStatus.AWAITING_PAYMENT:
        return redirect("payments:pay", found.pk)
    made = found.orders.select_related("shop").prefetch_related("items")
    context = {
        "checkout": found,
        "orders": made.order_by("id"),
        "lines": address_lines(address=found.shipping_address)
        if found.shipping_address
        else [],
    }
    return render(request, "orders/checkout_done.html", context)


# ------------------------------------------------------------------ what they share
def _step(
    request: HttpRequest,
    found: Checkout,
    step: str,
    context: dict[str, Any],
    *,
    view: CheckoutView | None = None,
) -> HttpResponse:
    view = view or price_checkout(checkout=found, now=timezone.now())
    shared = {"checkout": found, "step": step, **_sum_of(view)}
    return render(request, f"orders/checkout_{step}.html", shared | context)


def _sum_of(view: CheckoutView) -> dict[str, Any]:
    return {"view": view, "pictures": pictures(lines=view.lines)}


def _names() -> tuple[str, ...]:
    return (
        *("country", "first_name", "last_name", "company", "address1", "address2"),
        *("city", "province", "zip", "phone"),
    )


def _is_elsewhere(found: Checkout, cart: Cart | None) -> bool:
    """The buyer has chosen another country in the cart since the address was written."""
    kept, chosen = found.shipping_address.get("country"), cart.country if cart else ""
    return bool(kept and chosen and kept != chosen)


def _bound(form: Any, request: HttpRequest, initial: dict[str, Any]) -> Any:
    """Bound when it was sent; only drawn anew when the country was changed."""
    country = initial.get("country") or settings.MARKET_COUNTRY
    if request.method != "POST":
        return form(country=country, initial=initial)
    if "redraw" in request.POST:
        sent = {name: request.POST.get(name, "") for name in request.POST}
        return form(country=sent.get("country", country), initial=sent)
    return form(request.POST, country=country, initial=initial)


def _address_form(request: HttpRequest, found: Checkout) -> CheckoutAddressForm:
    address = dict(found.shipping_address)
    if _is_elsewhere(found, found.cart):
        # Who gets it stays; a street of another country does not.
        address = {name: address.get(name, "") for name in WHO}
    if not address.get("country") and found.cart and found.cart.country:
        address["country"] = found.cart.country
        address["province"] = found.cart.province
    initial = {"email": found.email, **address}
    initial["same_billing"] = not found.billing_address
    form: CheckoutAddressForm = _bound(CheckoutAddressForm, request, initial)
    return form


def _keep_address(found: Checkout, form: CheckoutAddressForm) -> bool:
    now = timezone.now()
    try:
        checkouts.set_contact(
            checkout_id=found.pk, email=form.cleaned_data["email"], now=now
        )
    except InvalidEmail as refusal:
        form.add_error("email", refusal.message)
        return False
    is_same = form.cleaned_data["same_billing"]
    checkouts.set_address(
        checkout_id=found.pk,
        shipping=form.data_for_service(),
        billing=None if is_same else found.billing_address or None,
        now=now,
    )
    return True
