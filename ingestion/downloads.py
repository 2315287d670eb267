"""Files that go out: a shop's products, and what of a file was refused."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from catalog.queries.sell_products import ProductFilter, shop_products
from ingestion.exports import product_lines
from ingestion.models import IngestionFile
from ingestion.services.corrections import corrected_file
from shop.models import Shop


def products_response(*, shop: Shop, wanted: ProductFilter) -> StreamingHttpResponse:
    """Products of the shop that match, streamed as a CSV that imports again unchanged."""
    products = shop_products(shop_id=shop.pk, wanted=wanted)
    name = f"{shop.slug}-products-{timezone.localdate().isoformat()}.csv"
    return StreamingHttpResponse(
        product_lines(products=products),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


def corrected_response(file: IngestionFile) -> StreamingHttpResponse:
    """The rows that failed, streamed. Raises NothingToCorrect or UploadGone at once."""
    stem = file.filename.partition(".")[0] or "file"
    return StreamingHttpResponse(
        corrected_file(file=file),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(
                True, f"{stem}-to-correct.csv"
            )
        },
    )
