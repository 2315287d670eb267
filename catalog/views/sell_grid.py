"""Prices and stock as a sheet: edited cell by cell or pasted, shown before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog import jobs as kinds
from catalog.models import ProductVariant
from catalog.queries.sell_products import ProductFilter, variants_for_grid
from catalog.services.sheets import (
    COMPARE,
    PRICE,
    STOCK,
    CellError,
    Change,
    Line,
    SheetPlan,
    cells_of,
    parse_paste,
    plan_sheet,
)
from shop.errors import DomainError
from shop.ids import parse_id, uuid7
from shop.keyset import keyset_page
from shop.services import jobs
from users.counter import Seller, seller_view
from users.rights import Right

PAGE = 50
# A plan that is older has been overtaken.
PLAN_TTL_S = 24 * 3600
SALT = "catalog.sheet"
SHOWN = 200


@dataclass(frozen=True)
class GridRow:
    """A variant of the sheet, with what its cells hold as texts."""

    variant: ProductVariant
    price: str
    compare_price: str
    stock: str

    @property
    def seen(self) -> str:
        return f"{self.price}|{self.compare_price}|{self.stock}"


@dataclass(frozen=True)
class ChangedCell:
    column: str
    now: str
    then: str


@dataclass(frozen=True)
class ChangedRow:
    sku: str
    name: str
    cells: list[ChangedCell]


@dataclass(frozen=True)
class WrongCell:
    line: int
    sku: str
    column: str
    value: str
    message: str


@require_http_methods(["GET", "HEAD", "POST"])
@seller_view(Right.COUNT_STOCK)
def grid(request: HttpRequest, seller: Seller) -> HttpResponse:
    """GET: the sheet. POST: what the edited or pasted lines would change."""
    if request.method != "POST":
        return _sheet(request, seller)
    pasted = request.POST.get("paste")
    try:
        lines = parse_paste(text=pasted) if pasted is not None else _lines(request.POST)
        plan = plan_sheet(
            shop_id=seller.shop.pk,
            lines=lines,
            may_price=seller.may(Right.EDIT_PRODUCTS),
            may_stock=seller.may(Right.COUNT_STOCK),
        )
    except DomainError as refusal:
        # Too long to show again: it stands where it was copied from.
        return _sheet(request, seller, refusal=refusal.message)
    if not plan.changes and not plan.errors:
        messages.info(request, _("Nothing would change."))
        return redirect(request.get_full_path())
    return render(request, "catalog/sell_grid_plan.html", _planned(seller, plan))


def _sheet(request: HttpRequest, seller: Seller, *, refusal: str = "") -> HttpResponse:
    wanted = ProductFilter.of(request.GET)
    page = keyset_page(
        variants_for_grid(shop_id=seller.shop.pk, wanted=wanted),
        order=["sku", "id"],
        cursor=request.GET.get("at", ""),
        size=PAGE,
    )
    context = {
        "page": page,
        "rows": [_row(variant) for variant in page.rows],
        "wanted": wanted,
        "refusal": refusal,
        "may_price": seller.may(Right.EDIT_PRODUCTS),
    }
    return render(request, "catalog/sell_grid.html", context)


def _row(variant: ProductVariant) -> GridRow:
    cells = cells_of(variant)
    return GridRow(variant, cells[PRICE], cells[COMPARE], cells[STOCK])


def _lines(values: QueryDict) -> list[Line]:
    """The sheet's rows; columns that were not shown are not sent."""
    skus, seen = values.getlist("sku"), values.getlist("seen")
    columns = {name: values.getlist(name) for name in (PRICE, COMPARE, STOCK)}
    lines = []
    for number, sku in enumerate(skus):
        stood = seen[number].split("|") if number < len(seen) else []
        lines.append(
            Line(
                number=number + 1,
                sku=sku.replace("\0", ""),
                cells={
                    name: cells[number].replace("\0", "")
                    for name, cells in columns.items()
                    if number < len(cells)
                },
                seen=dict(zip((PRICE, COMPARE, STOCK), stood, strict=False)),
            )
        )
    return lines


def _planned(seller: Seller, plan: SheetPlan) -> dict[str, Any]:
    changed = [
        ChangedRow(
            one.sku,
            one.name,
            [
                ChangedCell(kinds.column_name(name), *pair)
                for name, pair in one.cells.items()
            ],
        )
        for one in plan.changes[:SHOWN]
    ]
    return {
        "changed": changed,
        "count": len(plan.changes),
        "more": len(plan.changes) - len(changed),
        "wrong": [_wrong(one) for one in plan.errors[:SHOWN]],
        "wrong_count": len(plan.errors),
        "unchanged": plan.unchanged,
        "plan": _signed(seller, plan.changes),
        "token": uuid7(),
    }


def _wrong(error: CellError) -> WrongCell:
    column = kinds.column_name(error.column)
    return WrongCell(error.line, error.sku, column, error.value, error.message)


def _signed(seller: Seller, changes: Sequence[Change]) -> str:
    items = [
        [str(one.variant_id), f"{one.sku} {one.name}".strip(), one.wanted]
        for one in changes
    ]
    return signing.dumps(
        {"shop": str(seller.shop.pk), "items": items}, salt=SALT, compress=True
    )


@require_POST
@seller_view(Right.COUNT_STOCK)
def apply(request: HttpRequest, seller: Seller) -> HttpResponse:
    """Open the job that does what was shown."""
    try:
        plan = signing.loads(
            request.POST.get("plan", ""), salt=SALT, max_age=PLAN_TTL_S
        )
    except signing.BadSignature:
        plan = {}
    if plan.get("shop") != str(seller.shop.pk):
        messages.error(request, _("This sheet is too old. Look at it again."))
        return redirect("sell:grid", seller.shop.slug)
    items = [(UUID(key), label, wanted) for key, label, wanted in plan["items"]]
    has_price = any({PRICE, COMPARE} & set(wanted) for _key, _label, wanted in items)
    if has_price and not seller.may(Right.EDIT_PRODUCTS):
        messages.error(request, _("Your role in this shop does not allow this."))
        return redirect("sell:grid", seller.shop.slug)
    try:
        job = jobs.open_job(
            shop_id=seller.shop.pk,
            by=seller.user,
            kind=kinds.SHEET if has_price else kinds.STOCK_SHEET,
            items=items,
            token=parse_id(request.POST.get("token", "")),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("sell:grid", seller.shop.slug)
    return redirect("sell:job", seller.shop.slug, job.pk)
