"""A shop's stock behind its counter: the levels, one variant's ledger, counts and corrections."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.errors import LevelMoved
from catalog.models import StockReason
from catalog.queries.sell_stock import (
    LONGEST_WORDS,
    MOST_COUNTED,
    NEWEST,
    LedgerLine,
    StockLevel,
    StockTab,
    ledger_of,
    ledger_page,
    proof_of,
    stock_counts,
    stock_levels,
    stocked_variant,
    with_names,
)
from catalog.sell_stock_forms import (
    ChangeForm,
    CountForm,
    ShopThresholdForm,
    ThresholdForm,
)
from catalog.services.low_stock import set_shop_threshold, set_variant_threshold
from catalog.services.stock import correct_stock, count_stock
from shop.errors import DomainError
from users.counter import Seller, seller_view
from users.rights import Right

TABS = {
    StockTab.ALL: gettext_lazy("All"),
    StockTab.LOW: gettext_lazy("Low"),
    StockTab.OUT: gettext_lazy("Sold out"),
    StockTab.RESERVED: gettext_lazy("Reserved"),
    StockTab.WAITED_FOR: gettext_lazy("Waited for"),
    StockTab.UNTRACKED: gettext_lazy("Not counted"),
}
HEAD = ("time", "change", "level", "reason", "by", "note", "order")
AT_ONCE = 1_000
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def asked_words(request: HttpRequest) -> str:
    return request.GET.get("words", "").replace("\0", "").strip()[:LONGEST_WORDS]


def asked_tab(request: HttpRequest) -> StockTab:
    asked = request.GET.get("tab", "")
    return StockTab(asked) if asked in TABS else StockTab.ALL


@never_cache
@require_safe
@seller_view(Right.COUNT_STOCK)
def stock(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Every variant with its numbers, by SKU."""
    return _stock(request, seller, _shop_form(seller))


def _shop_form(seller: Seller) -> ShopThresholdForm:
    return ShopThresholdForm(initial={"threshold": seller.shop.low_stock_threshold})


def _stock(
    request: HttpRequest, seller: Seller, form: ShopThresholdForm
) -> HttpResponse:
    tab, words = asked_tab(request), asked_words(request)
    page, rows = stock_levels(
        shop=seller.shop, tab=tab, words=words, cursor=request.GET.get("at", "")
    )
    counts = stock_counts(shop=seller.shop)
    context = {
        "tab": tab,
        "tabs": [
            (name, label, _few(counts.get(name, 0))) for name, label in TABS.items()
        ],
        "words": words,
        "page": page,
        "rows": rows,
        "form": form,
    }
    return render(request, "catalog/sell_stock.html", context)


def _few(count: int) -> str:
    if not count:
        return ""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)


@require_POST
@seller_view(Right.EDIT_PRODUCTS)
def shop_threshold(request: HttpRequest, seller: Seller) -> HttpResponse:
    form = ShopThresholdForm(request.POST)
    if not form.is_valid():
        return _stock(request, seller, form)
    set_shop_threshold(
        shop_id=seller.shop.pk,
        threshold=form.cleaned_data["threshold"],
        now=timezone.now(),
    )
    messages.success(request, _("Kept."))
    return redirect("sell:stock", seller.shop.slug)


# ------------------------------------------------------------------ one variant


@never_cache
@require_safe
@seller_view(Right.COUNT_STOCK)
def ledger(request: HttpRequest, seller: Seller, variant_id: UUID) -> HttpResponse:
    return _ledger(request, seller, _find(seller, variant_id))


