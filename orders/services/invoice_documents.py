"""An invoice as a PDF: made once, kept in the private store, read from there afterwards."""

from __future__ import annotations

from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from orders.models import Invoice, Order


def invoice_document(*, invoice_id: UUID) -> bytes:
    """The PDF of an invoice. May be repeated, and asked for twice at once: it is made once."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.document:
        with invoice.document.open("rb") as kept:
            return bytes(kept.read())
    made = _rendered(invoice)
    with transaction.atomic():
        row = Invoice.objects.select_for_update(no_key=True).get(pk=invoice_id)
        if not row.document:
            row.document.save(f"{row.pk}.pdf", ContentFile(made), save=False)
            row.save(update_fields=["document", "updated_at"])
            return made
    with row.document.open("rb") as kept:
        return bytes(kept.read())


def _rendered(invoice: Invoice) -> bytes:
    # A slow and large import, which few processes need.
    from orders.invoice_pdf import draw

    order = Order.objects.select_related("shop").get(pk=invoice.order_id)
    return draw(invoice, order, list(order.items.order_by("id")))
