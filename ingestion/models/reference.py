from django.db import models

from shop import fields


class ExternalReference(models.Model):
    """What a name in somebody else's system stands for here."""

    id = fields.key()
    source = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    ref = models.CharField(max_length=255)
    entity_id = models.UUIDField(db_index=True)

    class Meta:
        db_table = "external_references"
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "ref"],
                name="uk_external_references_source_kind_ref",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.ref}"
