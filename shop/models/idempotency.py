from django.db import models

from shop import fields


class IdempotencyKey(models.Model):
    """The answer to a request that may be sent again; taken before the work begins."""

    id = fields.key()
    scope = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    response_status = models.IntegerField(null=True)
    response_body = models.JSONField(null=True)
    created_at = fields.written_at()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "idempotency_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key"], name="uk_idempotency_keys_scope_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
