"""A shop's orders behind its counter: found, packed, sent, cancelled, written by the shop."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from orders.downloads import invoice_response
from orders.errors import AddressRefused, InvalidEmail, QuoteChanged
from orders.models import Checkout, CheckoutStatus, Order, OrderStatus
from orders.queries.checkout import price_checkout
from orders.queries.sell_orders import (
    MOST_COUNTED,
    Happening,
    SellOrder,
    drafts_of,
    listed_orders,
    order_numbered,
    orders_to_ship,
    packing_slips,
    sell_order,
    shop_orders,
    tab_counts,
    wares_of,
)
from orders.queries.taken_off import discounts_of
from orders.sell_forms import (
    MOST_ROWS,
    TABS,
    CancelOrderForm,
    DraftBuyerForm,
    DraftDeliveryForm,
    NoteForm,
    OrderSearchForm,
    PlaceDraftForm,
    ShipForm,
    ShipManyForm,
)
from orders.services import drafts
from orders.services import orders as services
from orders.services.addresses import address_lines
from orders.services.cart import MOST_UNITS
from orders.services.fulfillment import add_note, ship_rest
from orders.templatetags.selling import work_state
from shop.errors import DomainError
from shop.ids import moment_of, parse_id
from users.counter import Seller, seller_view
from users.rights import Right

GET_POST = ["GET", "HEAD", "POST"]
# Found at once, for a draft.
WARES = 10


# ------------------------------------------------------------------ the list


@never_cache
@require_safe
@seller_view(Right.SEE_ORDERS)
def orders(request: HttpRequest, seller: Seller) -> HttpResponse:
    """By state; an order's number leads straight to it."""
    form = OrderSearchForm(request.GET)
    search = form.search
    number = order_numbered(shop_id=seller.shop.pk, text=search.text)
    if number is not None:
        return redirect("sell:order", seller.shop.slug, number)
    page, rows = listed_orders(
        shop=seller.shop, search=search, cursor=request.GET.get("cursor", "")
    )
    counts = tab_counts(shop_id=seller.shop.pk)
    context = {
        "form": form,
        "search": search,
        "page": page,
        "rows": rows,
        "tabs": [
            (tab, label, _counted(counts.get(tab))) for tab, label in TABS.items()
        ],
    }
    return render(request, "orders/sell_orders.html", context)


def _counted(count: int | None) -> str:
    if count is None:
        return ""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)


# ------------------------------------------------------------------ one order


