"""The last step of a checkout: look once more, choose how to pay, pay."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.errors import OutOfStock
from orders.errors import (
    CartHasProblems,
    CheckoutIncomplete,
    DeliveryUnavailable,
    EmptyCart,
    QuoteChanged,
)
from orders.models import Checkout, CheckoutStatus
from orders.queries.cart import pictures
from orders.queries.checkout import ADDRESS, CONTACT, CheckoutView, price_checkout
from orders.services.checkout import expire_checkout, place_orders
from orders.services.drafts import read_pay_link
from orders.visitor import follow_pay_link, visible_checkouts
from payments.forms import PaymentMethodForm
from payments.queries import PaymentOutcome, PaymentState
from payments.services.payments import complete_payment, start_payment
from shop.errors import DomainError

DONE = {PaymentState.SUCCEEDED, PaymentState.AUTHORIZED, PaymentState.REFUNDED}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest, checkout_id: UUID) -> HttpResponse:
    """Agree to the sum and pay it. A second click, and coming back, do no harm."""
    mine = visible_checkouts(request)
    found = get_object_or_404(mine.select_related("cart"), pk=checkout_id)
    if found.status == CheckoutStatus.OPEN:
        return _agree(request, found)
    if found.status == CheckoutStatus.AWAITING_PAYMENT:
        return _settle(request, found)
    return redirect("orders:checkout_done", found.pk)


@never_cache
@require_safe
def pay_link(request: HttpRequest, token: str) -> HttpResponse:
    """From the mail to an order that a shop wrote for the reader."""
    checkout_id = read_pay_link(token)
    if checkout_id is None:
        raise Http404
    known = Checkout.objects.filter(pk=checkout_id, shop__isnull=False)
    if not known.exists():
        raise Http404
    follow_pay_link(request, checkout_id)
    return redirect("payments:pay", checkout_id)


def _agree(request: HttpRequest, found: Checkout) -> HttpResponse:
    """Before the orders are placed: the sum as it is now, and the buyer's yes."""
    if found.cart is None:
        raise Http404
    form = PaymentMethodForm(request.POST or None, currency=found.cart.currency)
    refusal = ""
    if form.is_valid():
        # Priced once, under its lock; a page is worked out only where one is shown.
        try:
            place_orders(
                checkout_id=found.pk,
                quote_hash=request.POST.get("quote", ""),
                now=timezone.now(),
            )
        except QuoteChanged as changed:
            refusal = changed.message
        except (CheckoutIncomplete, EmptyCart):
            pass  # What is missing leads to its step, below.
        except DomainError as refused:
            messages.error(request, refused.message)
            return redirect(_way_back(refused, found))
        else:
            return _charge(request, found, form)
    view = price_checkout(checkout=found, now=timezone.now())
    if not view.lines:
        return redirect("orders:cart")
    if view.missing:
        is_address = set(view.missing) & {CONTACT, ADDRESS}
        step = "address" if is_address else "delivery"
        return redirect(f"orders:checkout_{step}", found.pk)
    return _page(request, found, view, form, refusal=refusal)


def _settle(request: HttpRequest, found: Checkout) -> HttpResponse:
    """The orders are placed: how an earlier try ended, or another one."""
    now = timezone.now()
    if expire_checkout(checkout_id=found.pk, now=now):
        return redirect("orders:checkout_done", found.pk)
    form = PaymentMethodForm(request.POST or None, currency=found.currency)
    if form.is_valid():
        return _charge(request, found, form)
    try:
        outcome = complete_payment(checkout_id=found.pk, now=now)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        outcome = PaymentOutcome(status=PaymentState.PENDING)
    if outcome.status in DONE:
        return redirect("orders:checkout_done", found.pk)
    context = {
        "checkout": found,
        "orders": found.orders.select_related("shop").order_by("id"),
        "form": form,
        "outcome": outcome,
    }
    return render(request, "payments/waiting.html", context)


def _charge(
    request: HttpRequest, found: Checkout, form: PaymentMethodForm
) -> HttpResponse:
    here = reverse("payments:pay", args=[found.pk])
    try:
        outcome = start_payment(
            checkout_id=found.pk,
            gateway=form.cleaned_data["gateway"],
            token=form.cleaned_data["token"],
            return_url=request.build_absolute_uri(here),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(here)
    if outcome.status == PaymentState.REQUIRES_ACTION and outcome.next_url:
        return HttpResponseRedirect(outcome.next_url)
    return redirect("orders:checkout_done", found.pk)


def _way_back(refusal: DomainError, found: Checkout) -> str:
    """Where the buyer can mend what was refused."""
    if isinstance(refusal, DeliveryUnavailable):
        return reverse("orders:checkout_delivery", args=[found.pk])
    if isinstance(refusal, OutOfStock | CartHasProblems):
        return reverse("orders:cart")
    return reverse("orders:checkout")


def _page(
    request: HttpRequest,
    found: Checkout,
    view: CheckoutView,
    form: PaymentMethodForm,
    *,
    refusal: str,
) -> HttpResponse:
    context = {
        "checkout": found,
        "step": "pay",
        "view": view,
        "pictures": pictures(lines=view.lines),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "payments/pay.html", context)
