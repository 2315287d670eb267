"""Which variant of a product is meant, and what else may be chosen.

Works on rows that are in memory, in one pass for each question: a product may have 2,048
variants.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from catalog.models import InventoryPolicy

MOST_OPTIONS = 3
# Of one option; the rest is found by typing a part of it.
MOST_VALUES = 40
OTHERS_OFFERED = 3

Key = tuple[str, ...]


class VariantRow(NamedTuple):
    """What the page needs of a variant, in the order of the shop."""

    id: UUID
    sku: str
    name: str
    price: Decimal
    compare_price: Decimal | None
    option1: str
    option2: str
    option3: str
    inventory_quantity: int
    reserved_quantity: int
    inventory_policy: str
    inventory_tracking: bool

    @property
    def available_quantity(self) -> int:
        return self.inventory_quantity - self.reserved_quantity

    def can_sell(self, units: int) -> bool:
        return (
            not self.inventory_tracking
            or self.inventory_policy == InventoryPolicy.CONTINUE
            or self.available_quantity >= units
        )


@dataclass(frozen=True)
class AskedVariant:
    """What an address asks for. options, find: of option1 to option3, empty when not asked.

    picked: the number of the option that was changed last, 0 when nobody knows; find: a part
    of a value, where an option has too many to show.
    """

    sku: str = ""
    options: Key = ("", "", "")
    picked: int = 0
    find: Key = ("", "", "")


@dataclass(frozen=True)
class OptionValue:
    """One value of an option, with the address of the product in it.

    is_possible: it comes with what else is chosen; price: None when it costs the same.
    """

    text: str
    href: str
    is_chosen: bool
    is_possible: bool
    is_sold_out: bool
    price: Decimal | None


@dataclass(frozen=True)
class Option:
    """number: of the variants' column; hidden: how many more values there are."""

    number: int
    name: str
    chosen: str
    values: list[OptionValue]
    hidden: int
    find: str

    @property
    def is_long(self) -> bool:
        return bool(self.hidden or self.find)


@dataclass(frozen=True)
class Missing:
    """A combination nobody makes: `picked` does not come with `others`; what is near it."""

    picked: str
    others: str
    nearest: list[tuple[str, str]]


@dataclass(frozen=True)
class Choice:
    """The variant that is shown, the options beside it, and why it is not what was asked."""

    variant: VariantRow
    label: str
    options: list[Option]
    missing: Missing | None

    @property
    def href(self) -> str:
        return _href(variant=self.variant.sku)


@dataclass(frozen=True)
class _Board:
    """The variants by the options that differ. keys: one a row; numbers: of the columns."""

    rows: Sequence[VariantRow]
    keys: list[Key]
    numbers: list[int]
    names: list[str]


def choose(
    *, rows: Sequence[VariantRow], names: Sequence[str], asked: AskedVariant
) -> Choice | None:
    """names: of option1, option2 and option3, as far as they have one. None without rows.

    Without a wish, or with one that makes no sense, it is the first that can be bought.
    """
    if not rows:
        return None
    board = _board(rows, names)
    place, missing = _find(board, asked)
    return Choice(
        variant=rows[place],
        label=", ".join(board.keys[place]),
        options=_options(board, place, asked),
        missing=missing,
    )


def _board(rows: Sequence[VariantRow], names: Sequence[str]) -> _Board:
    keys: list[Key] = [row[5:8] for row in rows]
    numbers = [
        axis + 1
        for axis in range(MOST_OPTIONS)
        if any(key[axis] != keys[0][axis] for key in keys)
    ]
    if len(set(keys)) == len(rows):
        return _Board(
            rows=rows,
            keys=[tuple(key[number - 1] for number in numbers) for key in keys],
            numbers=numbers,
            names=[_name(names, number) for number in numbers],
        )
    # Two variants with the same options: what they are called tells them apart, or the SKU.
    labels = [row.name or row.sku for row in rows]
    if len(set(labels)) < len(rows):
        labels = [row.sku for row in rows]
    return _Board(
        rows=rows,
        keys=[(label,) for label in labels],
        numbers=[1],
        names=[_name(names[:1] if len(names) == 1 else (), 1)],
    )


