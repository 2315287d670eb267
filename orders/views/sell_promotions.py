"""A shop's promotions behind its counter: listed, written, switched, with their codes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from orders.errors import PromotionRefused
from orders.models import Coupon, Promotion
from orders.promotion_forms import (
    CODE,
    CodeForm,
    CodesForm,
    PromotionForm,
    initial_of,
    local,
)
from orders.queries.sell_promotions import (
    PromotionState,
    description,
    doubts,
    listed_promotions,
    promotion_codes,
    state_of,
    trial,
)
from orders.services import promotions as services
from shop.ids import parse_id, uuid7
from users.counter import Seller, seller_view
from users.rights import Right

FORM = ["GET", "HEAD", "POST"]
STATES: dict[PromotionState, str | Promise] = {
    PromotionState.RUNNING: gettext_lazy("Running"),
    PromotionState.PLANNED: gettext_lazy("Planned"),
    PromotionState.OVER: gettext_lazy("Over"),
    PromotionState.OFF: gettext_lazy("Switched off"),
}
TONES = {PromotionState.RUNNING: "good", PromotionState.PLANNED: "wait"}
EMPTY = {
    PromotionState.RUNNING: gettext_lazy("No promotion runs now."),
    PromotionState.PLANNED: gettext_lazy("None is planned."),
    PromotionState.OVER: gettext_lazy("None is over."),
    PromotionState.OFF: gettext_lazy("None is switched off."),
}
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@never_cache
@require_safe
@seller_view(Right.PROMOTE)
def promotions(request: HttpRequest, seller: Seller) -> HttpResponse:
    """By state; what began last comes first."""
    asked = request.GET.get("tab", "")
    tab = PromotionState(asked) if asked in STATES else PromotionState.RUNNING
    page, rows = listed_promotions(
        shop=seller.shop, state=tab, now=timezone.now(), cursor=request.GET.get("at", "")
    )  # fmt: skip
    context = {
        "tab": tab.value,
        "tabs": [(state.value, label) for state, label in STATES.items()],
        "page": page,
        "rows": rows,
        "empty": EMPTY[tab],
    }
    return render(request, "orders/sell_promotions.html", context)


@never_cache
@require_http_methods(FORM)
@seller_view(Right.PROMOTE)
def promotion(
    request: HttpRequest, seller: Seller, promotion_id: UUID | None = None
) -> HttpResponse:
    """A new one, or what one says, with its codes; "look" shows what it would do."""
    found = _found(seller, promotion_id) if promotion_id else None
    with timezone.override(ZoneInfo(seller.shop.timezone)):
        form = PromotionForm(
            request.POST or None, initial=_initial(seller, found), shop=seller.shop
        )
        row = _row(seller, form, found)
        if row is not None and "look" not in request.POST:
            return _keep(request, seller, form, found)
        context = _context(seller, form, row or (None if form.is_bound else found))
    return render(
        request,
        "orders/sell_promotion.html",
        context | _codes(request, found) | {"promotion": found},
    )


@never_cache
@require_POST
@seller_view(Right.PROMOTE)
def words(request: HttpRequest, seller: Seller) -> HttpResponse:
    """What a form says in plain words, while it is being filled in."""
    with timezone.override(ZoneInfo(seller.shop.timezone)):
        form = PromotionForm(request.POST, shop=seller.shop)
        context = _context(seller, form, _row(seller, form, None))
    return render(request, "orders/_sell_promotion_words.html", context)


@require_POST
@seller_view(Right.PROMOTE)
def switch(request: HttpRequest, seller: Seller, promotion_id: UUID) -> HttpResponse:
    """On with "on", else off."""
    found = services.switch_promotion(
        shop_id=seller.shop.pk,
        promotion_id=_found(seller, promotion_id).pk,
        is_active="on" in request.POST,
    )
    done = _("It is switched on.") if found.is_active else _("It is switched off.")
    messages.success(request, done)
    return _back(seller, found.pk)


@require_POST
@seller_view(Right.PROMOTE)
def duplicate(request: HttpRequest, seller: Seller, promotion_id: UUID) -> HttpResponse:
    copy = services.duplicate_promotion(
        shop_id=seller.shop.pk, promotion_id=_found(seller, promotion_id).pk
    )
    messages.success(
        request, _("This is the copy. It is off, and has no codes, until you say so.")
    )
    return _back(seller, copy.pk)


def _found(seller: Seller, promotion_id: UUID) -> Promotion:
    return get_object_or_404(Promotion, pk=promotion_id, shop=seller.shop)


def _back(seller: Seller, promotion_id: UUID) -> HttpResponse:
    return redirect("sell:promotion", seller.shop.slug, promotion_id)


def _initial(seller: Seller, found: Promotion | None) -> dict[str, Any]:
    if found is not None:
        return initial_of(found, seller.shop)
    start = local(timezone.now().replace(second=0, microsecond=0), seller.shop)
    return {"comes": CODE, "is_combinable": True, "starts_at": start}


def _row(
    seller: Seller, form: PromotionForm, found: Promotion | None
) -> Promotion | None:
    """What the form says, not kept; None with what is wrong beside its fields."""
    if not form.is_valid():
        return None
    row = Promotion(shop=seller.shop, pk=found.pk if found else uuid7())
    try:
        services.fill_in(shop=seller.shop, promotion=row, written=form.written)
    except PromotionRefused as refusal:
        form.refuse(refusal.field, refusal.message)
        return None
    return row


def _keep(
    request: HttpRequest, seller: Seller, form: PromotionForm, found: Promotion | None
) -> HttpResponse:
    try:
        kept = services.save_promotion(
            shop_id=seller.shop.pk,
            written=form.written,
            promotion_id=found.pk if found else None,
        )
    except PromotionRefused as refusal:
        form.refuse(refusal.field, refusal.message)
        context = _context(seller, form, None) | _codes(request, found)
        return render(
            request, "orders/sell_promotion.html", context | {"promotion": found}
        )
    if found is None and not kept.is_automatic:
        messages.success(request, _("The promotion is kept. Now give it a code."))
    else:
        messages.success(request, _("The promotion is kept."))
    return _back(seller, kept.pk)


def _context(
    seller: Seller, form: PromotionForm, row: Promotion | None
) -> dict[str, Any]:
    context: dict[str, Any] = {"form": form, "row": row, "shop": seller.shop}
    if row is None:
        return context
    sku = (form.data.get("try_sku") or "").strip() if form.is_bound else ""
    units = (form.cleaned_data.get("try_units") if form.is_bound else None) or 1
    return context | {
        "words": description(shop=seller.shop, promotion=row, now=timezone.now()),
        "doubts": doubts(shop=seller.shop, promotion=row),
        "trial": trial(shop=seller.shop, promotion=row, sku=sku, units=units)
        if sku
        else None,
        "try_sku": sku,
    }


# ------------------------------------------------------------------ codes


def _codes(request: HttpRequest, found: Promotion | None) -> dict[str, Any]:
    if found is None:
        return {}
    state = state_of(found, timezone.now())
    context: dict[str, Any] = {"state": STATES[state], "tone": TONES.get(state, "")}
    if found.is_automatic:
        return context
    return context | {
        "codes": promotion_codes(
            promotion_id=found.pk, cursor=request.GET.get("at", "")
        ),
        "code_form": CodeForm(prefix="one"),
        "codes_form": CodesForm(prefix="many"),
        "token": uuid7(),
    }


@never_cache
@require_POST
@seller_view(Right.PROMOTE)
def add_code(request: HttpRequest, seller: Seller, promotion_id: UUID) -> HttpResponse:
    """One of the shop's own choice."""
    found = _found(seller, promotion_id)
    form = CodeForm(request.POST, prefix="one")

    def add() -> HttpResponse:
        coupon = services.add_code(
            shop_id=seller.shop.pk, promotion_id=found.pk, **form.cleaned_data
        )
        messages.success(
            request, _("%(code)s is ready to be used.") % {"code": coupon.code}
        )
        return _back(seller, found.pk)

    return _answer(request, seller, found, form, "code_form", add)


