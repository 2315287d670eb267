from django.db import models

from shop import fields


class Customer(models.Model):
    """The buyer without personal data; every order has one."""

    id = fields.key()
    created_at = fields.written_at()
    updated_at = fields.changed_at()
    # A keyed hash of the e-mail address, or of the reference a file knows the buyer by.
    email_hash = models.CharField(max_length=64, unique=True)
    region = fields.text(100)
    first_order_at = fields.moment()
    last_order_at = fields.moment()

    class Meta:
        db_table = "customers"
        indexes = [fields.Index(fields=["region"], name="idx_customers_region")]

    def __str__(self) -> str:
        return f"customer {self.email_hash[:8]}"
