from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models

from orders.models.order import Order
from shop import fields
from shop.entities import Entity, EntityType
from shop.models import Shop


def private_storage() -> Storage:
    return storages["private"]


class Invoice(Entity):
    """The document of an order; numbers have no gaps in a shop."""

    entity_type = EntityType.INVOICE

    invoice_number = fields.required_text(64)
    shop = models.ForeignKey(Shop, on_delete=models.RESTRICT, related_name="invoices")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="invoices",
    )
    order = models.ForeignKey(Order, on_delete=models.RESTRICT, related_name="invoices")
    currency = fields.currency()
    total = fields.money()
    tax = fields.money()
    issued_at = models.DateTimeField()
    due_at = fields.moment()
    paid_at = fields.moment()
    document = models.FileField(
        upload_to="invoices/", storage=private_storage, blank=True, **fields.both("")
    )

    class Meta(Entity.Meta):
        db_table = "invoices"
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "invoice_number"],
                name="uk_invoices_shop_invoice_number",
            ),
            models.UniqueConstraint(fields=["order"], name="uk_invoices_order"),
        ]

    def __str__(self) -> str:
        return self.invoice_number


class InvoiceCounter(models.Model):
    """The last invoice number of a shop. Its row lock is what leaves no gaps."""

    shop = models.OneToOneField(
        Shop, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    last_number = fields.count()

    class Meta:
        db_table = "invoice_counters"

    def __str__(self) -> str:
        return f"{self.shop_id}: {self.last_number}"
