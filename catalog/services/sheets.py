"""A sheet of variants: price, crossed-out price and stock, edited like a spreadsheet or pasted.

`plan_sheet` says what a sheet would change and what is wrong in which cell; `change_sheet` and
`restore_sheet` are the work of the job that does it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from catalog.errors import BelowPromised, InvalidLevel
from catalog.models import InventoryPolicy, ProductVariant
from catalog.services.bulk import Changed
from catalog.services.prices import NewPrice, checked_price, hold_products, set_prices
from catalog.services.stock import MOST_UNITS, set_stock
from shop.errors import DomainError
from shop.money import exponent_of
from shop.services.jobs import Chunk, Result

MOST_LINES = 5_000
SKU, PRICE, COMPARE, STOCK = COLUMNS = ("sku", "price", "compare_price", "stock")
# How people head their columns; of each the first is ours. Besides, as our own pages head them
# in the reader's language.
HEADINGS = {
    SKU: {"sku", "article", "itemnumber", "variantsku"},
    PRICE: {"price", "newprice", "unitprice"},
    COMPARE: {"compareprice", "compareatprice", "oldprice", "before"},
    STOCK: {"stock", "quantity", "qty", "level", "inventory", "units"},
}
SEPARATORS = "\t;,|"
FORMULA = ("=", "+", "@")
LONGEST_CELL = 100
# Figures with a sign before them, and room for a currency on either side.
AMOUNT = re.compile(r"^[^\d\-.,]{0,4}(-?[\d.,'\u00a0\u202f ]*\d)[^\d\-.,]{0,4}$")
GROUPED = re.compile(r"^-?\d{1,3}([.,])\d{3}(\1\d{3})*$")
GROUPING = re.compile(r"['\u00a0\u202f ]")


class TooManyLines(DomainError):
    """A sheet that is for an import."""

    code = "too_many_lines"

    def __init__(self, lines: int) -> None:
        super().__init__(
            _(
                "This has %(lines)d lines; a sheet takes %(most)d. Import them as a file instead."
            )
            % {"lines": lines, "most": MOST_LINES}
        )


class UnknownColumns(DomainError):
    """A paste whose columns cannot be told."""

    code = "unknown_columns"


@dataclass(frozen=True)
class Line:
    """What a line asks for; a cell that is not there is None, one that is empty is empty.

    seen: the cells as they stood when the line was edited, to meet other people's changes.
    """

    number: int
    sku: str
    cells: Mapping[str, str]
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CellError:
    """column: empty for the line as a whole."""

    line: int
    sku: str
    column: str
    value: str
    message: str


@dataclass(frozen=True)
class Change:
    """A variant that the sheet changes: column -> (now, then), as texts; empty for none."""

    variant_id: UUID
    sku: str
    name: str
    cells: dict[str, tuple[str, str]]

    @property
    def wanted(self) -> dict[str, list[str]]:
        """As a row of the job keeps it."""
        return {column: list(pair) for column, pair in self.cells.items()}


@dataclass(frozen=True)
class SheetPlan:
    changes: list[Change]
    errors: list[CellError]
    unchanged: int


def parse_paste(*, text: str) -> list[Line]:
    """Lines of a text out of a spreadsheet: headed columns, or SKU, price and stock.

    Raises TooManyLines and UnknownColumns.
    """
    rows = [line for line in text.replace("\0", "").splitlines() if line.strip()]
    if len(rows) > MOST_LINES + 1:
        raise TooManyLines(len(rows))
    if not rows:
        raise UnknownColumns(_("Paste some lines first."))
    separator = _separator(rows[0])
    table = _table("\n".join(rows), separator)
    headed = _headed(table[0])
    columns = headed or _unheaded(table[0])
    place = columns.index(SKU)
    return [
        Line(
            number=number,
            sku=row[place] if place < len(row) else "",
            cells={
                column: cell
                for column, cell in zip(columns, row, strict=False)
                if column and column != SKU
            },
        )
        for number, row in enumerate(table[1:] if headed else table, 2 if headed else 1)
    ]


def _table(text: str, separator: str) -> list[list[str]]:
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        return [[cell.strip() for cell in row] for row in reader]
    except csv.Error:
        raise UnknownColumns(
            _("A quotation mark is opened and never closed.")
        ) from None


def _separator(line: str) -> str:
    counts = {sign: line.count(sign) for sign in SEPARATORS}
    # A tab is never part of a cell; a comma may be part of an amount.
    return next((sign for sign in SEPARATORS if counts[sign]), "\t")


def _headed(first: Sequence[str]) -> list[str]:
    """The columns by their heading; empty where the first line is no heading."""
    own = {
        SKU: {_("SKU")},
        PRICE: {_("Price")},
        COMPARE: {_("Crossed-out price"), _("Crossed out")},
        STOCK: {_("Stock")},
    }
    known = {
        heading(word): column
        for column, words in HEADINGS.items()
        for word in words | own[column]
    }
    found = [known.get(heading(cell), "") for cell in first]
    if not any(found):
        return []
    named = [column for column in found if column]
    if SKU not in named:
        raise UnknownColumns(_("The heading has no column “SKU”."))
    if len(set(named)) < len(named):
        raise UnknownColumns(_("The heading has a column twice."))
    if len(named) < 2:
        raise UnknownColumns(
            _("The heading needs “price”, “compare price” or “stock” beside “SKU”.")
        )
    return found


def heading(text: str) -> str:
    """Its letters and figures alone, small and without accents: “Preço” is “preco”.

    The figures tell an article SKU-1 from the heading SKU.
    """
    signs = normalize("NFKD", text.casefold())
    return "".join(sign for sign in signs if sign.isalnum())


def _unheaded(first: Sequence[str]) -> list[str]:
    if not 2 <= len(first) <= 4:
        raise UnknownColumns(
            _(
                "Without a heading a line is SKU, price and stock. Put a heading above: SKU, price, compare price, stock."
            )
        )
    columns = [SKU, PRICE, STOCK] if len(first) <= 3 else [SKU, PRICE, COMPARE, STOCK]
    return columns[: len(first)]


def plan_sheet(
    *, shop_id: UUID, lines: Sequence[Line], may_price: bool, may_stock: bool
) -> SheetPlan:
    """What would change, line by line; reads two rows of the shop a line, writes nothing.

    may_price, may_stock: what the person's role may change. Raises TooManyLines.
    """
    if len(lines) > MOST_LINES:
        raise TooManyLines(len(lines))
    skus = {line.sku for line in lines if 0 < len(line.sku) <= LONGEST_CELL}
    known = {
        variant.sku: variant
        for variant in ProductVariant.objects.filter(
            shop_id=shop_id, sku__in=skus
        ).annotate(currency=F("product__currency"), title=F("product__name"))
    }
    changes: list[Change] = []
    errors: list[CellError] = []
    unchanged = 0
    told: set[str] = set()
    for line in lines:
        found, wrong = _planned(line, known, told, may_price, may_stock)
        told.add(line.sku)
        errors += wrong
        if found and not wrong:
            changes.append(found)
        elif not wrong:
            unchanged += 1
    return SheetPlan(changes=changes, errors=errors, unchanged=unchanged)


def _planned(
    line: Line,
    known: Mapping[str, Any],
    told: set[str],
    may_price: bool,
    may_stock: bool,
) -> tuple[Change | None, list[CellError]]:
    variant: Any = known.get(line.sku)
    refusal = _line_refusal(line, variant, told)
    if refusal:
        return None, [CellError(line.number, line.sku[:LONGEST_CELL], "", "", refusal)]
    now = cells_of(variant)
    cells: dict[str, tuple[str, str]] = {}
    errors = []
    for column, text in line.cells.items():
        seen = line.seen.get(column)
        if seen is not None and text.strip() == seen:
            # Not touched by this person.
            continue
        try:
            then = _read_cell(column, text, variant)
            if then is None or then == now[column]:
                continue
            if column == STOCK and not may_stock or column != STOCK and not may_price:
                raise CellRefused(_("Your role in this shop does not allow this."))
            if seen is not None and seen != now[column]:
                raise CellRefused(
                    _("Meanwhile it is %(now)s.") % {"now": now[column] or "–"}
                )
            cells[column] = (now[column], then)
        except DomainError as wrong:
            errors.append(
                CellError(
                    line.number, line.sku, column, text[:LONGEST_CELL], wrong.message
                )
            )
    if errors or not cells:
        return None, errors
    name = " ".join(part for part in (variant.title, variant.name) if part)
    return Change(variant.pk, variant.sku, name, cells), []


def _line_refusal(line: Line, variant: Any, told: set[str]) -> str:
    if not line.sku:
        return _("The SKU is missing.")
    if line.sku in told:
        return _("This SKU stands here twice.")
    if variant is None:
        return _("Your shop has no such SKU.")
    return ""


def cells_of(variant: ProductVariant) -> dict[str, str]:
    """A variant's cells as texts; what is not counted has no stock."""
    return {
        PRICE: _text(variant.price),
        COMPARE: _text(variant.compare_price),
        STOCK: str(variant.inventory_quantity) if variant.inventory_tracking else "",
    }


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else str(amount.quantize(Decimal("0.01")))


