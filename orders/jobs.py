"""What a shop lets be done to many rows in the background: each kind calls one service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from orders.services import many, promotions
from shop.services.jobs import Chunk, Result, job_kind

PACK, PROMOTE = "pack_orders", "promote"


def _send_words(params: Mapping[str, Any]) -> str:
    if not params["carrier"]:
        return _("Send orders")
    return _("Send orders with %(carrier)s") % params


def _deliver_words(_params: Mapping[str, Any]) -> str:
    return _("Mark orders as delivered")


@job_kind(many.SEND, right=PACK, words=_send_words)
def send_orders(chunk: Chunk) -> Iterable[Result]:
    return many.send_orders(chunk)


@job_kind(many.DELIVER, right=PACK, words=_deliver_words)
def deliver_orders(chunk: Chunk) -> Iterable[Result]:
    return many.deliver_orders(chunk)


def _codes_words(params: Mapping[str, Any]) -> str:
    return _("Make codes for “%(name)s”") % {"name": params["name"]}


@job_kind(
    promotions.MAKE_CODES,
    right=PROMOTE,
    words=_codes_words,
    undo=promotions.unmake_codes,
)
def make_codes(chunk: Chunk) -> Iterable[Result]:
    return promotions.make_codes(chunk)
