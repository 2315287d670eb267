from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models import Category
from shop import fields
from shop.models import Shop

# Stands for "every": NULL would overlap nothing.
EVERY = Value(UUID(int=0), output_field=models.UUIDField())


# [from, until)
VALIDITY = Func(
    "valid_from",
    "valid_until",
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class CommissionRuleQuerySet(models.QuerySet["CommissionRule"]):
    def valid_at(self, now: datetime) -> CommissionRuleQuerySet:
        return self.filter(
            Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now
        )


class CommissionRule(models.Model):
    """What the market takes of sales: of one shop or of every, of one category or of every.

    Its rate is never changed: a new rule follows it, so that what was taken can be explained.
    """

    id = fields.key()
    shop = models.ForeignKey(
        Shop,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="commission_rules",
    )
    # With those below it.
    category = models.ForeignKey(
        Category,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="commission_rules",
    )
    # A share of one: 0.1 is ten per cent.
    rate = models.DecimalField(max_digits=5, decimal_places=4)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = fields.moment()
    note = fields.text(255)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = fields.written_at()

    objects = CommissionRuleQuerySet.as_manager()

    class Meta:
        db_table = "commission_rules"
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__range=(0, 1)), name="chk_commission_rules_rate"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="chk_commission_rules_validity",
            ),
            ExclusionConstraint(
                name="uk_commission_rules_overlap",
                expressions=[
                    (Coalesce("shop", EVERY), RangeOperators.EQUAL),
                    (Coalesce("category", EVERY), RangeOperators.EQUAL),
                    (VALIDITY, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_(
                    "Another rule holds for the same shop and category at that time."
                    " End it first."
                ),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="kept",
                operation=pgtrigger.UpdateOf(
                    "rate", "shop_id", "category_id", "valid_from"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rate * 100:.2f} %"
