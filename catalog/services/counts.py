"""Counting a shelf: what was scanned or written, added up by variant, beside what the books say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from catalog.models import ProductVariant
from catalog.services.sheets import (
    HEADINGS,
    LONGEST_CELL,
    SEPARATORS,
    SKU,
    STOCK,
    CellError,
    Line,
    NotANumber,
    SheetPlan,
    TooManyLines,
    heading,
    plan_sheet,
    read_amount,
)
from catalog.services.stock import MOST_UNITS
from shop.errors import DomainError

MOST_SCANS = 20_000
CODES = HEADINGS[SKU] | {"barcode", "ean", "gtin", "upc", "code"}


class NothingCounted(DomainError):
    """A count without a line."""

    code = "nothing_counted"

    def __init__(self) -> None:
        super().__init__(_("Write down something that you have counted first."))


@dataclass(frozen=True)
class Tally:
    """One line: so many units of what has this SKU or barcode."""

    number: int
    code: str
    units: str


def read_tallies(*, text: str) -> list[Tally]:
    """Lines of a code and a number, or of a code alone, as a scanner writes them: one unit each.

    A heading is left out. Of more columns the first is the code and the last the number. Raises
    TooManyLines and NothingCounted.
    """
    rows = [line.strip() for line in text.replace("\0", "").splitlines()]
    if len(rows) > MOST_SCANS:
        raise TooManyLines(len(rows))
    codes = CODES | {heading(_("SKU")), heading(_("Barcode"))}
    tallies: list[Tally] = []
    for number, row in enumerate(rows, 1):
        sign = next((sign for sign in SEPARATORS if sign in row), "")
        cells = [cell.strip().strip('"') for cell in row.split(sign)] if sign else [row]
        is_heading = not tallies and heading(cells[0]) in codes
        if not row or is_heading:
            continue
        units = cells[-1] if len(cells) > 1 else "1"
        tallies.append(Tally(number, cells[0], units))
    if not tallies:
        raise NothingCounted
    return tallies


def plan_count(*, shop_id: UUID, tallies: Sequence[Tally]) -> SheetPlan:
    """What a count would change; lines of the same variant are added up. Writes nothing.

    Raises TooManyLines where these are of too many variants.
    """
    found = _skus(shop_id, {tally.code for tally in tallies})
    first: dict[str, int] = {}
    units: dict[str, int] = {}
    errors, wrong = [], set()
    for tally in tallies:
        try:
            sku = _sku(tally, found)
            counted = _units(tally)
        except DomainError as refusal:
            errors.append(
                CellError(
                    tally.number,
                    tally.code[:LONGEST_CELL],
                    "",
                    tally.units[:LONGEST_CELL],
                    refusal.message,
                )
            )
            # Half of a variant's units are no count of it.
            wrong |= set(found.get(tally.code, ()))
            continue
        first.setdefault(sku, tally.number)
        units[sku] = units.get(sku, 0) + counted
    lines = [
        Line(number=first[sku], sku=sku, cells={STOCK: str(total)})
        for sku, total in units.items()
        if sku not in wrong
    ]
    left_out = _("Another line of it is wrong, so it is not counted.")
    errors += [
        CellError(first[sku], sku, "", str(units[sku]), left_out)
        for sku in wrong & units.keys()
    ]
    plan = plan_sheet(shop_id=shop_id, lines=lines, may_price=False, may_stock=True)
    errors += plan.errors
    return SheetPlan(
        changes=plan.changes,
        errors=sorted(errors, key=lambda error: error.line),
        unchanged=plan.unchanged,
    )


class UnknownCode(DomainError):
    """Neither a SKU nor a barcode of the shop, or the barcode of several."""

    code = "unknown_code"


def _skus(shop_id: UUID, codes: set[str]) -> dict[str, list[str]]:
    """Code -> the SKUs that it may mean; a SKU is itself, whatever has it for a barcode."""
    told = {code for code in codes if code and len(code) <= LONGEST_CELL}
    mine = ProductVariant.objects.filter(shop_id=shop_id)
    found = {
        sku: [sku] for sku in mine.filter(sku__in=told).values_list("sku", flat=True)
    }
    if rest := told - found.keys():
        rows = mine.filter(barcode__in=rest).order_by("sku")
        for barcode, sku in rows.values_list("barcode", "sku"):
            found.setdefault(barcode, []).append(sku)
    return found


def _sku(tally: Tally, found: Mapping[str, list[str]]) -> str:
    skus = found.get(tally.code, [])
    if not skus:
        raise UnknownCode(_("Your shop has no such SKU or barcode."))
    if len(skus) > 1:
        raise UnknownCode(
            _("Several variants have this barcode. Write the SKU: %(skus)s.")
            % {"skus": ", ".join(skus[:3])}
        )
    return skus[0]


def _units(tally: Tally) -> int:
    amount = read_amount(tally.units, is_whole=True)
    if amount != amount.to_integral_value() or not 0 <= amount <= MOST_UNITS:
        raise NotANumber(_("Write how many you have counted as a whole number."))
    return int(amount)