@require_POST
@seller_view(Right.COUNT_STOCK)
def count(request: HttpRequest, seller: Seller, variant_id: UUID) -> HttpResponse:
    """So many are on the shelf."""
    level = _find(seller, variant_id)
    form = CountForm(request.POST)
    if not form.is_valid():
        return _ledger(request, seller, level, count_form=form)
    try:
        change = count_stock(
            shop_id=seller.shop.pk,
            variant_id=variant_id,
            user_id=seller.user.pk,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except DomainError as refusal:
        _refuse(form, "counted", refusal)
        level = _find(seller, variant_id)
        return _ledger(request, seller, level, count_form=form)
    messages.success(request, _counted(change))
    return redirect("sell:stock_ledger", seller.shop.slug, variant_id)


def _counted(change: int) -> str:
    if not change:
        return _("The count agrees with the stock: nothing was changed.")
    if change > 0:
        words = ngettext(
            "Counted: %(n)d unit more than was known.",
            "Counted: %(n)d units more than were known.",
            change,
        )
    else:
        words = ngettext(
            "Counted: %(n)d unit fewer than was known.",
            "Counted: %(n)d units fewer than were known.",
            -change,
        )
    return words % {"n": abs(change)}


@require_POST
@seller_view(Right.COUNT_STOCK)
def change(request: HttpRequest, seller: Seller, variant_id: UUID) -> HttpResponse:
    """So many came or went, and why."""
    level = _find(seller, variant_id)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return _ledger(request, seller, level, change_form=form)
    sent = {**form.cleaned_data, "reason": StockReason(form.cleaned_data["reason"])}
    try:
        units = correct_stock(
            shop_id=seller.shop.pk,
            variant_id=variant_id,
            user_id=seller.user.pk,
            now=timezone.now(),
            **sent,
        )
    except DomainError as refusal:
        _refuse(form, "change", refusal)
        level = _find(seller, variant_id)
        return _ledger(request, seller, level, change_form=form)
    words = ngettext(
        "%(n)d unit is on the shelf now.", "%(n)d units are on the shelf now.", units
    )
    messages.success(request, words % {"n": units})
    return redirect("sell:stock_ledger", seller.shop.slug, variant_id)


def _refuse(form: forms.Form, field: str, refusal: DomainError) -> None:
    """Beside the field; who saves again has seen the level of now."""
    form.add_error(field, refusal.message)
    if isinstance(refusal, LevelMoved):
        sent = {name: form.data.get(name) for name in form.data}
        form.data = {**sent, form.add_prefix("seen"): refusal.level}


@require_POST
@seller_view(Right.EDIT_PRODUCTS)
def threshold(request: HttpRequest, seller: Seller, variant_id: UUID) -> HttpResponse:
    level = _find(seller, variant_id)
    form = ThresholdForm(request.POST)
    if not form.is_valid():
        return _ledger(request, seller, level, low_form=form)
    set_variant_threshold(
        shop_id=seller.shop.pk,
        variant_id=variant_id,
        threshold=form.cleaned_data["threshold"],
        now=timezone.now(),
    )
    messages.success(request, _("Kept."))
    return redirect("sell:stock_ledger", seller.shop.slug, variant_id)


def _find(seller: Seller, variant_id: UUID) -> StockLevel:
    level = stocked_variant(shop=seller.shop, variant_id=variant_id)
    if level is None:
        raise Http404
    return level


def _asked_reason(request: HttpRequest) -> str:
    asked = request.GET.get("reason", "")
    return asked if asked in StockReason.values else ""


def _ledger(
    request: HttpRequest, seller: Seller, level: StockLevel, **filled: forms.Form
) -> HttpResponse:
    variant, reason = level.variant, _asked_reason(request)
    page, lines = ledger_page(
        shop=seller.shop,
        variant_id=variant.pk,
        reason=reason,
        cursor=request.GET.get("at", ""),
    )
    seen = {"seen": variant.inventory_quantity}
    context: dict[str, Any] = {
        "level": level,
        "variant": variant,
        "proof": proof_of(variant=variant),
        "page": page,
        "lines": lines,
        "reason": reason,
        "reasons": StockReason.choices,
        "count_form": CountForm(initial=seen),
        "change_form": ChangeForm(initial=seen),
        "low_form": ThresholdForm(initial={"threshold": variant.low_stock_threshold}),
        **filled,
    }
    return render(request, "catalog/sell_stock_ledger.html", context)


@never_cache
@require_safe
@seller_view(Right.COUNT_STOCK)
def ledger_csv(request: HttpRequest, seller: Seller, variant_id: UUID) -> Any:
    """Every line of the ledger with that reason, newest first; times of the shop's clock."""
    level = _find(seller, variant_id)
    lines = _sheet(seller, variant_id, _asked_reason(request))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"stock-{level.variant.pk}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class _Echo:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        return line


def _sheet(seller: Seller, variant_id: UUID, reason: str) -> Iterator[str]:
    writer, zone = csv.writer(_Echo()), ZoneInfo(seller.shop.timezone)
    yield writer.writerow(HEAD)
    found = ledger_of(variant_id=variant_id, reason=reason).order_by(*NEWEST)
    logs = found.iterator(chunk_size=AT_ONCE)
    while some := list(islice(logs, AT_ONCE)):
        for line in with_names(some, shop=seller.shop):
            yield writer.writerow(_cells(line, zone))


def _cells(line: LedgerLine, zone: ZoneInfo) -> list[Any]:
    log = line.log
    return [
        log.created_at.astimezone(zone).isoformat(timespec="seconds"),
        log.adjustment,
        log.new_quantity,
        log.reason,
        _plain(line.by),
        _plain(log.notes),
        log.order_id or "",
    ]


def _plain(text: str) -> str:
    """As text, and not as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