@never_cache
@require_safe
@seller_view(Right.SEE_ORDERS)
def order(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    return _page(request, _find(seller, order_id))


@require_POST
@seller_view(Right.PACK_ORDERS)
def note(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """Written down by whoever works in the shop."""
    found = _find(seller, order_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, found, note_form=form)
    try:
        add_note(
            order_id=found.pk,
            text=form.cleaned_data["text"],
            by=seller.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        form.add_error("text", refusal.message)
        return _page(request, found, note_form=form)
    return redirect("sell:order", seller.shop.slug, found.pk)


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.PACK_ORDERS)
def ship(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """Send a parcel with all that is left, or with a part of it."""
    found = _find(seller, order_id)
    view = sell_order(order=found, now=timezone.now())
    if not view.can_ship:
        messages.error(request, _("Nothing of this order is left to send."))
        return redirect("sell:order", seller.shop.slug, found.pk)
    form = ShipForm(request.POST or None, items=view.items)
    if form.is_valid():
        sent = form.cleaned_data
        try:
            services.ship_items(
                order_id=found.pk,
                quantities=form.quantities,
                carrier=sent["carrier"],
                tracking_number=sent["tracking_number"],
                tracking_url=sent["tracking_url"],
                by=seller.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The parcel is on its way."))
            return redirect("sell:order", seller.shop.slug, found.pk)
    context = {"order": found, "view": view, "form": form}
    return render(request, "orders/sell_ship.html", context)


@require_POST
@seller_view(Right.PACK_ORDERS)
def delivered(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """What was sent has arrived."""
    found = _find(seller, order_id)
    try:
        services.mark_delivered(order_id=found.pk, by=seller.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Noted as delivered."))
    return redirect("sell:order", seller.shop.slug, found.pk)


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.CHANGE_ORDERS)
def cancel(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """Asks first, and says what it does."""
    found = _find(seller, order_id)
    view = sell_order(order=found, now=timezone.now())
    form = CancelOrderForm(request.POST or None)
    if form.is_valid():
        try:
            services.cancel_order(
                order_id=found.pk,
                reason=form.cleaned_data["reason"],
                restock=form.cleaned_data["restock"],
                by=seller.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The order is cancelled."))
            return redirect("sell:order", seller.shop.slug, found.pk)
    elif request.method != "POST" and not view.can_cancel:
        messages.error(request, _("This order cannot be cancelled any more."))
        return redirect("sell:order", seller.shop.slug, found.pk)
    context = {"order": found, "view": view, "form": form}
    return render(request, "orders/sell_cancel.html", context)


@require_POST
@seller_view(Right.CHANGE_ORDERS)
def link(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """The link to pay, once more."""
    found = _find(seller, order_id)
    try:
        drafts.send_pay_link(order_id=found.pk, by=seller.user, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The buyer is sent the link once more."))
    return redirect("sell:order", seller.shop.slug, found.pk)


@never_cache
@require_safe
@seller_view(Right.SEE_ORDERS)
def invoice(request: HttpRequest, seller: Seller, order_id: UUID) -> HttpResponse:
    """The PDF."""
    return invoice_response(order=_find(seller, order_id))


# ------------------------------------------------------------------ many orders


@never_cache
@require_safe
@seller_view(Right.SEE_ORDERS)
def slips(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Packing slips of the orders that were picked, a sheet each, for the printer."""
    found = packing_slips(shop_id=seller.shop.pk, order_ids=_picked(request.GET))
    if not found:
        return _nothing_picked(request, seller)
    context = {
        "slips": [
            (slip, address_lines(address=slip.order.shipping_address))
            if slip.order.shipping_address
            else (slip, ())
            for slip in found
        ]
    }
    return render(request, "orders/sell_slips.html", context)


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.PACK_ORDERS)
def ship_many(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Each picked order is sent whole, once, whoever else packs the same list."""
    sent = request.POST if request.method == "POST" else request.GET
    found = orders_to_ship(shop_id=seller.shop.pk, order_ids=_picked(sent))
    if not found:
        return _nothing_picked(request, seller)
    form = ShipManyForm(request.POST or None, orders=found)
    if form.is_valid():
        return _send_all(request, seller, form)
    return render(request, "orders/sell_ship_many.html", {"form": form})


def _send_all(request: HttpRequest, seller: Seller, form: ShipManyForm) -> HttpResponse:
    """Each by itself: what is refused keeps no other from going."""
    shipped, refused = 0, []
    for found in form.orders:
        try:
            parcel = ship_rest(
                order_id=found.pk,
                carrier=form.cleaned_data["carrier"],
                tracking_number=form.number_of(found),
                by=seller.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            refused.append(f"{found.order_number}: {refusal.message}")
        else:
            if parcel is None:
                there = _("%(number)s was sent before.")
                refused.append(there % {"number": found.order_number})
            else:
                shipped += 1
    if shipped:
        words = ngettext(
            "%(count)d order is on its way.",
            "%(count)d orders are on their way.",
            shipped,
        )
        messages.success(request, words % {"count": shipped})
    for sentence in refused:
        messages.warning(request, sentence)
    return redirect("sell:orders", seller.shop.slug)


def _nothing_picked(request: HttpRequest, seller: Seller) -> HttpResponse:
    messages.error(request, _("Pick orders of the list first."))
    return redirect("sell:orders", seller.shop.slug)


def _picked(sent: QueryDict) -> list[UUID]:
    """The ids that were ticked; what is no id is not found, as another shop's is not."""
    texts = sent.getlist("order")[:MOST_ROWS]
    return [key for text in texts if (key := parse_id(text))]


# ------------------------------------------------------------------ drafts


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.CHANGE_ORDERS)
def draft_list(request: HttpRequest, seller: Seller) -> HttpResponse:
    """What was begun for buyers on the telephone; a POST begins another one."""
    if request.method == "POST":
        begun = drafts.open_draft(
            shop_id=seller.shop.pk, by=seller.user, now=timezone.now()
        )
        return redirect("sell:draft", seller.shop.slug, begun.pk)
    known = drafts_of(shop_id=seller.shop.pk)
    context = {"drafts": [(draft, moment_of(draft.pk)) for draft in known]}
    return render(request, "orders/sell_drafts.html", context)


@never_cache
@require_http_methods(GET_POST)
@seller_view(Right.CHANGE_ORDERS)
def draft(request: HttpRequest, seller: Seller, checkout_id: UUID) -> HttpResponse:
    """Items, buyer, delivery, and the total; each part is kept by a button of its own."""
    mine = Checkout.objects.filter(shop=seller.shop, adds_to=None)
    found = get_object_or_404(mine.select_related("cart"), pk=checkout_id)
    if found.status != CheckoutStatus.OPEN:
        placed = found.orders.first()
        if placed is None:
            raise Http404
        return redirect("sell:order", seller.shop.slug, placed.pk)
    desk = _Desk(request, seller, found)
    step = {
        "items": desk.keep_items,
        "buyer": desk.keep_buyer,
        "delivery": desk.keep_delivery,
        "place": desk.place,
        "discard": desk.discard,
    }.get(request.POST.get("do", ""))
    answer = step() if step else None
    return answer or desk.page()


class _Desk:
    """A draft's page at work: each step answers a redirect, or leaves its form with errors."""

    def __init__(self, request: HttpRequest, seller: Seller, found: Checkout) -> None:
        self.request, self.seller, self.found = request, seller, found
        address = found.shipping_address
        self.buyer = DraftBuyerForm(
            initial={"email": found.email, "notes": found.notes, **address},
            country=address.get("country") or seller.shop.country,
        )
        self.place_form: PlaceDraftForm | None = None
        self.refusal = ""

    def page(self) -> HttpResponse:
        view = price_checkout(checkout=self.found, now=timezone.now())
        text = self.request.GET.get("q", "")
        shop_delivery = next(iter(view.deliveries), None)
        methods = shop_delivery.methods if shop_delivery else ()
        chosen = shop_delivery.chosen if shop_delivery else None
        is_ready = bool(view.lines) and not view.missing
        context = {
            "draft": self.found,
            "view": view,
            "q": text,
            "wares": wares_of(shop_id=self.seller.shop.pk, text=text, limit=WARES),
            "buyer_form": self.buyer,
            "methods": methods,
            "chosen": chosen,
            "place_form": self.place_form
            or PlaceDraftForm(initial={"expected": view.quote.total}),
            "is_ready": is_ready,
            "refusal": self.refusal,
            "most_units": MOST_UNITS,
        }
        return render(self.request, "orders/sell_draft.html", context)

    def keep_items(self) -> HttpResponse | None:
        """Fields `units-<variant>`; `add` names one more."""
        quantities: dict[UUID, int] = {}
        try:
            for name, value in self.request.POST.items():
                if name.startswith("units-") and (value := str(value).strip()):
                    units = int(value)
                    if units:
                        quantities[UUID(name.removeprefix("units-"))] = units
            if add := self.request.POST.get("add"):
                variant_id = UUID(add)
                quantities[variant_id] = quantities.get(variant_id, 0) + 1
        except ValueError:
            self.refusal = _("Write the quantity as a whole number.")
            return None
        return self._do(
            lambda: drafts.set_draft_items(
                shop_id=self.seller.shop.pk,
                checkout_id=self.found.pk,
                quantities=quantities,
                now=timezone.now(),
            )
        )

    def keep_buyer(self) -> HttpResponse | None:
        form = self.buyer = DraftBuyerForm(
            self.request.POST, country=self.seller.shop.country
        )
        if "redraw" in self.request.POST:
            if self.request.htmx:  # type: ignore[attr-defined]
                context = {"form": form}
                return render(self.request, "orders/_address_fields.html", context)
            return None
        if not form.is_valid():
            return None
        try:
            drafts.set_draft_buyer(
                shop_id=self.seller.shop.pk,
                checkout_id=self.found.pk,
                email=form.cleaned_data["email"],
                shipping=form.data_for_service(),
                notes=form.cleaned_data["notes"],
                now=timezone.now(),
            )
        except (InvalidEmail, AddressRefused) as refusal:
            form.add_error("email", refusal.message)
            return None
        except DomainError as refusal:
            self.refusal = refusal.message
            return None
        return self._again()

    def keep_delivery(self) -> HttpResponse | None:
        view = price_checkout(checkout=self.found, now=timezone.now())
        methods = view.deliveries[0].methods if view.deliveries else ()
        form = DraftDeliveryForm(self.request.POST, methods=methods)
        if not form.is_valid():
            self.refusal = " ".join(map(str, form.errors["method"]))
            return None
        return self._do(
            lambda: drafts.set_draft_delivery(
                shop_id=self.seller.shop.pk,
                checkout_id=self.found.pk,
                method_id=UUID(form.cleaned_data["method"]),
                now=timezone.now(),
            )
        )

    def place(self) -> HttpResponse | None:
        form = PlaceDraftForm(self.request.POST)
        if not form.is_valid():
            self.refusal = " ".join(
                str(error) for errors in form.errors.values() for error in errors
            )
            return None
        hold: timedelta = form.cleaned_data["hold"]
        expected: Decimal = form.cleaned_data["expected"]
        try:
            made = drafts.place_draft(
                shop_id=self.seller.shop.pk,
                checkout_id=self.found.pk,
                expected=expected,
                hold=hold,
                by=self.seller.user,
                now=timezone.now(),
            )
        except QuoteChanged:
            self.refusal = _("Prices have changed. Look through the order once more.")
            return None
        except DomainError as refusal:
            self.refusal = refusal.message
            return None
        messages.success(
            self.request, _("The order is placed, and its buyer is sent the link.")
        )
        return redirect("sell:order", self.seller.shop.slug, made.pk)

    def discard(self) -> HttpResponse | None:
        try:
            drafts.discard_draft(
                shop_id=self.seller.shop.pk,
                checkout_id=self.found.pk,
                now=timezone.now(),
            )
        except DomainError as refusal:
            self.refusal = refusal.message
            return None
        messages.success(self.request, _("The draft is gone."))
        return redirect("sell:drafts", self.seller.shop.slug)

    def _do(self, step: Any) -> HttpResponse | None:
        try:
            step()
        except DomainError as refusal:
            self.refusal = refusal.message
            return None
        return self._again()

    def _again(self) -> HttpResponse:
        return redirect("sell:draft", self.seller.shop.slug, self.found.pk)


# ------------------------------------------------------------------ what they share


def _find(seller: Seller, order_id: UUID) -> Order:
    mine = shop_orders(shop_id=seller.shop.pk).select_related(
        "shop", "checkout__adds_to"
    )
    return get_object_or_404(mine, pk=order_id)


def _page(
    request: HttpRequest, found: Order, note_form: NoteForm | None = None
) -> HttpResponse:
    view = sell_order(order=found, now=timezone.now())
    billing = found.billing_address
    context = {
        "order": found,
        "view": view,
        "discounts": discounts_of(order=found),
        "note_form": note_form or NoteForm(),
        "goes_to": _lines(found.shipping_address),
        "billed_to": _lines(billing) if billing != found.shipping_address else [],
        "happenings": happenings(view),
        "phone": found.shipping_address.get("phone", ""),
    }
    return render(request, "orders/sell_order.html", context)


def _lines(address: dict[str, str]) -> list[str]:
    return list(address_lines(address=address)) if address else []


def happenings(view: SellOrder) -> list[Happening]:
    """All that happened to an order, newest first."""
    found, seen = [], set()
    for change in view.history:
        words = _status_words(change.status)
        if change.status == OrderStatus.PROCESSING and change.status in seen:
            # A part left, and the order is packed on.
            words = _("A part was sent")
        seen.add(change.status)
        found.append(
            Happening(
                at=change.created_at,
                title=words,
                words=change.notes,
                who=change.user.get_short_name() if change.user else "",
            )
        )
    found += [
        Happening(
            at=one.created_at,
            title=_("Note"),
            words=one.text,
            who=one.author.get_short_name() if one.author else "",
            is_note=True,
        )
        for one in view.notes
    ]
    found += [
        Happening(at=one.sent_at, title=_("The buyer was written to"))
        for one in view.messages
        if one.sent_at
    ]
    found += [
        Happening(at=back.event_time, title=_("Return asked for"), words=back.reason)
        for back in view.returns
    ]
    found += view.money.happenings
    # Of one moment, what came later first.
    return sorted(found, key=lambda one: one.at)[::-1]


def _status_words(status: str) -> str:
    return work_state(Order(status=status)).words