def _name(names: Sequence[str], number: int) -> str:
    """Empty when the shop gave none; the page has a word for that."""
    return names[number - 1] if number <= len(names) else ""


def _find(board: _Board, asked: AskedVariant) -> tuple[int, Missing | None]:
    """The place of the variant meant."""
    if asked.sku:
        for place, row in enumerate(board.rows):
            if row.sku == asked.sku:
                return place, None
    wanted = _wanted(board, asked)
    picked = asked.picked if asked.picked in wanted else 0

    def nearness(place: int) -> tuple[bool, int, bool, int]:
        same = [n for n, value in wanted.items() if _value(board, place, n) == value]
        return (
            picked in same,
            len(same),
            board.rows[place].can_sell(1),
            -place,
        )

    nearest = heapq.nlargest(
        1 + OTHERS_OFFERED if wanted else 1, range(len(board.rows)), key=nearness
    )
    first = nearest[0]
    if nearness(first)[1] == len(wanted):
        return first, None
    order = sorted(wanted, key=lambda number: number != picked)
    return first, Missing(
        picked=wanted[order[0]],
        others=", ".join(wanted[number] for number in order[1:]),
        nearest=[
            (", ".join(board.keys[place]), _href(variant=board.rows[place].sku))
            for place in nearest
        ],
    )


def _wanted(board: _Board, asked: AskedVariant) -> dict[int, str]:
    """Number of an option -> value; of those that exist, however they are written."""
    wanted = {}
    for axis, number in enumerate(board.numbers):
        text = asked.options[number - 1].casefold()
        for key in board.keys if text else ():
            if key[axis].casefold() == text:
                wanted[number] = key[axis]
                break
    return wanted


def _value(board: _Board, place: int, number: int) -> str:
    return board.keys[place][board.numbers.index(number)]


def _options(board: _Board, place: int, asked: AskedVariant) -> list[Option]:
    chosen = board.keys[place]
    # For each option: value -> the variant that differs from the chosen one in it alone.
    beside: list[dict[str, VariantRow]] = [{} for _ in board.numbers]
    for row, key in zip(board.rows, board.keys, strict=True):
        other = [axis for axis, value in enumerate(key) if value != chosen[axis]]
        for axis in other if other else range(len(key)):
            if len(other) <= 1:
                beside[axis][key[axis]] = row
    return [
        _option(board, axis, beside[axis], place, asked)
        for axis in range(len(board.numbers))
        if len(board.rows) > 1
    ]


def _option(
    board: _Board,
    axis: int,
    beside: dict[str, VariantRow],
    place: int,
    asked: AskedVariant,
) -> Option:
    number, chosen = board.numbers[axis], board.keys[place]
    texts = list(dict.fromkeys(key[axis] for key in board.keys))
    find = asked.find[number - 1]
    shown = texts
    if len(texts) > MOST_VALUES:
        # What comes with the rest of the choice before what does not.
        found = [text for text in texts if find.casefold() in text.casefold()]
        found.sort(key=lambda text: (text != chosen[axis], text not in beside))
        shown = found[:MOST_VALUES]
    return Option(
        number=number,
        name=board.names[axis],
        chosen=chosen[axis],
        values=[
            _option_value(board, axis, text, beside.get(text), place) for text in shown
        ],
        hidden=len(texts) - len(shown),
        find=find if len(texts) > MOST_VALUES else "",
    )


def _option_value(
    board: _Board, axis: int, text: str, row: VariantRow | None, place: int
) -> OptionValue:
    chosen = board.keys[place]
    if row is None:
        wish = {f"option{n}": v for n, v in zip(board.numbers, chosen, strict=True)}
        wish[f"option{board.numbers[axis]}"] = text
        href = _href(**wish, picked=str(board.numbers[axis]))
    else:
        href = _href(variant=row.sku)
    is_dearer = row is not None and row.price != board.rows[place].price
    return OptionValue(
        text=text,
        href=href,
        is_chosen=text == chosen[axis],
        is_possible=row is not None,
        is_sold_out=row is not None and not row.can_sell(1),
        price=row.price if row is not None and is_dearer else None,
    )


def _href(**parameters: str) -> str:
    return "?" + urlencode(parameters)
