"""Files that go out: an order's invoice."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from orders.models import Invoice, Order
from orders.services.invoice_documents import invoice_document


def invoice_response(*, order: Order) -> HttpResponse:
    """The PDF, to be looked at; 404 before the order is paid. The caller knows whose it is."""
    found = Invoice.objects.filter(order=order).select_related("order__shop").first()
    if found is None:
        raise Http404
    name = f"{found.order.shop.slug}-{found.invoice_number}.pdf"
    return HttpResponse(
        invoice_document(invoice_id=found.pk),
        content_type="application/pdf",
        headers={"Content-Disposition": content_disposition_header(False, name)},
    )
