"""What an invoice looks like on paper."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from orders.models import Invoice, Order, OrderItem
from orders.services.addresses import address_lines
from shop.money import format_money

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
MARGIN = 20 * mm
WIDTHS = [85 * mm, 15 * mm, 35 * mm, 35 * mm]
INK, MUTED, LINE = colors.HexColor("#2b2622"), colors.HexColor("#6f6a64"), "#d9d4cd"


def draw(invoice: Invoice, order: Order, items: Sequence[OrderItem]) -> bytes:
    """A PDF of as many A4 pages as it takes; the same bytes whenever it is drawn.

    order: with its shop.
    """
    _register_fonts()
    buffer = BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"{_('Invoice')} {invoice.invoice_number}",
        author=order.shop.name,
        # Two renderings of one invoice are the same bytes.
        invariant=True,
    )
    document.build(
        [
            *_head(invoice, order),
            Spacer(1, 8 * mm),
            _lines(order, items),
            Spacer(1, 4 * mm),
            _sums(order, items),
            *_end(invoice, order),
        ]
    )
    return buffer.getvalue()


@cache
def _register_fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))


def _style(**more: Any) -> ParagraphStyle:
    given = {"fontName": PLAIN, "fontSize": 9, "leading": 13, "textColor": INK, **more}
    return ParagraphStyle("invoice", **given)


def _text(words: str, **style: Any) -> Paragraph:
    """Plain words: what a buyer wrote is not markup."""
    return Paragraph(escape(words).replace("\n", "<br/>"), _style(**style))


def _head(invoice: Invoice, order: Order) -> list[Any]:
    shop = order.shop
    seller = [shop.name, *_shop_lines(shop.address), shop.contact_email, shop.phone]
    address = order.billing_address or order.shipping_address
    buyer = list(address_lines(address=address)) if address else []
    facts = [
        f"{_('Invoice number')}: {invoice.invoice_number}",
        f"{_('Date')}: {date_format(invoice.issued_at, 'DATE_FORMAT')}",
        f"{_('Order')}: {order.order_number}",
    ]
    parties = Table(
        [
            [
                _text("\n".join(buyer or [order.email])),
                _text("\n".join(line for line in seller if line), textColor=MUTED),
            ]
        ],
        colWidths=[95 * mm, 75 * mm],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ],
    )
    return [
        _text(shop.name, fontName=BOLD, fontSize=16, leading=22),
        Spacer(1, 8 * mm),
        parties,
        Spacer(1, 8 * mm),
        _text(_("Invoice"), fontName=BOLD, fontSize=13, leading=18),
        _text("\n".join(facts)),
    ]


def _shop_lines(address: Any) -> list[str]:
    if not isinstance(address, dict):
        return []
    names = ("address1", "address2", "zip", "city", "province", "country")
    return [str(address[name]) for name in names if address.get(name)]


def _lines(order: Order, items: Sequence[OrderItem]) -> LongTable:
    """One row an item; the head is repeated on every page."""
    right: dict[str, Any] = {"alignment": 2}
    head = [
        _text(_("Item"), fontName=BOLD),
        _text(_("Units"), fontName=BOLD, **right),
        _text(_("Price"), fontName=BOLD, **right),
        _text(_("Amount"), fontName=BOLD, **right),
    ]
    rows = [
        [
            _text(f"{item.name} ({item.title})" if item.title else item.name),
            _text(str(item.quantity), **right),
            _text(format_money(item.price, order.currency), **right),
            _text(format_money(item.price * item.quantity, order.currency), **right),
        ]
        for item in items
    ]
    return LongTable(
        [head, *rows],
        colWidths=WIDTHS,
        repeatRows=1,
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.HexColor(LINE)),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ],
    )


def _sums(order: Order, items: Sequence[OrderItem]) -> Table:
    rows = [(_("Items"), order.subtotal_price)]
    if order.total_discount:
        rows.append((_("Discount"), -order.total_discount))
    rows.append((_("Delivery"), order.total_shipping))
    if order.total_tax:
        rows.append((_("Tax"), order.total_tax))
    total = (_("Total"), order.total_price)
    shown = [[_text(name), _right(amount, order)] for name, amount in rows]
    shown.append([_text(total[0], fontName=BOLD), _right(total[1], order, BOLD)])
    for rate, included in _included(items).items():
        words = _("Tax included at %(rate)s %%") % {"rate": f"{rate * 100:.4g}"}
        shown.append([_text(words, textColor=MUTED), _right(included, order)])
    return Table(
        shown,
        colWidths=[50 * mm, 35 * mm],
        hAlign="RIGHT",
        style=[("RIGHTPADDING", (-1, 0), (-1, -1), 0)],
    )


def _right(amount: Decimal, order: Order, font: str = PLAIN) -> Paragraph:
    return _text(format_money(amount, order.currency), alignment=2, fontName=font)


def _included(items: Sequence[OrderItem]) -> dict[Decimal, Decimal]:
    """Of the items, by rate."""
    found: dict[Decimal, Decimal] = {}
    for item in items:
        if item.included_tax:
            found[item.tax_rate] = found.get(item.tax_rate, Decimal(0)) + (
                item.included_tax
            )
    return found


def _end(invoice: Invoice, order: Order) -> list[Any]:
    if invoice.paid_at is None:
        return []
    day = date_format(invoice.paid_at, "DATE_FORMAT")
    paid = _("Paid on %(day)s. Nothing is due.") % {"day": day}
    return [Spacer(1, 8 * mm), _text(paid, textColor=MUTED)]
