"""What a promotion asks for: the one class that reads and writes `promotions.conditions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

NOTHING = Decimal(0)
MOST_NAMED = 500
MOST_UNITS = 1_000
MOST_AMOUNT = Decimal("9999999999.99")


class Customers(StrEnum):
    """Whose it is."""

    EVERYBODY = ""
    FIRST_ORDER = "first_order"
    RETURNING = "returning"
    FOLLOWERS = "followers"


class ConditionsUnreadable(ValueError):
    """The document says something that no promotion can ask for."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """products: ids; categories: ids or slugs, each with all below it; neither: everything.

    buy, get: of buy x get y, with what it gives in get_products and get_categories (neither:
    the same that must be bought). minimum, minimum_units: of what it is for.
    """

    products: tuple[UUID, ...] = ()
    categories: tuple[str, ...] = ()
    get_products: tuple[UUID, ...] = ()
    get_categories: tuple[str, ...] = ()
    minimum: Decimal = NOTHING
    minimum_units: int = 0
    buy: int = 0
    get: int = 0
    customers: Customers = Customers.EVERYBODY

    @classmethod
    def read(cls, document: Any) -> Conditions:
        """Raises ConditionsUnreadable."""
        if not isinstance(document, Mapping):
            raise ConditionsUnreadable("Conditions are an object.")
        if unknown := document.keys() - cls.__dataclass_fields__.keys():
            raise ConditionsUnreadable(f"Unknown: {', '.join(sorted(unknown))}.")
        try:
            return cls(
                products=_ids(document, "products"),
                categories=_names(document, "categories"),
                get_products=_ids(document, "get_products"),
                get_categories=_names(document, "get_categories"),
                minimum=_amount(document.get("minimum")),
                minimum_units=_units(document.get("minimum_units")),
                buy=_units(document.get("buy")),
                get=_units(document.get("get")),
                customers=Customers(document.get("customers") or ""),
            )
        except ConditionsUnreadable:
            raise
        except (ValueError, TypeError, InvalidOperation) as error:
            raise ConditionsUnreadable(str(error)) from None

    def as_document(self) -> dict[str, Any]:
        """JSON, without what asks for nothing."""
        document = {
            "products": [str(id_) for id_ in self.products],
            "categories": list(self.categories),
            "get_products": [str(id_) for id_ in self.get_products],
            "get_categories": list(self.get_categories),
            "minimum": str(self.minimum) if self.minimum else "",
            "minimum_units": self.minimum_units,
            "buy": self.buy,
            "get": self.get,
            "customers": self.customers.value,
        }
        return {name: value for name, value in document.items() if value}

    @property
    def names_goods(self) -> bool:
        return bool(self.products or self.categories)

    @property
    def names_gifts(self) -> bool:
        return bool(self.get_products or self.get_categories)


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name) or []
    if not isinstance(found, list) or len(found) > MOST_NAMED:
        raise ConditionsUnreadable(f"{name} is a list of at most {MOST_NAMED}.")
    return found


def _ids(document: Mapping[str, Any], name: str) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(UUID(str(one)) for one in _list(document, name)))


def _names(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = _list(document, name)
    if not all(isinstance(one, str) and one for one in found):
        raise ConditionsUnreadable(f"{name} is a list of texts.")
    return tuple(dict.fromkeys(found))


def _amount(value: Any) -> Decimal:
    found = Decimal(str(value or 0))
    if not found.is_finite() or not 0 <= found <= MOST_AMOUNT:
        raise ConditionsUnreadable("A minimum is an amount of zero or more.")
    return found


def _units(value: Any) -> int:
    found = Decimal(str(value or 0))
    if found != found.to_integral_value() or not 0 <= found <= MOST_UNITS:
        raise ConditionsUnreadable(f"Units are a whole number up to {MOST_UNITS}.")
    return int(found)
