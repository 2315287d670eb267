"""What a shop changes for many products in the background: each kind calls one service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalog.models import ProductStatus
from catalog.services import bulk, sheets
from shop.money import format_money
from shop.services.jobs import Chunk, Result, job_kind

STATUS = "catalog.set_status"
CATEGORY = "catalog.set_category"
BRAND = "catalog.set_brand"
TAGS = "catalog.change_tags"
TAX_CLASS = "catalog.set_tax_class"
PRICES = "catalog.change_prices"
SHEET = "catalog.change_sheet"
STOCK_SHEET = "catalog.count_stock"
EDIT, COUNT = "edit_products", "count_stock"


def status_name(status: str) -> str:
    return {
        ProductStatus.DRAFT.value: pgettext("product", "Not published"),
        ProductStatus.ACTIVE.value: pgettext("product", "Published"),
        ProductStatus.ARCHIVED.value: pgettext("product", "Archived"),
    }.get(status, status)


def _status_words(params: Mapping[str, Any]) -> str:
    return {
        ProductStatus.DRAFT.value: _("Take products out of the store"),
        ProductStatus.ACTIVE.value: _("Publish products"),
        ProductStatus.ARCHIVED.value: _("Archive products"),
    }[params["status"]]


def _status_shown(value: Any, _params: Mapping[str, Any]) -> str:
    return status_name(value) if value else ""


@job_kind(
    STATUS,
    right=EDIT,
    words=_status_words,
    undo=bulk.restore_column(bulk.STATUS),
    shown=_status_shown,
)
def set_status(chunk: Chunk) -> Iterable[Result]:
    return bulk.set_status(chunk)


def _named(value: Any, _params: Mapping[str, Any]) -> str:
    return value["name"] if isinstance(value, dict) else ""


def _category_words(params: Mapping[str, Any]) -> str:
    if not params["to"]:
        return _("Take products out of their category")
    return _("Put products into “%(name)s”") % params["to"]


@job_kind(
    CATEGORY,
    right=EDIT,
    words=_category_words,
    undo=bulk.restore_column(bulk.CATEGORY),
    shown=_named,
)
def set_category(chunk: Chunk) -> Iterable[Result]:
    return bulk.set_category(chunk)


def _brand_words(params: Mapping[str, Any]) -> str:
    if not params["to"]:
        return _("Take the brand off products")
    return _("Give products the brand “%(name)s”") % params["to"]


@job_kind(
    BRAND,
    right=EDIT,
    words=_brand_words,
    undo=bulk.restore_column(bulk.BRAND),
    shown=_named,
)
def set_brand(chunk: Chunk) -> Iterable[Result]:
    return bulk.set_brand(chunk)


def _tag_words(params: Mapping[str, Any]) -> str:
    add, remove = params["add"], params["remove"]
    words = []
    if add:
        words.append(
            ngettext("Add the tag %(tags)s", "Add the tags %(tags)s", len(add))
            % {"tags": ", ".join(add)}
        )
    if remove:
        words.append(
            ngettext("Remove the tag %(tags)s", "Remove the tags %(tags)s", len(remove))
            % {"tags": ", ".join(remove)}
        )
    return "; ".join(words)


@job_kind(TAGS, right=EDIT, words=_tag_words, undo=bulk.restore_tags)
def change_tags(chunk: Chunk) -> Iterable[Result]:
    return bulk.change_tags(chunk)


def _tax_words(params: Mapping[str, Any]) -> str:
    return _("Give products the tax class “%(tax_class)s”") % params


@job_kind(
    TAX_CLASS,
    right=EDIT,
    words=_tax_words,
    undo=bulk.restore_column(bulk.TAX_CLASS),
)
def set_tax_class(chunk: Chunk) -> Iterable[Result]:
    return bulk.set_tax_class(chunk)


def _price_words(params: Mapping[str, Any]) -> str:
    rule = bulk.PriceRule.of(params)
    words = []
    if rule.percent:
        words.append(f"{rule.percent:+f} %")
    if rule.amount:
        sign = "+" if rule.amount > 0 else "−"
        words.append(sign + format_money(abs(rule.amount), params["currency"]))
    if words:
        return _("Change prices by %(by)s") % {"by": ", ".join(words)}
    if rule.compare == bulk.CompareRule.REMOVE:
        return _("Remove crossed-out prices")
    if rule.compare != bulk.CompareRule.KEEP:
        return _("Set crossed-out prices")
    return _("Round prices")


def _prices_shown(value: Any, params: Mapping[str, Any]) -> str:
    """The prices of a product's variants; the crossed-out one in brackets."""
    found = []
    for _key, price, compare in value or []:
        text = format_money(Decimal(price), params["currency"])
        if compare is not None:
            text += f" ({format_money(Decimal(compare), params['currency'])})"
        found.append(text)
    return _few(found)


def _few(texts: list[str], most: int = 6) -> str:
    shown = list(dict.fromkeys(texts))
    more = ["…"] if len(shown) > most else []
    return ", ".join([*shown[:most], *more])


@job_kind(
    PRICES,
    right=EDIT,
    words=_price_words,
    undo=bulk.restore_prices,
    shown=_prices_shown,
)
def change_prices(chunk: Chunk) -> Iterable[Result]:
    return bulk.change_prices(chunk)


def column_name(column: str) -> str:
    return {
        sheets.PRICE: _("Price"),
        sheets.COMPARE: _("Crossed-out price"),
        sheets.STOCK: _("Stock"),
    }.get(column, "")


def _cells_shown(value: Any, _params: Mapping[str, Any]) -> str:
    cells = (value or {}).items()
    return ", ".join(f"{column_name(column)}: {text or '–'}" for column, text in cells)


def _sheet_words(_params: Mapping[str, Any]) -> str:
    return _("Change prices and stock in a sheet")


def _count_words(_params: Mapping[str, Any]) -> str:
    return _("Count stock in a sheet")


@job_kind(
    SHEET,
    right=EDIT,
    words=_sheet_words,
    undo=sheets.restore_sheet,
    shown=_cells_shown,
)
def change_sheet(chunk: Chunk) -> Iterable[Result]:
    return sheets.change_sheet(chunk)


@job_kind(
    STOCK_SHEET,
    right=COUNT,
    words=_count_words,
    undo=sheets.restore_sheet,
    shown=_cells_shown,
)
def count_stock(chunk: Chunk) -> Iterable[Result]:
    """Of people who may not change prices: these rows hold stock alone."""
    return sheets.change_sheet(chunk)
