"""The count sheet: printed, filled in or scanned, shown beside the books, then applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog import jobs as kinds
from catalog.queries.sell_stock import stock_to_count
from catalog.services.counts import NothingCounted, plan_count, read_tallies
from catalog.services.sheets import STOCK, Line, SheetPlan, plan_sheet
from catalog.services.stock import MOST_NOTES
from catalog.views.sell_stock import TABS, asked_tab, asked_words
from shop.errors import DomainError
from shop.ids import parse_id, uuid7
from shop.keyset import keyset_page
from shop.services import jobs
from users.counter import Seller, seller_view
from users.rights import Right

# What fits on three sheets of paper.
PAGE = 100
SHOWN = 200
# Whoever counts has until the evening of the next day; what was sold since is told anyway.
PLAN_TTL_S = 36 * 3600
SALT = "catalog.count"


@dataclass(frozen=True)
class CountedRow:
    """A variant whose count differs from the books."""

    sku: str
    name: str
    known: int
    counted: int

    @property
    def difference(self) -> int:
        return self.counted - self.known


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.COUNT_STOCK)
def count_sheet(request: HttpRequest, seller: Seller) -> HttpResponse:
    """GET: what to count. POST: what the lines that were filled in or pasted would change."""
    if request.method != "POST":
        return _sheet(request, seller)
    scanned = request.POST.get("scanned")
    shop_id = seller.shop.pk
    try:
        if scanned is not None:
            plan = plan_count(shop_id=shop_id, tallies=read_tallies(text=scanned))
        elif lines := _lines(request.POST):
            plan = plan_sheet(
                shop_id=shop_id, lines=lines, may_price=False, may_stock=True
            )
        else:
            raise NothingCounted
    except DomainError as refusal:
        return _sheet(request, seller, refusal=refusal.message)
    note = request.POST.get("note", "").replace("\0", "").strip()[:MOST_NOTES]
    context = _planned(seller, plan, note)
    return render(request, "catalog/sell_stock_count_plan.html", context)


def _sheet(request: HttpRequest, seller: Seller, *, refusal: str = "") -> HttpResponse:
    tab, words = asked_tab(request), asked_words(request)
    page = keyset_page(
        stock_to_count(shop=seller.shop, tab=tab, words=words),
        order=["sku", "id"],
        cursor=request.GET.get("at", ""),
        size=PAGE,
    )
    context = {
        "page": page,
        "tab": tab,
        "tabs": list(TABS.items()),
        "words": words,
        "refusal": refusal,
        "filled": _filled(request.POST),
        "scanned": request.POST.get("scanned", ""),
        "note": request.POST.get("note", "")[:MOST_NOTES],
        "shows_levels": request.GET.get("levels") == "1",
        "now": timezone.now(),
    }
    return render(request, "catalog/sell_stock_count.html", context)


def _filled(values: QueryDict) -> dict[str, str]:
    """What stood in the cells, to be shown again beside the refusal."""
    pairs = zip(values.getlist("sku"), values.getlist("counted"), strict=False)
    return {sku: cell for sku, cell in pairs if cell}


def _lines(values: QueryDict) -> list[Line]:
    """The rows that were filled in: an empty cell says that nobody counted there."""
    rows = zip(
        values.getlist("sku"),
        values.getlist("counted"),
        values.getlist("seen"),
        strict=False,
    )
    return [
        Line(
            number=number,
            sku=sku.replace("\0", ""),
            cells={STOCK: counted.replace("\0", "")},
            seen={STOCK: seen},
        )
        for number, (sku, counted, seen) in enumerate(rows, 1)
        if counted.strip()
    ]


def _planned(seller: Seller, plan: SheetPlan, note: str) -> dict[str, Any]:
    rows = [
        CountedRow(one.sku, one.name, *(int(units) for units in one.cells[STOCK]))
        for one in plan.changes
    ]
    items = [
        [str(one.variant_id), f"{one.sku} {one.name}".strip(), one.wanted]
        for one in plan.changes
    ]
    sent = {"shop": str(seller.shop.pk), "note": note, "items": items}
    return {
        "rows": rows[:SHOWN],
        "count": len(rows),
        "more": max(0, len(rows) - SHOWN),
        "missing": sum(-row.difference for row in rows if row.difference < 0),
        "surplus": sum(row.difference for row in rows if row.difference > 0),
        "wrong": plan.errors[:SHOWN],
        "wrong_count": len(plan.errors),
        "unchanged": plan.unchanged,
        "note": note,
        "plan": signing.dumps(sent, salt=SALT, compress=True),
        "token": uuid7(),
    }


@require_POST
@seller_view(Right.COUNT_STOCK)
def apply_count(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Open the job that writes down what was shown."""
    try:
        plan = signing.loads(
            request.POST.get("plan", ""), salt=SALT, max_age=PLAN_TTL_S
        )
    except signing.BadSignature:
        plan = {}
    if plan.get("shop") != str(seller.shop.pk):
        messages.error(request, _("This count is too old. Look at it again."))
        return redirect("sell:stock_count", seller.shop.slug)
    try:
        job = jobs.open_job(
            shop_id=seller.shop.pk,
            by=seller.user,
            kind=kinds.STOCK_SHEET,
            params={"note": plan["note"]},
            items=[(UUID(key), label, wanted) for key, label, wanted in plan["items"]],
            token=parse_id(request.POST.get("token", "")),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("sell:stock_count", seller.shop.slug)
    return redirect("sell:job", seller.shop.slug, job.pk)
