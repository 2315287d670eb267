"""Who acts for somebody else at this moment: noted with every event that is published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_operator: ContextVar[UUID | None] = ContextVar("operator", default=None)


def acting_operator() -> UUID | None:
    """The operator behind the account that acts; None when people act for themselves."""
    return _operator.get()


@contextmanager
def acting(operator_id: UUID) -> Iterator[None]:
    token = _operator.set(operator_id)
    try:
        yield
    finally:
        _operator.reset(token)