def _read_cell(column: str, text: str, variant: Any) -> str | None:
    """The value as a text; None where an empty cell leaves what there is."""
    text = text.strip()
    if text.startswith(FORMULA):
        raise CellRefused(_("This is a formula. Paste its value."))
    if len(text) > LONGEST_CELL:
        raise CellRefused(_("This is too long."))
    if column == STOCK:
        return _read_stock(text, variant)
    if not text:
        return None if column == PRICE else ""
    is_whole = not exponent_of(variant.currency)
    amount = checked_price(read_amount(text, is_whole=is_whole), variant.currency)
    return _text(amount)


def _read_stock(text: str, variant: Any) -> str | None:
    if not text:
        return None
    if not variant.inventory_tracking:
        raise CellRefused(_("The stock of this variant is not counted."))
    amount = read_amount(text, is_whole=True)
    if amount != amount.to_integral_value() or not 0 <= amount <= MOST_UNITS:
        raise InvalidLevel(MOST_UNITS)
    level = int(amount)
    is_limited = variant.inventory_policy != InventoryPolicy.CONTINUE
    if is_limited and level < variant.reserved_quantity:
        raise BelowPromised(variant.reserved_quantity)
    return str(level)


def read_amount(text: str, *, is_whole: bool = False) -> Decimal:
    """A number as people of many countries write it: 1234.5, 1,234.50, 1.234,50, £1 234.

    is_whole: it can have no fraction, so that three figures behind a sign are thousands.
    Raises NotANumber, also for 1,234, which may be either.
    """
    found = AMOUNT.match(text.strip())
    figures = GROUPING.sub("", found[1]) if found else ""
    signs = [sign for sign in figures if sign in ",."]
    if len(set(signs)) == 2:
        # The last one parts the fraction.
        whole, _sign, fraction = figures.rpartition(signs[-1])
        figures = f"{_ungrouped(whole)}.{fraction}"
    elif len(signs) > 1 or (is_whole and GROUPED.match(figures)):
        figures = _ungrouped(figures)
    elif signs:
        whole, _sign, fraction = figures.partition(signs[0])
        if len(fraction) == 3:
            raise NotANumber(
                _("This can be read in two ways. Write %(one)s or %(other)s.")
                % {"one": whole + fraction, "other": f"{whole}.{fraction}0"}
            )
        figures = f"{whole}.{fraction}"
    try:
        return Decimal(figures)
    except InvalidOperation:
        raise NotANumber(_("This is not a number.")) from None


