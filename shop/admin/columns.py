"""Columns of the lists: money with its currency, states as badges, links to other rows."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

Column = Callable[[Any], Any]

# What a state means to whoever reads the list; others stay grey.
TONES: Mapping[str, str] = {
    "active": "success",
    "approved": "success",
    "completed": "success",
    "delivered": "success",
    "done": "success",
    "fulfilled": "success",
    "paid": "success",
    "succeeded": "success",
    "authorized": "info",
    "awaiting_payment": "info",
    "open": "info",
    "processing": "info",
    "received": "info",
    "running": "info",
    "shipped": "info",
    "partial": "warning",
    "partially_refunded": "warning",
    "pending": "warning",
    "refunded": "warning",
    "requested": "warning",
    "requires_action": "warning",
    "returned": "warning",
    "suspended": "warning",
    "cancelled": "danger",
    "deleted": "danger",
    "expired": "danger",
    "failed": "danger",
    "rejected": "danger",
    "voided": "danger",
}


def _walk(row: Any, path: str) -> Any:
    for name in path.split("__"):
        if row is None:
            return None
        row = getattr(row, name)
    return row


def _finish(column: Any, field: str, title: str | None, select: str) -> Column:
    column.short_description = title or field.removesuffix("_id").replace("_", " ")
    column.admin_order_field = None
    # Read by ModelAdmin.get_list_select_related, so that a list asks once.
    column.select_related = select
    finished: Column = column
    return finished


def money(field: str, title: str | None = None, currency: str = "currency") -> Column:
    """An amount and its currency; both may be paths through foreign keys (`order__total`)."""

    def column(row: Any) -> str | SafeString:
        amount = _walk(row, field)
        return "" if amount is None else figure(amount, _walk(row, currency) or "")

    through = {path.rpartition("__")[0] for path in (field, currency)} - {""}
    return _finish(column, field.rpartition("__")[2], title, ",".join(through))


def figure(amount: Decimal, currency: str) -> SafeString:
    """`1,234.50 USD`, on one line and in tabular figures."""
    return format_html(
        '<span class="figure">{} {}</span>',
        number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True),
        currency,
    )


def badge(field: str = "status", title: str | None = None) -> Column:
    """A choice as a coloured word; the word says it, the colour only helps."""

    @display(label=dict(TONES))
    def column(row: Any) -> tuple[Any, Any] | None:
        value = getattr(row, field)
        if not value:
            return None
        return value, getattr(row, f"get_{field}_display")()

    return _finish(column, field, title, "")


def link(path: str, title: str | None = None) -> Column:
    """A related row by its name, as a link to its page; the list joins it once."""

    def column(row: Any) -> str | SafeString:
        target = _walk(row, path)
        return "" if target is None else link_to(target)

    return _finish(column, path.rpartition("__")[2], title, path)


def link_to(target: Any) -> SafeString | str:
    url = page_of(target._meta.label_lower, target.pk)
    return format_html('<a href="{}">{}</a>', url, target) if url else str(target)


def page_of(label: str, key: Any) -> str | None:
    """The admin page of a row (`app.model` and key); None when its model has none."""
    try:
        return reverse(f"admin:{label.replace('.', '_')}_change", args=[key])
    except NoReverseMatch:
        return None


def reference(field: str, label: str = "", title: str | None = None) -> Column:
    """An id that is no foreign key, as a link to the row of `label` (`app.model`).

    Without a label it leads to the look-up, which finds what the id is. The row is not read.
    """

    def column(row: Any) -> str | SafeString:
        value = getattr(row, field)
        if not value:
            return ""
        url = page_of(label, value) if label else None
        return short_id(value, url or f"{reverse('admin:lookup')}?id={value}")

    return _finish(column, field, title, "")


def short_id(value: UUID | str, url: str) -> SafeString:
    """The end of an id, which differs most; the whole of it on hover and in the link."""
    return format_html(
        '<a class="short-id" href="{}" title="{}">…{}</a>', url, value, str(value)[-12:]
    )