@never_cache
@require_POST
@seller_view(Right.PROMOTE)
def make_codes(
    request: HttpRequest, seller: Seller, promotion_id: UUID
) -> HttpResponse:
    """Many that nobody can guess, for one use each, as a job."""
    found = _found(seller, promotion_id)
    form = CodesForm(request.POST, prefix="many")

    def make() -> HttpResponse:
        job = services.order_codes(
            shop_id=seller.shop.pk,
            promotion_id=found.pk,
            count=form.cleaned_data["count"],
            prefix=form.cleaned_data["beginning"],
            by=seller.user,
            now=timezone.now(),
            token=parse_id(request.POST.get("token", "")),
        )
        return redirect("sell:job", seller.shop.slug, job.pk)

    return _answer(request, seller, found, form, "codes_form", make)


def _answer(
    request: HttpRequest,
    seller: Seller,
    found: Promotion,
    form: Any,
    name: str,
    do: Callable[[], HttpResponse],
) -> HttpResponse:
    if form.is_valid():
        try:
            return do()
        except PromotionRefused as refusal:
            name_of = {"prefix": "beginning"}.get(refusal.field, refusal.field)
            field = name_of if name_of in form.fields else None
            form.add_error(field, refusal.message)
    with timezone.override(ZoneInfo(seller.shop.timezone)):
        own = PromotionForm(initial=_initial(seller, found), shop=seller.shop)
        context = _context(seller, own, found)
    context |= _codes(request, found) | {"promotion": found, name: form}
    return render(request, "orders/sell_promotion.html", context)


@require_POST
@seller_view(Right.PROMOTE)
def remove_code(
    request: HttpRequest, seller: Seller, promotion_id: UUID, coupon_id: UUID
) -> HttpResponse:
    found = _found(seller, promotion_id)
    try:
        services.remove_code(
            shop_id=seller.shop.pk,
            promotion_id=found.pk,
            coupon_id=get_object_or_404(Coupon, pk=coupon_id, promotion=found).pk,
        )
    except PromotionRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The code is gone."))
    return _back(seller, found.pk)


@require_safe
@seller_view(Right.PROMOTE)
def codes_file(request: HttpRequest, seller: Seller, promotion_id: UUID) -> Any:
    """All codes as CSV, sent while they are read."""
    found = _found(seller, promotion_id)
    answer = StreamingHttpResponse(
        _lines(found), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="codes-{found.pk}.csv"'
    return answer


class _Echo:
    """A file that gives back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(found: Promotion) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["code", "uses", "limit", "limit per customer"])
    rows = Coupon.objects.filter(promotion=found).order_by("id")
    names = ("code", "usage_count", "usage_limit", "usage_limit_per_user")
    for code, *rest in rows.values_list(*names).iterator(chunk_size=2_000):
        harmless = f"'{code}" if code.startswith(FORMULA) else code
        yield writer.writerow([harmless, *("" if one is None else one for one in rest)])
