"""The cart: what is in it, and every change of it.

Each change answers an HTMX request with the cart as it now is; without HTMX it leads back to
the page. What was refused is said where it happened.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.queries.variants import variant_name
from orders.countries import country_name
from orders.errors import CartClosed, NotInCart
from orders.forms import AddToCartForm, CouponForm, DestinationForm, QuantityForm
from orders.models import Cart
from orders.queries.cart import CartView, cart_summary, cart_view
from orders.queries.estimate import cart_estimate, destination_of
from orders.services import cart as carts
from orders.services.addresses import country_choices, province_choices
from orders.visitor import Visitor, remember, visitor_of, with_token
from shop.errors import DomainError


@never_cache
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    visitor = visitor_of(request)
    found = _find(visitor)
    context = _context(found) | _removed(request.GET)
    return render(request, "orders/cart.html", context)


@require_POST
def add_to_cart(request: HttpRequest) -> HttpResponse:
    """From a product's page; a guest gets a cart with the first item."""
    form = AddToCartForm(request.POST)
    if not form.is_valid():
        return _refused_to_add(request, _first_error(form))
    visitor = with_token(visitor_of(request))
    try:
        carts.add_to_cart(
            user_id=visitor.user_id,
            token=visitor.token,
            variant_id=form.cleaned_data["variant"],
            quantity=form.cleaned_data["quantity"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused_to_add(request, refusal.message)
    if request.htmx:  # type: ignore[attr-defined]
        # A new guest's cookie is only in the answer.
        summary = cart_summary(
            user_id=visitor.user_id, token=visitor.token, now=timezone.now()
        )
        response = render(request, "orders/_added.html", {"cart_summary": summary})
    else:
        response = redirect("orders:cart")
    remember(response, visitor)
    return response


@require_POST
def change_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    found = _found(request)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, errors={item_id: _first_error(form)})
    quantity = form.cleaned_data["quantity"]
    try:
        # Zero is how people take things out.
        if quantity == 0:
            return _remove(request, found, item_id)
        carts.set_quantity(
            cart_id=found.pk, item_id=item_id, quantity=quantity, now=timezone.now()
        )
    except (NotInCart, CartClosed) as gone:
        raise Http404 from gone
    except DomainError as refusal:
        return _answer(request, found, errors={item_id: refusal.message})
    return _answer(request, found)


@require_POST
def remove_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    found = _found(request)
    try:
        return _remove(request, found, item_id)
    except (NotInCart, CartClosed) as gone:
        raise Http404 from gone


@require_POST
def restore_item(request: HttpRequest) -> HttpResponse:
    """Undo a removal."""
    found = _found(request)
    form = AddToCartForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, refusal=_first_error(form))
    try:
        carts.restore_item(
            cart_id=found.pk,
            variant_id=form.cleaned_data["variant"],
            quantity=form.cleaned_data["quantity"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _answer(request, found, refusal=refusal.message)
    return _answer(request, found)


@require_POST
def accept_prices(request: HttpRequest) -> HttpResponse:
    """The buyer has read which prices changed."""
    found = _found(request)
    carts.accept_prices(cart_id=found.pk, now=timezone.now())
    return _answer(request, found)


@require_POST
def choose_destination(request: HttpRequest) -> HttpResponse:
    """For which country delivery and tax are estimated."""
    found = _found(request)
    form = DestinationForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, destination_error=_first_error(form))
    carts.set_destination(
        cart_id=found.pk,
        country=form.cleaned_data["country"],
        province=form.cleaned_data["province"],
        now=timezone.now(),
    )
    found.refresh_from_db()
    return _answer(request, found)


@require_POST
def use_coupon(request: HttpRequest) -> HttpResponse:
    found = _found(request)
    form = CouponForm(request.POST)
    if not form.is_valid():
        return _answer(request, found, coupon_error=_first_error(form))
    code = form.cleaned_data["code"]
    try:
        carts.set_coupon(cart_id=found.pk, code=code, now=timezone.now())
    except DomainError as refusal:
        return _answer(request, found, coupon_error=refusal.message, code=code)
    return _answer(request, found)


@require_POST
def drop_coupon(request: HttpRequest) -> HttpResponse:
    found = _found(request)
    form = CouponForm(request.POST)
    if form.is_valid():
        carts.remove_coupon(
            cart_id=found.pk, code=form.cleaned_data["code"], now=timezone.now()
        )
    return _answer(request, found)


# ------------------------------------------------------------------ answers
def _find(visitor: Visitor) -> Cart | None:
    return carts.find_cart(
        user_id=visitor.user_id, token=visitor.token, now=timezone.now()
    )


def _found(request: HttpRequest) -> Cart:
    found = _find(visitor_of(request))
    if found is None:
        raise Http404
    return found


def _context(found: Cart | None) -> dict[str, Any]:
    view: CartView | None = None
    context: dict[str, Any] = {"errors": {}}
    if found is not None:
        view = cart_view(cart_id=found.pk, now=timezone.now())
    if found is not None and view is not None and view.lines:
        place = destination_of(cart=found)
        context |= {
            "estimate": cart_estimate(view=view, destination=place),
            "country": country_name(place.country),
            "countries": country_choices(),
            "provinces": province_choices(country=place.country),
        }
    # The header beside the cart says the same as the cart.
    count = view.count if view else 0
    return context | {"cart": view, "cart_summary": {"count": count}}


def _answer(request: HttpRequest, found: Cart, **more: Any) -> HttpResponse:
    """The cart as it is now.

    `more`: errors by item, refusal, coupon_error, code, destination_error, removed.
    """
    said = {"errors", "refusal", "coupon_error", "destination_error"}
    is_said = bool(said & set(more))
    if request.htmx or is_said:  # type: ignore[attr-defined]
        name = "_cart_changed" if request.htmx else "cart"  # type: ignore[attr-defined]
        return render(request, f"orders/{name}.html", _context(found) | more)
    return redirect("orders:cart")


def _remove(request: HttpRequest, found: Cart, item_id: UUID) -> HttpResponse:
    gone = carts.remove_item(cart_id=found.pk, item_id=item_id, now=timezone.now())
    query = {"removed": str(gone.variant_id), "quantity": str(gone.quantity)}
    if request.htmx:  # type: ignore[attr-defined]
        return _answer(request, found, **_removed(query))
    return redirect(reverse("orders:cart", query=query))


def _removed(query: Any) -> dict[str, Any]:
    """What the offer to undo needs: `removed` with name, variant and quantity."""
    form = AddToCartForm(
        {"variant": query.get("removed"), "quantity": query.get("quantity")}
    )
    if not form.is_valid():
        return {}
    name = variant_name(variant_id=form.cleaned_data["variant"])
    return {"removed": {"name": name, **form.cleaned_data}} if name else {}


def _refused_to_add(request: HttpRequest, message: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "orders/_added.html", {"refusal": message})
    messages.error(request, message)
    back = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(back if is_ours else reverse("orders:cart"))


def _first_error(form: Any) -> str:
    return str(next(iter(form.errors.values()))[0]) if form.errors else _("Try again.")