def _ungrouped(figures: str) -> str:
    """Without what parts thousands. Raises NotANumber where the parts are no thousands."""
    if not GROUPED.match(figures):
        raise NotANumber(_("This is not a number."))
    return re.sub(r"[.,]", "", figures)


class NotANumber(DomainError):
    code = "not_a_number"


class CellRefused(DomainError):
    """A cell that says nothing that could be done."""

    code = "cell_refused"


# ------------------------------------------------------------------ the job
def change_sheet(chunk: Chunk) -> list[Result]:
    """Rows: variants; wanted: column -> [what it was when it was shown, what it shall be]."""
    return _apply(chunk, {row.entity_id: row.wanted for row in chunk.rows})


def restore_sheet(chunk: Chunk) -> list[Result]:
    wanted = {
        row.entity_id: {
            column: [after, row.wanted["before"][column]]
            for column, after in row.wanted["after"].items()
        }
        for row in chunk.rows
    }
    return _apply(chunk, wanted)


def _apply(
    chunk: Chunk, wanted: Mapping[UUID, Mapping[str, Sequence[str]]]
) -> list[Result]:
    mine = ProductVariant.objects.filter(shop_id=chunk.shop_id, pk__in=wanted)
    product_ids = set(mine.order_by().values_list("product_id", flat=True))
    hold_products(shop_id=chunk.shop_id, product_ids=product_ids)
    results, prices, levels = [], {}, {}
    for variant in mine.order_by("id").select_for_update(no_key=True):
        cells = wanted[variant.pk]
        try:
            _refuse_change(variant, cells)
        except DomainError as refusal:
            results.append(Result(variant.pk, refusal=refusal.message))
            continue
        if PRICE in cells or COMPARE in cells:
            prices[variant.pk] = _new_price(variant, cells)
        if STOCK in cells:
            levels[variant.pk] = int(cells[STOCK][1])
        before = {column: cells[column][0] for column in cells}
        after = {column: cells[column][1] for column in cells}
        results.append(Result(variant.pk, before=before, after=after))
    set_prices(prices=prices, now=chunk.now, user_id=chunk.user_id)
    set_stock(
        levels=levels,
        now=chunk.now,
        user_id=chunk.user_id,
        notes=str(chunk.params.get("note", "")),
    )
    return results


def _refuse_change(variant: ProductVariant, cells: Mapping[str, Sequence[str]]) -> None:
    now = cells_of(variant)
    if any(now[column] != expected for column, (expected, _then) in cells.items()):
        raise Changed
    is_limited = variant.inventory_policy != InventoryPolicy.CONTINUE
    if STOCK in cells and is_limited:
        level = int(cells[STOCK][1] or 0)
        if level < variant.reserved_quantity:
            raise BelowPromised(variant.reserved_quantity)


def _new_price(variant: ProductVariant, cells: Mapping[str, Sequence[str]]) -> NewPrice:
    price = Decimal(cells[PRICE][1]) if PRICE in cells else variant.price
    compare = variant.compare_price
    if COMPARE in cells:
        compare = Decimal(cells[COMPARE][1]) if cells[COMPARE][1] else None
    return NewPrice(price, compare)
